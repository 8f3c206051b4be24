/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Passwords as they are kept: argon2id (RFC 9106) in its usual text form, which
 * names its parameters, so that old ones stay usable when the configured ones
 * change:
 *
 *   $argon2id$v=19$m=19456,t=2,p=1$salt$hash
 *
 * Both operations are meant to be slow, and take that much memory.
 */
#ifndef TALLY_CRYPT_PASSWORD_H
#define TALLY_CRYPT_PASSWORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

#define TALLY_PASSWORD_MAX 1024u    /* of a password, in bytes */
#define TALLY_PASSWORD_HASH_MAX 128u /* of what is kept, in characters */

struct tally_password_cost {
	uint32_t memory; /* KiB */
	uint32_t passes;
};

/*
 * With a fresh salt; out is NUL terminated. TALLY_ERR_LIMIT: longer than
 * TALLY_PASSWORD_MAX; TALLY_ERR_NOMEM; TALLY_ERR_CRYPTO: no random bytes.
 */
enum tally_err tally_password_hash(struct tally_password_cost cost, struct tally_span password,
				   char out[TALLY_PASSWORD_HASH_MAX + 1]) TALLY_MUST_CHECK;

/*
 * TALLY_ERR_VERIFY: it is another password; TALLY_ERR_SYNTAX: text is not of
 * the form above, or costs more than a hash may here; TALLY_ERR_NOMEM.
 */
enum tally_err tally_password_verify(struct tally_span text, struct tally_span password)
	TALLY_MUST_CHECK;

/* A text that takes as long to verify as one of this cost, and that no password matches. */
void tally_password_nobody(struct tally_password_cost cost,
			   char out[TALLY_PASSWORD_HASH_MAX + 1]);

/* Whether what is kept has less to it than this cost. */
bool tally_password_is_weak(struct tally_span text, struct tally_password_cost cost);

#endif
