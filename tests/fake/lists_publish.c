/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/fake/lists_priv.h"

#include "sys/clock.h"

#include <stdlib.h>

#define POSITIONS_MAX (UINT64_C(1) << 53)

static void publication_free(struct tally_list_publication *publication)
{
	free((void *)publication->jwt.p);
	free((void *)publication->cwt.p);
	*publication = (struct tally_list_publication){ .sequence = 0 };
}

void fake_list_clear(struct fake_list *list)
{
	for (size_t i = 0; i < list->past_count; i++)
		publication_free(&list->past[i].publication);
	free(list->past);
	free(list->entries);
	publication_free(&list->publication);
	list->past = NULL;
	list->past_count = 0;
	list->entries = NULL;
}

static enum tally_err copy_out(struct tally_arena *arena,
			       const struct tally_list_publication *from,
			       struct tally_list_publication *out)
{
	*out = *from;
	out->jwt = tally_arena_dup(arena, from->jwt);
	out->cwt = tally_arena_dup(arena, from->cwt);
	return out->jwt.p && out->cwt.p ? TALLY_OK : TALLY_ERR_NOMEM;
}

/* ---- the lease ---- */

static bool owns(const struct fake_pool *pool, struct tally_span owner)
{
	return tally_span_eq(tally_span(pool->owner, pool->owner_n), owner);
}

enum tally_err fake_lease(struct tally_lists *lists, struct tally_span id, struct tally_span owner,
			  uint32_t ttl_ms, uint64_t *fence, uint32_t *left_ms)
{
	struct fake_lists *fake;
	struct fake_pool *pool;
	enum tally_err err = fake_pool_enter(lists, id, &fake, &pool);
	int64_t now = tally_clock_ms();

	if (err == TALLY_OK && now < pool->lease_ends_ms && !owns(pool, owner)) {
		*left_ms = (uint32_t)(pool->lease_ends_ms - now);
		err = TALLY_ERR_EXISTS;
	}
	if (err == TALLY_OK) {
		if (now >= pool->lease_ends_ms)
			pool->fence++;
		memcpy(pool->owner, owner.p, owner.n);
		pool->owner_n = owner.n;
		pool->lease_ends_ms = now + ttl_ms;
		*fence = pool->fence;
	}
	return fake_lists_leave(fake, err);
}

enum tally_err fake_release(struct tally_lists *lists, struct tally_span id,
			    struct tally_span owner)
{
	struct fake_lists *fake;
	struct fake_pool *pool;
	enum tally_err err = fake_pool_enter(lists, id, &fake, &pool);

	if (err == TALLY_OK && owns(pool, owner))
		pool->lease_ends_ms = 0;
	return fake_lists_leave(fake, err == TALLY_ERR_NOT_FOUND ? TALLY_OK : err);
}

/* ---- what is due ---- */

static bool is_before(const struct fake_list *a, const struct fake_list *b)
{
	return a->due_ms != b->due_ms ? a->due_ms < b->due_ms : a->state.list < b->state.list;
}

/* The list that is due first of those that are due after this one; NULL: none. */
static const struct fake_list *due_after(const struct fake_pool *pool, const struct fake_list *last)
{
	const struct fake_list *first = NULL;

	for (uint32_t i = 0; i < pool->shape.lists; i++) {
		const struct fake_list *list = &pool->lists[i];

		if (list->entries != NULL && (last == NULL || is_before(last, list)) &&
		    (first == NULL || is_before(list, first)))
			first = list;
	}
	return first;
}

enum tally_err fake_due(struct tally_lists *lists, struct tally_span id, int64_t now_ms,
			uint32_t *out, size_t max, size_t *n, int64_t *next_ms)
{
	struct fake_lists *fake;
	struct fake_pool *pool;
	enum tally_err err = fake_pool_enter(lists, id, &fake, &pool);
	const struct fake_list *list = err == TALLY_OK ? due_after(pool, NULL) : NULL;

	*n = 0;
	*next_ms = list ? list->due_ms : 0;
	while (list != NULL && list->due_ms <= now_ms && *n < max) {
		out[(*n)++] = list->state.list;
		list = due_after(pool, list);
	}
	return fake_lists_leave(fake, err == TALLY_ERR_NOT_FOUND ? TALLY_OK : err);
}

static struct tally_span pack(const struct tally_list_pool *shape, const uint8_t *entries,
			      struct tally_arena *arena)
{
	size_t n = (size_t)shape->size * shape->bits / 8;
	uint8_t *bytes = tally_arena_zalloc(arena, n);

