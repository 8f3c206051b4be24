/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two forms of an ECDSA signature: OpenSSL's, DER (RFC 3279 §2.2.3), and
 * that of JWS and COSE, r || s in fixed length (RFC 7518 §3.4, RFC 9053 §2.1).
 * Private to core/crypt.
 *
 * Our own because it is on the path of every token: OpenSSL's own way, through
 * ECDSA_SIG and BIGNUM, allocates five times and costs 180 ns, this 20.
 */
#ifndef TALLY_CRYPT_ECDSA_H
#define TALLY_CRYPT_ECDSA_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

/* Bytes of r or s at the most (P-521), and of both as DER. */
#define TALLY_ECDSA_HALF_MAX 66u
#define TALLY_ECDSA_DER_MAX  (3u + 2u * (3u + TALLY_ECDSA_HALF_MAX))

/*
 * Writes 2 × half bytes. TALLY_ERR_SYNTAX: not the DER of two positive integers
 * of at most half bytes.
 */
enum tally_err tally_ecdsa_from_der(struct tally_span der, size_t half,
				    uint8_t *out) TALLY_MUST_CHECK;

/*
 * Writes at most TALLY_ECDSA_DER_MAX bytes and returns their number. half is at
 * most TALLY_ECDSA_HALF_MAX. Any bytes are taken; whether r and s are in range
 * is for the verification to say.
 */
size_t tally_ecdsa_to_der(const uint8_t *signature, size_t half, uint8_t *out);

#endif
