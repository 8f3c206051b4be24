/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "oauth/refresh.h"

#include "base/secret.h"
#include "oauth/end.h"
#include "oauth/opaque.h"
#include "oauth/sealed.h"
#include "sys/clock.h"

static enum tally_err write_sealed(struct tally_request *rq,
				   const struct tally_refresh_record *record,
				   struct tally_buf *out)
{
	if (rq->services->marks == NULL) {
		tally_log_error("client %.*s cannot get a refresh token: one that is not kept "
				"(persistence none) needs Redis, and none is configured",
				TALLY_SPAN_ARG(record->owner.client_id));
		return TALLY_ERR_UNAVAILABLE;
	}
	enum tally_err err = tally_sealed_write(rq->site->sealing, record, out);

	if (err == TALLY_ERR_CONFIG)
		tally_log_error("client %.*s cannot get a refresh token: one that is not kept "
				"(persistence none) needs keys.wrap-key-file, and none is "
				"configured", TALLY_SPAN_ARG(record->owner.client_id));
	return err;
}

enum tally_err tally_refresh_write(struct tally_request *rq, struct tally_refresh_record *record,
				   bool sealed, struct tally_buf *out)
{
	if (sealed)
		return write_sealed(rq, record, out);
	return tally_opaque_write(out, TALLY_REFRESH_PREFIX, &record->id, record->digest);
}

static bool is_expired(const struct tally_refresh_record *record, int64_t now)
{
	return record->expires_at <= now || record->family_expires_at <= now;
}

/* What ended it is asked of the store, where all revocations are. */
static enum tally_err read_sealed(struct tally_request *rq, struct tally_span text,
				  struct tally_refresh *out)
{
	struct tally_store *store = rq->services->store;
	const struct tally_refresh_record *record = &out->record;
	enum tally_err err = tally_sealed_read(rq->site->sealing, text, rq->arena, &out->record);

	if (err != TALLY_OK)
		return err;
	if (is_expired(record, tally_clock_now()))
		return TALLY_ERR_NOT_FOUND;
	out->sealed = true;
	const struct tally_revocation_query query = {
		.id = record->id,
		.family = record->family,
		.client_id = record->owner.client_id,
		.subject = record->owner.subject,
	};

	return store->ops->revoked(store, &query, &out->is_revoked);
}

static enum tally_err read_kept(struct tally_request *rq, struct tally_span text,
				struct tally_refresh *out)
{
	struct tally_store *store = rq->services->store;
	uint8_t digest[TALLY_SHA256_SIZE];
	struct tally_refresh_found found;
	struct tally_token_id id;
	enum tally_err err = tally_opaque_read(text, TALLY_REFRESH_PREFIX, &id, digest);

	if (err == TALLY_OK)
		err = store->ops->refresh_find(store, rq->arena, &id, &found);
	if (err != TALLY_OK)
		return err == TALLY_ERR_SYNTAX ? TALLY_ERR_NOT_FOUND : err;
	if (!tally_secret_equal(digest, found.token.digest, sizeof(digest)) ||
	    is_expired(&found.token, tally_clock_now()))
		return TALLY_ERR_NOT_FOUND;
	out->record = found.token;
	out->used_at_us = found.used_at_us;
	out->is_revoked = found.is_revoked;
	return TALLY_OK;
}

enum tally_err tally_refresh_read(struct tally_request *rq, struct tally_span text,
				  struct tally_refresh *out)
{
	*out = (struct tally_refresh){ .sealed = false };
	if (tally_span_starts_with(text, TALLY_SPAN(TALLY_SEALED_PREFIX)))
		return read_sealed(rq, text, out);
	return read_kept(rq, text, out);
}

/*
 * used_at_us may be a little ahead of now_us, of another host's clock or of
 * another thread's look at ours: that is no reason to forgive where nothing is.
 */
bool tally_refresh_in_grace(const struct tally_request *rq, int64_t used_at_us, int64_t now_us)
{
	int64_t grace_us = (int64_t)rq->site->conf->tokens_refresh_grace * 1000000;

	return grace_us > 0 && now_us - used_at_us < grace_us;
}

/* Seconds for which a mark is needed, and a little more. */
static uint32_t ttl(int64_t until, int64_t now)
{
	return until > now ? (uint32_t)(until - now) + 1 : 1;
}

enum tally_fault tally_refresh_use_sealed(struct tally_request *rq,
					  const struct tally_refresh *refresh,
					  const struct tally_live_ref *made)
{
	const struct tally_refresh_record *record = &refresh->record;
	struct tally_marks *marks = rq->services->marks;
	int64_t now_ms = tally_clock_now_us() / 1000;
	struct tally_refresh_use use = {
		.id = record->id,
		.family = record->family,
		.now_ms = now_ms,
		.grace_ms = rq->site->conf->tokens_refresh_grace * 1000,
		.token_ttl = ttl(record->expires_at, now_ms / 1000),
		.family_ttl = ttl(record->family_expires_at, now_ms / 1000),
	};

	if (made != NULL)
		use.made = *made;
	if (marks == NULL)
		return tally_fault(rq, TALLY_FAULT_UNAVAILABLE,
				   "a refresh token that is not kept is used up in Redis, and none "
				   "is configured");
	enum tally_err err = marks->ops->use_refresh(marks, &use);

	if (err != TALLY_OK)
		return tally_fault_of(rq, err, "using up a refresh token");
	switch (use.verdict) {
	case TALLY_REFRESH_FIRST:
	case TALLY_REFRESH_GRACE:
		return TALLY_FAULT_NONE;
	case TALLY_REFRESH_REUSED:
	case TALLY_REFRESH_ENDED: /* and the store did not know yet, or it would be revoked */
		return tally_refresh_reused(rq, refresh);
	}
	return tally_fault_of(rq, TALLY_ERR_STATE, "using up a refresh token");
}

enum tally_fault tally_refresh_reused(struct tally_request *rq,
				      const struct tally_refresh *refresh)
{
	const struct tally_token token = tally_token_of_refresh(refresh);
	enum tally_err err = tally_token_end(rq, &token);

	if (err != TALLY_OK)
		return tally_fault_of(rq, err, "ending a family of refresh tokens");
	return tally_fault(rq, TALLY_FAULT_INVALID_GRANT,
			   "a refresh token of client %.*s, subject %.*s was used again, so it and "
			   "all that came from it has been ended: it was stolen, or the client does "
			   "not keep the token that it gets",
			   TALLY_SPAN_ARG(token.owner.client_id),
			   TALLY_SPAN_ARG(token.owner.subject));
}
