/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "status/claims.h"

#include "base/b64.h"

/* RFC 7519 §4.1 and RFC 8392 §4; draft-ietf-oauth-status-list §14.1 and §14.3. */
static const struct {
	const char *name;
	int64_t label;
} names[] = {
	[TALLY_CLAIM_SUB] = { "sub", 2 },
	[TALLY_CLAIM_EXP] = { "exp", 4 },
	[TALLY_CLAIM_NBF] = { "nbf", 5 },
	[TALLY_CLAIM_IAT] = { "iat", 6 },
	[TALLY_CLAIM_TTL] = { "ttl", 65534 },
	[TALLY_CLAIM_STATUS_LIST] = { "status_list", 65533 },
	[TALLY_CLAIM_STATUS] = { "status", 65535 },
};

enum tally_err tally_claims_of_jwt(struct tally_span payload, struct tally_claims *out)
{
	*out = (struct tally_claims){ .json = NULL };
	enum tally_err err = tally_json_parse(payload, payload.n, &out->json);

	if (err == TALLY_OK && !tally_json_is_object(out->json)) {
		tally_claims_end(out);
		err = TALLY_ERR_SYNTAX;
	}
	return err;
}

enum tally_err tally_claims_of_cwt(struct tally_span payload, struct tally_claims *out)
{
	*out = (struct tally_claims){ .json = NULL };
	enum tally_err err = tally_cbor_parse(payload, payload.n, &out->cbor);

	if (err == TALLY_OK && !tally_cbor_is_map(out->cbor)) {
		tally_claims_end(out);
		err = TALLY_ERR_SYNTAX;
	}
	return err;
}

void tally_claims_end(struct tally_claims *claims)
{
	tally_json_free(claims->json);
	*claims = (struct tally_claims){ .json = NULL };
}

struct tally_claim tally_claim(const struct tally_claims *claims, enum tally_claim_name name)
{
	return (struct tally_claim){
		.json = tally_json_member(claims->json, names[name].name),
		.cbor = tally_cbor_at(claims->cbor, names[name].label),
	};
}

struct tally_claim tally_claim_member(struct tally_claim claim, const char *name)
{
	return (struct tally_claim){
		.json = tally_json_member(claim.json, name),
		.cbor = tally_cbor_member(claim.cbor, name),
	};
}

bool tally_claim_is_there(struct tally_claim claim)
{
	return claim.json != NULL || tally_cbor_is_there(claim.cbor);
}

bool tally_claim_is_object(struct tally_claim claim)
{
	return tally_json_is_object(claim.json) || tally_cbor_is_map(claim.cbor);
}

bool tally_claim_text(struct tally_claim claim, struct tally_span *out)
{
	return tally_json_string(claim.json, out) || tally_cbor_text(claim.cbor, out);
}

bool tally_claim_u64(struct tally_claim claim, uint64_t *out)
{
	int64_t number;

	if (!tally_json_integer(claim.json, &number))
		return tally_cbor_u64(claim.cbor, out);
	*out = (uint64_t)number;
	return number >= 0;
}

bool tally_claim_time(struct tally_claim claim, int64_t *out)
{
	return tally_json_floor(claim.json, out) || tally_cbor_floor(claim.cbor, out);
}

bool tally_claim_ttl(struct tally_claim claim, uint64_t *out)
{
	int64_t whole;

	if (!tally_json_floor(claim.json, &whole))
		return tally_cbor_u64(claim.cbor, out) && *out > 0;
	if (whole == 0 && !tally_json_integer(claim.json, &whole))
		whole = 1;
	*out = (uint64_t)whole;
	return whole > 0;
}

enum tally_err tally_claim_bytes(struct tally_claim claim, struct tally_arena *arena,
				 struct tally_span *out)
{
	struct tally_span text;

	if (tally_cbor_bytes(claim.cbor, out))
		return TALLY_OK;
	if (!tally_json_string(claim.json, &text))
		return TALLY_ERR_SYNTAX;
	char *bytes = tally_arena_alloc(arena, TALLY_B64_BYTES(text.n));

	if (bytes == NULL)
		return TALLY_ERR_NOMEM;
	out->p = bytes;
	return tally_b64url_get(text, bytes, TALLY_B64_BYTES(text.n), &out->n);
}
