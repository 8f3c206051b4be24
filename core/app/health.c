/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What monitors and load balancers ask. live: the process answers. ready: it
 * can issue tokens; while the database is down, for as long as cached clients
 * are served, or while Redis is, it is ready but says that it is degraded.
 */
#include "config.h"

#include "app/internal.h"
#include "codec/json_out.h"
#include "sys/clock.h"

#define BODY_MAX 512u

enum tally_fault tally_health_live(struct tally_request *rq)
{
	tally_response_json(rq, TALLY_SPAN("{\"status\":\"live\"}"));
	return TALLY_FAULT_NONE;
}

/* Whether clients in the cache are still served without the database. */
static bool within_stale(const struct tally_request *rq, int64_t down_since)
{
	return tally_clock_ms() - down_since <
	       (int64_t)rq->site->conf->clients_cache_stale * 1000;
}

enum tally_fault tally_health_ready(struct tally_request *rq)
{
	int64_t down_since = atomic_load(&rq->app->database_down_since);
	bool marks_down = atomic_load(&rq->app->marks_down);
	bool keys = rq->site->keys != NULL;
	bool signs = rq->signer != NULL;
	bool ready = signs && (down_since == 0 || within_stale(rq, down_since));
	struct tally_json_out out;
	struct tally_buf buf;

	tally_buf_in(&buf, rq->arena, BODY_MAX);
	tally_json_begin(&out, &buf);
	tally_json_object(&out, NULL);
	tally_json_add_str(&out, "status",
			   !ready                         ? "not ready"
			   : down_since != 0 || marks_down ? "degraded"
							   : "ready");
	tally_json_add_str(&out, "database", down_since != 0 ? "down" : "up");
	tally_json_add_str(&out, "redis", rq->services->marks == NULL ? "not configured"
						  : marks_down        ? "down"
								      : "up");
	tally_json_add_str(&out, "keys", signs ? "signing" : keys ? "none signs" : "not read yet");
	/* Asked with credentials, this tells whether the web server passes them on. */
	tally_json_add_str(&out, "authorization",
			   rq->params.authorization.p ? "passed on" : "not seen");
	tally_json_object_end(&out);
	tally_response_json(rq, tally_buf_span(&buf));
	if (!ready) {
		rq->response.status = 503;
		tally_response_header(rq, "Retry-After", TALLY_SPAN("1"));
	}
	return TALLY_FAULT_NONE;
}
