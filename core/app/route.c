/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "app/internal.h"
#include "oauth/introspect.h"
#include "oauth/metadata.h"
#include "oauth/revoke.h"
#include "oauth/token.h"
#include "oauth/userinfo.h"
#include "status/endpoints.h"

enum where { MOUNT, ROOT };

struct route {
	enum where where;
	struct tally_span path;
	const char *methods;
	enum tally_fault_form form;
	tally_handler *handler;
	size_t body_max;
};

static const struct route routes[] = {
#define TALLY_ROUTE(where, path, methods, form, handler, body_max)                                 \
	{ where, { path, sizeof(path) - 1 }, methods, TALLY_FAULT_##form, handler, body_max },
#include "app/routes.def"
#undef TALLY_ROUTE
};

static bool ends_with(struct tally_span s, struct tally_span end)
{
	return s.n >= end.n && tally_span_eq(tally_span(s.p + s.n - end.n, end.n), end);
}

/* What of path is left without the mount, where this kind of route has it; p NULL: nothing. */
static struct tally_span without_mount(struct tally_span path, struct tally_span mount,
				       enum where where)
{
	if (path.p == NULL)
		return path;
	if (where == MOUNT && tally_span_starts_with(path, mount))
		return tally_span(path.p + mount.n, path.n - mount.n);
	if (where == ROOT && ends_with(path, mount))
		return tally_span(path.p, path.n - mount.n);
	return tally_span(NULL, 0);
}

/* Segment by segment, byte for byte; what a {} stands for goes to out. */
static bool path_matches(struct tally_span path, struct tally_span route,
			 struct tally_span out[TALLY_SEGMENTS_MAX])
{
	size_t n = 0;

	while (path.p != NULL && route.p != NULL) {
		struct tally_span wanted = tally_span_cut(&route, '/');
		struct tally_span found = tally_span_cut(&path, '/');

		if (tally_span_eq(wanted, TALLY_SPAN("{}")) && found.n > 0)
			out[n++] = found;
		else if (!tally_span_eq(wanted, found))
			return false;
	}
	return path.p == NULL && route.p == NULL;
}

/* "/pools/x" is where "/pools/{}/new-references" is: what is missing there is missed in its way. */
static bool is_near(struct tally_span path, struct tally_span route)
{
	tally_span_cut(&path, '/');
	tally_span_cut(&route, '/');
	return tally_span_eq(tally_span_cut(&path, '/'), tally_span_cut(&route, '/'));
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
		struct tally_span path = without_mount(rq->path, rq->site->mount, route->where);

		if (path.p == NULL)
			continue;
		if (is_near(path, route->path))
			rq->fault_form = route->form;
		if (!path_matches(path, route->path, rq->segments))
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
