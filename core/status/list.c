/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handing out Status List Tokens (draft-ietf-oauth-status-list §8), for whom the
 * web server has no file.
 */
#include "config.h"

#include "status/endpoints.h"

#include "codec/accept.h"
#include "status/query.h"
#include "status/shelf.h"
#include "sys/clock.h"

#define GZIP    TALLY_LIST_FORMATS /* the coding's place in etag */
#define SETTLED 2                  /* seconds after which no other list has the same date */

/* ---- finding ---- */

static enum tally_fault no_such_list(struct tally_request *rq, const char *why)
{
	return tally_fault(rq, TALLY_FAULT_NO_SUCH_LIST, "%s", why);
}

static enum tally_fault find_pool(struct tally_request *rq, struct tally_pool **out)
{
	struct tally_pools *pools = rq->services->pools;
	struct tally_span id = tally_list_name_pool(rq->segments[0]);

	if (pools == NULL)
		return no_such_list(rq, "there are none, since no Redis is configured");
	*out = id.p ? tally_pools_get(pools, id) : NULL;
	if (*out != NULL && (*out)->is_open)
		return TALLY_FAULT_NONE;
	bool may_exist = *out != NULL || (id.p != NULL && !tally_pools_are_known(pools));

	tally_pool_release(*out);
	if (may_exist)
		return tally_fault(rq, TALLY_FAULT_UNAVAILABLE,
				   "its pool has not been read from the database or Redis yet");
	return no_such_list(rq, "it is of no pool");
}

static enum tally_fault fetch(struct tally_request *rq, const struct tally_pool *pool, bool is_past,
			      uint64_t time, const struct tally_shelved **out)
{
	struct tally_shelf *shelf = rq->services->shelf;
	uint32_t list;
	enum tally_err err = tally_list_name_number(pool, rq->segments[0], &list);

	if (err == TALLY_OK)
		err = is_past ? tally_shelf_past(shelf, pool, list, (int64_t)time, out)
			      : tally_shelf_get(shelf, pool, list, out);
	if (err == TALLY_ERR_NOT_FOUND)
		return no_such_list(rq, is_past ? "there was none at that time"
						: "it does not exist, or no longer");
	return err == TALLY_OK ? TALLY_FAULT_NONE : tally_fault_of(rq, err, "fetching a list");
}

/* ---- negotiating ---- */

/* RFC 9110 §12.5.1; without Accept the first form there is. */
static enum tally_fault choose_form(struct tally_request *rq, enum tally_format *out)
{
	struct tally_span offers[TALLY_LIST_FORMATS];

	for (size_t i = 0; i < TALLY_LIST_FORMATS; i++)
		offers[i] = tally_span_of(tally_list_format((enum tally_format)i)->media_type);
	size_t chosen = tally_accept_type(rq->params.accept, offers, TALLY_LIST_FORMATS);

	if (chosen == TALLY_LIST_FORMATS)
		return tally_fault(rq, TALLY_FAULT_NOT_ACCEPTABLE, "Accept: %.*s",
				   TALLY_SPAN_ARG(rq->params.accept));
	*out = (enum tally_format)chosen;
	return TALLY_FAULT_NONE;
}

/* Which of the bodies and tags. */
static size_t choose_coding(const struct tally_request *rq, const struct tally_shelved *shelved,
			    enum tally_format form)
{
	if (form == TALLY_LIST_JWT && shelved->gzip.n > 0 &&
	    tally_accept_coding(rq->params.accept_encoding, TALLY_SPAN("gzip")))
		return GZIP;
	return form;
}

/*
 * RFC 9110 §13.2.2. A date has whole seconds: as long as another list may get the
 * same, it proves nothing.
 */
static bool is_known(const struct tally_request *rq, const struct tally_shelved *shelved,
		     size_t coding)
{
	int64_t since;

	if (rq->params.if_none_match.p != NULL)
		return tally_accept_etag(rq->params.if_none_match, shelved->etag[coding]);
	return tally_clock_now() >= shelved->iat + SETTLED &&
	       tally_clock_parse_http(rq->params.if_modified_since, &since) == TALLY_OK &&
	       since >= shelved->iat;
}

/* ---- answering ---- */

