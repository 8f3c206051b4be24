/* SPDX-License-Identifier: Apache-2.0 */
/* Trusted issuers (RFC 7523 §2.1), as the endpoints see them. */
#ifndef TALLY_OAUTH_ISSUER_H
#define TALLY_OAUTH_ISSUER_H

#include "crypt/key.h"
#include "store/cache.h"
#include "store/store.h"

#define TALLY_ISSUER_KEYS_MAX 32u

struct tally_issuer_key {
	struct tally_span kid; /* p NULL: it has none */
	struct tally_key *key;
};

struct tally_issuer {
	struct tally_cached cached;
	struct tally_arena *arena;
	struct tally_issuer_record record;
	struct tally_issuer_key keys[TALLY_ISSUER_KEYS_MAX];
	size_t key_count;
};

/* From "iss"; context: the store. */
extern const struct tally_cache_type tally_issuer_cache_type;

#endif
