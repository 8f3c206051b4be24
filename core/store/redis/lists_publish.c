/* SPDX-License-Identifier: Apache-2.0 */
/* What the publisher of a pool does. */
#include "config.h"

#include "store/redis/lists_priv.h"

/* Lists in one look: Redis does nothing else meanwhile. */
#define STATES_STEP 1024u

/* ---- the lease ---- */

struct lease {
	uint64_t *fence;
	uint32_t *left_ms;
};

static bool read_lease(const struct lists_answer *answer, void *out)
{
	const struct lease *lease = out;

	if (answer->err == TALLY_OK)
		return answer->n == 1 &&
		       lists_read_number(answer->data[0], LISTS_NUMBER_MAX, lease->fence);
	if (answer->err == TALLY_ERR_EXISTS)
		return answer->n == 1 && lists_read_u32(answer->data[0], lease->left_ms);
	return true;
}

enum tally_err lists_lease(struct tally_lists *lists, struct tally_span pool,
			   struct tally_span owner, uint32_t ttl_ms, uint64_t *fence,
			   uint32_t *left_ms)
{
	struct lease lease = { .fence = fence, .left_ms = left_ms };
	struct lists_call call;

	lists_begin(&call, TALLY_REDIS_LIST_LEASE, pool, read_lease, &lease);
	lists_key(&call, "pool");
	lists_key(&call, "lease");
	lists_bytes(&call, owner);
	lists_number(&call, ttl_ms);
	return lists_run(lists, &call);
}

enum tally_err lists_release(struct tally_lists *lists, struct tally_span pool,
			     struct tally_span owner)
{
	struct lists_call call;

	lists_begin(&call, TALLY_REDIS_LIST_RELEASE, pool, NULL, NULL);
	lists_key(&call, "lease");
	lists_bytes(&call, owner);
	return lists_run(lists, &call);
}

/* ---- what is due ---- */

struct due {
	uint32_t *out;
	size_t max, n;
	uint64_t next_ms;
};

static bool read_due(const struct lists_answer *answer, void *out)
{
	struct due *due = out;

	if (answer->n != 2 || !lists_read_number(answer->data[0], LISTS_NUMBER_MAX, &due->next_ms) ||
	    answer->data[1]->type != REDIS_REPLY_ARRAY || answer->data[1]->elements > due->max)
		return false;
	for (size_t i = 0; i < answer->data[1]->elements; i++)
		if (!lists_read_u32(answer->data[1]->element[i], &due->out[i]))
			return false;
	due->n = answer->data[1]->elements;
	return true;
}

enum tally_err lists_due(struct tally_lists *lists, struct tally_span pool, int64_t now_ms,
			 uint32_t *out, size_t max, size_t *n, int64_t *next_ms)
{
	struct due due = { .out = out, .max = max };
	struct lists_call call;

	lists_begin(&call, TALLY_REDIS_LIST_DUE, pool, read_due, &due);
	lists_key(&call, "due");
	lists_number(&call, (uint64_t)now_ms);
	lists_number(&call, max);
	enum tally_err err = lists_run(lists, &call);

	*n = err == TALLY_OK ? due.n : 0;
	*next_ms = (int64_t)due.next_ms;
	return err;
}

struct snapshot {
	struct tally_arena *arena;
	struct tally_list_snapshot *out;
	bool is_short; /* of memory */
};

static bool read_snapshot(const struct lists_answer *answer, void *out)
{
	struct snapshot *snapshot = out;

	if (answer->err != TALLY_OK)
		return true;
	if (answer->n != 2 || answer->data[1]->type != REDIS_REPLY_STRING ||
	    !lists_read_number(answer->data[0], LISTS_NUMBER_MAX, &snapshot->out->version))
		return false;
	snapshot->out->bits = tally_arena_dup(
		snapshot->arena, tally_span(answer->data[1]->str, (size_t)answer->data[1]->len));
	snapshot->is_short = snapshot->out->bits.p == NULL;
	return true;
}

