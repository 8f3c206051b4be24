/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "status/check_open.h"

#include "base/b64.h"
#include "crypt/cose.h"

/* What a header says of the key, whatever the form. */
struct signer {
	const struct tally_alg *alg;
	struct tally_span kid; /* p NULL: nothing */
	struct tally_chain chain;
};

/* ---- the form ---- */

static unsigned int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned int)(c - '0');
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? (unsigned int)(c - 'a') + 10 : 16;
}

/* false: it is not hexadecimal. out has room for text.n / 2 bytes. */
static bool read_hex(struct tally_span text, char *out, size_t *n)
{
	*n = text.n / 2;
	for (size_t i = 0; i < *n; i++) {
		unsigned int high = hex_value(text.p[2 * i]), low = hex_value(text.p[2 * i + 1]);

		if (high > 15 || low > 15)
			return false;
		out[i] = (char)(high << 4 | low);
	}
	return text.n % 2 == 0;
}

/* A tagged COSE_Sign1 never begins alike in hexadecimal ("d2") and base64url ("0o"). */
static enum tally_err decode(struct tally_span text, char *bytes, struct tally_span *out)
{
	out->p = bytes;
	if (read_hex(text, bytes, &out->n))
		return TALLY_OK;
	return tally_b64url_get(text, bytes, TALLY_B64_BYTES(text.n), &out->n);
}

/* A text's end may have come from an editor. */
static struct tally_span trim_end(struct tally_span text)
{
	while (text.n > 0 && (text.p[text.n - 1] == '\n' || text.p[text.n - 1] == '\r'))
		text.n--;
	return text;
}

enum tally_err tally_check_decode(struct tally_check *check, struct tally_span token, size_t max,
				  struct tally_span *out)
{
	if (tally_check_is_binary(token)) {
		*out = token;
	} else {
		*out = trim_end(token);
		if (out->n > 2 * max)
			return tally_check_refuse(check, "it is too large");
		if (out->n == 0 || memchr(out->p, '.', out->n) == NULL) {
			char *bytes = tally_arena_alloc(check->arena, TALLY_B64_BYTES(out->n));

			if (bytes == NULL)
				return TALLY_ERR_NOMEM;
			if (decode(*out, bytes, out) != TALLY_OK || !tally_check_is_binary(*out))
				return tally_check_refuse(check, "it is neither a JWT nor a CWT");
		}
	}
	return out->n <= max ? TALLY_OK : tally_check_refuse(check, "it is too large");
}

/* ---- the key ---- */

static enum tally_err no_key(struct tally_check *check, const struct signer *signer)
{
	check->why = tally_arena_printf(check->arena, "no %s key with kid \"%.*s\" is known",
					signer->alg->name, TALLY_SPAN_ARG(signer->kid));
	return check->why ? TALLY_ERR_VERIFY : TALLY_ERR_NOMEM;
}

/* From the certificates in the header. */
static enum tally_err certified_key(struct tally_check *check, const struct tally_check_keys *keys,
				    const struct signer *signer, struct tally_key **out)
{
	const struct tally_chain_use use = {
		.alg = signer->alg,
		.now = check->now,
		.eku = keys->eku,
	};
	const char *why;
	enum tally_err err = tally_chain_verify(&signer->chain, keys->trust, &use, &why, out);

	if (err == TALLY_OK || err == TALLY_ERR_NOMEM)
		return err;
	check->why = tally_arena_printf(check->arena, "its certificate is not trusted: %s",
					why ? why : tally_err_text(err));
	return check->why ? TALLY_ERR_VERIFY : TALLY_ERR_NOMEM;
}

/* *out is held for the caller. */
static enum tally_err find_key(struct tally_check *check, const struct tally_check_keys *keys,
			       const struct signer *signer, struct tally_key **out)
{
	struct tally_key *known =
		keys->jwks ? tally_jwks_find(keys->jwks, signer->kid, signer->alg) : NULL;

	if (known != NULL) {
		*out = tally_key_ref(known);
		return TALLY_OK;
	}
	if (keys->trust != NULL && signer->chain.count > 0)
		return certified_key(check, keys, signer, out);
	return no_key(check, signer);
}

static enum tally_err judge(struct tally_check *check, enum tally_err err)
{
	if (err == TALLY_OK || err == TALLY_ERR_NOMEM)
		return err;
	return tally_check_refuse(check, "its signature is wrong");
}

/* ---- the two forms ---- */

static enum tally_err not_parsed(struct tally_check *check, enum tally_err err, const char *what)
{
	if (err == TALLY_ERR_NOMEM)
		return err;
	if (err == TALLY_ERR_UNSUPPORTED)
		return tally_check_refuse(check, "its algorithm or a critical header of it is "
						 "not accepted");
	check->why = tally_arena_printf(check->arena, "%s: %s", what, tally_err_text(err));
	return check->why ? TALLY_ERR_VERIFY : TALLY_ERR_NOMEM;
}

static enum tally_err open_jwt(struct tally_check *check, const struct tally_check_keys *keys,
			       struct tally_span text, struct tally_opened *out)
{
	struct tally_key *key = NULL;
	struct signer signer = { 0 };
	struct tally_jws jws;
	enum tally_err err = tally_jws_parse_long(text, text.n, check->arena, &jws);

	if (err == TALLY_OK)
		err = tally_jws_chain(&jws, check->arena, &signer.chain);
	if (err != TALLY_OK)
		return not_parsed(check, err, "as a JWT");
	signer.alg = jws.alg;
	signer.kid = jws.kid;
	err = find_key(check, keys, &signer, &key);
	if (err != TALLY_OK)
		return err;
	err = judge(check, tally_jws_verify(&jws, key));
	tally_key_free(key);
	if (err != TALLY_OK)
		return err;
	out->format = TALLY_LIST_JWT;
	out->typ = jws.typ;
	err = tally_claims_of_jwt(jws.payload, &out->claims);
	return err == TALLY_OK ? TALLY_OK : not_parsed(check, err, "the claims of the JWT");
}

static enum tally_err open_cwt(struct tally_check *check, const struct tally_check_keys *keys,
			       struct tally_span bytes, struct tally_opened *out)
{
	struct tally_key *key = NULL;
	struct signer signer = { 0 };
	struct tally_cose cose;
	enum tally_err err = tally_cose_parse(bytes, bytes.n, &cose);

	if (err != TALLY_OK)
		return not_parsed(check, err, "as a COSE_Sign1 (tag 18)");
	signer.alg = cose.alg;
	signer.kid = cose.kid;
	signer.chain = cose.chain;
	err = find_key(check, keys, &signer, &key);
	if (err != TALLY_OK)
		return err;
	err = judge(check, tally_cose_verify(&cose, key));
	tally_key_free(key);
	if (err != TALLY_OK)
		return err;
	out->format = TALLY_LIST_CWT;
	out->typ = cose.typ;
	err = tally_claims_of_cwt(cose.payload, &out->claims);
	return err == TALLY_OK ? TALLY_OK : not_parsed(check, err, "the claims of the CWT");
}

enum tally_err tally_check_open(struct tally_check *check, const struct tally_check_keys *keys,
				struct tally_span token, struct tally_opened *out)
{
	*out = (struct tally_opened){ .format = TALLY_LIST_JWT };
	return tally_check_is_binary(token) ? open_cwt(check, keys, token, out)
					    : open_jwt(check, keys, token, out);
}
