/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Public keys as JSON (RFC 7517; RFC 7518 §6.2, §6.3; RFC 8037 §2), and the
 * thumbprint that names them (RFC 7638).
 */
#include "config.h"

#include "base/b64.h"
#include "crypt/digest.h"
#include "crypt/ecdsa.h"
#include "crypt/key_priv.h"
#include "crypt/ossl.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/params.h>

#define RSA_N_MAX (TALLY_RSA_BITS_MAX / 8)
#define RSA_E_MAX 4u
#define ED25519_SIZE 32u

/* The text that a thumbprint is taken of: RSA's modulus, and a bit of JSON. */
#define THUMBPRINT_TEXT_MAX (TALLY_B64URL_SIZE((size_t)RSA_N_MAX) + 64)

static const char *kty_of(const struct tally_alg *alg)
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

/* Bytes of a coordinate; of the fields of our curves, the same as of r and s. */
static size_t coordinate_size(const struct tally_alg *alg)
{
	return alg->signature_size / 2;
}

/*
 * A number of the key as a member, in size bytes, or in as few as it takes when
 * size is 0 (RFC 7518 §2, Base64urlUInt).
 */
static bool add_number(const EVP_PKEY *pkey, const char *param, const char *name, size_t size,
		       struct tally_json_out *out)
{
	uint8_t bytes[RSA_N_MAX];
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
	uint8_t bytes[ED25519_SIZE];
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
		tally_json_add_str(out, "kty", kty_of(alg));
		return add_number(key->pkey, OSSL_PKEY_PARAM_EC_PUB_X, "x", coordinate_size(alg),
				  out) &&
		       add_number(key->pkey, OSSL_PKEY_PARAM_EC_PUB_Y, "y", coordinate_size(alg),
				  out);
	case TALLY_KEY_RSA:
	case TALLY_KEY_PSS:
		if (!add_number(key->pkey, OSSL_PKEY_PARAM_RSA_E, "e", 0, out))
			return false;
		tally_json_add_str(out, "kty", kty_of(alg));
		return add_number(key->pkey, OSSL_PKEY_PARAM_RSA_N, "n", 0, out);
	case TALLY_KEY_OKP:
		tally_json_add_str(out, "crv", alg->curve);
		tally_json_add_str(out, "kty", kty_of(alg));
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

enum tally_err tally_key_thumbprint(const struct tally_key *key, char out[TALLY_THUMBPRINT_SIZE + 1])
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
	uint8_t bytes[RSA_N_MAX];
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
static enum tally_err require_text(const struct tally_json *jwk, const char *name, const char *value)
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
	size_t size = coordinate_size(alg);
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
	uint8_t native_n[RSA_N_MAX], native_e[RSA_E_MAX];
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
	enum tally_err err = get_number(jwk, "n", &n, RSA_N_MAX);

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
	uint8_t bytes[ED25519_SIZE];
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
	enum tally_err err = require_text(jwk, "kty", kty_of(alg));

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
