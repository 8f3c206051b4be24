/* SPDX-License-Identifier: Apache-2.0 */
/* Pools, positions and entries; what is published is in lists_publish.c. */
#include "config.h"

#include "tests/fake/lists.h"

#include "sys/clock.h"
#include "tests/fake/lists_priv.h"

#include <stdlib.h>

void *fake_grow(void *p, size_t size)
{
	void *grown = NULL;

	/* Where a test lets one allocation fail, it is not for this one that it does. */
	for (int i = 0; i < 2 && grown == NULL; i++)
		grown = realloc(p, size > 0 ? size : 1);
	if (grown == NULL)
		abort();
	return grown;
}

struct tally_span fake_keep(struct tally_span s)
{
	char *copy = fake_grow(NULL, s.n);

	if (s.n > 0)
		memcpy(copy, s.p, s.n);
	return tally_span(copy, s.n);
}

enum tally_err fake_lists_enter(struct tally_lists *lists, struct fake_lists **fake)
{
	*fake = (struct fake_lists *)lists;
	pthread_mutex_lock(&(*fake)->lock);
	(*fake)->calls++;
	(*fake)->lost = (*fake)->lose_in > 0 && --(*fake)->lose_in == 0;
	if ((*fake)->fail_in > 0 && --(*fake)->fail_in == 0)
		return (*fake)->fail_with;
	return (*fake)->down ? TALLY_ERR_UNAVAILABLE : TALLY_OK;
}

enum tally_err fake_lists_leave(struct fake_lists *fake, enum tally_err err)
{
	if (fake->lost)
		err = TALLY_ERR_UNAVAILABLE;
	pthread_mutex_unlock(&fake->lock);
	return err;
}

struct fake_pool *fake_pool_find(struct fake_lists *fake, struct tally_span id)
{
	struct fake_pool *pool = fake->pools;

	while (pool != NULL && !tally_span_eq(pool->id, id))
		pool = pool->next;
	return pool;
}

enum tally_err fake_pool_enter(struct tally_lists *lists, struct tally_span id,
			       struct fake_lists **fake, struct fake_pool **pool)
{
	enum tally_err err = fake_lists_enter(lists, fake);

	*pool = fake_pool_find(*fake, id);
	return err == TALLY_OK && *pool == NULL ? TALLY_ERR_NOT_FOUND : err;
}

enum tally_err fake_list_enter(struct tally_lists *lists, struct tally_span id, uint32_t number,
			       struct fake_lists **fake, struct fake_list **list)
{
	struct fake_pool *pool;
	enum tally_err err = fake_pool_enter(lists, id, fake, &pool);

	*list = NULL;
	if (err != TALLY_OK)
		return err;
	if (number >= pool->shape.lists || pool->lists[number].entries == NULL)
		return TALLY_ERR_NOT_FOUND;
	*list = &pool->lists[number];
	return TALLY_OK;
}

static enum tally_err check(struct tally_lists *lists)
{
	struct fake_lists *fake = (struct fake_lists *)lists;

	pthread_mutex_lock(&fake->lock);
	enum tally_err err = fake->down      ? TALLY_ERR_UNAVAILABLE
			     : fake->forgetful ? TALLY_ERR_CONFIG : TALLY_OK;

	pthread_mutex_unlock(&fake->lock);
	return err;
}

/* ---- pools ---- */

static enum tally_err pool_open(struct tally_lists *lists, struct tally_span id,
				struct tally_list_pool *io)
{
	struct fake_lists *fake;
	struct fake_pool *pool;
	enum tally_err err = fake_pool_enter(lists, id, &fake, &pool);

	if (err == TALLY_ERR_NOT_FOUND) {
		pool = fake_grow(NULL, sizeof(*pool));
		*pool = (struct fake_pool){ .id = fake_keep(id), .next = fake->pools };
		pool->shape.size = io->size;
		pool->shape.bits = io->bits;
		memcpy(pool->shape.seed, io->seed, sizeof(io->seed));
		fake->pools = pool;
		err = TALLY_OK;
	}
	if (err == TALLY_OK)
		*io = pool->shape;
	return fake_lists_leave(fake, err);
}

static enum tally_err pool_look(struct tally_lists *lists, struct tally_span id,
				struct tally_list_pool *out, struct tally_list_holder *holder)
{
	struct fake_lists *fake;
	struct fake_pool *pool;
	enum tally_err err = fake_pool_enter(lists, id, &fake, &pool);

	*holder = (struct tally_list_holder){ .left_ms = 0 };
	if (err == TALLY_OK) {
		int64_t left = pool->lease_ends_ms - tally_clock_ms();

		*out = pool->shape;
		if (left > 0) {
			memcpy(holder->owner, pool->owner, pool->owner_n);
			holder->left_ms = (uint32_t)left;
		}
	}
	return fake_lists_leave(fake, err);
}

static struct tally_list_range take_new(struct fake_pool *pool, uint32_t count)
{
	uint64_t left = (uint64_t)pool->shape.lists * pool->shape.size - pool->shape.next;
	struct tally_list_range range = { .first = pool->shape.next,
					  .count = left < count ? (uint32_t)left : count };

