/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256, fetched from OpenSSL once for the process. */
#ifndef TALLY_CRYPT_DIGEST_H
#define TALLY_CRYPT_DIGEST_H

#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

#define TALLY_SHA256_SIZE 32u

enum tally_err tally_sha256(struct tally_span data, uint8_t out[TALLY_SHA256_SIZE])
	TALLY_MUST_CHECK;

#endif
