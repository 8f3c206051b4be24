/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A block of as many bits as n-1 has is cut into two halves, which differ by one
 * bit at most. Each round adds to one half what a keyed function makes of the
 * other; that can be undone whatever the function is, so the whole is a
 * permutation of all blocks. A block that comes out as n or more goes in again,
 * until it comes out below (cycle walking): that is a permutation of 0…n-1. More
 * than half of all blocks are below n, so on average that takes less than two
 * turns.
 *
 * Ten rounds are what FF1 has (NIST SP 800-38G); lists can be small.
 */
#include "config.h"

#include "status/permute.h"

#include <endian.h>
#include <string.h>

#define ROUNDS    10u
#define NAME_BITS 48u

static void set_size(struct tally_permutation *p, uint64_t n)
{
	unsigned int bits = 0;

	while (bits < 63 && (UINT64_C(1) << bits) < n)
		bits++;
	p->n = n;
	p->high = bits / 2;
	p->low = bits - p->high;
}

static struct tally_siphash_key key_of(const uint8_t *bytes)
{
	struct tally_siphash_key key;

	memcpy(key.k, bytes, sizeof(key.k));
	return (struct tally_siphash_key){ { le64toh(key.k[0]), le64toh(key.k[1]) } };
}

/* The first half of the seed is for lists, the second for their names. */
void tally_permutation_of_list(struct tally_permutation *p,
			       const uint8_t seed[TALLY_POOL_SEED_SIZE], uint32_t list,
			       uint32_t size)
{
	const struct tally_siphash_key key = key_of(seed);

	for (uint32_t i = 0; i < 2; i++) {
		const uint32_t of[2] = { htole32(list), htole32(i) };

		p->key.k[i] = tally_siphash(&key, of, sizeof(of));
	}
	set_size(p, size);
}

void tally_permutation_of_names(struct tally_permutation *p,
				const uint8_t seed[TALLY_POOL_SEED_SIZE])
{
	p->key = key_of(seed + TALLY_POOL_SEED_SIZE / 2);
	set_size(p, UINT64_C(1) << NAME_BITS);
}

/* A half has 32 bits at most; with the round's number they fit one word of SipHash. */
static uint64_t mix(const struct tally_permutation *p, unsigned int round, uint64_t half)
{
	const uint64_t word = htole64(half << 8 | round);

	return tally_siphash(&p->key, &word, 5);
}

/* Rounds with an even number change the upper half, the others the lower one. */
static uint64_t turn(const struct tally_permutation *p, uint64_t block, unsigned int round)
{
	const uint64_t low_mask = (UINT64_C(1) << p->low) - 1;
	const uint64_t high_mask = (UINT64_C(1) << p->high) - 1;

	if (round % 2 == 0)
		return block ^ (mix(p, round, block & low_mask) & high_mask) << p->low;
	return block ^ (mix(p, round, block >> p->low) & low_mask);
}

uint64_t tally_permute(const struct tally_permutation *p, uint64_t x)
{
	do {
		for (unsigned int round = 0; round < ROUNDS; round++)
			x = turn(p, x, round);
	} while (x >= p->n);
	return x;
}

uint64_t tally_unpermute(const struct tally_permutation *p, uint64_t x)
{
	do {
		for (unsigned int round = ROUNDS; round-- > 0;)
			x = turn(p, x, round);
	} while (x >= p->n);
	return x;
}
