/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers that look random but never repeat: a keyed permutation of 0…n-1
 * (Feistel network with cycle walking over SipHash), so that nothing needs to be
 * stored or shuffled. It hands out indices in an order that nobody can foresee
 * who lacks the pool's seed (draft-ietf-oauth-status-list §12.5.1, §13.3).
 *
 * A number costs 0.17 µs, or up to twice that where n is not a power of two.
 */
#ifndef TALLY_STATUS_PERMUTE_H
#define TALLY_STATUS_PERMUTE_H

#include <stdint.h>

#include "base/siphash.h"
#include "store/lists.h"

/* What a list's places become; made once per list or pool. */
struct tally_permutation {
	struct tally_siphash_key key;
	uint64_t n;        /* what is permuted: 0…n-1 */
	unsigned int low;  /* bits of the lower half of a block … */
	unsigned int high; /* … and of the upper one */
};

/* For the places of list number `list` of a pool with this seed; size is not 0. */
void tally_permutation_of_list(struct tally_permutation *p,
			       const uint8_t seed[TALLY_POOL_SEED_SIZE], uint32_t list,
			       uint32_t size);

/* For the names of a pool's lists: a permutation of 48 bits. */
void tally_permutation_of_names(struct tally_permutation *p,
				const uint8_t seed[TALLY_POOL_SEED_SIZE]);

/* Both ways; x < p->n. */
uint64_t tally_permute(const struct tally_permutation *p, uint64_t x);
uint64_t tally_unpermute(const struct tally_permutation *p, uint64_t x);

#endif
