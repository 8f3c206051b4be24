/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens that say nothing: a prefix that tells their kind (and that scanners
 * for leaked secrets can look for), then base64url of the id and of 256 random
 * bits. Of the whole text only its SHA-256 is kept.
 */
#ifndef TALLY_OAUTH_OPAQUE_H
#define TALLY_OAUTH_OPAQUE_H

#include "base/buf.h"
#include "crypt/digest.h"
#include "store/token_id.h"

#define TALLY_ACCESS_PREFIX "ta_"
#define TALLY_REFRESH_PREFIX "tr_"
#define TALLY_SEALED_PREFIX "ts_" /* a refresh token that is not kept; see refresh.h */
#define TALLY_PREFIX_SIZE 3u

/* Characters of such a token. */
#define TALLY_OPAQUE_SIZE (TALLY_PREFIX_SIZE + 64u)

/* Appends a new token with this id; digest is what to keep of it. */
enum tally_err tally_opaque_write(struct tally_buf *out, const char *prefix,
				  const struct tally_token_id *id,
				  uint8_t digest[TALLY_SHA256_SIZE]) TALLY_MUST_CHECK;

/* Takes a token apart. TALLY_ERR_SYNTAX: it is none with this prefix. */
enum tally_err tally_opaque_read(struct tally_span text, const char *prefix,
				 struct tally_token_id *id, uint8_t digest[TALLY_SHA256_SIZE])
	TALLY_MUST_CHECK;

#endif
