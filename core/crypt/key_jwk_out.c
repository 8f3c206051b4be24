/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Public keys written as JSON (RFC 7517; RFC 7518 §6.2, §6.3; RFC 8037 §2), and
 * the thumbprint that names them (RFC 7638).
 */
#include "config.h"

#include "base/b64.h"
#include "crypt/digest.h"
#include "crypt/key_priv.h"
#include "crypt/ossl.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>

/* The text that a thumbprint is taken of: RSA's modulus, and a bit of JSON. */
#define THUMBPRINT_TEXT_MAX (TALLY_B64URL_SIZE((size_t)TALLY_RSA_N_MAX) + 64)

const char *tally_key_kty(const struct tally_alg *alg)
{
	switch (alg->type) {
	case TALLY_KEY_EC:
		return "EC";
	case TALLY_KEY_RSA:
	case TALLY_KEY_PSS:
		return "RSA";
	case TALLY_KEY_OKP:
		return "OKP";
	}
	return "";
}

/*
 * A number of the key as a member, in size bytes, or in as few as it takes when
 * size is 0 (RFC 7518 §2, Base64urlUInt).
 */
static bool add_number(const EVP_PKEY *pkey, const char *param, const char *name, size_t size,
		       struct tally_json_out *out)
{
	uint8_t bytes[TALLY_RSA_N_MAX];
	BIGNUM *number = NULL;
	int n = -1;

	if (EVP_PKEY_get_bn_param(pkey, param, &number) == 1 &&
	    BN_num_bytes(number) <= (int)sizeof(bytes))
		n = size ? BN_bn2binpad(number, bytes, (int)size) : BN_bn2bin(number, bytes);
	BN_free(number);
	if (n <= 0)
		return false;
	tally_json_add_b64url(out, name, bytes, (size_t)n);
	return true;
}

static bool add_okp(const struct tally_key *key, struct tally_json_out *out)
{
	uint8_t bytes[TALLY_ED25519_SIZE];
	size_t n = sizeof(bytes);

	if (EVP_PKEY_get_raw_public_key(key->pkey, bytes, &n) != 1)
		return false;
	tally_json_add_b64url(out, "x", bytes, n);
	return true;
}

/* The required members alone, in the order of their names (RFC 7638 §3.2). */
static bool add_public_members(const struct tally_key *key, struct tally_json_out *out)
{
	const struct tally_alg *alg = key->alg;

	switch (alg->type) {
	case TALLY_KEY_EC:
		tally_json_add_str(out, "crv", alg->curve);
		tally_json_add_str(out, "kty", tally_key_kty(alg));
		return add_number(key->pkey, OSSL_PKEY_PARAM_EC_PUB_X, "x",
				  tally_key_coordinate_size(alg), out) &&
		       add_number(key->pkey, OSSL_PKEY_PARAM_EC_PUB_Y, "y",
				  tally_key_coordinate_size(alg), out);
	case TALLY_KEY_RSA:
	case TALLY_KEY_PSS:
		if (!add_number(key->pkey, OSSL_PKEY_PARAM_RSA_E, "e", 0, out))
			return false;
		tally_json_add_str(out, "kty", tally_key_kty(alg));
		return add_number(key->pkey, OSSL_PKEY_PARAM_RSA_N, "n", 0, out);
	case TALLY_KEY_OKP:
		tally_json_add_str(out, "crv", alg->curve);
		tally_json_add_str(out, "kty", tally_key_kty(alg));
		return add_okp(key, out);
	}
	return false;
}

enum tally_err tally_key_add_jwk(const struct tally_key *key, const char *kid,
				 struct tally_json_out *out)
{
	tally_json_object(out, NULL);
	bool done = add_public_members(key, out);

	tally_json_add_str(out, "use", "sig");
	tally_json_add_str(out, "alg", key->alg->name);
	if (kid != NULL)
		tally_json_add_str(out, "kid", kid);
	tally_json_object_end(out);
	if (!done) {
		(void)tally_ossl_reason();
		return TALLY_ERR_CRYPTO;
	}
	return tally_buf_err(out->buf);
}

enum tally_err tally_key_thumbprint(const struct tally_key *key,
				    char out[TALLY_THUMBPRINT_SIZE + 1])
{
	char text[THUMBPRINT_TEXT_MAX];
	uint8_t digest[TALLY_SHA256_SIZE];
	struct tally_buf buf;
	struct tally_json_out json;

	out[0] = '\0';
	tally_buf_over(&buf, text, sizeof(text));
	tally_json_begin(&json, &buf);
	tally_json_object(&json, NULL);
	if (!add_public_members(key, &json)) {
		(void)tally_ossl_reason();
		return TALLY_ERR_CRYPTO;
	}
	tally_json_object_end(&json);
	if (tally_buf_err(&buf) != TALLY_OK)
		return tally_buf_err(&buf);
	enum tally_err err = tally_sha256(tally_buf_span(&buf), digest);

	if (err == TALLY_OK)
		out[tally_b64url_put(out, digest, sizeof(digest))] = '\0';
	return err;
}
