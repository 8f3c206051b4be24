/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys read from JSON (RFC 7517; RFC 7518 §6.2, §6.3; RFC 8037 §2). */
#include "config.h"

#include "base/b64.h"
#include "crypt/ecdsa.h"
#include "crypt/key_priv.h"
#include "crypt/ossl.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/params.h>

#define RSA_E_MAX 4u

/* A required base64url member of at most size bytes. */
static enum tally_err get_bytes(const struct tally_json *jwk, const char *name, uint8_t *out,
				size_t size, size_t *n)
{
	struct tally_span text;

	if (!tally_json_string(tally_json_member(jwk, name), &text) || text.n == 0)
		return TALLY_ERR_SYNTAX;
	enum tally_err err = tally_b64url_get(text, out, size, n);

	return err == TALLY_ERR_LIMIT ? TALLY_ERR_UNSUPPORTED : err;
}

/* The same as a number without leading zeros (RFC 7518 §2, Base64urlUInt). */
static enum tally_err get_number(const struct tally_json *jwk, const char *name, BIGNUM **out,
				 size_t size)
{
	uint8_t bytes[TALLY_RSA_N_MAX];
	size_t n;
	enum tally_err err = get_bytes(jwk, name, bytes, size, &n);

	if (err != TALLY_OK)
		return err;
	if (bytes[0] == 0)
		return TALLY_ERR_SYNTAX;
	*out = BN_bin2bn(bytes, (int)n, NULL);
	return *out ? TALLY_OK : TALLY_ERR_NOMEM;
}

/* A member that must have this text. */
static enum tally_err require_text(const struct tally_json *jwk, const char *name,
				   const char *value)
{
	struct tally_span text;

	if (!tally_json_string(tally_json_member(jwk, name), &text))
		return TALLY_ERR_SYNTAX;
	return tally_span_eq(text, tally_span_of(value)) ? TALLY_OK : TALLY_ERR_UNSUPPORTED;
}

/* A member that must have this text when it is there. */
static enum tally_err allow_text(const struct tally_json *jwk, const char *name, const char *value)
{
	return tally_json_member(jwk, name) ? require_text(jwk, name, value) : TALLY_OK;
}

/* "key_ops", when there, must allow to verify (RFC 7517 §4.3). */
static enum tally_err check_key_ops(const struct tally_json *jwk)
{
	const struct tally_json *ops = tally_json_member(jwk, "key_ops");
	struct tally_span text;

	if (ops == NULL)
		return TALLY_OK;
	if (!tally_json_is_array(ops))
		return TALLY_ERR_SYNTAX;
	for (const struct tally_json *op = tally_json_first(ops); op; op = tally_json_next(op))
		if (tally_json_string(op, &text) && tally_span_eq(text, TALLY_SPAN("verify")))
			return TALLY_OK;
	return TALLY_ERR_UNSUPPORTED;
}

/* A public key of OpenSSL's; NULL when it refuses the values. */
static EVP_PKEY *from_params(const char *type, OSSL_PARAM *params)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *pkey = NULL;

	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

/* Coordinates have their full length (RFC 7518 §6.2.1.2). */
static enum tally_err get_coordinate(const struct tally_json *jwk, const char *name, uint8_t *out,
				     size_t size)
{
	size_t n;
	enum tally_err err = get_bytes(jwk, name, out, size, &n);

	if (err != TALLY_OK)
		return err == TALLY_ERR_UNSUPPORTED ? TALLY_ERR_SYNTAX : err;
	return n == size ? TALLY_OK : TALLY_ERR_SYNTAX;
}

