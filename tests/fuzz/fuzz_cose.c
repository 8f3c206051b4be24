/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A COSE_Sign1 from anyone. What is parsed lies within its bytes and the limits,
 * and no key that did not sign it believes it.
 */
#include "config.h"

#include "crypt/cose.h"
#include "tests/fuzz/fuzz.h"

#define MAX 65536u

/* RSA keys take long to make; the others are of the same use here. */
static struct tally_key *key_of(const struct tally_alg *alg)
{
	static struct tally_key *keys[TALLY_ALG_COUNT];

	if (alg->type == TALLY_KEY_RSA || alg->type == TALLY_KEY_PSS)
		alg = tally_alg(TALLY_ALG_ES256);
	if (keys[alg->id] == NULL)
		FUZZ_ASSERT(tally_key_generate(alg, &keys[alg->id]) == TALLY_OK);
	return keys[alg->id];
}

static void check_inside(struct tally_span part, struct tally_span whole)
{
	FUZZ_ASSERT(part.n <= whole.n);
	FUZZ_ASSERT(part.p == NULL ||
		    (part.p >= whole.p && part.p + part.n <= whole.p + whole.n));
}

static void check(const struct tally_cose *cose, struct tally_span whole)
{
	FUZZ_ASSERT(cose->alg != NULL && cose->kid.n <= TALLY_KID_MAX);
	FUZZ_ASSERT(cose->chain.count <= TALLY_CHAIN_MAX);
	FUZZ_ASSERT(tally_chain_check_size(&cose->chain) == TALLY_OK);
	check_inside(cose->kid, whole);
	check_inside(cose->typ, cose->protected);
	check_inside(cose->protected, whole);
	check_inside(cose->payload, whole);
	check_inside(cose->signature, whole);
	for (size_t i = 0; i < cose->chain.count; i++)
		check_inside(cose->chain.certificates[i], whole);
	FUZZ_ASSERT(tally_cose_verify(cose, key_of(cose->alg)) == TALLY_ERR_VERIFY);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tally_span bytes = tally_span(data, size);
	struct tally_cose cose;
	enum tally_err err = tally_cose_parse(bytes, MAX, &cose);

	if (err == TALLY_OK) {
		check(&cose, bytes);
	} else {
		FUZZ_ASSERT(err == TALLY_ERR_SYNTAX || err == TALLY_ERR_UNSUPPORTED ||
			    err == TALLY_ERR_LIMIT);
		FUZZ_ASSERT(cose.alg == NULL && cose.payload.p == NULL);
	}
	return 0;
}
