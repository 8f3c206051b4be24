/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "app/internal.h"
#include "oauth/introspect.h"
#include "oauth/metadata.h"
#include "oauth/revoke.h"
#include "oauth/token.h"
#include "oauth/userinfo.h"

enum where { MOUNT, ROOT };

struct route {
	enum where where;
	struct tally_span path;
	const char *methods;
	tally_handler *handler;
	size_t body_max;
};

static const struct route routes[] = {
#define TALLY_ROUTE(where, path, methods, handler, body_max) \
	{ where, { path, sizeof(path) - 1 }, methods, handler, body_max },
#include "app/routes.def"
#undef TALLY_ROUTE
};

/* Whether path is the two parts, one behind the other. */
static bool is_joined(struct tally_span path, struct tally_span a, struct tally_span b)
{
	return path.n == a.n + b.n && tally_span_starts_with(path, a) &&
	       tally_span_eq(tally_span(path.p + a.n, b.n), b);
}

static bool path_matches(const struct route *route, struct tally_span mount,
			 struct tally_span path)
{
	if (route->where == MOUNT)
		return is_joined(path, mount, route->path);
	return is_joined(path, route->path, mount);
}

static bool method_matches(const char *methods, struct tally_span method)
{
	struct tally_span rest = tally_span_of(methods);

	while (rest.p != NULL)
		if (tally_span_eq(tally_span_trim(tally_span_cut(&rest, ',')), method))
			return true;
	return false;
}

enum tally_fault tally_route(struct tally_request *rq, tally_handler **handler, size_t *body_max)
{
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		const struct route *route = &routes[i];

		if (!path_matches(route, rq->site->mount, rq->path))
			continue;
		rq->allow = route->methods;
		if (!method_matches(route->methods, rq->params.method))
			return tally_fault(rq, TALLY_FAULT_METHOD, "only %s", route->methods);
		*handler = route->handler;
		*body_max = route->body_max;
		return TALLY_FAULT_NONE;
	}
	return tally_fault(rq, TALLY_FAULT_NOT_FOUND, "no such path behind the mount \"%.*s\"",
			   TALLY_SPAN_ARG(rq->site->mount));
}
