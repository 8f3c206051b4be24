/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The id of a token or of a family of refresh tokens: 16 bytes.
 *
 *   2  the day on which it expires, in days since 1970: the partition it is in,
 *      so that a look-up goes to one partition and a purge drops one
 *   7  microseconds since 1970 at which it was made: ids grow, so that rows are
 *      appended to their table, and "everything issued until then" is exact
 *   7  random bytes
 *
 * All numbers are big-endian. An id is not a secret; what must not be guessed
 * (opaque tokens, refresh tokens) has 256 random bits besides.
 */
#ifndef TALLY_STORE_TOKEN_ID_H
#define TALLY_STORE_TOKEN_ID_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

#define TALLY_TOKEN_ID_SIZE 16u
#define TALLY_TOKEN_ID_CHARS 22u /* in base64url */

struct tally_token_id {
	uint8_t bytes[TALLY_TOKEN_ID_SIZE];
};

/* TALLY_ERR_CRYPTO: no random bytes. */
enum tally_err tally_token_id_make(struct tally_token_id *id, int64_t now_us, int64_t expires_at)
	TALLY_MUST_CHECK;

/* From base64url; TALLY_ERR_SYNTAX. */
enum tally_err tally_token_id_parse(struct tally_token_id *id, struct tally_span text)
	TALLY_MUST_CHECK;

uint16_t tally_token_id_day(const struct tally_token_id *id);
int64_t tally_token_id_issued_us(const struct tally_token_id *id);

/*
 * What a watermark is compared with: when the token's family was begun, or,
 * without one (all zero), when it was made itself. So a refresh that raced with
 * the mark does not outlive it.
 */
int64_t tally_token_id_since_us(const struct tally_token_id *id,
				const struct tally_token_id *family);

bool tally_token_id_eq(const struct tally_token_id *a, const struct tally_token_id *b);

/* All zero: stands for "none". */
bool tally_token_id_is_none(const struct tally_token_id *id);

#endif
