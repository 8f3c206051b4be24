/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "oauth/token_check.h"

#include "base/secret.h"
#include "codec/json_in.h"
#include "crypt/verifier_cache.h"
#include "oauth/auth.h"
#include "oauth/opaque.h"
#include "sys/clock.h"

/* ---- reading: a JWT ---- */

/* A claim that must be a string when it is there; required: it must be there. */
static enum tally_err copy_claim(const struct tally_json *claims, const char *name, bool required,
				 struct tally_arena *arena, struct tally_span *out)
{
	const struct tally_json *claim = tally_json_member(claims, name);
	struct tally_span text;

	*out = TALLY_SPAN("");
	if (claim == NULL)
		return required ? TALLY_ERR_SYNTAX : TALLY_OK;
	if (!tally_json_string(claim, &text))
		return TALLY_ERR_SYNTAX;
	*out = tally_arena_dup(arena, text);
	return out->p ? TALLY_OK : TALLY_ERR_NOMEM;
}

static enum tally_err copy_owner(const struct tally_json *claims, struct tally_arena *arena,
				 struct tally_token_owner *out)
{
	enum tally_err err = copy_claim(claims, "sub", true, arena, &out->subject);

	if (err == TALLY_OK)
		err = copy_claim(claims, "client_id", true, arena, &out->client_id);
	if (err == TALLY_OK)
		err = copy_claim(claims, "aud", true, arena, &out->audience);
	if (err == TALLY_OK)
		err = copy_claim(claims, "scope", false, arena, &out->scope);
	return err;
}

static enum tally_err read_id(const struct tally_json *claims, const char *name,
			      struct tally_token_id *out)
{
	struct tally_span text;

	if (!tally_json_string(tally_json_member(claims, name), &text))
		return TALLY_ERR_SYNTAX;
	return tally_token_id_parse(out, text);
}

/*
 * draft-ietf-oauth-status-list §6.2. What is not an entry of our own lists, as
 * after a change of tokens.status-pool, is none of our business.
 */
static enum tally_err read_status(struct tally_request *rq, const struct tally_json *claims,
				  struct tally_token *out)
{
	struct tally_token_status *lists = rq->services->token_status;
	const struct tally_json *status = tally_json_member(claims, "status");
	const struct tally_json *entry = status ? tally_json_member(status, "status_list") : NULL;
	struct tally_live_ref own = { .expires_at = out->expires_at };
	struct tally_span uri;
	int64_t idx;

	if (entry == NULL || lists == NULL)
		return TALLY_OK;
	if (!tally_json_string(tally_json_member(entry, "uri"), &uri) ||
	    !tally_json_integer(tally_json_member(entry, "idx"), &idx) || idx < 0)
		return TALLY_ERR_SYNTAX;
	enum tally_err err = lists->find(lists, uri, (uint64_t)idx, &own.ref);

	if (err == TALLY_OK)
		tally_live_refs_add(&out->live, own);
	out->status_is_unknown = err == TALLY_ERR_UNAVAILABLE;
	return err == TALLY_ERR_NOT_FOUND || err == TALLY_ERR_UNAVAILABLE ? TALLY_OK : err;
}

/* RFC 9068 §4, of a token whose signature is ours. */
static enum tally_err read_claims(struct tally_request *rq, const struct tally_json *claims,
				  struct tally_token *out)
{
	struct tally_span iss;
	enum tally_err err = read_id(claims, "jti", &out->id);

	if (err == TALLY_OK && tally_json_member(claims, "fam") != NULL)
		err = read_id(claims, "fam", &out->family);
	if (err != TALLY_OK || !tally_json_string(tally_json_member(claims, "iss"), &iss) ||
	    !tally_span_eq(iss, rq->site->issuer) ||
	    !tally_json_integer(tally_json_member(claims, "exp"), &out->expires_at))
		return TALLY_ERR_SYNTAX;
	err = read_status(rq, claims, out);
	return err == TALLY_OK ? copy_owner(claims, rq->arena, &out->owner) : err;
}

static enum tally_err read_payload(struct tally_request *rq, struct tally_span payload,
				   struct tally_token *out)
{
	struct tally_json *claims = NULL;
	enum tally_err err = tally_json_parse(payload, TALLY_JWS_MAX, &claims);

	if (err == TALLY_OK)
		err = read_claims(rq, claims, out);
	tally_json_free(claims);
	return err;
}

