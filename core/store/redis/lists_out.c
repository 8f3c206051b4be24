/* SPDX-License-Identifier: Apache-2.0 */
/* What is published, as nodes hand it out. */
#include "config.h"

#include "store/redis/lists_priv.h"

/* A publication for somebody. */
struct wanted {
	struct tally_arena *arena;
	struct tally_list_publication *out;
	bool is_short;   /* set: of memory */
	bool is_missing; /* set: there is none */
};

static bool read_record(const redisReply *reply, struct wanted *wanted)
{
	struct lists_head head;

	if (reply->type != REDIS_REPLY_STRING ||
	    !lists_read_head(tally_span(reply->str, (size_t)reply->len), &head))
		return false;
	*wanted->out = (struct tally_list_publication){
		.sequence = head.sequence,
		.version = head.state.published,
		.recipe = head.state.recipe,
		.iat = head.state.iat,
		.exp = head.state.exp,
		.jwt = tally_arena_dup(wanted->arena, head.jwt),
		.cwt = tally_arena_dup(wanted->arena, head.cwt),
	};
	wanted->is_short = wanted->out->jwt.p == NULL || wanted->out->cwt.p == NULL;
	return true;
}

static bool read_publication(const struct lists_answer *answer, void *out)
{
	if (answer->err != TALLY_OK)
		return true;
	return answer->n == 1 && read_record(answer->data[0], out);
}

static bool read_get(const redisReply *reply, void *out)
{
	struct wanted *wanted = out;

	wanted->is_missing = reply->type == REDIS_REPLY_NIL;
	return wanted->is_missing || read_record(reply, wanted);
}

/* No script: a list of megabytes need not go through Lua. */
enum tally_err lists_published(struct tally_lists *lists, struct tally_span pool, uint32_t list,
			       struct tally_arena *arena, struct tally_list_publication *out)
{
	struct wanted wanted = { .arena = arena, .out = out };
	char text[LISTS_KEY_SIZE];
	const struct tally_span command[] = { TALLY_SPAN("GET"),
					      lists_name(text, pool, 'r', list) };
	enum tally_err err = tally_redis_command(lists_of(lists)->server, command, 2, read_get,
						 &wanted);

	if (err != TALLY_OK || wanted.is_missing)
		return err == TALLY_OK ? TALLY_ERR_NOT_FOUND : err;
	return wanted.is_short ? TALLY_ERR_NOMEM : TALLY_OK;
}

enum tally_err lists_past(struct tally_lists *lists, struct tally_span pool, uint32_t list,
			  int64_t time, struct tally_arena *arena,
			  struct tally_list_publication *out)
{
	struct wanted wanted = { .arena = arena, .out = out };
	struct lists_call call;

	lists_begin(&call, TALLY_REDIS_LIST_PAST, pool, read_publication, &wanted);
	lists_list_key(&call, 'r', list);
	lists_list_key(&call, 'h', list);
	lists_number(&call, (uint64_t)time);
	enum tally_err err = lists_run(lists, &call);

	return err == TALLY_OK && wanted.is_short ? TALLY_ERR_NOMEM : err;
}

struct changes {
	struct tally_list_change *out;
	size_t n;
};

static bool read_changes(const struct lists_answer *answer, void *out)
{
	struct changes *changes = out;
	const redisReply *all = answer->n == 1 ? answer->data[0] : NULL;

	if (all == NULL || all->type != REDIS_REPLY_ARRAY || all->elements % 3 != 0 ||
	    all->elements / 3 > TALLY_LIST_CHANGES_MAX)
		return false;
	for (size_t i = 0; i < all->elements / 3; i++) {
		redisReply **of = all->element + 3 * i;
		struct tally_list_change *change = &changes->out[i];
		uint32_t is_there = 0;

		if (!lists_read_u32(of[0], &change->list) ||
		    !lists_read_number(of[1], LISTS_NUMBER_MAX, &change->sequence) ||
		    !lists_read_u32(of[2], &is_there))
			return false;
		change->is_retired = is_there == 0;
	}
	changes->n = all->elements / 3;
	return true;
}

enum tally_err lists_changes(struct tally_lists *lists, struct tally_span pool, uint64_t after,
			     struct tally_list_change *out, size_t *n)
{
	struct changes changes = { .out = out };
	struct lists_call call;

	lists_begin(&call, TALLY_REDIS_LIST_CHANGES, pool, read_changes, &changes);
	lists_key(&call, "pool");
	lists_key(&call, "new");
	lists_number(&call, after);
	lists_number(&call, TALLY_LIST_CHANGES_MAX);
	enum tally_err err = lists_run(lists, &call);

	*n = err == TALLY_OK ? changes.n : 0;
	return err;
}
