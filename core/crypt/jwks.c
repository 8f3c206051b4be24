/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "crypt/jwks.h"

/*
 * Binds to the algorithm that the JWK names, or to the first of the table that
 * its key fits: of those left open only RSA's two fit one key, RS256 first.
 */
static enum tally_err bind(const struct tally_json *json, struct tally_key **out)
{
	const struct tally_json *member = tally_json_member(json, "alg");
	enum tally_err err = TALLY_ERR_UNSUPPORTED;
	struct tally_span name;

	if (member != NULL) {
		const struct tally_alg *alg =
			tally_json_string(member, &name) ? tally_alg_find(name) : NULL;

		return alg ? tally_key_from_jwk(alg, json, out) : TALLY_ERR_UNSUPPORTED;
	}
	for (unsigned int i = 0; i < TALLY_ALG_COUNT && err == TALLY_ERR_UNSUPPORTED; i++)
		err = tally_key_from_jwk(tally_alg((enum tally_alg_id)i), json, out);
	return err;
}

enum tally_err tally_jwk_parse(const struct tally_json *json, struct tally_arena *arena,
			       struct tally_jwk *out)
{
	const struct tally_json *member = tally_json_member(json, "kid");
	struct tally_span kid;

	*out = (struct tally_jwk){ .key = NULL };
	if (!tally_json_is_object(json))
		return TALLY_ERR_SYNTAX;
	if (member != NULL) {
		if (!tally_json_string(member, &kid))
			return TALLY_ERR_SYNTAX;
		out->kid = tally_arena_dup(arena, kid);
		if (out->kid.p == NULL)
			return TALLY_ERR_NOMEM;
	}
	return bind(json, &out->key);
}

static bool is_same(const struct tally_jwk *a, const struct tally_jwk *b)
{
	return a->kid.p != NULL && b->kid.p != NULL && tally_span_eq(a->kid, b->kid) &&
	       tally_key_alg(a->key) == tally_key_alg(b->key);
}

/* Takes jwk's key. */
static enum tally_err add(struct tally_jwks *jwks, struct tally_jwk jwk)
{
	enum tally_err err = jwks->count < TALLY_JWKS_KEYS_MAX ? TALLY_OK : TALLY_ERR_LIMIT;

	for (size_t i = 0; i < jwks->count && err == TALLY_OK; i++)
		if (is_same(&jwks->keys[i], &jwk))
			err = TALLY_ERR_EXISTS;
	if (err == TALLY_OK)
		jwks->keys[jwks->count++] = jwk;
	else
		tally_key_free(jwk.key);
	return err;
}

static enum tally_err read_keys(const struct tally_json *keys, struct tally_arena *arena,
				struct tally_jwks *out)
{
	enum tally_err err = TALLY_OK;

	for (const struct tally_json *json = tally_json_first(keys); json && err == TALLY_OK;
	     json = tally_json_next(json)) {
		struct tally_jwk jwk;

		err = tally_jwk_parse(json, arena, &jwk);
		if (err == TALLY_OK) {
			err = add(out, jwk);
		} else if (err != TALLY_ERR_NOMEM) {
			out->skipped++;
			err = TALLY_OK;
		}
	}
	return err;
}

enum tally_err tally_jwks_parse(struct tally_span text, size_t max, struct tally_arena *arena,
				struct tally_jwks *out)
{
	struct tally_json *set;
	enum tally_err err = tally_json_parse(text, max, &set);

	*out = (struct tally_jwks){ .count = 0 };
	if (err != TALLY_OK)
		return err;
	const struct tally_json *keys = tally_json_member(set, "keys");

	err = tally_json_is_array(keys) ? read_keys(keys, arena, out) : TALLY_ERR_SYNTAX;
	tally_json_free(set);
	if (err != TALLY_OK)
		tally_jwks_end(out);
	return err;
}

void tally_jwks_end(struct tally_jwks *jwks)
{
	for (size_t i = 0; i < jwks->count; i++)
		tally_key_free(jwks->keys[i].key);
	jwks->count = 0;
}

struct tally_key *tally_jwks_find(const struct tally_jwks *jwks, struct tally_span kid,
				  const struct tally_alg *alg)
{
	struct tally_key *found = NULL;

	for (size_t i = 0; i < jwks->count; i++) {
		const struct tally_jwk *jwk = &jwks->keys[i];

		if (tally_key_alg(jwk->key) != alg)
			continue;
		if (kid.p != NULL && (jwk->kid.p == NULL || !tally_span_eq(jwk->kid, kid)))
			continue;
		if (found != NULL)
			return NULL;
		found = jwk->key;
	}
	return found;
}

enum tally_err tally_public_key_from_pem(const struct tally_alg *alg, struct tally_span pem,
					 struct tally_key **out)
{
	enum tally_err err = TALLY_ERR_UNSUPPORTED;

	if (alg != NULL)
		err = tally_key_from_pem(alg, pem, out);
	for (unsigned int i = 0; alg == NULL && i < TALLY_ALG_COUNT && err == TALLY_ERR_UNSUPPORTED;
	     i++)
		err = tally_key_from_pem(tally_alg((enum tally_alg_id)i), pem, out);
	if (err == TALLY_OK && tally_key_is_private(*out)) {
		tally_key_free(*out);
		*out = NULL;
		err = TALLY_ERR_DENIED;
	}
	return err;
}