/* What browsers need to read it from a page of another origin (§8.1), and as what it is. */
static void add_for_browsers(struct tally_request *rq)
{
	tally_response_header(rq, "Access-Control-Allow-Origin", TALLY_SPAN("*"));
	tally_response_header(rq, "Access-Control-Expose-Headers", TALLY_SPAN("ETag"));
	tally_response_header(rq, "X-Content-Type-Options", TALLY_SPAN("nosniff"));
}

/* Nobody is to keep it longer than it is good for (§13.7). */
static enum tally_fault add_caching(struct tally_request *rq, const struct tally_pool *pool,
				    const struct tally_shelved *shelved)
{
	int64_t left = shelved->exp - tally_clock_now();
	int64_t age = pool->conf.ttl;

	if (shelved->exp != 0 && left <= 0)
		return tally_fault(rq, TALLY_FAULT_UNAVAILABLE,
				   "the list expired %lld seconds ago and was not signed again: "
				   "does a publisher run, and has it a key?",
				   (long long)-left);
	if (shelved->exp != 0 && left < age)
		age = left;
	rq->response.cache_control =
		tally_arena_printf(rq->arena, "public, max-age=%lld", (long long)age);
	return rq->response.cache_control
		       ? TALLY_FAULT_NONE
		       : tally_fault_of(rq, TALLY_ERR_NOMEM, "answering with a list");
}

static enum tally_fault answer(struct tally_request *rq, const struct tally_shelved *shelved,
			       enum tally_format form)
{
	size_t coding = choose_coding(rq, shelved, form);

	tally_response_header(rq, "Vary", TALLY_SPAN("Accept, Accept-Encoding"));
	tally_response_header(rq, "ETag", shelved->etag[coding]);
	if (tally_clock_now() >= shelved->iat + SETTLED)
		tally_response_header(rq, "Last-Modified", shelved->last_modified);
	add_for_browsers(rq);
	if (is_known(rq, shelved, coding)) {
		rq->response.status = 304;
		return TALLY_FAULT_NONE;
	}
	if (coding == GZIP)
		tally_response_header(rq, "Content-Encoding", TALLY_SPAN("gzip"));
	rq->response.status = 200;
	rq->response.content_type = tally_list_format(form)->media_type;
	rq->response.body = coding == GZIP ? shelved->gzip : shelved->body[form];
	return TALLY_FAULT_NONE;
}

static void release(const void *held)
{
	tally_shelf_release(held);
}

/* §8.4: what is not kept at all is 501, what is not kept for that time 404. */
static enum tally_fault read_time(struct tally_request *rq, const struct tally_pool *pool,
				  bool *is_past, uint64_t *time)
{
	enum tally_fault fault =
		tally_query_number(rq, TALLY_SPAN("time"), 0, INT64_MAX, is_past, time);

	if (fault == TALLY_FAULT_NONE && *is_past && pool->conf.history == 0)
		return tally_fault(rq, TALLY_FAULT_NOT_IMPLEMENTED, "pool %.*s has no history",
				   TALLY_SPAN_ARG(pool->conf.id));
	return fault;
}

static enum tally_fault hand_out(struct tally_request *rq, const struct tally_pool *pool)
{
	const struct tally_shelved *shelved = NULL;
	enum tally_format form = TALLY_LIST_JWT;
	uint64_t time = 0;
	bool is_past;
	enum tally_fault fault = read_time(rq, pool, &is_past, &time);

	if (fault == TALLY_FAULT_NONE)
		fault = choose_form(rq, &form);
	if (fault == TALLY_FAULT_NONE)
		fault = fetch(rq, pool, is_past, time, &shelved);
	if (fault != TALLY_FAULT_NONE)
		return fault;
	rq->held = shelved;
	rq->release = release;
	/* Who asks for the past knows why; nobody else is to get it from a cache. */
	if (!is_past)
		fault = add_caching(rq, pool, shelved);
	return fault == TALLY_FAULT_NONE ? answer(rq, shelved, form) : fault;
}

enum tally_fault tally_status_list(struct tally_request *rq)
{
	struct tally_pool *pool = NULL;
	enum tally_fault fault = find_pool(rq, &pool);

	if (fault != TALLY_FAULT_NONE)
		return fault;
	fault = hand_out(rq, pool);
	tally_pool_release(pool);
	return fault;
}
