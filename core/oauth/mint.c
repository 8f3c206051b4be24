/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "oauth/mint.h"

#include "codec/json_out.h"

#define FIXED_CLAIMS_MAX 288u /* names, punctuation, times and ids */
#define JSON_GROWTH 6u        /* a byte as \u00NN */

static size_t access_claims_size(const struct tally_request *rq,
				 const struct tally_access_record *access)
{
	const struct tally_token_owner *owner = &access->owner;

	return FIXED_CLAIMS_MAX + JSON_GROWTH * (rq->site->issuer.n + owner->subject.n +
						 owner->audience.n + owner->scope.n +
						 owner->client_id.n + access->status_uri.n);
}

static size_t id_claims_size(const struct tally_request *rq, const struct tally_mint *mint,
			     struct tally_span client_id)
{
	return FIXED_CLAIMS_MAX + JSON_GROWTH * (rq->site->issuer.n + mint->subject.n +
						 client_id.n + mint->user->name.n +
						 mint->user->login.n);
}

size_t tally_mint_access_size(const struct tally_request *rq,
			      const struct tally_access_record *access)
{
	return rq->signer ? tally_signer_size(rq->signer, access_claims_size(rq, access)) : 0;
}

size_t tally_mint_id_size(const struct tally_request *rq, const struct tally_mint *mint,
			  struct tally_span client_id)
{
	return rq->id_signer ? tally_signer_size(rq->id_signer, id_claims_size(rq, mint, client_id))
			     : 0;
}

/* draft-ietf-oauth-status-list §6.2. */
static void add_status(struct tally_json_out *out, const struct tally_access_record *access)
{
	tally_json_object(out, "status");
	tally_json_object(out, "status_list");
	tally_json_add_i64(out, "idx", access->status.index);
	tally_json_add_span(out, "uri", access->status_uri);
	tally_json_object_end(out);
	tally_json_object_end(out);
}

/* RFC 9068 §2.2, §2.2.3. */
static void add_access_claims(struct tally_buf *buf, const struct tally_request *rq,
			      const struct tally_access_record *access)
{
	const struct tally_token_owner *owner = &access->owner;
	struct tally_json_out out;

	tally_json_begin(&out, buf);
	tally_json_object(&out, NULL);
	tally_json_add_span(&out, "iss", rq->site->issuer);
	tally_json_add_span(&out, "sub", owner->subject);
	tally_json_add_span(&out, "aud", owner->audience);
	tally_json_add_span(&out, "client_id", owner->client_id);
	tally_json_add_i64(&out, "iat", tally_token_id_issued_us(&access->id) / 1000000);
	tally_json_add_i64(&out, "exp", access->expires_at);
	tally_json_add_b64url(&out, "jti", access->id.bytes, sizeof(access->id.bytes));
	if (!tally_token_id_is_none(&access->family))
		tally_json_add_b64url(&out, "fam", access->family.bytes,
				      sizeof(access->family.bytes));
	if (owner->scope.n > 0)
		tally_json_add_span(&out, "scope", owner->scope);
	if (access->status_uri.n > 0)
		add_status(&out, access);
	tally_json_object_end(&out);
}

static enum tally_err sign(struct tally_signer *signer, struct tally_buf *claims,
			   struct tally_buf *out)
{
	enum tally_err err = tally_buf_err(claims);

	return err == TALLY_OK ? tally_signer_sign(signer, tally_buf_span(claims), out) : err;
}

enum tally_err tally_mint_access_token(struct tally_request *rq,
				       const struct tally_access_record *access,
				       struct tally_buf *out)
{
	struct tally_buf claims;

	if (rq->signer == NULL)
		return TALLY_ERR_UNAVAILABLE;
	tally_buf_in(&claims, rq->arena, access_claims_size(rq, access));
	add_access_claims(&claims, rq, access);
	return sign(rq->signer, &claims, out);
}

/* OpenID Connect Core §2 and §5.1. */
static void add_id_claims(struct tally_buf *buf, const struct tally_request *rq,
			  const struct tally_mint *mint, struct tally_span client_id, int64_t now)
{
	struct tally_json_out out;

	tally_json_begin(&out, buf);
	tally_json_object(&out, NULL);
	tally_json_add_span(&out, "iss", rq->site->issuer);
	tally_json_add_span(&out, "sub", mint->subject);
	tally_json_add_span(&out, "aud", client_id);
	tally_json_add_i64(&out, "iat", now);
	tally_json_add_i64(&out, "exp", now + mint->access_lifetime);
	if (mint->auth_time != 0)
		tally_json_add_i64(&out, "auth_time", mint->auth_time);
	if (tally_scope_has(mint->scope, TALLY_SPAN("profile"))) {
		tally_json_add_span(&out, "name", mint->user->name);
		tally_json_add_span(&out, "preferred_username", mint->user->login);
	}
	tally_json_object_end(&out);
}

enum tally_err tally_mint_id_token(struct tally_request *rq, const struct tally_mint *mint,
				   struct tally_span client_id, int64_t now,
				   struct tally_buf *out)
{
	struct tally_buf claims;

	if (rq->id_signer == NULL)
		return TALLY_ERR_UNAVAILABLE;
	tally_buf_in(&claims, rq->arena, id_claims_size(rq, mint, client_id));
	add_id_claims(&claims, rq, mint, client_id, now);
	return sign(rq->id_signer, &claims, out);
}
