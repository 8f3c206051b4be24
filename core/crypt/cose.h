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
#include "crypt/chain.h"
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

/* A COSE_Sign1 taken apart, not yet believed. Everything borrows from its bytes. */
struct tally_cose {
	const struct tally_alg *alg;
	struct tally_span kid;       /* p NULL: no such label; protected or not */
	struct tally_span typ;       /* p NULL: none that is protected, or a number */
	struct tally_chain chain;    /* count 0: no such label; protected or not */
	struct tally_span protected; /* as it was signed */
	struct tally_span payload;
	struct tally_span signature;
};

/*
 * TALLY_ERR_SYNTAX: not a tagged COSE_Sign1 in strict CBOR (cbor_in.h) with its
 * payload inside, no protected alg, a label in both headers; TALLY_ERR_UNSUPPORTED:
 * an alg outside the table, or crit, of which none is understood; TALLY_ERR_LIMIT:
 * more than max bytes, or one of the limits of jws.h and chain.h. Nothing in a
 * header leads to a key but kid, looked up by the caller, and the chain, which
 * tally_chain_verify has to trust.
 */
enum tally_err tally_cose_parse(struct tally_span bytes, size_t max,
				struct tally_cose *out) TALLY_MUST_CHECK;

/*
 * Whether the signature is this key's. TALLY_ERR_VERIFY: it is not, or cose->alg is
 * not the key's own algorithm; TALLY_ERR_NOMEM.
 */
enum tally_err tally_cose_verify(const struct tally_cose *cose,
				 const struct tally_key *key) TALLY_MUST_CHECK;

#endif