	pool->shape.next += range.count;
	return range;
}

/* Positions for a reservation, at most count, the first that there are. */
static struct tally_list_range take(struct fake_pool *pool, uint32_t count)
{
	if (pool->returned_count == 0)
		return take_new(pool, count);
	struct tally_list_range *first = &pool->returned[0];
	struct tally_list_range range = { .first = first->first,
					  .count = first->count < count ? first->count : count };

	first->first += range.count;
	first->count -= range.count;
	pool->shape.returned -= range.count;
	if (first->count == 0)
		memmove(first, first + 1, --pool->returned_count * sizeof(*first));
	return range;
}

static void note_reserved(struct fake_pool *pool, struct tally_list_range range, int64_t now)
{
	for (uint32_t i = 0; i < range.count; i++) {
		int64_t *at = &pool->lists[(range.first + i) / pool->shape.size].state.reserved_at;

		*at = now > *at ? now : *at;
	}
}

static enum tally_err reserve(struct tally_lists *lists, struct tally_span id, uint32_t count,
			      int64_t now, struct tally_list_range ranges[TALLY_LIST_RANGES_MAX],
			      size_t *n)
{
	struct fake_lists *fake;
	struct fake_pool *pool;
	enum tally_err err = fake_pool_enter(lists, id, &fake, &pool);

	*n = 0;
	while (err == TALLY_OK && count > 0 && *n < TALLY_LIST_RANGES_MAX) {
		struct tally_list_range range = take(pool, count);
		struct tally_list_range *last = *n > 0 ? &ranges[*n - 1] : NULL;

		if (range.count == 0)
			break;
		note_reserved(pool, range, now);
		count -= range.count;
		if (last != NULL && last->first + last->count == range.first)
			last->count += range.count;
		else
			ranges[(*n)++] = range;
	}
	return fake_lists_leave(fake, err == TALLY_ERR_NOT_FOUND ? TALLY_OK : err);
}

/* Keeps what was given back, but for what is of a retired list. */
static void keep(struct fake_pool *pool, struct tally_list_range range)
{
	while (range.count > 0) {
		uint64_t left = pool->shape.size - range.first % pool->shape.size;
		struct tally_list_range part = {
			.first = range.first,
			.count = left < range.count ? (uint32_t)left : range.count,
		};

		range.first += part.count;
		range.count -= part.count;
		if (pool->lists[part.first / pool->shape.size].entries == NULL)
			continue;
		pool->returned = fake_grow(pool->returned, (pool->returned_count + 1) *
								   sizeof(*pool->returned));
		pool->returned[pool->returned_count++] = part;
		pool->shape.returned += part.count;
	}
}

static enum tally_err give_back(struct tally_lists *lists, struct tally_span id,
				const struct tally_list_range *ranges, size_t n)
{
	struct fake_lists *fake;
	struct fake_pool *pool;
	enum tally_err err = fake_pool_enter(lists, id, &fake, &pool);

	if (err == TALLY_ERR_NOT_FOUND)
		err = TALLY_ERR_STATE;
	for (size_t i = 0; err == TALLY_OK && i < n; i++)
		if (ranges[i].first + ranges[i].count > pool->shape.next)
			err = TALLY_ERR_STATE;
	for (size_t i = 0; err == TALLY_OK && i < n; i++)
		keep(pool, ranges[i]);
	return fake_lists_leave(fake, err);
}

/* ---- entries ---- */

static void touched(struct fake_list *list, int64_t due_ms)
{
	list->state.version++;
	if (list->missed_ms == 0 || due_ms < list->missed_ms)
		list->missed_ms = due_ms;
	if (due_ms < list->due_ms)
		list->due_ms = due_ms;
}

/* Sets entries of a copy, so that none is set when one is wrong. */
static enum tally_err set_all(const struct tally_list_pool *shape, uint8_t *entries,
			      const struct tally_list_update *updates, size_t n, int final_status,
			      size_t *at, bool *changed)
{
	*changed = false;
	for (*at = 0; *at < n; ++*at) {
		const struct tally_list_update *update = &updates[*at];

		if (update->index >= shape->size || update->value >> shape->bits != 0)
			return TALLY_ERR_LIMIT;
		if (entries[update->index] == final_status && (int)update->value != final_status)
			return TALLY_ERR_DENIED;
		*changed |= entries[update->index] != update->value;
		entries[update->index] = (uint8_t)update->value;
	}
	return TALLY_OK;
}

static enum tally_err update(struct tally_lists *lists, struct tally_span id, uint32_t number,
			     const struct tally_list_update *updates, size_t n, int final_status,
			     int64_t due_ms, size_t *at)
{
	struct fake_lists *fake;
	struct fake_list *list;
	enum tally_err err = fake_list_enter(lists, id, number, &fake, &list);

	*at = 0;
	if (err == TALLY_OK && n > TALLY_LIST_UPDATES_MAX)
		err = TALLY_ERR_LIMIT;
	if (err == TALLY_OK) {
		const struct tally_list_pool *shape = &fake_pool_find(fake, id)->shape;
		uint8_t *entries = (uint8_t *)fake_keep(tally_span(list->entries, shape->size)).p;

		bool changed;

		err = set_all(shape, entries, updates, n, final_status, at, &changed);
		if (err == TALLY_OK && changed) {
			memcpy(list->entries, entries, shape->size);
			touched(list, due_ms);
		}
		free(entries);
	}
	return fake_lists_leave(fake, err);
}

