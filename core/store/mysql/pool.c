/* SPDX-License-Identifier: Apache-2.0 */
/* Pools of status lists. */
#include "config.h"

#include "store/mysql/ops.h"
#include "store/mysql/work.h"

static bool is_pool_id(struct tally_span pool_id)
{
	return pool_id.n > 0 && pool_id.n <= TALLY_POOL_ID_MAX;
}

static void read_pool(struct tally_query *q, struct tally_arena *arena,
		      struct tally_pool_record *out)
{
	out->pool_id = tally_query_span(q, arena, TALLY_POOL_ID_MAX);
	out->definition = tally_query_span(q, arena, TALLY_POOL_TEXT_MAX);
	out->created_at = tally_query_int(q);
	out->retired_at = tally_query_int(q);
}

static enum tally_err list(struct tally_db *db, struct tally_arena *arena,
			   struct tally_pool_record **out, size_t *count)
{
	struct tally_query q;

	tally_query_begin(&q, db, TALLY_STATEMENT_pool_list);
	tally_query_run(&q);
	*count = 0;
	*out = tally_arena_array(arena, tally_query_rows(&q), sizeof((*out)[0]));
	if (*out == NULL)
		tally_query_no_memory(&q);
	while (tally_query_next(&q))
		read_pool(&q, arena, &(*out)[(*count)++]);
	return tally_query_end(&q);
}

enum tally_err tally_mysql_pool_list(struct tally_store *store, struct tally_arena *arena,
				     struct tally_pool_record **out, size_t *count)
{
	struct tally_work work = tally_work(store, TALLY_WORK_READ);

	while (tally_work_next(&work))
		work.err = list(work.db, arena, out, count);
	return work.err;
}

/* ---- changes ---- */

static enum tally_err count_pools(struct tally_db *db, int64_t *out)
{
	struct tally_query q;

	tally_query_begin(&q, db, TALLY_STATEMENT_pool_count);
	tally_query_run(&q);
	*out = tally_query_next(&q) ? tally_query_int(&q) : 0;
	return tally_query_end(&q);
}

static enum tally_err insert(struct tally_db *db, const struct tally_pool_record *pool)
{
	struct tally_query q;

	tally_query_begin(&q, db, TALLY_STATEMENT_pool_add);
	tally_query_put_bytes(&q, pool->pool_id);
	tally_query_put_bytes(&q, pool->definition);
	tally_query_put_int(&q, pool->created_at);
	tally_query_put_int(&q, pool->retired_at);
	tally_query_run(&q);
	return tally_query_end(&q);
}

static enum tally_err add(struct tally_db *db, const struct tally_pool_record *pool)
{
	int64_t count;
	enum tally_err err = count_pools(db, &count);

	if (err == TALLY_OK && count >= TALLY_POOLS_MAX)
		return TALLY_ERR_LIMIT;
	return err == TALLY_OK ? insert(db, pool) : err;
}

enum tally_err tally_mysql_pool_add(struct tally_store *store, const struct tally_pool_record *pool)
{
	struct tally_work work = tally_work(store, TALLY_WORK_WRITE);

	if (!is_pool_id(pool->pool_id) || pool->definition.n > TALLY_POOL_TEXT_MAX)
		return TALLY_ERR_LIMIT;
	while (tally_work_next(&work))
		work.err = add(work.db, pool);
	return work.err;
}

/*
 * TALLY_ERR_STATE: somebody has changed it (a conflict would be work to do again);
 * its row stays locked.
 */
static enum tally_err lock_unchanged(struct tally_db *db, struct tally_span pool_id,
				     struct tally_span before)
{
	struct tally_query q;

	tally_query_begin(&q, db, TALLY_STATEMENT_pool_lock);
	tally_query_put_bytes(&q, before);
	tally_query_put_bytes(&q, pool_id);
	tally_query_run(&q);
	bool found = tally_query_next(&q);
	bool same = found && tally_query_int(&q) != 0;
	enum tally_err err = tally_query_end(&q);

	if (err != TALLY_OK)
		return err;
	return !found ? TALLY_ERR_NOT_FOUND : same ? TALLY_OK : TALLY_ERR_STATE;
}

static enum tally_err set(struct tally_db *db, struct tally_span pool_id, struct tally_span before,
			  struct tally_span definition)
{
	struct tally_query q;
	enum tally_err err = lock_unchanged(db, pool_id, before);

	if (err != TALLY_OK)
		return err;
	tally_query_begin(&q, db, TALLY_STATEMENT_pool_set);
	tally_query_put_bytes(&q, definition);
	tally_query_put_bytes(&q, pool_id);
	tally_query_run(&q);
	return tally_query_end(&q);
}

enum tally_err tally_mysql_pool_set(struct tally_store *store, struct tally_span pool_id,
				    struct tally_span before, struct tally_span definition)
{
	struct tally_work work = tally_work(store, TALLY_WORK_WRITE);

	if (!is_pool_id(pool_id))
		return TALLY_ERR_NOT_FOUND;
	if (definition.n > TALLY_POOL_TEXT_MAX)
		return TALLY_ERR_LIMIT;
	while (tally_work_next(&work))
		work.err = set(work.db, pool_id, before, definition);
	return work.err == TALLY_ERR_STATE ? TALLY_ERR_CONFLICT : work.err;
}

enum tally_err tally_mysql_pool_retire(struct tally_store *store, struct tally_span pool_id,
				       int64_t at)
{
	if (!is_pool_id(pool_id))
		return TALLY_ERR_NOT_FOUND;
	return tally_mysql_named_disable(store, TALLY_STATEMENT_pool_retire, pool_id, at);
}
