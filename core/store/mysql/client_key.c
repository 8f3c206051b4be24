/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys of clients: what changes them. client.c reads them. */
#include "config.h"

#include "store/mysql/ops.h"
#include "store/mysql/work.h"

enum tally_err tally_mysql_insert_client_key(struct tally_db *db, int64_t client,
					     const struct tally_public_key_record *key)
{
	struct tally_query q;

	if (!tally_mysql_is_id(key->key_id))
		return TALLY_ERR_LIMIT;
	tally_query_begin(&q, db, TALLY_STATEMENT_client_key_add);
	tally_query_put_int(&q, client);
	tally_query_put_bytes(&q, key->key_id);
	tally_query_put_text(&q, key->alg);
	tally_query_put_bytes(&q, key->public_der);
	tally_query_put_int(&q, key->created_at);
	tally_query_put_int(&q, key->expires_at);
	tally_query_run(&q);
	return tally_query_end(&q);
}

static enum tally_err count_keys(struct tally_db *db, int64_t client, int64_t *out)
{
	struct tally_query q;

	tally_query_begin(&q, db, TALLY_STATEMENT_client_key_count);
	tally_query_put_int(&q, client);
	tally_query_run(&q);
	*out = tally_query_next(&q) ? tally_query_int(&q) : 0;
	return tally_query_end(&q);
}

static enum tally_err add(struct tally_db *db, const struct tally_public_key_record *key)
{
	int64_t client, count;
	enum tally_err err = tally_mysql_lock_client(db, key->owner, &client);

	if (err == TALLY_OK)
		err = count_keys(db, client, &count);
	/* The name first: that it exists is the better answer when both hold. */
	if (err == TALLY_OK)
		err = tally_mysql_insert_client_key(db, client, key);
	if (err == TALLY_OK && count >= TALLY_PUBLIC_KEYS_MAX)
		err = TALLY_ERR_LIMIT;
	return err;
}

enum tally_err tally_mysql_client_key_add(struct tally_store *store,
					  const struct tally_public_key_record *key)
{
	struct tally_work work = tally_work(store, TALLY_WORK_WRITE);

	if (!tally_mysql_is_id(key->owner))
		return TALLY_ERR_NOT_FOUND;
	while (tally_work_next(&work))
		work.err = add(work.db, key);
	return work.err;
}

static enum tally_err remove_key(struct tally_db *db, struct tally_span client_id,
				 struct tally_span key_id)
{
	struct tally_query q;
	int64_t client;
	enum tally_err err = tally_mysql_lock_client(db, client_id, &client);

	if (err != TALLY_OK)
		return err;
	tally_query_begin(&q, db, TALLY_STATEMENT_client_key_remove);
	tally_query_put_int(&q, client);
	tally_query_put_bytes(&q, key_id);
	tally_query_run(&q);
	return tally_query_end_found(&q);
}

enum tally_err tally_mysql_client_key_remove(struct tally_store *store, struct tally_span client_id,
					     struct tally_span key_id)
{
	struct tally_work work = tally_work(store, TALLY_WORK_WRITE);

	if (!tally_mysql_is_id(client_id) || !tally_mysql_is_id(key_id))
		return TALLY_ERR_NOT_FOUND;
	while (tally_work_next(&work))
		work.err = remove_key(work.db, client_id, key_id);
	return work.err;
}
