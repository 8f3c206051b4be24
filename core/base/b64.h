/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Base64 (RFC 4648 §4) and base64url without padding (RFC 4648 §5, RFC 7515
 * §2). Decoding is strict: one text per value, no white space, unused bits
 * zero. Lengths are known beforehand, so that callers size their memory.
 */
#ifndef TALLY_BASE_B64_H
#define TALLY_BASE_B64_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

/* Characters of n bytes in base64url without padding. */
#define TALLY_B64URL_SIZE(n) ((n) / 3 * 4 + ((n) % 3 ? (n) % 3 + 1 : 0))

/* Bytes that n characters hold at the most, in either alphabet. */
#define TALLY_B64_BYTES(n) ((n) / 4 * 3 + 3)

/* Writes TALLY_B64URL_SIZE(n) characters to out and returns their number. */
size_t tally_b64url_put(char *out, const void *bytes, size_t n);

/* Appends bytes as base64url. */
void tally_b64url_add(struct tally_buf *buf, const void *bytes, size_t n);

/* Appends bytes as base64 with padding, as certificates are in JWS (RFC 7515 §4.1.6). */
void tally_b64_add(struct tally_buf *buf, const void *bytes, size_t n);

/*
 * Decodes into size bytes at out; *n is their number. TALLY_ERR_SYNTAX for
 * anything that is not the one canonical text, TALLY_ERR_LIMIT when out is too
 * small.
 */
enum tally_err tally_b64url_get(struct tally_span text, void *out, size_t size, size_t *n)
	TALLY_MUST_CHECK;

/* The same for base64 with padding, as in RFC 7617. */
enum tally_err tally_b64_get(struct tally_span text, void *out, size_t size, size_t *n)
	TALLY_MUST_CHECK;

#endif
