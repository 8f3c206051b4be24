/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "status/aggregation.h"

#include "codec/json_out.h"
#include "http/request.h"
#include "status/endpoints.h"

#include <stdlib.h>

#define FRESH    1u   /* seconds */
#define STALE    300u /* seconds, while Redis does not answer */
#define ENTRIES  256u
#define PAGE     256u /* lists in one round trip */
#define BODY_MAX (16u * 1024 * 1024)

struct aggregation {
	struct tally_cached cached;
	struct tally_buf body;
	uint32_t max_age; /* the least ttl of its pools */
};

static bool is_of(const struct tally_pool *pool, struct tally_span id)
{
	return pool->conf.aggregation_id != NULL &&
	       tally_span_eq(tally_span_of(pool->conf.aggregation_id), id);
}

static void add_list(struct tally_json_out *out, const struct tally_pool *pool, uint32_t list)
{
	char text[TALLY_LIST_URI_MAX];

	tally_json_string_begin(out, NULL);
	tally_buf_add_span(out->buf, tally_list_uri(pool, list, text));
	tally_json_string_end(out);
}

static enum tally_err add_pool(struct tally_json_out *out, const struct tally_pool *pool)
{
	struct tally_list_state states[PAGE];
	uint32_t first = 0;
	size_t n;

	do {
		enum tally_err err = pool->lists->ops->states(pool->lists, pool->conf.id, first,
							      states, PAGE, &n);

		if (err != TALLY_OK)
			return err;
		for (size_t i = 0; i < n; i++)
			if (!states[i].is_retired)
				add_list(out, pool, states[i].list);
		first += (uint32_t)n;
	} while (n == PAGE);
	return TALLY_OK;
}

/* found: there is such a pool. */
static enum tally_err add_pools(struct tally_pools *pools, struct tally_span id,
				struct aggregation *aggregation, struct tally_json_out *out)
{
	enum tally_err err = TALLY_OK;
	struct tally_pool *pool;
	bool found = false;

	for (size_t i = 0; err == TALLY_OK && (pool = tally_pools_at(pools, i)) != NULL; i++) {
		if (is_of(pool, id)) {
			if (!found || pool->conf.ttl < aggregation->max_age)
				aggregation->max_age = pool->conf.ttl;
			found = true;
			err = add_pool(out, pool);
		}
		tally_pool_release(pool);
	}
	if (err != TALLY_OK || found)
		return err;
	return tally_pools_are_known(pools) ? TALLY_ERR_NOT_FOUND : TALLY_ERR_UNAVAILABLE;
}

static void free_aggregation(struct tally_cached *cached)
{
	struct aggregation *aggregation = (struct aggregation *)cached;

	tally_buf_free(&aggregation->body);
	free(aggregation);
}

static enum tally_err load(void *context, struct tally_span key, const struct tally_cached *before,
			   struct tally_cached **out)
{
	struct aggregation *aggregation = calloc(1, sizeof(*aggregation));
	struct tally_json_out json;

	(void)before;
	if (aggregation == NULL)
		return TALLY_ERR_NOMEM;
	tally_buf_grow(&aggregation->body, BODY_MAX);
	tally_json_begin(&json, &aggregation->body);
	tally_json_object(&json, NULL);
	tally_json_array(&json, "status_lists");
	enum tally_err err = add_pools(context, key, aggregation, &json);

	tally_json_array_end(&json);
	tally_json_object_end(&json);
	if (err == TALLY_OK)
		err = tally_buf_err(&aggregation->body);
	if (err == TALLY_OK)
		*out = &aggregation->cached;
	else
		free_aggregation(&aggregation->cached);
	return err;
}

static const struct tally_cache_type type = { .load = load, .free = free_aggregation };

struct tally_cache *tally_aggregations_new(struct tally_pools *pools)
{
	const struct tally_cache_limits limits = {
		.fresh = FRESH,
		.stale = STALE,
		.entries = ENTRIES,
	};

	return tally_cache_new(&type, pools, limits);
}

/* ---- the endpoint ---- */

static enum tally_fault answer(struct tally_request *rq, const struct aggregation *aggregation)
{
	struct tally_span body = tally_arena_dup(rq->arena, tally_buf_span(&aggregation->body));

	if (body.p == NULL)
		return tally_fault_of(rq, TALLY_ERR_NOMEM, "answering with an aggregation");
	tally_response_json(rq, body);
	tally_response_header(rq, "Access-Control-Allow-Origin", TALLY_SPAN("*"));
	rq->response.cache_control =
		tally_arena_printf(rq->arena, "public, max-age=%u", aggregation->max_age);
	return TALLY_FAULT_NONE;
}

enum tally_fault tally_status_aggregation(struct tally_request *rq)
{
	struct tally_cache *aggregations = rq->services->aggregations;
	struct tally_cached *cached;

	if (aggregations == NULL)
		return tally_fault(rq, TALLY_FAULT_NOT_FOUND,
				   "there are no status lists, since no Redis is configured");
	enum tally_err err = tally_cache_get(aggregations, rq->segments[0], &cached);

	if (err == TALLY_ERR_NOT_FOUND)
		return tally_fault(rq, TALLY_FAULT_NOT_FOUND, "no pool has this aggregation-id");
	if (err != TALLY_OK)
		return tally_fault_of(rq, err, "listing status lists");
	enum tally_fault fault = answer(rq, (const struct aggregation *)cached);

	tally_cache_release(aggregations, cached);
	return fault;
}
