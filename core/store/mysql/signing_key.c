/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "store/mysql/ops.h"
#include "store/mysql/work.h"

/* As in the schema. */
#define ALG_MAX 16u
#define PUBLIC_MAX 1024u
#define WRAPPED_MAX 4224u
#define URI_MAX 4096u

static void read_key(struct tally_query *q, struct tally_arena *arena,
		     struct tally_key_record *out)
{
	out->kid = tally_query_span(q, arena, TALLY_ID_MAX);
	out->alg = tally_query_span(q, arena, ALG_MAX);
	out->public_der = tally_query_span(q, arena, PUBLIC_MAX);
	out->wrapped = tally_query_span(q, arena, WRAPPED_MAX);
	out->uri = tally_query_span(q, arena, URI_MAX);
	out->created_at = tally_query_int(q);
	out->activate_at = tally_query_int(q);
	out->retired_at = tally_query_int(q);
}

static enum tally_err list(struct tally_db *db, struct tally_arena *arena,
			   struct tally_key_record **out, size_t *count)
{
	struct tally_query q;

	tally_query_begin(&q, db, TALLY_STATEMENT_key_list);
	tally_query_run(&q);
	*count = 0;
	*out = tally_arena_array(arena, tally_query_rows(&q), sizeof((*out)[0]));
	if (*out == NULL)
		tally_query_no_memory(&q);
	while (tally_query_next(&q))
		read_key(&q, arena, &(*out)[(*count)++]);
	return tally_query_end(&q);
}

enum tally_err tally_mysql_key_list(struct tally_store *store, struct tally_arena *arena,
				    struct tally_key_record **out, size_t *count)
{
	struct tally_work work = tally_work(store, TALLY_WORK_READ);

	while (tally_work_next(&work))
		work.err = list(work.db, arena, out, count);
	return work.err;
}

static enum tally_err count_keys(struct tally_db *db, int64_t *out)
{
	struct tally_query q;

	tally_query_begin(&q, db, TALLY_STATEMENT_key_count);
	tally_query_run(&q);
	*out = tally_query_next(&q) ? tally_query_int(&q) : 0;
	return tally_query_end(&q);
}

static enum tally_err insert(struct tally_db *db, const struct tally_key_record *key)
{
	struct tally_query q;

	tally_query_begin(&q, db, TALLY_STATEMENT_key_add);
	tally_query_put_bytes(&q, key->kid);
	tally_query_put_text(&q, key->alg);
	tally_query_put_bytes(&q, key->public_der);
	tally_query_put_bytes(&q, key->wrapped);
	tally_query_put_text(&q, key->uri);
	tally_query_put_int(&q, key->created_at);
	tally_query_put_int(&q, key->activate_at);
	tally_query_put_int(&q, key->retired_at);
	tally_query_run(&q);
	return tally_query_end(&q);
}

static enum tally_err add(struct tally_db *db, const struct tally_key_record *key)
{
	int64_t count;
	enum tally_err err = count_keys(db, &count);

	if (err == TALLY_OK && count >= TALLY_KEYS_MAX)
		return TALLY_ERR_LIMIT;
	return err == TALLY_OK ? insert(db, key) : err;
}

enum tally_err tally_mysql_key_add(struct tally_store *store, const struct tally_key_record *key)
{
	struct tally_work work = tally_work(store, TALLY_WORK_WRITE);

	if (!tally_mysql_is_id(key->kid))
		return TALLY_ERR_LIMIT;
	while (tally_work_next(&work))
		work.err = add(work.db, key);
	return work.err;
}

/* TALLY_ERR_STATE for a key that is retired; its row stays locked. */
static enum tally_err lock_live(struct tally_db *db, struct tally_span kid)
{
	struct tally_query q;

	tally_query_begin(&q, db, TALLY_STATEMENT_key_retired);
	tally_query_put_bytes(&q, kid);
	tally_query_run(&q);
	bool found = tally_query_next(&q);
	bool retired = found && tally_query_int(&q) != 0;
	enum tally_err err = tally_query_end(&q);

	if (err != TALLY_OK)
		return err;
	return !found ? TALLY_ERR_NOT_FOUND : retired ? TALLY_ERR_STATE : TALLY_OK;
}

/* Sets the time that a statement is about, of a key that is not retired. */
static enum tally_err set_time(struct tally_db *db, enum tally_statement id,
			       struct tally_span kid, int64_t at)
{
	struct tally_query q;
	enum tally_err err = lock_live(db, kid);

	if (err != TALLY_OK)
		return err;
	tally_query_begin(&q, db, id);
	tally_query_put_int(&q, at);
	tally_query_put_bytes(&q, kid);
	tally_query_run(&q);
	return tally_query_end(&q);
}

enum tally_err tally_mysql_key_activate(struct tally_store *store, struct tally_span kid,
					int64_t at)
{
	struct tally_work work = tally_work(store, TALLY_WORK_REPEAT);

	if (!tally_mysql_is_id(kid))
		return TALLY_ERR_NOT_FOUND;
	while (tally_work_next(&work))
		work.err = set_time(work.db, TALLY_STATEMENT_key_activate, kid, at);
	return work.err;
}

enum tally_err tally_mysql_key_retire(struct tally_store *store, struct tally_span kid, int64_t at)
{
	struct tally_work work = tally_work(store, TALLY_WORK_WRITE);

	if (!tally_mysql_is_id(kid))
		return TALLY_ERR_NOT_FOUND;
	while (tally_work_next(&work))
		work.err = set_time(work.db, TALLY_STATEMENT_key_retire, kid, at);
	return work.err;
}

enum tally_err tally_mysql_key_remove(struct tally_store *store, struct tally_span kid)
{
	if (!tally_mysql_is_id(kid))
		return TALLY_ERR_NOT_FOUND;
	return tally_mysql_named_remove(store, TALLY_STATEMENT_key_remove, kid);
}
