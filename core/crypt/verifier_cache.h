/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verifiers that a thread keeps for the keys it has seen lately, so that a key
 * that verifies often is prepared once. A place is found by the key's address:
 * whoever asks has the key from where it is in force, and the address is not
 * another's while its verifier holds it. Belongs to one thread.
 */
#ifndef TALLY_CRYPT_VERIFIER_CACHE_H
#define TALLY_CRYPT_VERIFIER_CACHE_H

#include "crypt/jws.h"

struct tally_verifier_cache;

/* Owned. NULL: out of memory. */
struct tally_verifier_cache *tally_verifier_cache_new(void);
void tally_verifier_cache_free(struct tally_verifier_cache *cache);

/*
 * Whether the signature is this key's; errors as for tally_jws_verify. A key
 * that is new here takes the place of another one.
 */
enum tally_err tally_verifier_cache_verify(struct tally_verifier_cache *cache,
					   struct tally_key *key,
					   const struct tally_jws *jws) TALLY_MUST_CHECK;

#endif
