/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A compact JWS from anyone. What is parsed has one text only, and no key that
 * did not sign it believes it. The RSA key is that of RFC 7638 §3.1.
 */
#include "config.h"

#include "base/b64.h"
#include "crypt/jws.h"
#include "tests/fuzz/fuzz.h"

static const char rsa_jwk[] =
	"{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":"
	"\"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx"
	"4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXA"
	"rwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5h"
	"ajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-c"
	"sFCur-kEgU8awapJzKnqDKgw\"}";

static struct tally_verifier *verifiers[TALLY_ALG_COUNT];

static struct tally_key *new_key(const struct tally_alg *alg)
{
	struct tally_key *key;
	struct tally_json *jwk;

	if (alg->type != TALLY_KEY_RSA && alg->type != TALLY_KEY_PSS) {
		FUZZ_ASSERT(tally_key_generate(alg, &key) == TALLY_OK);
		return key;
	}
	FUZZ_ASSERT(tally_json_parse(tally_span_of(rsa_jwk), sizeof(rsa_jwk), &jwk) == TALLY_OK);
	FUZZ_ASSERT(tally_key_from_jwk(alg, jwk, &key) == TALLY_OK);
	tally_json_free(jwk);
	return key;
}

static struct tally_verifier *verifier_of(const struct tally_alg *alg)
{
	if (verifiers[alg->id] == NULL) {
		struct tally_key *key = new_key(alg);

		FUZZ_ASSERT(tally_verifier_new(key, &verifiers[alg->id]) == TALLY_OK);
		tally_key_free(key);
	}
	return verifiers[alg->id];
}

/* Taken apart and put together, it is the text that it was. */
static void check_text(struct tally_span text, const struct tally_jws *jws)
{
	struct tally_span rest = text;
	struct tally_span header = tally_span_cut(&rest, '.');
	struct tally_buf out;

	tally_buf_grow(&out, TALLY_JWS_MAX);
	tally_buf_add_span(&out, header);
	tally_buf_add_char(&out, '.');
	tally_b64url_add(&out, jws->payload.p, jws->payload.n);
	tally_buf_add_char(&out, '.');
	tally_b64url_add(&out, jws->signature.p, jws->signature.n);
	FUZZ_ASSERT(tally_span_eq(tally_buf_span(&out), text));
	FUZZ_ASSERT(tally_span_starts_with(text, jws->signed_part));
	tally_buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tally_arena *arena = tally_arena_new(4096, 1u << 18);
	struct tally_span text = tally_span(data, size);
	struct tally_jws jws;

	FUZZ_ASSERT(arena != NULL);
	enum tally_err err = tally_jws_parse(text, arena, &jws);

	if (err == TALLY_OK) {
		FUZZ_ASSERT(size <= TALLY_JWS_MAX && jws.alg != NULL);
		FUZZ_ASSERT(jws.kid.n <= TALLY_KID_MAX);
		check_text(text, &jws);
		FUZZ_ASSERT(tally_verifier_verify(verifier_of(jws.alg), &jws) == TALLY_ERR_VERIFY);
	} else {
		FUZZ_ASSERT(err == TALLY_ERR_SYNTAX || err == TALLY_ERR_UNSUPPORTED ||
			    err == TALLY_ERR_LIMIT);
		FUZZ_ASSERT(jws.alg == NULL && jws.payload.p == NULL);
	}
	tally_arena_free(arena);
	return 0;
}