	for (uint32_t i = 0; bytes != NULL && i < shape->size; i++) {
		uint64_t bit = (uint64_t)i * shape->bits;

		bytes[bit / 8] = (uint8_t)(bytes[bit / 8] | entries[i] << bit % 8);
	}
	return tally_span(bytes, n);
}

enum tally_err fake_snapshot(struct tally_lists *lists, struct tally_span id, uint32_t number,
			     struct tally_arena *arena, struct tally_list_snapshot *out)
{
	struct fake_lists *fake;
	struct fake_list *list;
	enum tally_err err = fake_list_enter(lists, id, number, &fake, &list);

	if (err == TALLY_OK) {
		out->version = list->state.version;
		out->bits = pack(&fake_pool_find(fake, id)->shape, list->entries, arena);
		list->missed_ms = 0;
		if (out->bits.p == NULL)
			err = TALLY_ERR_NOMEM;
	}
	return fake_lists_leave(fake, err);
}

/* ---- publishing ---- */

static enum tally_err create(struct fake_pool *pool, uint32_t number, int64_t now)
{
	struct tally_list_pool *shape = &pool->shape;

	if (((uint64_t)number + 1) * shape->size > POSITIONS_MAX)
		return TALLY_ERR_STATE;
	pool->lists = fake_grow(pool->lists, ((size_t)number + 1) * sizeof(*pool->lists));
	pool->lists[number] = (struct fake_list){
		.state = { .list = number, .created_at = now },
		.entries = memset(fake_grow(NULL, shape->size), 0, shape->size),
	};
	shape->lists++;
	return TALLY_OK;
}

/* Keeps what is replaced, when it was ever valid, and drops what has ended. */
static void put_by(struct fake_list *list, int64_t until, uint32_t history)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->past_count; i++)
		if (list->past[i].ends_at > tally_clock_now())
			list->past[kept++] = list->past[i];
		else
			publication_free(&list->past[i].publication);
	list->past_count = kept;
	if (history == 0 || list->publication.sequence == 0 || list->publication.iat >= until) {
		publication_free(&list->publication);
		return;
	}
	list->past = fake_grow(list->past, (kept + 1) * sizeof(*list->past));
	list->past[list->past_count++] = (struct fake_past){
		.publication = list->publication,
		.until = until,
		.ends_at = tally_clock_now() + history,
	};
}

static void put(struct fake_pool *pool, struct fake_list *list,
		const struct tally_list_publication *publication, int64_t again_ms)
{
	list->publication = *publication;
	list->publication.jwt = fake_keep(publication->jwt);
	list->publication.cwt = fake_keep(publication->cwt);
	list->publication.sequence = list->sequence = ++pool->sequence;
	list->state.iat = publication->iat;
	list->state.exp = publication->exp;
	list->state.published = publication->version;
	list->state.recipe = publication->recipe;
	if (list->state.version == publication->version)
		list->due_ms = again_ms;
	else if (list->missed_ms > 0)
		list->due_ms = list->missed_ms < again_ms ? list->missed_ms : again_ms;
}

enum tally_err fake_publish(struct tally_lists *lists, struct tally_span id, uint32_t number,
			    uint64_t fence, const struct tally_list_publication *publication,
			    int64_t again_ms, uint32_t history)
{
	struct fake_lists *fake;
	struct fake_pool *pool;
	enum tally_err err = fake_pool_enter(lists, id, &fake, &pool);

	if (err == TALLY_ERR_NOT_FOUND)
		err = TALLY_ERR_STATE;
	else if (err == TALLY_OK && fence != pool->fence)
		err = TALLY_ERR_CONFLICT;
	else if (err == TALLY_OK && number == pool->shape.lists)
		err = create(pool, number, publication->iat);
	else if (err == TALLY_OK &&
		 (number > pool->shape.lists || pool->lists[number].entries == NULL))
		err = TALLY_ERR_STATE;
	if (err == TALLY_OK) {
		put_by(&pool->lists[number], publication->iat, history);
		put(pool, &pool->lists[number], publication, again_ms);
	}
	return fake_lists_leave(fake, err);
}

enum tally_err fake_states(struct tally_lists *lists, struct tally_span id, uint32_t first,
			   struct tally_list_state *out, size_t max, size_t *n)
{
	struct fake_lists *fake;
	struct fake_pool *pool;
	enum tally_err err = fake_pool_enter(lists, id, &fake, &pool);

