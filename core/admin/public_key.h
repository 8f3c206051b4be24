/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys that somebody registers, for a client or a machine user. */
#ifndef TALLY_ADMIN_PUBLIC_KEY_H
#define TALLY_ADMIN_PUBLIC_KEY_H

#include "base/arena.h"
#include "crypt/jwks.h"
#include "store/store.h"

/* Bytes of a file with one public key. */
#define TALLY_PUBLIC_KEY_FILE_MAX 16384u

/*
 * A key from PEM or JWK, for this algorithm or (NULL) for the one it fits; its
 * kid, if it has one, is the arena's. What is wrong is logged with what was
 * expected: TALLY_ERR_USAGE.
 */
enum tally_err tally_admin_read_pem(const struct tally_alg *alg, struct tally_span text,
				    struct tally_key **out) TALLY_MUST_CHECK;
enum tally_err tally_admin_read_jwk(struct tally_span text, struct tally_arena *arena,
				    struct tally_jwk *out) TALLY_MUST_CHECK;

/* An end in the past is a mistake: TALLY_ERR_USAGE, logged. 0: none. */
enum tally_err tally_admin_check_expiry(int64_t expires_at, int64_t now) TALLY_MUST_CHECK;

/* Fills the algorithm and the DER form, which is the arena's. */
enum tally_err tally_admin_set_public_key(const struct tally_key *key, struct tally_arena *arena,
					  struct tally_public_key_record *out) TALLY_MUST_CHECK;

#endif
