/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys of machine users. */
#include "config.h"

#include "store/mysql/ops.h"
#include "store/mysql/work.h"

#define ALG_MAX 16u /* as in the schema */

static void read_key(struct tally_query *q, struct tally_arena *arena,
		     struct tally_public_key_record *out)
{
	*out = (struct tally_public_key_record){ 0 };
	out->key_id = tally_query_span(q, arena, TALLY_ID_MAX);
	out->alg = tally_query_span(q, arena, ALG_MAX);
	out->public_der = tally_query_span(q, arena, TALLY_PUBLIC_DER_MAX);
	out->created_at = tally_query_int(q);
	out->expires_at = tally_query_int(q);
}

/* What a look-up reads into. */
struct found {
	struct tally_public_key_record *key;
	struct tally_user_record *user;
};

static void read_found(struct tally_query *q, struct tally_lookup *lookup)
{
	const struct found *found = lookup->context;

	read_key(q, lookup->arena, found->key);
	tally_mysql_read_user(q, lookup->arena, found->user);
	found->key->owner = found->user->user_id;
}

static const struct tally_lookup_kind kind = {
	.id = TALLY_LOOKUP_USER_KEY,
	.most = TALLY_LOOKUP_SLOTS,
	.ask = tally_lookup_rows,
	.one = TALLY_STATEMENT_user_key_find,
	.many = TALLY_STATEMENT_user_key_find_many,
	.selects = 1,
	.put = tally_query_put_bytes,
	.read = read_found,
};

enum tally_err tally_mysql_user_key_find(struct tally_store *store, struct tally_arena *arena,
					 struct tally_span key_id,
					 struct tally_public_key_record *key,
					 struct tally_user_record *user)
{
	struct found found = { .key = key, .user = user };
	struct tally_lookup lookup = {
		.kind = &kind, .key = key_id, .arena = arena, .context = &found,
	};

	if (!tally_mysql_is_id(key_id))
		return TALLY_ERR_NOT_FOUND;
	return tally_lookup(store, &lookup);
}

/* The number of a user, by one of two statements. */
static enum tally_err number_of(struct tally_db *db, enum tally_statement id,
				struct tally_span user_id, int64_t *out)
{
	struct tally_query q;

	tally_query_begin(&q, db, id);
	tally_query_put_bytes(&q, user_id);
	tally_query_run(&q);
	bool found = tally_query_next(&q);

	if (found)
		*out = tally_query_int(&q);
	enum tally_err err = tally_query_end(&q);

	return err == TALLY_OK && !found ? TALLY_ERR_NOT_FOUND : err;
}

struct list {
	struct tally_arena *arena;
	struct tally_span user_id;
	struct tally_public_key_record *keys;
	size_t count;
};

static enum tally_err read_list(struct tally_db *db, struct list *list)
{
	struct tally_query q;
	int64_t user;
	enum tally_err err = number_of(db, TALLY_STATEMENT_user_number, list->user_id, &user);

	if (err != TALLY_OK)
		return err;
	tally_query_begin(&q, db, TALLY_STATEMENT_user_key_list);
	tally_query_put_int(&q, user);
	tally_query_run(&q);
	list->count = 0;
	list->keys = tally_arena_array(list->arena, tally_query_rows(&q), sizeof(list->keys[0]));
	if (list->keys == NULL)
		tally_query_no_memory(&q);
	while (tally_query_next(&q)) {
		struct tally_public_key_record *key = &list->keys[list->count++];

		read_key(&q, list->arena, key);
		key->owner = list->user_id;
	}
	return tally_query_end(&q);
}

enum tally_err tally_mysql_user_key_list(struct tally_store *store, struct tally_arena *arena,
					 struct tally_span user_id,
					 struct tally_public_key_record **out, size_t *count)
{
	struct tally_work work = tally_work(store, TALLY_WORK_READ);
	struct list list = { .arena = arena };

	*count = 0;
	if (!tally_mysql_is_id(user_id))
		return TALLY_ERR_NOT_FOUND;
	list.user_id = tally_arena_dup(arena, user_id);
	if (list.user_id.p == NULL)
		return TALLY_ERR_NOMEM;
	while (tally_work_next(&work))
		work.err = read_list(work.db, &list);
	*out = list.keys;
	*count = list.count;
	return work.err;
}

/* ---- changes ---- */

static enum tally_err count_keys(struct tally_db *db, int64_t user, int64_t *out)
{
	struct tally_query q;

	tally_query_begin(&q, db, TALLY_STATEMENT_user_key_count);
	tally_query_put_int(&q, user);
	tally_query_run(&q);
	*out = tally_query_next(&q) ? tally_query_int(&q) : 0;
	return tally_query_end(&q);
}

static enum tally_err insert(struct tally_db *db, int64_t user,
			     const struct tally_public_key_record *key)
{
	struct tally_query q;

	tally_query_begin(&q, db, TALLY_STATEMENT_user_key_add);
	tally_query_put_bytes(&q, key->key_id);
	tally_query_put_int(&q, user);
	tally_query_put_text(&q, key->alg);
	tally_query_put_bytes(&q, key->public_der);
	tally_query_put_int(&q, key->created_at);
	tally_query_put_int(&q, key->expires_at);
	tally_query_run(&q);
	return tally_query_end(&q);
}

static enum tally_err add(struct tally_db *db, const struct tally_public_key_record *key)
{
	int64_t user, count;
	/* Its row stays locked, so that changes come one by one. */
	enum tally_err err = number_of(db, TALLY_STATEMENT_user_lock, key->owner, &user);

	if (err == TALLY_OK)
		err = count_keys(db, user, &count);
	/* The name first: that it exists is the better answer when both hold. */
	if (err == TALLY_OK)
		err = insert(db, user, key);
	if (err == TALLY_OK && count >= TALLY_PUBLIC_KEYS_MAX)
		err = TALLY_ERR_LIMIT;
	return err;
}

enum tally_err tally_mysql_user_key_add(struct tally_store *store,
					const struct tally_public_key_record *key)
{
	struct tally_work work = tally_work(store, TALLY_WORK_WRITE);

	if (!tally_mysql_is_id(key->key_id))
		return TALLY_ERR_LIMIT;
	if (!tally_mysql_is_id(key->owner))
		return TALLY_ERR_NOT_FOUND;
	while (tally_work_next(&work))
		work.err = add(work.db, key);
	return work.err;
}

static enum tally_err remove_key(struct tally_db *db, struct tally_span user_id,
				 struct tally_span key_id)
{
	struct tally_query q;
	int64_t user;
	enum tally_err err = number_of(db, TALLY_STATEMENT_user_lock, user_id, &user);

	if (err != TALLY_OK)
		return err;
	tally_query_begin(&q, db, TALLY_STATEMENT_user_key_remove);
	tally_query_put_bytes(&q, key_id);
	tally_query_put_int(&q, user);
	tally_query_run(&q);
	return tally_query_end_found(&q);
}

enum tally_err tally_mysql_user_key_remove(struct tally_store *store, struct tally_span user_id,
					   struct tally_span key_id)
{
	struct tally_work work = tally_work(store, TALLY_WORK_WRITE);

	if (!tally_mysql_is_id(user_id) || !tally_mysql_is_id(key_id))
		return TALLY_ERR_NOT_FOUND;
	while (tally_work_next(&work))
		work.err = remove_key(work.db, user_id, key_id);
	return work.err;
}
