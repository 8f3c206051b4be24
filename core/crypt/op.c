/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "crypt/op.h"

#include "crypt/ecdsa.h"
#include "crypt/ossl.h"

#include <openssl/rsa.h>

/* RSASSA-PSS: MGF1 with the same digest, a salt of its length (RFC 7518 §3.5). */
static bool set_padding(EVP_PKEY_CTX *ctx, const struct tally_alg *alg)
{
	switch (alg->type) {
	case TALLY_KEY_RSA:
		return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) > 0;
	case TALLY_KEY_PSS:
		return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) > 0 &&
		       EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) > 0;
	case TALLY_KEY_EC:
	case TALLY_KEY_OKP:
		return true;
	}
	return false;
}

static bool prepare(struct tally_op *op, enum tally_op_use use)
{
	const struct tally_alg *alg = op->key->alg;

	op->md = EVP_MD_CTX_new();
	if (op->md == NULL)
		return false;
	if (alg->type == TALLY_KEY_OKP)
		return true;
	op->digest = tally_fetched_digest(alg->digest);
	op->pkey = EVP_PKEY_CTX_new_from_pkey(NULL, op->key->pkey, NULL);
	if (op->digest == NULL || op->pkey == NULL)
		return false;
	int begun = use == TALLY_OP_SIGN ? EVP_PKEY_sign_init(op->pkey)
					 : EVP_PKEY_verify_init(op->pkey);

	return begun > 0 && EVP_PKEY_CTX_set_signature_md(op->pkey, op->digest) > 0 &&
	       set_padding(op->pkey, alg);
}

enum tally_err tally_op_begin(struct tally_op *op, const struct tally_key *key,
			      enum tally_op_use use)
{
	*op = (struct tally_op){ .key = key };
	if (prepare(op, use))
		return TALLY_OK;
	(void)tally_ossl_reason();
	tally_op_end(op);
	return TALLY_ERR_CRYPTO;
}

void tally_op_end(struct tally_op *op)
{
	EVP_PKEY_CTX_free(op->pkey);
	EVP_MD_CTX_free(op->md);
	*op = (struct tally_op){ 0 };
}

static bool hash(struct tally_op *op, struct tally_span data, uint8_t *out, unsigned int *n)
{
	return EVP_DigestInit_ex2(op->md, op->digest, NULL) == 1 &&
	       EVP_DigestUpdate(op->md, data.p, data.n) == 1 &&
	       EVP_DigestFinal_ex(op->md, out, n) == 1;
}

static bool sign_ecdsa(struct tally_op *op, struct tally_span data, uint8_t *out)
{
	uint8_t digest[EVP_MAX_MD_SIZE], der[TALLY_ECDSA_DER_MAX];
	unsigned int digest_n;
	size_t n = sizeof(der);

	return hash(op, data, digest, &digest_n) &&
	       EVP_PKEY_sign(op->pkey, der, &n, digest, digest_n) == 1 &&
	       tally_ecdsa_from_der(tally_span(der, n), op->key->signature_size / 2, out) ==
		       TALLY_OK;
}

static bool sign_rsa(struct tally_op *op, struct tally_span data, uint8_t *out)
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned int digest_n;
	size_t n = TALLY_SIGNATURE_MAX;

	return hash(op, data, digest, &digest_n) &&
	       EVP_PKEY_sign(op->pkey, out, &n, digest, digest_n) == 1 &&
	       n == op->key->signature_size;
}

/*
 * Ed25519 reads its message twice and has no streaming form. The context is
 * begun anew each time: newer OpenSSL refuses a second signature without.
 */
static bool sign_eddsa(struct tally_op *op, struct tally_span data, uint8_t *out)
{
	size_t n = op->key->signature_size;

	return EVP_DigestSignInit_ex(op->md, NULL, NULL, NULL, NULL, op->key->pkey, NULL) == 1 &&
	       EVP_DigestSign(op->md, out, &n, (const uint8_t *)data.p, data.n) == 1 &&
	       n == op->key->signature_size;
}

static bool sign(struct tally_op *op, struct tally_span data, uint8_t *out)
{
	switch (op->key->alg->type) {
	case TALLY_KEY_EC:
		return sign_ecdsa(op, data, out);
	case TALLY_KEY_RSA:
	case TALLY_KEY_PSS:
		return sign_rsa(op, data, out);
	case TALLY_KEY_OKP:
		return sign_eddsa(op, data, out);
	}
	return false;
}

enum tally_err tally_op_sign(struct tally_op *op, struct tally_span data,
			     uint8_t out[TALLY_SIGNATURE_MAX])
{
	return sign(op, data, out) ? TALLY_OK : TALLY_ERR_CRYPTO;
}

/* r and s outside 1…n-1 are OpenSSL's to refuse (SEC 1 §4.1.4 step 1). */
static bool verify_ecdsa(struct tally_op *op, struct tally_span data, const uint8_t *signature)
{
	uint8_t digest[EVP_MAX_MD_SIZE], der[TALLY_ECDSA_DER_MAX];
	unsigned int digest_n;
	size_t n = tally_ecdsa_to_der(signature, op->key->signature_size / 2, der);

	return hash(op, data, digest, &digest_n) &&
	       EVP_PKEY_verify(op->pkey, der, n, digest, digest_n) == 1;
}

static bool verify_rsa(struct tally_op *op, struct tally_span data, const uint8_t *signature)
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned int digest_n;

	return hash(op, data, digest, &digest_n) &&
	       EVP_PKEY_verify(op->pkey, signature, op->key->signature_size, digest, digest_n) == 1;
}

/* S ≥ L is OpenSSL's to refuse (RFC 8032 §5.1.7). */
static bool verify_eddsa(struct tally_op *op, struct tally_span data, const uint8_t *signature)
{
	return EVP_DigestVerifyInit_ex(op->md, NULL, NULL, NULL, NULL, op->key->pkey, NULL) == 1 &&
	       EVP_DigestVerify(op->md, signature, op->key->signature_size, (const uint8_t *)data.p,
				data.n) == 1;
}

static bool verify(struct tally_op *op, struct tally_span data, const uint8_t *signature)
{
	switch (op->key->alg->type) {
	case TALLY_KEY_EC:
		return verify_ecdsa(op, data, signature);
	case TALLY_KEY_RSA:
	case TALLY_KEY_PSS:
		return verify_rsa(op, data, signature);
	case TALLY_KEY_OKP:
		return verify_eddsa(op, data, signature);
	}
	return false;
}

enum tally_err tally_op_verify(struct tally_op *op, struct tally_span data,
			       struct tally_span signature)
{
	if (signature.n == op->key->signature_size &&
	    verify(op, data, (const uint8_t *)signature.p))
		return TALLY_OK;
	(void)tally_ossl_reason();
	return TALLY_ERR_VERIFY;
}
