/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SipHash-2-4 (Aumasson and Bernstein, 2012): a hash under a key, so that who
 * chooses what is hashed cannot aim at one bucket of a table.
 */
#ifndef TALLY_BASE_SIPHASH_H
#define TALLY_BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

struct tally_siphash_key {
	uint64_t k[2];
};

uint64_t tally_siphash(const struct tally_siphash_key *key, const void *bytes, size_t n);

#endif