enum tally_err lists_snapshot(struct tally_lists *lists, struct tally_span pool, uint32_t list,
			      struct tally_arena *arena, struct tally_list_snapshot *out)
{
	struct snapshot snapshot = { .arena = arena, .out = out };
	struct lists_call call;

	lists_begin(&call, TALLY_REDIS_LIST_SNAPSHOT, pool, read_snapshot, &snapshot);
	lists_list_key(&call, 'r', list);
	lists_list_key(&call, 'b', list);
	enum tally_err err = lists_run(lists, &call);

	return err == TALLY_OK && snapshot.is_short ? TALLY_ERR_NOMEM : err;
}

/* ---- publishing ---- */

/* The keys of everything that a list is in. */
static void add_all_keys(struct lists_call *call, uint32_t list)
{
	lists_key(call, "pool");
	lists_list_key(call, 'r', list);
	lists_list_key(call, 'b', list);
	lists_key(call, "due");
	lists_key(call, "new");
	lists_list_key(call, 'h', list);
}

enum tally_err lists_publish(struct tally_lists *lists, struct tally_span pool, uint32_t list,
			     uint64_t fence, const struct tally_list_publication *publication,
			     int64_t again_ms, uint32_t history)
{
	struct lists_call call;
	char recipe[8];

	for (unsigned int i = 0; i < sizeof(recipe); i++)
		recipe[i] = (char)(publication->recipe >> 8 * (7 - i));
	lists_begin(&call, TALLY_REDIS_LIST_PUBLISH, pool, NULL, NULL);
	add_all_keys(&call, list);
	lists_number(&call, list);
	lists_number(&call, fence);
	lists_number(&call, publication->version);
	lists_number(&call, (uint64_t)publication->iat);
	lists_number(&call, (uint64_t)publication->exp);
	lists_number(&call, (uint64_t)again_ms);
	lists_number(&call, history);
	lists_bytes(&call, tally_span(recipe, sizeof(recipe)));
	lists_bytes(&call, publication->jwt);
	lists_bytes(&call, publication->cwt);
	return lists_run(lists, &call);
}

struct states {
	struct tally_list_state *out;
	uint32_t first;
	size_t max, n;
};

static bool read_states(const struct lists_answer *answer, void *out)
{
	struct states *states = out;

	if (answer->n != 1 || answer->data[0]->type != REDIS_REPLY_ARRAY ||
	    answer->data[0]->elements > states->max)
		return false;
	for (size_t i = 0; i < answer->data[0]->elements; i++) {
		const redisReply *reply = answer->data[0]->element[i];
		struct lists_head head = { .state.is_retired = true };

		if (reply->type != REDIS_REPLY_STRING ||
		    (reply->len > 0 &&
		     !lists_read_head(tally_span(reply->str, (size_t)reply->len), &head)))
			return false;
		states->out[i] = head.state;
		states->out[i].list = states->first + (uint32_t)i;
	}
	states->n = answer->data[0]->elements;
	return true;
}

enum tally_err lists_states(struct tally_lists *lists, struct tally_span pool, uint32_t first,
			    struct tally_list_state *out, size_t max, size_t *n)
{
	enum tally_err err = TALLY_OK;
	bool more = true;

	*n = 0;
	while (err == TALLY_OK && more && *n < max) {
		size_t step = max - *n < STATES_STEP ? max - *n : STATES_STEP;
		struct states states = {
			.out = out + *n, .first = first + (uint32_t)*n, .max = step
		};
		struct lists_call call;

		lists_begin(&call, TALLY_REDIS_LIST_STATES, pool, read_states, &states);
		lists_key(&call, "pool");
		lists_number(&call, states.first);
		lists_number(&call, step);
		err = lists_run(lists, &call);
		*n += states.n;
		more = states.n == step;
	}
	return err;
}

enum tally_err lists_retire(struct tally_lists *lists, struct tally_span pool, uint32_t list,
			    uint64_t fence)
{
	struct lists_call call;

	lists_begin(&call, TALLY_REDIS_LIST_RETIRE, pool, NULL, NULL);
	add_all_keys(&call, list);
	lists_key(&call, "back");
	lists_number(&call, list);
	lists_number(&call, fence);
	return lists_run(lists, &call);
}
