/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "store/mysql/ops.h"
#include "store/mysql/work.h"

#define GRANTS_MAX   1024u /* as in the schema */
#define AUDIENCE_MAX 1024u
#define CLIENT_CELLS 18u /* columns of a client in CLIENT_COLUMNS */
#define PAGE_BYTES   (4u << 20)

#define ALG_MAX 16u

/* A column that is the number of one of `count` words; an unknown one counts as 0. */
static int read_word(struct tally_query *q, int count)
{
	int64_t value = tally_query_int(q);

	return value >= 0 && value < count ? (int)value : 0;
}

/* The columns of a client, in the order of CLIENT_COLUMNS. */
static void read_client(struct tally_query *q, struct tally_arena *arena,
			struct tally_client_record *out)
{
	*out = (struct tally_client_record){ .number = (uint64_t)tally_query_int(q) };
	out->client_id = tally_query_span(q, arena, TALLY_ID_MAX);
	out->name = tally_query_span(q, arena, TALLY_NAME_MAX);
	out->grants = tally_query_span(q, arena, GRANTS_MAX);
	out->scopes = tally_query_span(q, arena, TALLY_SCOPE_TEXT_MAX);
	out->default_scopes = tally_query_span(q, arena, TALLY_SCOPE_TEXT_MAX);
	out->audience = tally_query_span(q, arena, AUDIENCE_MAX);
	out->access_lifetime = tally_query_u32(q);
	out->refresh_lifetime = tally_query_u32(q);
	out->persistence = (enum tally_persistence)read_word(q, TALLY_PERSIST_ALL + 1);
	out->format = (enum tally_token_format)read_word(q, TALLY_FORMAT_OPAQUE + 1);
	out->status = (enum tally_client_status)read_word(q, TALLY_STATUS_ON + 1);
	out->is_public = tally_query_int(q) != 0;
	out->may_introspect = tally_query_int(q) != 0;
	out->created_at = tally_query_int(q);
	out->disabled_at = tally_query_int(q);
	out->organisation = tally_query_span(q, arena, TALLY_ID_MAX);
	out->organisation_disabled_at = tally_query_int(q);
}

static void read_secret(struct tally_query *q, struct tally_arena *arena,
			struct tally_client_record *out)
{
	if (out->secret_count == TALLY_SECRETS_MAX)
		return;
	if (out->secrets == NULL)
		out->secrets = tally_arena_array(arena, TALLY_SECRETS_MAX, sizeof(out->secrets[0]));
	if (out->secrets == NULL) {
		tally_query_no_memory(q);
		return;
	}
	struct tally_secret_record *secret = &out->secrets[out->secret_count++];

	secret->secret_id = tally_query_span(q, arena, TALLY_ID_MAX);
	tally_query_exact(q, secret->digest, sizeof(secret->digest));
	secret->wrapped = tally_query_span(q, arena, TALLY_WRAPPED_MAX);
	tally_query_span(q, arena, 0); /* of a key: its algorithm */
	secret->created_at = tally_query_int(q);
	secret->expires_at = tally_query_int(q);
}

static void read_key(struct tally_query *q, struct tally_arena *arena,
		     struct tally_client_record *out)
{
	if (out->key_count == TALLY_PUBLIC_KEYS_MAX)
		return;
	if (out->keys == NULL)
		out->keys = tally_arena_array(arena, TALLY_PUBLIC_KEYS_MAX, sizeof(out->keys[0]));
	if (out->keys == NULL) {
		tally_query_no_memory(q);
		return;
	}
	struct tally_public_key_record *key = &out->keys[out->key_count++];

	key->owner = out->client_id;
	key->key_id = tally_query_span(q, arena, TALLY_ID_MAX);
	key->public_der = tally_query_span(q, arena, TALLY_PUBLIC_DER_MAX);
	tally_query_span(q, arena, 0); /* of a secret: the secret, sealed */
	key->alg = tally_query_span(q, arena, ALG_MAX);
	key->created_at = tally_query_int(q);
	key->expires_at = tally_query_int(q);
}

/* The columns behind those of the client; it may have no secret. */
static void read_part(struct tally_query *q, struct tally_arena *arena,
		      struct tally_client_record *out)
{
	tally_query_seek(q, CLIENT_CELLS); /* only the first row's client was read */
	bool is_key = tally_query_int(q) != 0;

