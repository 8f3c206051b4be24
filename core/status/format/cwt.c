/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Status List Token as a CWT (draft-ietf-oauth-status-list §5.2): a tagged
 * COSE_Sign1 without the CWT tag 61. ISO/IEC 18013-5 wants the certificates in
 * the protected header, where they are.
 */
#include "config.h"

#include "status/format.h"

#include "codec/cbor_out.h"
#include "crypt/cose.h"

/* RFC 8392 §4 and draft §14.3; the order is that of the bytes (RFC 8949 §4.2.1). */
#define CLAIM_ISS         1u
#define CLAIM_SUB         2u
#define CLAIM_EXP         4u
#define CLAIM_IAT         6u
#define CLAIM_STATUS_LIST 65533u
#define CLAIM_TTL         65534u

/* Heads, labels and numbers of the claims. */
#define FRAME_MAX 128u

static enum tally_err open_signer(const struct tally_list_key *key, void **out)
{
	const struct tally_signer_header header = {
		.kid = key->kid,
		.typ = "application/statuslist+cwt",
		.chain = key->chain,
	};
	struct tally_cose_signer *signer;
	enum tally_err err = tally_cose_signer_new(key->key, &header, &signer);

	*out = signer;
	return err;
}

static void close_signer(void *signer)
{
	tally_cose_signer_free(signer);
}

static size_t payload_size(const struct tally_list_token *token)
{
	return FRAME_MAX + token->uri.n + token->issuer.n + token->aggregation.n + token->lst.n;
}

static size_t size(const void *signer, const struct tally_list_token *token)
{
	return tally_cose_signer_size(signer, payload_size(token));
}

static void add_list(struct tally_buf *buf, const struct tally_list_token *token)
{
	tally_cbor_add_u64(buf, CLAIM_STATUS_LIST);
	tally_cbor_add_map(buf, 2u + (token->aggregation.n > 0));
	tally_cbor_add_text(buf, TALLY_SPAN("lst"));
	tally_cbor_add_bytes(buf, token->lst);
	tally_cbor_add_text(buf, TALLY_SPAN("bits"));
	tally_cbor_add_u64(buf, token->bits);
	if (token->aggregation.n > 0) {
		tally_cbor_add_text(buf, TALLY_SPAN("aggregation_uri"));
		tally_cbor_add_text(buf, token->aggregation);
	}
}

static void add_claims(struct tally_buf *buf, const struct tally_list_token *token)
{
	tally_cbor_add_map(buf, 3u + (token->issuer.n > 0) + (token->exp > 0) + (token->ttl > 0));
	if (token->issuer.n > 0) {
		tally_cbor_add_u64(buf, CLAIM_ISS);
		tally_cbor_add_text(buf, token->issuer);
	}
	tally_cbor_add_u64(buf, CLAIM_SUB);
	tally_cbor_add_text(buf, token->uri);
	if (token->exp > 0) {
		tally_cbor_add_u64(buf, CLAIM_EXP);
		tally_cbor_add_i64(buf, token->exp);
	}
	tally_cbor_add_u64(buf, CLAIM_IAT);
	tally_cbor_add_i64(buf, token->iat);
	add_list(buf, token);
	if (token->ttl > 0) {
		tally_cbor_add_u64(buf, CLAIM_TTL);
		tally_cbor_add_u64(buf, token->ttl);
	}
}

static enum tally_err write(void *signer, const struct tally_list_token *token,
			    struct tally_buf *out)
{
	struct tally_buf payload;

	tally_buf_reserve(&payload, payload_size(token));
	add_claims(&payload, token);
	enum tally_err err = tally_buf_err(&payload);

	if (err == TALLY_OK)
		err = tally_cose_sign1(signer, tally_buf_span(&payload), out);
	tally_buf_free(&payload);
	return err;
}

const struct tally_list_writer tally_list_writer_cwt = {
	.open = open_signer,
	.close = close_signer,
	.size = size,
	.write = write,
};
