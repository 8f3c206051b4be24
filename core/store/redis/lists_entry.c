/* SPDX-License-Identifier: Apache-2.0 */
/* Entries of lists: set, read, and whole stretches. */
#include "config.h"

#include "store/redis/lists_priv.h"

#include <stdlib.h>

#define UPDATE_SIZE 5u

/*
 * So many updates share a round trip with those of other requests, which for
 * more of them would wait too long.
 */
#define FEW 64u

/* ---- update ---- */

static bool read_at(const struct lists_answer *answer, void *out)
{
	uint32_t at = 0;

	if (answer->n > 0 && !lists_read_u32(answer->data[0], &at))
		return false;
	*(size_t *)out = at;
	return true;
}

/* What does not fit is out of bounds, wherever these are: no list is that long. */
static void pack(char out[UPDATE_SIZE], const struct tally_list_update *update)
{
	bool fits = update->index < UINT32_MAX && update->value <= UINT8_MAX;
	uint32_t index = fits ? (uint32_t)update->index : UINT32_MAX;

	out[0] = (char)(index >> 24);
	out[1] = (char)(index >> 16);
	out[2] = (char)(index >> 8);
	out[3] = (char)index;
	out[4] = (char)update->value;
}

/* What the scripts that change entries have in common (lua/part_due.lua). */
static void begin_change(struct lists_call *call, uint32_t list, int64_t due_ms)
{
	lists_list_key(call, 'r', list);
	lists_list_key(call, 'b', list);
	lists_key(call, "due");
	lists_number(call, list);
	lists_number(call, (uint64_t)due_ms);
}

enum tally_err lists_update(struct tally_lists *lists, struct tally_span pool, uint32_t list,
			    const struct tally_list_update *updates, size_t n, int final_status,
			    int64_t due_ms, size_t *at)
{
	char few[FEW * UPDATE_SIZE];
	char *packed = few;
	struct lists_call call;

	*at = 0;
	if (n > TALLY_LIST_UPDATES_MAX)
		return TALLY_ERR_LIMIT;
	if (n > FEW && (packed = malloc(n * UPDATE_SIZE)) == NULL)
		return TALLY_ERR_NOMEM;
	for (size_t i = 0; i < n; i++)
		pack(packed + i * UPDATE_SIZE, &updates[i]);
	lists_begin(&call, TALLY_REDIS_LIST_UPDATE, pool, read_at, at);
	begin_change(&call, list, due_ms);
	lists_number(&call, (uint64_t)(int64_t)final_status);
	lists_bytes(&call, tally_span(packed, n * UPDATE_SIZE));
	enum tally_err err = n > FEW ? lists_run(lists, &call) : lists_gather(lists, &call);

	if (packed != few)
		free(packed);
	return err;
}

/* ---- read, fill ---- */

/* The one number of an answer that is not an error. */
static bool read_u32(const struct lists_answer *answer, void *out)
{
	if (answer->err != TALLY_OK)
		return true;
	return answer->n == 1 && lists_read_u32(answer->data[0], out);
}

enum tally_err lists_read(struct tally_lists *lists, struct tally_span pool, uint32_t list,
			  uint64_t index, unsigned int *value)
{
	struct lists_call call;
	uint32_t got = 0;

	lists_begin(&call, TALLY_REDIS_LIST_READ, pool, read_u32, &got);
	lists_list_key(&call, 'r', list);
	lists_list_key(&call, 'b', list);
	lists_number(&call, index < UINT32_MAX ? index : UINT32_MAX);
	enum tally_err err = lists_run(lists, &call);

	*value = got;
	return err;
}

enum tally_err lists_fill(struct tally_lists *lists, struct tally_span pool, uint32_t list,
			  uint32_t first, uint32_t count, unsigned int value, int final_status,
			  int64_t due_ms, uint32_t *changed)
{
	struct lists_call call;

	*changed = 0;
	if (count > TALLY_LIST_FILL_MAX)
		return TALLY_ERR_LIMIT;
	lists_begin(&call, TALLY_REDIS_LIST_FILL, pool, read_u32, changed);
	begin_change(&call, list, due_ms);
	lists_number(&call, first);
	lists_number(&call, count);
	lists_number(&call, value);
	lists_number(&call, (uint64_t)(int64_t)final_status);
	return lists_run(lists, &call);
}
