/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JWS compact serialisation (RFC 7515 §7.1). What can be done once is done
 * once: a signer holds the encoded header and a prepared OpenSSL context, a
 * verifier a prepared context. Either belongs to one thread at a time.
 */
#ifndef TALLY_CRYPT_JWS_H
#define TALLY_CRYPT_JWS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "crypt/key.h"

/* What we accept as a compact JWS at the most, in characters. */
#define TALLY_JWS_MAX 16384u

struct tally_signer;

/*
 * Signs with a private key under the header {"alg","kid","typ"}; typ without
 * "application/" (RFC 7515 §4.1.9), NULL to leave it out. Holds the key. Owned.
 */
enum tally_err tally_signer_new(struct tally_key *key, const char *kid, const char *typ,
				struct tally_signer **out) TALLY_MUST_CHECK;
void tally_signer_free(struct tally_signer *signer);

/* Characters of a compact JWS with a payload of n bytes. */
size_t tally_signer_size(const struct tally_signer *signer, size_t n);

/* Appends the compact JWS of this payload. */
enum tally_err tally_signer_sign(struct tally_signer *signer, struct tally_span payload,
				 struct tally_buf *out) TALLY_MUST_CHECK;

/*
 * Appends the bare signature over data (for COSE_Sign1; ECDSA as r || s).
 */
enum tally_err tally_signer_sign_raw(struct tally_signer *signer, struct tally_span data,
				     struct tally_buf *out) TALLY_MUST_CHECK;

/* A compact JWS taken apart, not yet believed. Everything is the arena's. */
struct tally_jws {
	const struct tally_alg *alg;
	struct tally_span kid;       /* p NULL: no such member */
	struct tally_span typ;       /* p NULL: no such member */
	struct tally_span payload;   /* decoded */
	struct tally_span signature; /* decoded */
	struct tally_span signed_part; /* "header.payload" of the text */
};

/*
 * Splits and decodes. TALLY_ERR_SYNTAX: not three canonical base64url parts, a
 * header that is no strict JSON object, no alg; TALLY_ERR_UNSUPPORTED: an alg
 * outside the table, "crit" (RFC 7515 §4.1.11: none is understood), "b64";
 * TALLY_ERR_LIMIT: longer than TALLY_JWS_MAX. jku, x5u, jwk and x5c are ignored:
 * nothing in a header leads to a key but kid, looked up by the caller.
 */
enum tally_err tally_jws_parse(struct tally_span text, struct tally_arena *arena,
			       struct tally_jws *out) TALLY_MUST_CHECK;

/*
 * Whether the signature is this key's. TALLY_ERR_VERIFY: it is not, or jws->alg is not the
 * key's own algorithm, or the signature has the wrong length or r, s outside
 * 1…n-1.
 */
enum tally_err tally_jws_verify(const struct tally_jws *jws, struct tally_key *key)
	TALLY_MUST_CHECK;

#endif