	if (tally_query_is_null(q))
		return;
	if (is_key)
		read_key(q, arena, out);
	else
		read_secret(q, arena, out);
}

/* A row for each of its secrets, and for each of its keys. */
static void read_found(struct tally_query *q, struct tally_lookup *lookup)
{
	if (!lookup->found)
		read_client(q, lookup->arena, lookup->context);
	read_part(q, lookup->arena, lookup->context);
}

static const struct tally_lookup_kind kind = {
	.id = TALLY_LOOKUP_CLIENT,
	.most = TALLY_LOOKUP_SLOTS,
	.ask = tally_lookup_rows,
	.one = TALLY_STATEMENT_client_find,
	.many = TALLY_STATEMENT_client_find_many,
	.selects = 2,
	.put = tally_query_put_bytes,
	.read = read_found,
};

enum tally_err tally_mysql_read_client(struct tally_db *db, struct tally_arena *arena,
				       struct tally_span client_id,
				       struct tally_client_record *out)
{
	struct tally_lookup lookup = {
		.kind = &kind, .key = client_id, .arena = arena, .context = out,
	};

	return tally_lookup_on(db, &lookup);
}

enum tally_err tally_mysql_client_find(struct tally_store *store, struct tally_arena *arena,
				       struct tally_span client_id, struct tally_client_record *out)
{
	struct tally_lookup lookup = {
		.kind = &kind, .key = client_id, .arena = arena, .context = out,
	};

	if (!tally_mysql_is_id(client_id))
		return TALLY_ERR_NOT_FOUND;
	return tally_lookup(store, &lookup);
}

/* A walk over all clients, a page at a time. */
struct walk {
	struct tally_arena *arena;
	char last[TALLY_ID_MAX]; /* the id that the page before ended with */
	size_t last_size;
	struct tally_client_record *clients;
	size_t count;
};

/* Whether this row is of the client that the row before was of. */
static bool is_of(struct tally_query *q, const struct tally_client_record *client)
{
	uint64_t number = (uint64_t)tally_query_int(q);

	tally_query_seek(q, 0);
	return number == client->number;
}

static enum tally_err read_page(struct tally_db *db, struct walk *walk)
{
	struct tally_query q;

	tally_query_begin(&q, db, TALLY_STATEMENT_client_page);
	tally_query_put_bytes(&q, tally_span(walk->last, walk->last_size));
	tally_query_put_bytes(&q, tally_span(walk->last, walk->last_size));
	tally_query_run(&q);
	walk->count = 0;
	walk->clients =
		tally_arena_array(walk->arena, tally_query_rows(&q), sizeof(walk->clients[0]));
	if (walk->clients == NULL)
		tally_query_no_memory(&q);
	while (tally_query_next(&q)) {
		struct tally_client_record *client = &walk->clients[walk->count];

		if (walk->count > 0 && is_of(&q, &client[-1])) {
			client--;
		} else {
			read_client(&q, walk->arena, client);
			walk->count++;
		}
		read_part(&q, walk->arena, client);
	}
	return tally_query_end(&q);
}

static enum tally_err visit_page(struct walk *walk, tally_client_visit *visit, void *context)
{
	enum tally_err err = TALLY_OK;

	for (size_t i = 0; err == TALLY_OK && i < walk->count; i++) {
		struct tally_span id = walk->clients[i].client_id;

		memcpy(walk->last, id.p, id.n);
		walk->last_size = id.n;
		err = visit(context, &walk->clients[i]);
	}
	return err;
}

enum tally_err tally_mysql_client_list(struct tally_store *store, tally_client_visit *visit,
				       void *context)
{
	struct walk walk = { .arena = tally_arena_new(64u << 10, PAGE_BYTES), .count = 1 };
	enum tally_err err = walk.arena ? TALLY_OK : TALLY_ERR_NOMEM;

	while (err == TALLY_OK && walk.count > 0) {
		struct tally_work work = tally_work(store, TALLY_WORK_READ);

		tally_arena_reset(walk.arena);
		while (tally_work_next(&work))
			work.err = read_page(work.db, &walk);
		/* Between two pages the connection is free for others, and for the visitor. */
		err = work.err ? work.err : visit_page(&walk, visit, context);
	}
	tally_arena_free(walk.arena);
	return err;
}
