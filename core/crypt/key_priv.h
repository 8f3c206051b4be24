/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a key. Private to core/crypt. */
#ifndef TALLY_CRYPT_KEY_PRIV_H
#define TALLY_CRYPT_KEY_PRIV_H

#include "crypt/ecdsa.h"
#include "crypt/key.h"

#include <openssl/bn.h>
#include <openssl/evp.h>

#define TALLY_RSA_BITS_MIN 2048
#define TALLY_RSA_BITS_MAX 4096

/* Bytes of a modulus and an exponent at the most, and of an Ed25519 key. */
#define TALLY_RSA_N_MAX    (TALLY_RSA_BITS_MAX / 8)
#define TALLY_RSA_E_MAX    4u
#define TALLY_ED25519_SIZE 32u

/* Bytes of a point that is not compressed, at the most. */
#define TALLY_EC_POINT_MAX (1 + 2 * TALLY_ECDSA_HALF_MAX)

/* Bytes of a signature at the most: RSA of TALLY_RSA_BITS_MAX. */
#define TALLY_SIGNATURE_MAX (TALLY_RSA_BITS_MAX / 8)

struct tally_key {
	const struct tally_alg *alg;
	EVP_PKEY *pkey;
	size_t signature_size;
	bool is_private;
	unsigned int holders; /* atomic */
};

/*
 * Makes a key of what any of the constructors has obtained, once all of key.h's
 * conditions are checked. Takes pkey, also on failure; NULL is TALLY_ERR_SYNTAX.
 */
enum tally_err tally_key_bind(const struct tally_alg *alg, EVP_PKEY *pkey, bool is_private,
			      struct tally_key **out) TALLY_MUST_CHECK;

/*
 * Whether a key of OpenSSL's fits the algorithm and is within the limits:
 * TALLY_OK or TALLY_ERR_UNSUPPORTED.
 */
enum tally_err tally_key_check(const struct tally_alg *alg, EVP_PKEY *pkey) TALLY_MUST_CHECK;

/*
 * Public keys of their numbers: a point of the curve of alg, not compressed; a
 * modulus and an exponent; the TALLY_ED25519_SIZE bytes of a key. Owned; NULL:
 * OpenSSL refuses them.
 */
EVP_PKEY *tally_key_make_ec(const struct tally_alg *alg, const uint8_t *point);
EVP_PKEY *tally_key_make_rsa(const BIGNUM *n, const BIGNUM *e);
EVP_PKEY *tally_key_make_okp(const struct tally_alg *alg, const uint8_t *bytes);

/*
 * The same of a SubjectPublicKeyInfo in DER, as tally_key_public_der writes it for
 * this algorithm. NULL: it is another, which may be good all the same.
 */
EVP_PKEY *tally_key_read_spki(const struct tally_alg *alg, struct tally_span der);

/* The "kty" of a JWK. */
const char *tally_key_kty(const struct tally_alg *alg);

/* Bytes of a coordinate; on our curves, the same as of r and of s. */
static inline size_t tally_key_coordinate_size(const struct tally_alg *alg)
{
	return alg->signature_size / 2;
}

#endif