/* The header's kid names one of our published keys, or the token is not ours. */
static enum tally_err verify_ours(struct tally_request *rq, const struct tally_jws *jws)
{
	const struct tally_keyset_key *key = tally_keyset_find(rq->site->keys, jws->kid);

	if (jws->kid.p == NULL || key == NULL)
		return TALLY_ERR_VERIFY;
	return tally_verifier_cache_verify(rq->verifier_cache, key->key, jws);
}

static enum tally_err read_jwt(struct tally_request *rq, struct tally_span text,
			       struct tally_token *out)
{
	struct tally_jws jws;

	if (rq->site->keys == NULL)
		return TALLY_ERR_UNAVAILABLE;
	enum tally_err err = tally_jws_parse(text, rq->arena, &jws);

	if (err == TALLY_OK)
		err = verify_ours(rq, &jws);
	if (err != TALLY_OK)
		return err == TALLY_ERR_NOMEM || err == TALLY_ERR_CRYPTO ? err : TALLY_ERR_NOT_FOUND;
	/* Ours from here on. RFC 8725 §3.11: each kind of JWT in its own place only. */
	if (!tally_jws_typ_is(&jws, "at+jwt"))
		return TALLY_ERR_UNSUPPORTED;
	out->kind = TALLY_TOKEN_ACCESS;
	err = read_payload(rq, jws.payload, out);
	return err == TALLY_OK || err == TALLY_ERR_NOMEM ? err : TALLY_ERR_NOT_FOUND;
}

/* ---- reading: the others ---- */

static enum tally_err read_opaque(struct tally_request *rq, struct tally_span text,
				  struct tally_token *out)
{
	struct tally_store *store = rq->services->store;
	uint8_t digest[TALLY_SHA256_SIZE];
	struct tally_access_found found;
	struct tally_token_id id;
	enum tally_err err = tally_opaque_read(text, TALLY_ACCESS_PREFIX, &id, digest);

	if (err == TALLY_OK)
		err = store->ops->access_find(store, rq->arena, &id, &found);
	if (err != TALLY_OK)
		return err == TALLY_ERR_SYNTAX ? TALLY_ERR_NOT_FOUND : err;
	if (!tally_secret_equal(digest, found.token.digest, sizeof(digest)))
		return TALLY_ERR_NOT_FOUND;
	*out = (struct tally_token){
		.kind = TALLY_TOKEN_ACCESS,
		.id = found.token.id,
		.family = found.token.family,
		.owner = found.token.owner,
		.expires_at = found.token.expires_at,
		.is_kept = true,
		.is_revoked = found.is_revoked,
	};
	return TALLY_OK;
}

static enum tally_err read_refresh(struct tally_request *rq, struct tally_span text,
				   struct tally_token *out)
{
	struct tally_refresh found;
	enum tally_err err = tally_refresh_read(rq, text, &found);

	if (err == TALLY_OK)
		*out = tally_token_of_refresh(&found);
	return err;
}

struct tally_token tally_token_of_refresh(const struct tally_refresh *refresh)
{
	const struct tally_refresh_record *record = &refresh->record;

	return (struct tally_token){
		.kind = TALLY_TOKEN_REFRESH,
		.id = record->id,
		.family = record->family,
		.owner = record->owner,
		.expires_at = record->expires_at,
		.live = record->live,
		.is_kept = !refresh->sealed,
		.is_sealed = refresh->sealed,
		.is_revoked = refresh->is_revoked,
		.is_used = refresh->used_at_us != 0,
	};
}

enum tally_err tally_token_read(struct tally_request *rq, struct tally_span text,
				struct tally_token *out)
{
	enum tally_err err;

	*out = (struct tally_token){ .kind = TALLY_TOKEN_ACCESS };
	if (tally_span_starts_with(text, TALLY_SPAN(TALLY_ACCESS_PREFIX)))
		err = read_opaque(rq, text, out);
	else if (tally_span_starts_with(text, TALLY_SPAN(TALLY_REFRESH_PREFIX)) ||
		 tally_span_starts_with(text, TALLY_SPAN(TALLY_SEALED_PREFIX)))
		err = read_refresh(rq, text, out);
	else
		err = read_jwt(rq, text, out);
	if (err == TALLY_OK && out->expires_at <= tally_clock_now())
		err = TALLY_ERR_NOT_FOUND;
	return err;
}

/* ---- checking ---- */

/* Of a sealed refresh token Redis knows. */
static enum tally_err check_used(struct tally_request *rq, const struct tally_token *token,
				 bool *is_used)
{
	struct tally_marks *marks = rq->services->marks;

	if (marks == NULL)
		return TALLY_ERR_UNAVAILABLE;
	return marks->ops->refresh_used(marks, &token->id, &token->family, is_used);
}

