/* SPDX-License-Identifier: Apache-2.0 */
/* Clients and their secrets: what changes them. */
#include "config.h"

#include "store/mysql/ops.h"
#include "store/mysql/work.h"

static enum tally_err insert_secret(struct tally_db *db, int64_t client,
				    const struct tally_secret_record *secret)
{
	struct tally_query q;

	if (!tally_mysql_is_id(secret->secret_id))
		return TALLY_ERR_LIMIT;
	tally_query_begin(&q, db, TALLY_STATEMENT_client_secret_add);
	tally_query_put_int(&q, client);
	tally_query_put_bytes(&q, secret->secret_id);
	tally_query_put_bytes(&q, tally_span(secret->digest, sizeof(secret->digest)));
	tally_query_put_bytes(&q, secret->wrapped);
	tally_query_put_int(&q, secret->created_at);
	tally_query_put_int(&q, secret->expires_at);
	tally_query_run(&q);
	return tally_query_end(&q);
}

/* The row alone; *id is its number. */
static enum tally_err insert_row(struct tally_db *db, const struct tally_client_record *client,
				 int64_t *id)
{
	struct tally_query q;
	int64_t organisation;
	enum tally_err err = tally_mysql_hold_organisation(db, client->organisation, &organisation);

	if (err != TALLY_OK)
		return err;
	tally_query_begin(&q, db, TALLY_STATEMENT_client_add);
	tally_query_put_int(&q, organisation);
	tally_query_put_bytes(&q, client->client_id);
	tally_query_put_text(&q, client->name);
	tally_query_put_text(&q, client->grants);
	tally_query_put_text(&q, client->scopes);
	tally_query_put_text(&q, client->default_scopes);
	tally_query_put_text(&q, client->audience);
	tally_query_put_int(&q, client->access_lifetime);
	tally_query_put_int(&q, client->refresh_lifetime);
	tally_query_put_int(&q, client->persistence);
	tally_query_put_int(&q, client->format);
	tally_query_put_int(&q, client->status);
	tally_query_put_int(&q, client->is_public);
	tally_query_put_int(&q, client->may_introspect);
	tally_query_put_int(&q, client->created_at);
	tally_query_put_int(&q, client->disabled_at);
	tally_query_run(&q);
	*id = tally_query_inserted(&q);
	return tally_query_end(&q);
}

static enum tally_err insert_client(struct tally_db *db, const struct tally_client_record *client)
{
	int64_t id = 0;
	enum tally_err err = insert_row(db, client, &id);

	for (size_t i = 0; err == TALLY_OK && i < client->secret_count; i++)
		err = insert_secret(db, id, &client->secrets[i]);
	for (size_t i = 0; err == TALLY_OK && i < client->key_count; i++)
		err = tally_mysql_insert_client_key(db, id, &client->keys[i]);
	return err;
}

enum tally_err tally_mysql_client_add(struct tally_store *store,
				      const struct tally_client_record *client)
{
	struct tally_work work = tally_work(store, TALLY_WORK_WRITE);

	if (!tally_mysql_is_id(client->client_id) || client->name.n > TALLY_NAME_MAX ||
	    client->secret_count > TALLY_SECRETS_MAX || client->key_count > TALLY_PUBLIC_KEYS_MAX)
		return TALLY_ERR_LIMIT;
	while (tally_work_next(&work))
		work.err = insert_client(work.db, client);
	return work.err;
}

static enum tally_err update(struct tally_db *db, const struct tally_client_record *client,
			     int64_t organisation)
{
	struct tally_query q;

	tally_query_begin(&q, db, TALLY_STATEMENT_client_set);
	tally_query_put_int(&q, organisation);
	tally_query_put_text(&q, client->name);
	tally_query_put_text(&q, client->grants);
	tally_query_put_text(&q, client->scopes);
	tally_query_put_text(&q, client->default_scopes);
	tally_query_put_text(&q, client->audience);
	tally_query_put_int(&q, client->access_lifetime);
	tally_query_put_int(&q, client->refresh_lifetime);
	tally_query_put_int(&q, client->persistence);
	tally_query_put_int(&q, client->format);
	tally_query_put_int(&q, client->status);
	tally_query_put_int(&q, client->may_introspect);
	tally_query_put_int(&q, (int64_t)client->number);
	tally_query_run(&q);
	return tally_query_end_found(&q);
}

struct edit {
	struct tally_arena *arena;
	struct tally_span client_id;
	tally_client_edit *edit;
	void *context;
};

static enum tally_err set_client(struct tally_db *db, const struct edit *edit)
{
	struct tally_client_record client;
	int64_t number, organisation;
	enum tally_err err = tally_mysql_lock_client(db, edit->client_id, &number);

