/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A key bound to its algorithm. Every constructor checks that the two fit: the
 * key type, the curve, RSA of 2048 to 4096 bits with an odd public exponent of
 * 65537 or more (at most 32 bits), EC points on their curve, a private key that
 * makes signatures which its public part verifies. After that nothing else
 * needs to.
 *
 * Errors of every constructor: TALLY_ERR_SYNTAX: malformed; TALLY_ERR_UNSUPPORTED:
 * well-formed but not for this algorithm, or outside these limits;
 * TALLY_ERR_LIMIT: too long to be one of ours.
 *
 * A key is immutable, and may be used by many threads at once through their own
 * signers and verifiers (jws.h).
 */
#ifndef TALLY_CRYPT_KEY_H
#define TALLY_CRYPT_KEY_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "codec/json_in.h"
#include "codec/json_out.h"
#include "crypt/alg.h"

struct tally_key;

/* Bytes of a thumbprint as text: base64url of SHA-256, without padding. */
#define TALLY_THUMBPRINT_SIZE 43u

/* Bytes that the PKCS #8 form of any of our keys may take. */
#define TALLY_KEY_DER_MAX 4096u

/* A new private key; RSA with 2048 bits. Owned, ended by tally_key_free. */
enum tally_err tally_key_generate(const struct tally_alg *alg, struct tally_key **out)
	TALLY_MUST_CHECK;

/* From PKCS #8 (RFC 5958, unencrypted): a private key. */
enum tally_err tally_key_from_der(const struct tally_alg *alg, struct tally_span der,
				  struct tally_key **out) TALLY_MUST_CHECK;

/* From SubjectPublicKeyInfo (RFC 5280 §4.1.2.7): a public key. */
enum tally_err tally_key_from_public_der(const struct tally_alg *alg, struct tally_span der,
					 struct tally_key **out) TALLY_MUST_CHECK;

/* From PEM: a private key, or a public one (SubjectPublicKeyInfo). */
enum tally_err tally_key_from_pem(const struct tally_alg *alg, struct tally_span pem,
				  struct tally_key **out) TALLY_MUST_CHECK;

/*
 * A private key through OpenSSL's store: file:… or any scheme that a loaded
 * provider knows (pkcs11:…). The reason of a failure is logged. TALLY_ERR_NOT_FOUND:
 * not exactly one private key there.
 */
enum tally_err tally_key_from_uri(const struct tally_alg *alg, const char *uri,
				  struct tally_key **out) TALLY_MUST_CHECK;

/*
 * A public key from a JWK (RFC 7517, RFC 7518 §6, RFC 8037 §2). "use", when
 * there, must be "sig"; "alg", when there, must be this algorithm; "key_ops",
 * when there, must allow "verify". Private members are ignored.
 */
enum tally_err tally_key_from_jwk(const struct tally_alg *alg, const struct tally_json *jwk,
				  struct tally_key **out) TALLY_MUST_CHECK;

/* One more holder; returns key. Each holder calls tally_key_free. */
struct tally_key *tally_key_ref(struct tally_key *key);
void tally_key_free(struct tally_key *key);

const struct tally_alg *tally_key_alg(const struct tally_key *key);
bool tally_key_is_private(const struct tally_key *key);

/* Bytes of a signature by this key, as JWS has them. */
size_t tally_key_signature_size(const struct tally_key *key);

/* Appends the private key as PKCS #8, or the public one as SubjectPublicKeyInfo. */
enum tally_err tally_key_add_private_der(const struct tally_key *key, struct tally_buf *der)
	TALLY_MUST_CHECK;
enum tally_err tally_key_add_public_der(const struct tally_key *key, struct tally_buf *der)
	TALLY_MUST_CHECK;

/*
 * Appends the private key as PEM for others to load: RSA in PKCS #1, which is
 * what old software reads, all others in PKCS #8.
 */
enum tally_err tally_key_add_private_pem(const struct tally_key *key, struct tally_buf *pem)
	TALLY_MUST_CHECK;

/*
 * Appends the public key as one JWK object with kty…, use, alg and this kid
 * (NULL: none).
 */
enum tally_err tally_key_add_jwk(const struct tally_key *key, const char *kid,
				 struct tally_json_out *out) TALLY_MUST_CHECK;

/* The JWK thumbprint (RFC 7638) with its NUL. */
enum tally_err tally_key_thumbprint(const struct tally_key *key,
				    char out[TALLY_THUMBPRINT_SIZE + 1]) TALLY_MUST_CHECK;

#endif
