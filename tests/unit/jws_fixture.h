/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of JWS have in common; included by each of them. */
#ifndef TESTS_UNIT_JWS_FIXTURE_H
#define TESTS_UNIT_JWS_FIXTURE_H

#include "base/arena.h"
#include "base/b64.h"
#include "crypt/jws.h"
#include "vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define TEST(name) cmocka_unit_test_setup(name, empty_arena)

static struct tally_arena *arena;

static inline int make_arena(void **state)
{
	(void)state;
	arena = tally_arena_new(1 << 18, 1 << 22);
	return arena == NULL;
}

/* Each test begins with an empty one. */
static inline int empty_arena(void **state)
{
	(void)state;
	tally_arena_reset(arena);
	return 0;
}

static inline int free_arena(void **state)
{
	(void)state;
	tally_arena_free(arena);
	return 0;
}

static const struct {
	enum tally_alg_id alg;
	const char *key;
	const char *name;
	bool deterministic;
} vectors[] = {
	{ TALLY_ALG_RS256, "rfc7515-a2-rs256", "rfc7515-a2-rs256", true },
	{ TALLY_ALG_ES256, "rfc7515-a3-es256", "rfc7515-a3-es256", false },
	{ TALLY_ALG_ES384, "own-es384", "own-es384", false },
	{ TALLY_ALG_ES512, "rfc7515-a4-es512", "rfc7515-a4-es512", false },
	{ TALLY_ALG_PS256, "rfc7515-a2-rs256", "own-ps256", false },
	{ TALLY_ALG_EDDSA, "rfc8037-a4-eddsa", "rfc8037-a4-eddsa", true },
};

static inline struct tally_span vector_jws(const char *name)
{
	return vector_text(arena, tally_arena_printf(arena, "jws/%s.jws", name));
}

static inline struct tally_key *public_key(enum tally_alg_id alg, const char *name)
{
	return vector_jwk(alg, tally_arena_printf(arena, "jws/%s.jwk", name));
}

static inline struct tally_key *private_key(enum tally_alg_id alg, const char *name)
{
	return vector_pem(alg, tally_arena_printf(arena, "jws/%s.pem", name));
}

static inline enum tally_err parse_err(struct tally_span text)
{
	struct tally_jws jws;
	enum tally_err err = tally_jws_parse(text, arena, &jws);

	if (err != TALLY_OK)
		assert_null(jws.alg);
	return err;
}

/* Both ways to verify must say the same. */
static inline enum tally_err verify_err(const struct tally_jws *jws, struct tally_key *key)
{
	struct tally_verifier *verifier;

	assert_int_equal(tally_verifier_new(key, &verifier), TALLY_OK);
	enum tally_err err = tally_jws_verify(jws, key);

	assert_int_equal(tally_verifier_verify(verifier, jws), err);
	assert_int_equal(tally_verifier_verify(verifier, jws), err);
	tally_verifier_free(verifier);
	return err;
}

#endif