static enum tally_err read_entry(struct tally_lists *lists, struct tally_span id, uint32_t number,
				 uint64_t index, unsigned int *value)
{
	struct fake_lists *fake;
	struct fake_list *list;
	enum tally_err err = fake_list_enter(lists, id, number, &fake, &list);

	if (err == TALLY_OK && index >= fake_pool_find(fake, id)->shape.size)
		err = TALLY_ERR_LIMIT;
	if (err == TALLY_OK)
		*value = list->entries[index];
	return fake_lists_leave(fake, err);
}

static enum tally_err fill(struct tally_lists *lists, struct tally_span id, uint32_t number,
			   uint32_t first, uint32_t count, unsigned int value, int final_status,
			   int64_t due_ms, uint32_t *changed)
{
	struct fake_lists *fake;
	struct fake_list *list;
	enum tally_err err = fake_list_enter(lists, id, number, &fake, &list);

	*changed = 0;
	if (err == TALLY_OK) {
		const struct tally_list_pool *shape = &fake_pool_find(fake, id)->shape;

		if (count > TALLY_LIST_FILL_MAX || (uint64_t)first + count > shape->size ||
		    value >> shape->bits != 0)
			err = TALLY_ERR_LIMIT;
	}
	for (uint32_t i = first; err == TALLY_OK && i < first + count; i++) {
		if (list->entries[i] == final_status || list->entries[i] == value)
			continue;
		list->entries[i] = (uint8_t)value;
		++*changed;
	}
	if (*changed > 0)
		touched(list, due_ms);
	return fake_lists_leave(fake, err);
}

/* ---- the whole ---- */

static void pool_free(struct fake_pool *pool)
{
	for (uint32_t i = 0; i < pool->shape.lists; i++)
		fake_list_clear(&pool->lists[i]);
	free(pool->lists);
	free(pool->returned);
	free((void *)pool->id.p);
	free(pool);
}

static void close_lists(struct tally_lists *lists)
{
	struct fake_lists *fake = (struct fake_lists *)lists;

	while (fake->pools != NULL) {
		struct fake_pool *pool = fake->pools;

		fake->pools = pool->next;
		pool_free(pool);
	}
	pthread_mutex_destroy(&fake->lock);
	free(fake);
}

static const struct tally_lists_ops ops = {
	.check = check,
	.pool_open = pool_open,
	.pool_look = pool_look,
	.reserve = reserve,
	.give_back = give_back,
	.update = update,
	.read = read_entry,
	.fill = fill,
	.lease = fake_lease,
	.release = fake_release,
	.due = fake_due,
	.snapshot = fake_snapshot,
	.publish = fake_publish,
	.states = fake_states,
	.retire = fake_retire,
	.published = fake_published,
	.past = fake_past,
	.changes = fake_changes,
	.close = close_lists,
};

struct tally_lists *tally_fake_lists_new(void)
{
	struct fake_lists *fake = calloc(1, sizeof(*fake));

	if (fake == NULL)
		return NULL;
	fake->lists.ops = &ops;
	pthread_mutex_init(&fake->lock, NULL);
	return &fake->lists;
}

void tally_fake_lists_fail(struct tally_lists *lists, unsigned int nth, enum tally_err err)
{
	struct fake_lists *fake = (struct fake_lists *)lists;

	pthread_mutex_lock(&fake->lock);
	fake->fail_in = nth;
	fake->fail_with = err;
	pthread_mutex_unlock(&fake->lock);
}

void tally_fake_lists_lose(struct tally_lists *lists, unsigned int nth)
{
	struct fake_lists *fake = (struct fake_lists *)lists;

	pthread_mutex_lock(&fake->lock);
	fake->lose_in = nth;
	pthread_mutex_unlock(&fake->lock);
}

void tally_fake_lists_down(struct tally_lists *lists, bool down)
{
	struct fake_lists *fake = (struct fake_lists *)lists;

	pthread_mutex_lock(&fake->lock);
	fake->down = down;
	pthread_mutex_unlock(&fake->lock);
}

void tally_fake_lists_forgetful(struct tally_lists *lists, bool forgetful)
{
	struct fake_lists *fake = (struct fake_lists *)lists;

	pthread_mutex_lock(&fake->lock);
	fake->forgetful = forgetful;
	pthread_mutex_unlock(&fake->lock);
}

unsigned int tally_fake_lists_calls(struct tally_lists *lists)
{
	struct fake_lists *fake = (struct fake_lists *)lists;

	pthread_mutex_lock(&fake->lock);
	unsigned int calls = fake->calls;

	pthread_mutex_unlock(&fake->lock);
	return calls;
}