	*n = 0;
	for (uint32_t i = first; err == TALLY_OK && i < pool->shape.lists && *n < max; i++)
		out[(*n)++] = pool->lists[i].state;
	return fake_lists_leave(fake, err == TALLY_ERR_NOT_FOUND ? TALLY_OK : err);
}

/* Whether positions of a list can still be reserved. */
static bool has_free(const struct fake_pool *pool, uint32_t number)
{
	uint64_t first = (uint64_t)number * pool->shape.size, end = first + pool->shape.size;

	for (size_t i = 0; i < pool->returned_count; i++)
		if (pool->returned[i].first < end &&
		    pool->returned[i].first + pool->returned[i].count > first)
			return true;
	return pool->shape.next < end;
}

enum tally_err fake_retire(struct tally_lists *lists, struct tally_span id, uint32_t number,
			   uint64_t fence)
{
	struct fake_lists *fake;
	struct fake_pool *pool;
	enum tally_err err = fake_pool_enter(lists, id, &fake, &pool);

	if (err == TALLY_OK && fence != pool->fence)
		err = TALLY_ERR_CONFLICT;
	else if (err == TALLY_OK &&
		 (number >= pool->shape.lists || pool->lists[number].entries == NULL))
		err = TALLY_ERR_NOT_FOUND;
	else if (err == TALLY_OK && has_free(pool, number))
		err = TALLY_ERR_STATE;
	if (err == TALLY_OK) {
		struct fake_list *list = &pool->lists[number];

		fake_list_clear(list);
		list->state = (struct tally_list_state){ .list = number, .is_retired = true };
		list->sequence = ++pool->sequence;
	}
	return fake_lists_leave(fake, err);
}

/* ---- handing out ---- */

enum tally_err fake_published(struct tally_lists *lists, struct tally_span id, uint32_t number,
			      struct tally_arena *arena, struct tally_list_publication *out)
{
	struct fake_lists *fake;
	struct fake_list *list;
	enum tally_err err = fake_list_enter(lists, id, number, &fake, &list);

	if (err == TALLY_OK)
		err = copy_out(arena, &list->publication, out);
	return fake_lists_leave(fake, err);
}

/* NULL: none was valid, or it is not kept any more. */
static const struct tally_list_publication *at_time(const struct fake_list *list, int64_t time)
{
	const struct tally_list_publication *found = NULL;

	if (time >= list->publication.iat)
		found = &list->publication;
	for (size_t i = 0; found == NULL && i < list->past_count; i++) {
		const struct fake_past *past = &list->past[i];

		if (past->publication.iat <= time && time < past->until &&
		    past->ends_at > tally_clock_now())
			found = &past->publication;
	}
	return found != NULL && (found->exp == 0 || time < found->exp) ? found : NULL;
}

enum tally_err fake_past(struct tally_lists *lists, struct tally_span id, uint32_t number,
			 int64_t time, struct tally_arena *arena,
			 struct tally_list_publication *out)
{
	struct fake_lists *fake;
	struct fake_list *list;
	enum tally_err err = fake_list_enter(lists, id, number, &fake, &list);

	if (err == TALLY_OK) {
		const struct tally_list_publication *found = at_time(list, time);

		if (found == NULL)
			err = TALLY_ERR_NOT_FOUND;
		else
			err = copy_out(arena, found, out);
	}
	return fake_lists_leave(fake, err);
}

/* The list whose last change is the first after this one; NULL: none. */
static const struct fake_list *changed_after(const struct fake_pool *pool, uint64_t after)
{
	const struct fake_list *first = NULL;

	for (uint32_t i = 0; i < pool->shape.lists; i++)
		if (pool->lists[i].sequence > after &&
		    (first == NULL || pool->lists[i].sequence < first->sequence))
			first = &pool->lists[i];
	return first;
}

enum tally_err fake_changes(struct tally_lists *lists, struct tally_span id, uint64_t after,
			    struct tally_list_change *out, size_t *n)
{
	struct fake_lists *fake;
	struct fake_pool *pool;
	enum tally_err err = fake_pool_enter(lists, id, &fake, &pool);
	const struct fake_list *list = err == TALLY_OK ? changed_after(pool, after) : NULL;

	for (*n = 0; list != NULL && *n < TALLY_LIST_CHANGES_MAX; ++*n) {
		out[*n] = (struct tally_list_change){ .list = list->state.list,
						      .sequence = list->sequence,
						      .is_retired = list->entries == NULL };
		list = changed_after(pool, list->sequence);
	}
	return fake_lists_leave(fake, err == TALLY_ERR_NOT_FOUND ? TALLY_OK : err);
}
