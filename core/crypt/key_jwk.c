/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys read from JSON (RFC 7517; RFC 7518 §6.2, §6.3; RFC 8037 §2). */
#include "config.h"

#include "base/b64.h"
#include "crypt/key_priv.h"
#include "crypt/ossl.h"

#include <openssl/bn.h>
#include <openssl/ec.h>

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
	uint8_t point[TALLY_EC_POINT_MAX] = { POINT_CONVERSION_UNCOMPRESSED };
	size_t size = tally_key_coordinate_size(alg);
	enum tally_err err = require_text(jwk, "crv", alg->curve);

	if (err == TALLY_OK)
		err = get_coordinate(jwk, "x", point + 1, size);
	if (err == TALLY_OK)
		err = get_coordinate(jwk, "y", point + 1 + size, size);
	if (err != TALLY_OK)
		return err;
	*out = tally_key_make_ec(alg, point);
	return *out ? TALLY_OK : TALLY_ERR_UNSUPPORTED;
}

static enum tally_err read_rsa(const struct tally_json *jwk, EVP_PKEY **out)
{
	BIGNUM *n = NULL, *e = NULL;
	enum tally_err err = get_number(jwk, "n", &n, TALLY_RSA_N_MAX);

	if (err == TALLY_OK)
		err = get_number(jwk, "e", &e, TALLY_RSA_E_MAX);
	if (err == TALLY_OK)
		*out = tally_key_make_rsa(n, e);
	if (err == TALLY_OK && *out == NULL)
		err = TALLY_ERR_UNSUPPORTED;
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
	*out = tally_key_make_okp(alg, bytes);
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