	if (err == TALLY_OK)
		err = tally_mysql_read_client(db, edit->arena, edit->client_id, &client);
	if (err == TALLY_OK)
		err = edit->edit(edit->context, &client);
	/* One whose organisation is gone is to be given another, and not the default silently. */
	if (err == TALLY_OK && client.organisation.n == 0)
		err = TALLY_ERR_STATE;
	if (err == TALLY_OK)
		err = tally_mysql_hold_organisation(db, client.organisation, &organisation);
	return err == TALLY_OK ? update(db, &client, organisation) : err;
}

enum tally_err tally_mysql_client_set(struct tally_store *store, struct tally_arena *arena,
				      struct tally_span client_id, tally_client_edit *edit,
				      void *context)
{
	struct tally_work work = tally_work(store, TALLY_WORK_WRITE);
	const struct edit all = { arena, client_id, edit, context };

	if (!tally_mysql_is_id(client_id))
		return TALLY_ERR_NOT_FOUND;
	while (tally_work_next(&work))
		work.err = set_client(work.db, &all);
	return work.err;
}

enum tally_err tally_mysql_client_disable(struct tally_store *store, struct tally_span client_id,
					  int64_t at)
{
	if (!tally_mysql_is_id(client_id))
		return TALLY_ERR_NOT_FOUND;
	return tally_mysql_named_disable(store, TALLY_STATEMENT_client_disable, client_id, at);
}

enum tally_err tally_mysql_client_remove(struct tally_store *store, struct tally_span client_id)
{
	if (!tally_mysql_is_id(client_id))
		return TALLY_ERR_NOT_FOUND;
	return tally_mysql_named_remove(store, TALLY_STATEMENT_client_remove, client_id);
}

enum tally_err tally_mysql_lock_client(struct tally_db *db, struct tally_span client_id,
				       int64_t *out)
{
	struct tally_query q;

	tally_query_begin(&q, db, TALLY_STATEMENT_client_lock);
	tally_query_put_bytes(&q, client_id);
	tally_query_run(&q);
	bool found = tally_query_next(&q);

	if (found)
		*out = tally_query_int(&q);
	enum tally_err err = tally_query_end(&q);

	return err == TALLY_OK && !found ? TALLY_ERR_NOT_FOUND : err;
}

static enum tally_err remove_expired(struct tally_db *db, int64_t client, int64_t now)
{
	struct tally_query q;

	tally_query_begin(&q, db, TALLY_STATEMENT_client_secret_expire);
	tally_query_put_int(&q, client);
	tally_query_put_int(&q, now);
	tally_query_run(&q);
	return tally_query_end(&q);
}

static enum tally_err count_secrets(struct tally_db *db, int64_t client, int64_t *out)
{
	struct tally_query q;

	tally_query_begin(&q, db, TALLY_STATEMENT_client_secret_count);
	tally_query_put_int(&q, client);
	tally_query_run(&q);
	*out = tally_query_next(&q) ? tally_query_int(&q) : 0;
	return tally_query_end(&q);
}

static enum tally_err add_secret(struct tally_db *db, struct tally_span client_id,
				 const struct tally_secret_record *secret, int64_t now)
{
	int64_t client, count;
	enum tally_err err = tally_mysql_lock_client(db, client_id, &client);

	if (err == TALLY_OK)
		err = remove_expired(db, client, now);
	if (err == TALLY_OK)
		err = count_secrets(db, client, &count);
	/* The name first: that it exists is the better answer when both hold. */
	if (err == TALLY_OK)
		err = insert_secret(db, client, secret);
	if (err == TALLY_OK && count >= TALLY_SECRETS_MAX)
		err = TALLY_ERR_LIMIT;
	return err;
}

enum tally_err tally_mysql_client_secret_add(struct tally_store *store, struct tally_span client_id,
					     const struct tally_secret_record *secret, int64_t now)
{
	struct tally_work work = tally_work(store, TALLY_WORK_WRITE);

	if (!tally_mysql_is_id(client_id))
		return TALLY_ERR_NOT_FOUND;
	while (tally_work_next(&work))
		work.err = add_secret(work.db, client_id, secret, now);
	return work.err;
}

static enum tally_err remove_secret(struct tally_db *db, struct tally_span client_id,
				    struct tally_span secret_id)
{
	struct tally_query q;
	int64_t client;
	enum tally_err err = tally_mysql_lock_client(db, client_id, &client);

	if (err != TALLY_OK)
		return err;
	tally_query_begin(&q, db, TALLY_STATEMENT_client_secret_remove);
	tally_query_put_int(&q, client);
	tally_query_put_bytes(&q, secret_id);
	tally_query_run(&q);
	return tally_query_end_found(&q);
}

enum tally_err tally_mysql_client_secret_remove(struct tally_store *store,
						struct tally_span client_id,
						struct tally_span secret_id)
{
	struct tally_work work = tally_work(store, TALLY_WORK_WRITE);

	if (!tally_mysql_is_id(client_id) || !tally_mysql_is_id(secret_id))
		return TALLY_ERR_NOT_FOUND;
	while (tally_work_next(&work))
		work.err = remove_secret(work.db, client_id, secret_id);
	return work.err;
}