static enum tally_err read_ec(const struct tally_alg *alg, const struct tally_json *jwk,
			      EVP_PKEY **out)
{
	uint8_t point[1 + 2 * TALLY_ECDSA_HALF_MAX] = { POINT_CONVERSION_UNCOMPRESSED };
	size_t size = tally_key_coordinate_size(alg);
	char curve[16];
	enum tally_err err = require_text(jwk, "crv", alg->curve);

	if (err == TALLY_OK)
		err = get_coordinate(jwk, "x", point + 1, size);
	if (err == TALLY_OK)
		err = get_coordinate(jwk, "y", point + 1 + size, size);
	if (err != TALLY_OK)
		return err;
	snprintf(curve, sizeof(curve), "%s", alg->curve);
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, curve, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * size),
		OSSL_PARAM_construct_end(),
	};

	*out = from_params("EC", params);
	return *out ? TALLY_OK : TALLY_ERR_UNSUPPORTED;
}

static enum tally_err rsa_from_numbers(const BIGNUM *n, const BIGNUM *e, EVP_PKEY **out)
{
	uint8_t native_n[TALLY_RSA_N_MAX], native_e[RSA_E_MAX];
	int n_size = BN_num_bytes(n), e_size = BN_num_bytes(e);

	if (BN_bn2nativepad(n, native_n, n_size) != n_size ||
	    BN_bn2nativepad(e, native_e, e_size) != e_size)
		return TALLY_ERR_CRYPTO;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, native_n, (size_t)n_size),
		OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_E, native_e, (size_t)e_size),
		OSSL_PARAM_construct_end(),
	};

	*out = from_params("RSA", params);
	return *out ? TALLY_OK : TALLY_ERR_UNSUPPORTED;
}

static enum tally_err read_rsa(const struct tally_json *jwk, EVP_PKEY **out)
{
	BIGNUM *n = NULL, *e = NULL;
	enum tally_err err = get_number(jwk, "n", &n, TALLY_RSA_N_MAX);

	if (err == TALLY_OK)
		err = get_number(jwk, "e", &e, RSA_E_MAX);
	if (err == TALLY_OK)
		err = rsa_from_numbers(n, e, out);
	BN_free(n);
	BN_free(e);
	return err;
}

static enum tally_err read_okp(const struct tally_alg *alg, const struct tally_json *jwk,
			       EVP_PKEY **out)
{
	uint8_t bytes[TALLY_ED25519_SIZE];
	enum tally_err err = require_text(jwk, "crv", alg->curve);

	if (err == TALLY_OK)
		err = get_coordinate(jwk, "x", bytes, sizeof(bytes));
	if (err != TALLY_OK)
		return err;
	*out = EVP_PKEY_new_raw_public_key_ex(NULL, alg->curve, NULL, bytes, sizeof(bytes));
	return *out ? TALLY_OK : TALLY_ERR_UNSUPPORTED;
}

static enum tally_err read_public(const struct tally_alg *alg, const struct tally_json *jwk,
				  EVP_PKEY **out)
{
	switch (alg->type) {
	case TALLY_KEY_EC:
		return read_ec(alg, jwk, out);
	case TALLY_KEY_RSA:
	case TALLY_KEY_PSS:
		return read_rsa(jwk, out);
	case TALLY_KEY_OKP:
		return read_okp(alg, jwk, out);
	}
	return TALLY_ERR_UNSUPPORTED;
}

enum tally_err tally_key_from_jwk(const struct tally_alg *alg, const struct tally_json *jwk,
				  struct tally_key **out)
{
	EVP_PKEY *pkey = NULL;
	enum tally_err err = require_text(jwk, "kty", tally_key_kty(alg));

	*out = NULL;
	if (err == TALLY_OK)
		err = allow_text(jwk, "use", "sig");
	if (err == TALLY_OK)
		err = allow_text(jwk, "alg", alg->name);
	if (err == TALLY_OK)
		err = check_key_ops(jwk);
	if (err == TALLY_OK)
		err = read_public(alg, jwk, &pkey);
	if (err == TALLY_OK)
		return tally_key_bind(alg, pkey, false, out);
	(void)tally_ossl_reason();
	return err;
}
