/* SPDX-License-Identifier: Apache-2.0 */
/* Registered public keys, made ready when their owner comes into a cache. */
#ifndef TALLY_OAUTH_PUBLIC_KEY_H
#define TALLY_OAUTH_PUBLIC_KEY_H

#include "crypt/key.h"
#include "store/store.h"

struct tally_public_key {
	const struct tally_public_key_record *record;
	struct tally_key *key;
};

/*
 * The key of a record. When one of those that were known before is the same it
 * is held once more: to parse one costs more than to verify with it, and what
 * threads have prepared for it (crypt/verifier_cache.h) stays good.
 * TALLY_ERR_NOT_FOUND: it cannot be used, which is logged.
 */
enum tally_err tally_public_key_open(const struct tally_public_key_record *record,
				     const struct tally_public_key *before, size_t count,
				     struct tally_key **out) TALLY_MUST_CHECK;

#endif