/* What the list says of an access token: it may have been set there alone. */
static enum tally_err check_status(struct tally_request *rq, const struct tally_token *token,
				   bool *is_revoked)
{
	struct tally_token_status *lists = rq->services->token_status;

	if (token->status_is_unknown)
		return TALLY_ERR_UNAVAILABLE;
	if (lists == NULL || token->live.count == 0)
		return TALLY_OK;
	return lists->is_revoked(lists, token->live.items[0].ref, is_revoked);
}

static enum tally_err check_revoked(struct tally_request *rq, const struct tally_token *token,
				    const char **why)
{
	struct tally_store *store = rq->services->store;
	bool is_revoked = token->is_revoked, is_used = token->is_used;
	enum tally_err err = TALLY_OK;

	if (!token->is_kept && !token->is_sealed) {
		const struct tally_revocation_query query = {
			.id = token->id,
			.family = token->family,
			.client_id = token->owner.client_id,
			.subject = token->owner.subject,
		};

		err = store->ops->revoked(store, &query, &is_revoked);
	}
	if (err == TALLY_OK && token->is_sealed && !is_revoked)
		err = check_used(rq, token, &is_used);
	if (err == TALLY_OK && token->kind == TALLY_TOKEN_ACCESS && !is_revoked)
		err = check_status(rq, token, &is_revoked);
	if (is_revoked)
		*why = "revoked";
	else if (is_used)
		*why = "used up";
	return err;
}

/* found: there was such a client. */
static enum tally_err check_client(struct tally_request *rq, const struct tally_token_owner *owner,
				   bool *found, const char **why)
{
	struct tally_cached *cached = NULL;
	enum tally_err err =
		tally_cache_get(rq->services->clients, owner->client_id, &cached);
	const struct tally_client *client = (const struct tally_client *)cached;

	*found = err == TALLY_OK;
	if (err != TALLY_OK)
		return err == TALLY_ERR_NOT_FOUND ? TALLY_OK : err;
	if (client->disabled)
		*why = "its client is disabled";
	else if (owner->client != 0 && owner->client != client->number)
		*why = "its client was removed, and another has the client_id now";
	tally_client_release(rq, client);
	return TALLY_OK;
}

static enum tally_err check_user(struct tally_request *rq, const struct tally_token_owner *owner,
				 const struct tally_user_record **out, const char **why)
{
	const struct tally_user *user = NULL;
	enum tally_err err = tally_user_by_id(rq, owner->subject, &user);

	if (err == TALLY_ERR_NOT_FOUND) {
		/* Of a JWT nobody knows whether it had one: a trusted issuer's has none. */
		if (owner->user != 0)
			*why = "its user was removed";
		return TALLY_OK;
	}
	if (err != TALLY_OK)
		return err;
	if (tally_user_is_disabled(&user->record))
		*why = "its user is disabled";
	else if (owner->user != 0 && owner->user != user->record.number)
		*why = "its user was removed, and another has the user_id now";
	*out = tally_user_copy(rq, &user->record);
	tally_user_release(rq, user);
	return *out ? TALLY_OK : TALLY_ERR_NOMEM;
}

/*
 * Who stands behind a token: a client for itself, a client for a user or for
 * somebody's subject, or a machine user for itself, without a client.
 */
static enum tally_err check_owner(struct tally_request *rq, const struct tally_token_owner *owner,
				  const struct tally_user_record **user, const char **why)
{
	bool alone = tally_span_eq(owner->client_id, owner->subject);
	bool has_client = false;
	enum tally_err err = TALLY_OK;

	if (owner->client != 0 || owner->user == 0 || !alone)
		err = check_client(rq, owner, &has_client, why);
	if (err == TALLY_OK && *why == NULL && !(alone && has_client))
		err = check_user(rq, owner, user, why);
	if (err == TALLY_OK && *why == NULL && !has_client && (!alone || *user == NULL))
		*why = "its client was removed";
	return err;
}

enum tally_err tally_token_check(struct tally_request *rq, const struct tally_token *token,
				 const struct tally_user_record **user, const char **why)
{
	const struct tally_user_record *found = NULL;

	*why = NULL;
	enum tally_err err = check_revoked(rq, token, why);

	if (err == TALLY_OK && *why == NULL)
		err = check_owner(rq, &token->owner, &found, why);
	if (user != NULL)
		*user = found;
	return err;
}
