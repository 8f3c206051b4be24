/* SPDX-License-Identifier: Apache-2.0 */
/*
 * COSE_Sign1 (RFC 9052 §4.2, tag 18), as CBOR Web Tokens have it (RFC 8392).
 * Algorithms by the table alg.def; the key's own algorithm and no other.
 */
#ifndef TALLY_CRYPT_COSE_H
#define TALLY_CRYPT_COSE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "crypt/jws.h"
#include "crypt/key.h"

struct tally_cose_signer;

/*
 * Signs with a private key under these headers, which are encoded once: alg (1),
 * typ (16, RFC 9596; here with its "application/") and x5chain (33, RFC 9360)
 * protected, kid (4) unprotected. Holds the key; belongs to one thread at a
 * time. Owned. Errors as of tally_signer_new_with.
 */
enum tally_err tally_cose_signer_new(struct tally_key *key,
				     const struct tally_signer_header *header,
				     struct tally_cose_signer **out) TALLY_MUST_CHECK;
void tally_cose_signer_free(struct tally_cose_signer *signer);

/* Bytes of a COSE_Sign1 with a payload of n bytes, at the most. */
size_t tally_cose_signer_size(const struct tally_cose_signer *signer, size_t n);

/*
 * Appends the tagged COSE_Sign1 of this payload. TALLY_ERR_CRYPTO: the key
 * failed, which is logged; TALLY_ERR_NOMEM, TALLY_ERR_LIMIT. After a failure
 * nothing is appended.
 */
enum tally_err tally_cose_sign1(struct tally_cose_signer *signer, struct tally_span payload,
				struct tally_buf *out) TALLY_MUST_CHECK;

#endif
