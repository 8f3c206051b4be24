/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "crypt/verifier_cache.h"

#include <stdlib.h>

#include <string.h>

#define BUCKETS_BITS 6
#define BUCKETS (1u << BUCKETS_BITS)
#define WAYS 16u /* of a bucket: hundreds of keys in turn are not to displace each other */

struct place {
	const struct tally_key *key; /* held by the verifier; NULL: free */
	struct tally_verifier *verifier;
};

/* In each bucket the newest first. */
struct tally_verifier_cache {
	struct place buckets[BUCKETS][WAYS];
};

struct tally_verifier_cache *tally_verifier_cache_new(void)
{
	return calloc(1, sizeof(struct tally_verifier_cache));
}

void tally_verifier_cache_free(struct tally_verifier_cache *cache)
{
	if (cache == NULL)
		return;
	for (size_t i = 0; i < BUCKETS; i++)
		for (size_t j = 0; j < WAYS; j++)
			tally_verifier_free(cache->buckets[i][j].verifier);
	free(cache);
}

/* Addresses differ in their middle bits; Fibonacci hashing spreads them. */
static struct place *bucket_of(struct tally_verifier_cache *cache, const struct tally_key *key)
{
	uint64_t hash = (uint64_t)(uintptr_t)key * UINT64_C(0x9e3779b97f4a7c15);

	return cache->buckets[hash >> (64 - BUCKETS_BITS)];
}

static struct tally_verifier *find(const struct place *bucket, const struct tally_key *key)
{
	for (size_t i = 0; i < WAYS; i++)
		if (bucket[i].key == key)
			return bucket[i].verifier;
	return NULL;
}

/* In place of the oldest. */
static void insert(struct place *bucket, const struct tally_key *key,
		   struct tally_verifier *verifier)
{
	tally_verifier_free(bucket[WAYS - 1].verifier);
	memmove(&bucket[1], &bucket[0], (WAYS - 1) * sizeof(bucket[0]));
	bucket[0] = (struct place){ key, verifier };
}

enum tally_err tally_verifier_cache_verify(struct tally_verifier_cache *cache,
					   struct tally_key *key, const struct tally_jws *jws)
{
	struct place *bucket = bucket_of(cache, key);
	struct tally_verifier *verifier = find(bucket, key);

	if (verifier == NULL) {
		enum tally_err err = tally_verifier_new(key, &verifier);

		if (err != TALLY_OK)
			return err;
		insert(bucket, key, verifier);
	}
	return tally_verifier_verify(verifier, jws);
}
