/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens: what is kept of them, and ending them. token_write.c keeps them,
 * revoked.c asks whether they were ended.
 */
#include "config.h"

#include "store/mysql/ops.h"
#include "store/mysql/work.h"

static struct tally_span key_of(const struct tally_token_id *id)
{
	return tally_span(id->bytes, sizeof(id->bytes));
}

static void put_id(struct tally_query *q, const struct tally_token_id *id)
{
	tally_query_put_int(q, tally_token_id_day(id));
	tally_query_put_bytes(q, key_of(id));
}

/* Bytes of this size, or none, which leaves out all zero. */
static void read_or_none(struct tally_query *q, struct tally_arena *arena, void *out, size_t size)
{
	struct tally_span value = tally_query_span(q, arena, size);

	memset(out, 0, size);
	if (value.n == size)
		memcpy(out, value.p, size);
}

/* What TOKEN_COLUMNS say of a token. */
struct token {
	struct tally_token_id family;
	struct tally_token_owner owner;
	uint8_t digest[32];
	int64_t expires_at;
	bool is_revoked;
};

static bool next_is_null(struct tally_query *q)
{
	bool null = tally_query_is_null(q);

	tally_query_seek(q, q->next + 1);
	return null;
}

/* Whether the next column is a watermark that this token is not past. */
static bool next_is_mark_above(struct tally_query *q, int64_t since_us)
{
	bool null = tally_query_is_null(q);
	int64_t until_us = tally_query_int(q);

	return !null && since_us <= until_us;
}

static void read_token(struct tally_query *q, struct tally_arena *arena,
		       const struct tally_token_id *id, struct token *out)
{
	struct tally_token_owner *owner = &out->owner;

	read_or_none(q, arena, out->family.bytes, sizeof(out->family.bytes));
	int64_t since_us = tally_token_id_since_us(id, &out->family);

	owner->client = (uint64_t)tally_query_int(q);
	owner->user = (uint64_t)tally_query_int(q);
	bool without_client = tally_query_is_null(q);

	owner->client_id = tally_query_span(q, arena, TALLY_ID_MAX);
	owner->subject = tally_query_span(q, arena, TALLY_SUBJECT_MAX);
	owner->scope = tally_query_span(q, arena, TALLY_SCOPE_TEXT_MAX);
	owner->audience = tally_query_span(q, arena, TALLY_AUDIENCE_MAX);
	read_or_none(q, arena, out->digest, sizeof(out->digest));
	out->expires_at = tally_query_int(q);
	/* All of these are asked: each takes its column. */
	bool without_user = next_is_null(q);
	bool is_ended = !next_is_null(q);
	bool family_is_ended = !next_is_null(q);
	bool client_is_ended = next_is_mark_above(q, since_us);
	bool subject_is_ended = next_is_mark_above(q, since_us);

	out->is_revoked = is_ended || family_is_ended || client_is_ended || subject_is_ended ||
			  (owner->client != 0 && without_client) ||
			  (owner->user != 0 && without_user);
	if (owner->client == 0)
		owner->client_id = owner->subject;
}

/* ---- looking them up ---- */

/* The bytes of the key are those of an id, and of nothing else. */
static const struct tally_token_id *id_of(struct tally_span key)
{
	return (const struct tally_token_id *)(const void *)key.p;
}

static void put_key(struct tally_query *q, struct tally_span key)
{
	put_id(q, id_of(key));
}

static void read_access(struct tally_query *q, struct tally_lookup *lookup)
{
	struct tally_access_found *out = lookup->context;
	const struct tally_token_id *id = id_of(lookup->key);
	struct token token;

	read_token(q, lookup->arena, id, &token);
	out->token = (struct tally_access_record){
		.id = *id,
		.family = token.family,
		.owner = token.owner,
		.expires_at = token.expires_at,
	};
	memcpy(out->token.digest, token.digest, sizeof(token.digest));
	out->is_revoked = token.is_revoked;
}

static const struct tally_lookup_kind access_kind = {
	.id = TALLY_LOOKUP_ACCESS,
	.most = TALLY_LOOKUP_SLOTS,
	.ask = tally_lookup_rows,
	.one = TALLY_STATEMENT_access_find,
	.many = TALLY_STATEMENT_access_find_many,
	.selects = 1,
	.put = put_key,
	.read = read_access,
};

enum tally_err tally_mysql_access_find(struct tally_store *store, struct tally_arena *arena,
				       const struct tally_token_id *id,
				       struct tally_access_found *out)
{
	struct tally_lookup lookup = {
		.kind = &access_kind, .key = key_of(id), .arena = arena, .context = out,
	};

