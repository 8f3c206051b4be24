/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JWS compact serialisation (RFC 7515 §7.1). What can be done once is done
 * once: a signer holds the encoded header and a prepared OpenSSL context, a
 * verifier a prepared context. Either belongs to one thread at a time.
 */
#ifndef TALLY_CRYPT_JWS_H
#define TALLY_CRYPT_JWS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "crypt/chain.h"
#include "crypt/key.h"

/*
 * What we accept and make at the most: a compact JWS in characters, its header
 * in bytes (others send certificates there, which we skip), a kid in bytes.
 */
#define TALLY_JWS_MAX 16384u
#define TALLY_JWS_HEADER_MAX 4096u

/* A header with certificates in base64. */
#define TALLY_JWS_LONG_HEADER_MAX \
	(TALLY_JWS_HEADER_MAX + TALLY_CHAIN_BYTES_MAX / 3 * 4 + 8 * TALLY_CHAIN_MAX)
#define TALLY_KID_MAX 255u

struct tally_signer;
struct tally_verifier;

/*
 * What the header of a signature says besides the algorithm. All of it is
 * borrowed for the call that it is given to.
 */
struct tally_signer_header {
	const char *kid;                 /* NULL: left out */
	const char *typ;                 /* NULL: left out */
	const struct tally_chain *chain; /* x5c; NULL: left out; at least one certificate */
};

/*
 * Signs with a private key under the header {"alg","kid","typ","x5c"} (RFC 7515
 * §4.1); typ without "application/" (§4.1.9). Holds the key. Owned.
 * TALLY_ERR_STATE: the key is public; TALLY_ERR_LIMIT: the kid, the chain or the
 * header is too long.
 */
enum tally_err tally_signer_new_with(struct tally_key *key,
				     const struct tally_signer_header *header,
				     struct tally_signer **out) TALLY_MUST_CHECK;

/* The same without certificates. */
enum tally_err tally_signer_new(struct tally_key *key, const char *kid, const char *typ,
				struct tally_signer **out) TALLY_MUST_CHECK;
void tally_signer_free(struct tally_signer *signer);

/* Characters of a compact JWS with a payload of n bytes. */
size_t tally_signer_size(const struct tally_signer *signer, size_t n);

/*
 * Appends the compact JWS of this payload. TALLY_ERR_CRYPTO: the key failed,
 * which is logged with OpenSSL's reason; nothing is appended.
 */
enum tally_err tally_signer_sign(struct tally_signer *signer, struct tally_span payload,
				 struct tally_buf *out) TALLY_MUST_CHECK;

/* Appends the bare signature over data (for COSE_Sign1; ECDSA as r || s). */
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
 * TALLY_ERR_LIMIT: one of the limits above. jku, x5u, jwk and x5c are ignored:
 * nothing in a header leads to a key but kid, looked up by the caller. kid may
 * hold anything: it is a key of a map, and nothing else.
 */
enum tally_err tally_jws_parse(struct tally_span text, struct tally_arena *arena,
			       struct tally_jws *out) TALLY_MUST_CHECK;

/*
 * The same of a text of up to max characters whose header may hold certificates,
 * as a Status List Token has them; and those certificates (x5c), the arena's.
 * TALLY_ERR_SYNTAX: no array of certificates in base64; TALLY_ERR_LIMIT: more than
 * chain.h allows. count 0: there are none.
 */
enum tally_err tally_jws_parse_long(struct tally_span text, size_t max,
				    struct tally_arena *arena, struct tally_jws *out)
	TALLY_MUST_CHECK;
enum tally_err tally_jws_chain(const struct tally_jws *jws, struct tally_arena *arena,
			       struct tally_chain *out) TALLY_MUST_CHECK;

/*
 * HS256 (RFC 7518 §3.2) is no row of alg.def, so that what is signed and what
 * has a MAC never meet: tally_jws_parse refuses it, and this takes nothing else.
 * alg is NULL then, which no key verifies; the caller compares the signature
 * with tally_hmac_sha256 over signed_part.
 */
#define TALLY_JWS_MAC "HS256"
enum tally_err tally_jws_parse_mac(struct tally_span text, struct tally_arena *arena,
				   struct tally_jws *out) TALLY_MUST_CHECK;

/* Whether the header of a text says HS256; nothing else is looked at. */
bool tally_jws_says_mac(struct tally_span text, struct tally_arena *arena);

/*
 * Whether the header's typ is this media type, without regard to case and to a
 * leading "application/" (RFC 7515 §4.1.9). No typ is no type.
 */
bool tally_jws_typ_is(const struct tally_jws *jws, const char *typ);

/*
 * Whether the signature is this key's. TALLY_ERR_VERIFY: it is not, or jws->alg
 * is not the key's own algorithm, or the signature has the wrong length or r, s
 * outside 1…n-1, or S not below L.
 */
enum tally_err tally_jws_verify(const struct tally_jws *jws, const struct tally_key *key)
	TALLY_MUST_CHECK;

/*
 * The same with a context that is prepared once, for keys that verify often: it
 * saves 2 µs, which is a seventh of an RS256 verification. Holds the key. Owned.
 */
enum tally_err tally_verifier_new(struct tally_key *key, struct tally_verifier **out)
	TALLY_MUST_CHECK;
void tally_verifier_free(struct tally_verifier *verifier);
enum tally_err tally_verifier_verify(struct tally_verifier *verifier, const struct tally_jws *jws)
	TALLY_MUST_CHECK;

#endif
