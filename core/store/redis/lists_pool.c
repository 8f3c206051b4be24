/* SPDX-License-Identifier: Apache-2.0 */
/* Pools, and the positions that are reserved of them. */
#include "config.h"

#include "store/redis/lists_priv.h"

#include "base/buf.h"

#define RANGE_SIZE 12u

static bool read_pool(const struct lists_answer *answer, void *out)
{
	struct tally_list_pool *pool = out;
	redisReply *const *data = answer->data;
	uint32_t bits = 0;

	if (answer->n < 6 || data[2]->type != REDIS_REPLY_STRING ||
	    data[2]->len != TALLY_POOL_SEED_SIZE || !lists_read_u32(data[0], &pool->size) ||
	    !lists_read_u32(data[1], &bits) || !lists_read_u32(data[3], &pool->lists) ||
	    !lists_read_number(data[4], LISTS_NUMBER_MAX, &pool->next) ||
	    !lists_read_number(data[5], LISTS_NUMBER_MAX, &pool->returned))
		return false;
	memcpy(pool->seed, data[2]->str, TALLY_POOL_SEED_SIZE);
	pool->bits = bits;
	return true;
}

enum tally_err lists_pool_open(struct tally_lists *lists, struct tally_span pool,
			       struct tally_list_pool *io)
{
	struct tally_list_pool wanted = *io;
	struct lists_call call;

	lists_begin(&call, TALLY_REDIS_LIST_POOL, pool, read_pool, io);
	lists_key(&call, "pool");
	lists_number(&call, wanted.size);
	lists_number(&call, wanted.bits);
	lists_bytes(&call, tally_span(wanted.seed, sizeof(wanted.seed)));
	return lists_run(lists, &call);
}

struct look {
	struct tally_list_pool *pool;
	struct tally_list_holder *holder;
};

static bool read_look(const struct lists_answer *answer, void *out)
{
	const struct look *look = out;
	const redisReply *owner = answer->n == 8 ? answer->data[6] : NULL;

	if (answer->err != TALLY_OK)
		return true;
	if (owner == NULL || owner->type != REDIS_REPLY_STRING ||
	    owner->len > TALLY_LIST_OWNER_MAX || !read_pool(answer, look->pool) ||
	    !lists_read_u32(answer->data[7], &look->holder->left_ms))
		return false;
	memcpy(look->holder->owner, owner->str, (size_t)owner->len);
	return true;
}

enum tally_err lists_pool_look(struct tally_lists *lists, struct tally_span pool,
			       struct tally_list_pool *out, struct tally_list_holder *holder)
{
	struct look look = { .pool = out, .holder = holder };
	struct lists_call call;

	*holder = (struct tally_list_holder){ .left_ms = 0 };
	lists_begin(&call, TALLY_REDIS_LIST_LOOK, pool, read_look, &look);
	lists_key(&call, "pool");
	lists_key(&call, "lease");
	return lists_run(lists, &call);
}

struct reserved {
	struct tally_list_range *ranges;
	size_t n;
};

static bool read_ranges(const struct lists_answer *answer, void *out)
{
	struct reserved *reserved = out;

	if (answer->n % 2 != 0 || answer->n / 2 > TALLY_LIST_RANGES_MAX)
		return false;
	for (size_t i = 0; i < answer->n / 2; i++) {
		struct tally_list_range *range = &reserved->ranges[i];

		if (!lists_read_number(answer->data[2 * i], LISTS_NUMBER_MAX, &range->first) ||
		    !lists_read_u32(answer->data[2 * i + 1], &range->count))
			return false;
	}
	reserved->n = answer->n / 2;
	return true;
}

enum tally_err lists_reserve(struct tally_lists *lists, struct tally_span pool, uint32_t count,
			     int64_t now, struct tally_list_range ranges[TALLY_LIST_RANGES_MAX],
			     size_t *n)
{
	struct reserved reserved = { .ranges = ranges };
	struct lists_call call;

	lists_begin(&call, TALLY_REDIS_LIST_RESERVE, pool, read_ranges, &reserved);
	lists_key(&call, "pool");
	lists_key(&call, "back");
	lists_number(&call, count);
	lists_number(&call, (uint64_t)now);
	lists_number(&call, TALLY_LIST_RANGES_MAX);
	enum tally_err err = lists_run(lists, &call);

	*n = err == TALLY_OK ? reserved.n : 0;
	return err;
}

static void add_number(struct tally_buf *buf, uint64_t value, unsigned int size)
{
	while (size-- > 0)
		tally_buf_add_char(buf, (char)(value >> 8 * size));
}

enum tally_err lists_give_back(struct tally_lists *lists, struct tally_span pool,
			       const struct tally_list_range *ranges, size_t n)
{
	struct lists_call call;
	struct tally_buf packed;

	tally_buf_grow(&packed, n * RANGE_SIZE);
	for (size_t i = 0; i < n; i++) {
		add_number(&packed, ranges[i].first, 8);
		add_number(&packed, ranges[i].count, 4);
	}
	enum tally_err err = tally_buf_err(&packed);

	if (err == TALLY_OK) {
		lists_begin(&call, TALLY_REDIS_LIST_GIVE_BACK, pool, NULL, NULL);
		lists_key(&call, "pool");
		lists_key(&call, "back");
		lists_bytes(&call, tally_buf_span(&packed));
		err = lists_run(lists, &call);
	}
	tally_buf_free(&packed);
	return err;
}
