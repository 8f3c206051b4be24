/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "crypt/cose.h"

#include "codec/cbor_out.h"
#include "crypt/cose_priv.h"

#include <stdlib.h>

/* The heads of its items together. */
#define ENVELOPE_MAX (5 * TALLY_CBOR_HEAD_MAX)

struct tally_cose_signer {
	struct tally_signer *signer;
	size_t signature_n;
	struct tally_buf protected;   /* the map, not yet wrapped as a byte string */
	struct tally_buf unprotected; /* the map */
};

/* RFC 9360 §2: one certificate is a byte string, several are an array of them. */
static void add_chain(struct tally_buf *buf, const struct tally_chain *chain)
{
	tally_cbor_add_u64(buf, TALLY_COSE_X5CHAIN);
	if (chain->count > 1)
		tally_cbor_add_array(buf, chain->count);
	for (size_t i = 0; i < chain->count; i++)
		tally_cbor_add_bytes(buf, chain->certificates[i]);
}

static void add_protected(struct tally_buf *buf, const struct tally_alg *alg,
			  const struct tally_signer_header *header)
{
	tally_cbor_add_map(buf, 1u + (header->typ != NULL) + (header->chain != NULL));
	tally_cbor_add_u64(buf, TALLY_COSE_ALG);
	tally_cbor_add_i64(buf, alg->cose);
	if (header->typ != NULL) {
		tally_cbor_add_u64(buf, TALLY_COSE_TYP);
		tally_cbor_add_text(buf, tally_span_of(header->typ));
	}
	if (header->chain != NULL)
		add_chain(buf, header->chain);
}

static void add_unprotected(struct tally_buf *buf, const char *kid)
{
	tally_cbor_add_map(buf, kid != NULL);
	if (kid != NULL) {
		tally_cbor_add_u64(buf, TALLY_COSE_KID);
		tally_cbor_add_bytes(buf, tally_span_of(kid));
	}
}

enum tally_err tally_cose_signer_new(struct tally_key *key,
				     const struct tally_signer_header *header,
				     struct tally_cose_signer **out)
{
	struct tally_cose_signer *signer = calloc(1, sizeof(*signer));

	*out = NULL;
	if (signer == NULL)
		return TALLY_ERR_NOMEM;
	/* Its own header is not used; that it can be made says that this one is within limits. */
	enum tally_err err = tally_signer_new_with(key, header, &signer->signer);

	signer->signature_n = tally_key_signature_size(key);
	tally_buf_grow(&signer->protected, TALLY_JWS_HEADER_MAX + TALLY_CHAIN_BYTES_MAX);
	add_protected(&signer->protected, tally_key_alg(key), header);
	tally_buf_grow(&signer->unprotected, TALLY_KID_MAX + TALLY_CBOR_HEAD_MAX);
	add_unprotected(&signer->unprotected, header->kid);
	if (err == TALLY_OK)
		err = tally_buf_err(&signer->protected);
	if (err == TALLY_OK)
		err = tally_buf_err(&signer->unprotected);
	if (err == TALLY_OK)
		*out = signer;
	else
		tally_cose_signer_free(signer);
	return err;
}

void tally_cose_signer_free(struct tally_cose_signer *signer)
{
	if (signer == NULL)
		return;
	tally_signer_free(signer->signer);
	tally_buf_free(&signer->protected);
	tally_buf_free(&signer->unprotected);
	free(signer);
}

size_t tally_cose_signer_size(const struct tally_cose_signer *signer, size_t n)
{
	return ENVELOPE_MAX + signer->protected.n + signer->unprotected.n + n + signer->signature_n;
}

void tally_cose_add_sig_structure(struct tally_buf *buf, struct tally_span protected,
				  struct tally_span payload)
{
	tally_cbor_add_array(buf, 4);
	tally_cbor_add_text(buf, TALLY_SPAN("Signature1"));
	tally_cbor_add_bytes(buf, protected);
	tally_cbor_add_bytes(buf, tally_span(NULL, 0));
	tally_cbor_add_bytes(buf, payload);
}

static enum tally_err sign(struct tally_cose_signer *signer, struct tally_span payload,
			   uint8_t *signature)
{
	struct tally_buf data, to;

	tally_buf_reserve(&data, TALLY_COSE_SIG_STRUCTURE_MAX + signer->protected.n + payload.n);
	tally_buf_over(&to, signature, signer->signature_n);
	tally_cose_add_sig_structure(&data, tally_buf_span(&signer->protected), payload);
	enum tally_err err = tally_buf_err(&data);

	if (err == TALLY_OK)
		err = tally_signer_sign_raw(signer->signer, tally_buf_span(&data), &to);
	tally_buf_free(&data);
	return err;
}

enum tally_err tally_cose_sign1(struct tally_cose_signer *signer, struct tally_span payload,
				struct tally_buf *out)
{
	size_t start = out->n;

	tally_cbor_add_tag(out, TALLY_COSE_TAG_SIGN1);
	tally_cbor_add_array(out, 4);
	tally_cbor_add_bytes(out, tally_buf_span(&signer->protected));
	tally_buf_add_span(out, tally_buf_span(&signer->unprotected));
	tally_cbor_add_bytes(out, payload);
	tally_cbor_add_bytes_head(out, signer->signature_n);
	uint8_t *signature = (uint8_t *)tally_buf_room(out, signer->signature_n);
	enum tally_err err = tally_buf_err(out);

	if (err == TALLY_OK)
		err = sign(signer, payload, signature);
	if (err != TALLY_OK)
		out->n = start;
	return err;
}
