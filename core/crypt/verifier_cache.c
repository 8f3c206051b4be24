/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "crypt/verifier_cache.h"

#include <stdlib.h>

#define PLACES_BITS 10

struct place {
	const struct tally_key *key; /* held by the verifier; NULL: free */
	struct tally_verifier *verifier;
};

struct tally_verifier_cache {
	struct place places[1 << PLACES_BITS];
};

struct tally_verifier_cache *tally_verifier_cache_new(void)
{
	return calloc(1, sizeof(struct tally_verifier_cache));
}

void tally_verifier_cache_free(struct tally_verifier_cache *cache)
{
	if (cache == NULL)
		return;
	for (size_t i = 0; i < 1 << PLACES_BITS; i++)
		tally_verifier_free(cache->places[i].verifier);
	free(cache);
}

/* Addresses differ in their middle bits; Fibonacci hashing spreads them. */
static struct place *place_of(struct tally_verifier_cache *cache, const struct tally_key *key)
{
	uint64_t hash = (uint64_t)(uintptr_t)key * UINT64_C(0x9e3779b97f4a7c15);

	return &cache->places[hash >> (64 - PLACES_BITS)];
}

enum tally_err tally_verifier_cache_verify(struct tally_verifier_cache *cache,
					   struct tally_key *key, const struct tally_jws *jws)
{
	struct place *place = place_of(cache, key);

	if (place->key != key) {
		struct tally_verifier *verifier;
		enum tally_err err = tally_verifier_new(key, &verifier);

		if (err != TALLY_OK)
			return err;
		tally_verifier_free(place->verifier);
		*place = (struct place){ key, verifier };
	}
	return tally_verifier_verify(place->verifier, jws);
}