	return tally_lookup(store, &lookup);
}

/* What nobody of us has written says nothing. */
static void read_live(struct tally_query *q, struct tally_arena *arena, struct tally_live_refs *out)
{
	struct tally_span bytes = tally_query_span(q, arena, TALLY_LIVE_REFS_SIZE);

	if (tally_live_refs_unpack(bytes, out) != TALLY_OK)
		*out = (struct tally_live_refs){ .count = 0 };
}

static void read_refresh(struct tally_query *q, struct tally_lookup *lookup)
{
	struct tally_refresh_found *out = lookup->context;
	const struct tally_token_id *id = id_of(lookup->key);
	struct token token;

	read_token(q, lookup->arena, id, &token);
	out->token = (struct tally_refresh_record){
		.id = *id,
		.family = token.family,
		.owner = token.owner,
		.expires_at = token.expires_at,
		.family_expires_at = tally_query_int(q),
	};
	memcpy(out->token.digest, token.digest, sizeof(token.digest));
	out->is_revoked = token.is_revoked;
	read_live(q, lookup->arena, &out->token.live);
	out->used_at_us = tally_query_int(q);
}

static const struct tally_lookup_kind refresh_kind = {
	.id = TALLY_LOOKUP_REFRESH,
	.most = TALLY_LOOKUP_SLOTS,
	.ask = tally_lookup_rows,
	.one = TALLY_STATEMENT_refresh_find,
	.many = TALLY_STATEMENT_refresh_find_many,
	.selects = 1,
	.put = put_key,
	.read = read_refresh,
};

enum tally_err tally_mysql_refresh_find(struct tally_store *store, struct tally_arena *arena,
					const struct tally_token_id *id,
					struct tally_refresh_found *out)
{
	struct tally_lookup lookup = {
		.kind = &refresh_kind, .key = key_of(id), .arena = arena, .context = out,
	};

	return tally_lookup(store, &lookup);
}

static enum tally_err find_next(struct tally_db *db, const struct tally_token_id *id,
				struct tally_arena *arena, struct tally_token_id *next,
				struct tally_live_refs *live)
{
	struct tally_query q;

	tally_query_begin(&q, db, TALLY_STATEMENT_refresh_next);
	put_id(&q, id);
	tally_query_run(&q);
	bool found = tally_query_next(&q);

	if (found) {
		tally_query_exact(&q, next->bytes, sizeof(next->bytes));
		read_live(&q, arena, live);
	}
	enum tally_err err = tally_query_end(&q);

	return err == TALLY_OK && !found ? TALLY_ERR_NOT_FOUND : err;
}

enum tally_err tally_mysql_refresh_next(struct tally_store *store, struct tally_arena *arena,
					const struct tally_token_id *id,
					struct tally_token_id *next, struct tally_live_refs *live)
{
	struct tally_work work = tally_work(store, TALLY_WORK_READ);

	while (tally_work_next(&work))
		work.err = find_next(work.db, id, arena, next, live);
	return work.err;
}

static enum tally_err insert_end(struct tally_db *db, const struct tally_token_id *id, int64_t now)
{
	struct tally_query q;

	tally_query_begin(&q, db, TALLY_STATEMENT_revoke);
	put_id(&q, id);
	tally_query_put_int(&q, now);
	tally_query_run(&q);
	return tally_query_end(&q);
}

enum tally_err tally_mysql_revoke(struct tally_store *store, const struct tally_token_id *id,
				  int64_t now)
{
	struct tally_work work = tally_work(store, TALLY_WORK_ONE);

	while (tally_work_next(&work))
		work.err = insert_end(work.db, id, now);
	return work.err;
}

static enum tally_err set_mark(struct tally_db *db, enum tally_watermark_kind kind,
			       struct tally_span who, int64_t until_us)
{
	struct tally_query q;

	tally_query_begin(&q, db, TALLY_STATEMENT_watermark_set);
	tally_query_put_int(&q, kind);
	tally_query_put_bytes(&q, who);
	tally_query_put_int(&q, until_us);
	tally_query_put_int(&q, until_us);
	tally_query_run(&q);
	return tally_query_end(&q);
}

enum tally_err tally_mysql_revoke_all(struct tally_store *store, enum tally_watermark_kind kind,
				      struct tally_span who, int64_t until_us)
{
	struct tally_work work = tally_work(store, TALLY_WORK_ONE);

	if (who.n == 0 || who.n > TALLY_SUBJECT_MAX)
		return TALLY_ERR_LIMIT;
	while (tally_work_next(&work))
		work.err = set_mark(work.db, kind, who, until_us);
	return work.err;
}
