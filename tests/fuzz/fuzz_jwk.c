/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A JWK from a stranger's key set. A key that is taken has one name, and goes
 * out as JSON and DER and comes back as the same key.
 */
#include "config.h"

#include "codec/json_in.h"
#include "codec/json_out.h"
#include "crypt/key.h"
#include "tests/fuzz/fuzz.h"

#define MAX_SIZE 8192u

static void assert_same(const struct tally_key *a, const struct tally_key *b)
{
	char one[TALLY_THUMBPRINT_SIZE + 1], two[TALLY_THUMBPRINT_SIZE + 1];

	FUZZ_ASSERT(tally_key_thumbprint(a, one) == TALLY_OK);
	FUZZ_ASSERT(tally_key_thumbprint(b, two) == TALLY_OK);
	FUZZ_ASSERT(memcmp(one, two, sizeof(one)) == 0);
	FUZZ_ASSERT(tally_key_signature_size(a) == tally_key_signature_size(b));
}

static void check_json(const struct tally_alg *alg, const struct tally_key *key)
{
	struct tally_buf text;
	struct tally_json_out out;
	struct tally_json *json;
	struct tally_key *back;

	tally_buf_grow(&text, MAX_SIZE);
	tally_json_begin(&out, &text);
	FUZZ_ASSERT(tally_key_add_jwk(key, "k1", &out) == TALLY_OK);
	FUZZ_ASSERT(tally_json_parse(tally_buf_span(&text), MAX_SIZE, &json) == TALLY_OK);
	FUZZ_ASSERT(tally_key_from_jwk(alg, json, &back) == TALLY_OK);
	assert_same(key, back);
	tally_key_free(back);
	tally_json_free(json);
	tally_buf_free(&text);
}

static void check_der(const struct tally_alg *alg, const struct tally_key *key)
{
	struct tally_buf der;
	struct tally_key *back;

	tally_buf_grow(&der, TALLY_KEY_DER_MAX);
	FUZZ_ASSERT(tally_key_add_public_der(key, &der) == TALLY_OK);
	FUZZ_ASSERT(tally_key_from_public_der(alg, tally_buf_span(&der), &back) == TALLY_OK);
	assert_same(key, back);
	tally_key_free(back);
	FUZZ_ASSERT(tally_key_add_private_der(key, &der) == TALLY_ERR_STATE);
	tally_buf_free(&der);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tally_json *jwk;

	if (tally_json_parse(tally_span(data, size), MAX_SIZE, &jwk) != TALLY_OK)
		return 0;
	for (int i = 0; i < TALLY_ALG_COUNT; i++) {
		const struct tally_alg *alg = tally_alg((enum tally_alg_id)i);
		struct tally_key *key;
		enum tally_err err = tally_key_from_jwk(alg, jwk, &key);

		if (err != TALLY_OK) {
			FUZZ_ASSERT(key == NULL);
			FUZZ_ASSERT(err == TALLY_ERR_SYNTAX || err == TALLY_ERR_UNSUPPORTED);
			continue;
		}
		FUZZ_ASSERT(!tally_key_is_private(key));
		check_json(alg, key);
		check_der(alg, key);
		tally_key_free(key);
	}
	tally_json_free(jwk);
	return 0;
}
