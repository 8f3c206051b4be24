/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "status/endpoints.h"

#include "codec/json_out.h"
#include "status/access.h"
#include "status/query.h"
#include "status/reference.h"
#include "sys/log.h"

#define RETRY_AFTER 1u  /* seconds: a buffer is soon full again */
#define AROUND_ALL  32u /* {"references":[]} */
#define AROUND_ONE  48u /* {"uri":"","index":4294967295}, */

static enum tally_fault take(struct tally_request *rq, struct tally_pool *pool,
			     struct tally_reference *out, size_t n)
{
	enum tally_err err = tally_references_take(pool, out, n);

	if (err == TALLY_ERR_LIMIT) {
		rq->retry_after = RETRY_AFTER;
		return tally_fault(rq, TALLY_FAULT_UNDERFLOW,
				   "pool %.*s: fewer than %zu references in stock",
				   TALLY_SPAN_ARG(pool->conf.id), n);
	}
	if (err == TALLY_ERR_STATE)
		return tally_fault(rq, TALLY_FAULT_NO_SUCH_POOL, "pool %.*s is retired",
				   TALLY_SPAN_ARG(pool->conf.id));
	return err == TALLY_OK ? TALLY_FAULT_NONE : tally_fault_of(rq, err, "taking references");
}

/* A URI needs no escapes: an issuer is a plain URL (sys/pool_check.c). */
static void write_all(const struct tally_pool *pool, const struct tally_reference *references,
		      size_t n, struct tally_buf *buf)
{
	char text[TALLY_LIST_URI_MAX];
	struct tally_span uri = { NULL, 0 };
	struct tally_json_out out;

	tally_json_begin(&out, buf);
	tally_json_object(&out, NULL);
	tally_json_array(&out, "references");
	for (size_t i = 0; i < n; i++) {
		if (i == 0 || references[i].list != references[i - 1].list)
			uri = tally_list_uri(pool, references[i].list, text);
		tally_json_object(&out, NULL);
		tally_json_string_begin(&out, "uri");
		tally_buf_add_span(buf, uri);
		tally_json_string_end(&out);
		tally_json_add_i64(&out, "index", references[i].index);
		tally_json_object_end(&out);
	}
	tally_json_array_end(&out);
	tally_json_object_end(&out);
}

static enum tally_fault issue(struct tally_request *rq, struct tally_pool *pool, size_t n)
{
	struct tally_reference *references = tally_arena_array(rq->arena, n, sizeof(*references));
	char text[TALLY_LIST_URI_MAX];
	struct tally_buf buf;

	if (references == NULL)
		return tally_fault_of(rq, TALLY_ERR_NOMEM, "taking references");
	/* Before any is taken, so that none is lost for want of memory. */
	tally_buf_in(&buf, rq->arena,
		     AROUND_ALL + n * (AROUND_ONE + tally_list_uri(pool, 0, text).n));
	if (tally_buf_err(&buf) != TALLY_OK)
		return tally_fault_of(rq, TALLY_ERR_NOMEM, "writing references");
	enum tally_fault fault = take(rq, pool, references, n);

	if (fault != TALLY_FAULT_NONE)
		return fault;
	write_all(pool, references, n, &buf);
	tally_log_info("pool %.*s: %zu references handed out", TALLY_SPAN_ARG(pool->conf.id), n);
	tally_response_json(rq, tally_buf_span(&buf));
	return TALLY_FAULT_NONE;
}

enum tally_fault tally_status_new_references(struct tally_request *rq)
{
	struct tally_caller caller;
	struct tally_pool *pool = NULL;
	uint64_t amount = 1;
	bool found;
	enum tally_fault fault = tally_access_read(rq, TALLY_ACCESS_ISSUE, &caller);

	if (fault == TALLY_FAULT_NONE)
		fault = tally_access_pool(rq, &caller, rq->segments[0], &pool);
	if (fault != TALLY_FAULT_NONE)
		return fault;
	fault = tally_query_number(rq, TALLY_SPAN("amount"), 1, pool->conf.max_amount, &found,
				   &amount);
	if (fault == TALLY_FAULT_NONE)
		fault = issue(rq, pool, (size_t)amount);
	tally_pool_release(pool);
	return fault;
}
