/* SPDX-License-Identifier: Apache-2.0 */
/* Pools of status lists. */
#include "config.h"

#include "tests/fake/store_priv.h"

static bool copy_pool(struct tally_arena *arena, const struct tally_pool_record *from,
		      struct tally_pool_record *to)
{
	*to = *from;
	return fake_dup_all(arena, (struct tally_span *[]){ &to->pool_id, &to->definition }, 2);
}

/* The pool's place, or where it would go. */
static bool find_pool(const struct fake *fake, struct tally_span pool_id, size_t *at)
{
	int order = 1;

	for (*at = 0; *at < fake->pool_count; ++*at) {
		order = tally_span_cmp(fake->pools[*at].pool_id, pool_id);
		if (order >= 0)
			break;
	}
	return order == 0;
}

enum tally_err fake_pool_list(struct tally_store *store, struct tally_arena *arena,
			      struct tally_pool_record **out, size_t *count)
{
	struct fake *fake = fake_of(store);
	enum tally_err err = fake_enter(fake);

	*count = 0;
	*out = tally_arena_array(arena, fake->pool_count, sizeof(**out));
	if (err == TALLY_OK && *out == NULL)
		err = TALLY_ERR_NOMEM;
	while (err == TALLY_OK && *count < fake->pool_count) {
		if (!copy_pool(arena, &fake->pools[*count], *out + *count))
			err = TALLY_ERR_NOMEM;
		++*count;
	}
	return fake_leave(fake, err);
}

static enum tally_err insert_pool(struct fake *fake, const struct tally_pool_record *pool)
{
	struct tally_pool_record copy;
	size_t at;

	if (find_pool(fake, pool->pool_id, &at))
		return TALLY_ERR_EXISTS;
	if (fake->pool_count == FAKE_POOLS || pool->pool_id.n == 0 ||
	    pool->pool_id.n > TALLY_POOL_ID_MAX || pool->definition.n > TALLY_POOL_TEXT_MAX)
		return TALLY_ERR_LIMIT;
	if (!copy_pool(fake->arena, pool, &copy))
		return TALLY_ERR_NOMEM;
	memmove(fake->pools + at + 1, fake->pools + at,
		(fake->pool_count - at) * sizeof(fake->pools[0]));
	fake->pools[at] = copy;
	fake->pool_count++;
	return TALLY_OK;
}

enum tally_err fake_pool_add(struct tally_store *store, const struct tally_pool_record *pool)
{
	struct fake *fake = fake_of(store);
	enum tally_err err = fake_enter(fake);

	if (err == TALLY_OK)
		err = insert_pool(fake, pool);
	return fake_leave(fake, err);
}

static enum tally_err replace(struct fake *fake, struct tally_span pool_id,
			      struct tally_span before, struct tally_span definition)
{
	size_t at;

	if (!find_pool(fake, pool_id, &at))
		return TALLY_ERR_NOT_FOUND;
	if (definition.n > TALLY_POOL_TEXT_MAX)
		return TALLY_ERR_LIMIT;
	if (!tally_span_eq(fake->pools[at].definition, before))
		return TALLY_ERR_CONFLICT;
	fake->pools[at].definition = tally_arena_dup(fake->arena, definition);
	return fake->pools[at].definition.p ? TALLY_OK : TALLY_ERR_NOMEM;
}

enum tally_err fake_pool_set(struct tally_store *store, struct tally_span pool_id,
			     struct tally_span before, struct tally_span definition)
{
	struct fake *fake = fake_of(store);
	enum tally_err err = fake_enter(fake);

	if (err == TALLY_OK)
		err = replace(fake, pool_id, before, definition);
	return fake_leave(fake, err);
}

enum tally_err fake_pool_retire(struct tally_store *store, struct tally_span pool_id, int64_t when)
{
	struct fake *fake = fake_of(store);
	enum tally_err err = fake_enter(fake);
	size_t at;

	if (err == TALLY_OK && !find_pool(fake, pool_id, &at))
		err = TALLY_ERR_NOT_FOUND;
	if (err == TALLY_OK)
		fake->pools[at].retired_at = when;
	return fake_leave(fake, err);
}
