/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HMAC with SHA-256 (RFC 2104). A tag that somebody sends is compared with
 * tally_secret_equal, never with memcmp.
 */
#ifndef TALLY_CRYPT_HMAC_H
#define TALLY_CRYPT_HMAC_H

#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

#define TALLY_HMAC_SIZE 32u

/* Of the parts one behind the other. */
enum tally_err tally_hmac_sha256(struct tally_span key, const struct tally_span *parts,
				 size_t count, uint8_t out[TALLY_HMAC_SIZE]) TALLY_MUST_CHECK;

#endif
