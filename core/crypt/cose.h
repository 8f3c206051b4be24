/* SPDX-License-Identifier: Apache-2.0 */
/*
 * COSE_Sign1 (RFC 9052 §4.2, tag 18), as CBOR Web Tokens have it (RFC 8392).
 * Algorithms by the table alg.def; the key's own algorithm and no other.
 */
#ifndef TALLY_CRYPT_COSE_H
#define TALLY_CRYPT_COSE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "crypt/jws.h"
#include "crypt/key.h"

#define TALLY_COSE_MAX (512u * 1024 * 1024) /* bytes; callers cap far below */

struct tally_cose_header {
	struct tally_span typ;         /* 16, protected (RFC 9596); a media type */
	struct tally_span kid;         /* 4, unprotected; empty: left out */
	const struct tally_span *chain; /* 33 (x5chain, RFC 9360), protected; DER, the signer's first */
	size_t chain_count;            /* 0: left out */
};

/* Appends the tagged COSE_Sign1 of payload. alg: the signer's. */
enum tally_err tally_cose_sign1(const struct tally_cose_header *header,
				struct tally_signer *signer, struct tally_span payload,
				struct tally_buf *out) TALLY_MUST_CHECK;

#endif
