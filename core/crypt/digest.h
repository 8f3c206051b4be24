/* SPDX-License-Identifier: Apache-2.0 */
/* Digests, fetched from OpenSSL once for the process. */
#ifndef TALLY_CRYPT_DIGEST_H
#define TALLY_CRYPT_DIGEST_H

#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

#define TALLY_SHA256_SIZE 32u

enum tally_err tally_sha256(struct tally_span data, uint8_t out[TALLY_SHA256_SIZE])
	TALLY_MUST_CHECK;

/* SHA-1 in hexadecimal: a name for what is public, such as Redis gives scripts. */
#define TALLY_SHA1_HEX_SIZE 41u
enum tally_err tally_sha1_hex(struct tally_span data, char out[TALLY_SHA1_HEX_SIZE])
	TALLY_MUST_CHECK;

#endif
