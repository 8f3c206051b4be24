/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys of others, whose algorithm has to be found out: a JWK set (RFC 7517 §5),
 * a single JWK, a public key in PEM. A key is for one algorithm (RFC 8725
 * §3.1): what the JWK names, or what its type and curve leave open, where an
 * RSA key is one for RS256 and an RSA-PSS key one for PS256.
 */
#ifndef TALLY_CRYPT_JWKS_H
#define TALLY_CRYPT_JWKS_H

#include "base/arena.h"
#include "crypt/key.h"

#define TALLY_JWKS_KEYS_MAX 32u

struct tally_jwk {
	struct tally_span kid; /* p NULL: it has none */
	struct tally_key *key;
};

struct tally_jwks {
	struct tally_jwk keys[TALLY_JWKS_KEYS_MAX];
	size_t count;
	size_t skipped; /* keys that are not for us: RFC 7517 §5 */
};

/*
 * The keys of a set that can verify; their texts are the arena's. Ended by
 * tally_jwks_end, also after a failure. TALLY_ERR_SYNTAX: it is no set;
 * TALLY_ERR_LIMIT: larger than max bytes, or more than TALLY_JWKS_KEYS_MAX of
 * ours; TALLY_ERR_EXISTS: two keys of one kid and algorithm.
 */
enum tally_err tally_jwks_parse(struct tally_span text, size_t max, struct tally_arena *arena,
				struct tally_jwks *out) TALLY_MUST_CHECK;
void tally_jwks_end(struct tally_jwks *jwks);

/*
 * The key with this kid for this algorithm; kid.p NULL: the only one for it.
 * NULL: there is none, or more than one.
 */
struct tally_key *tally_jwks_find(const struct tally_jwks *jwks, struct tally_span kid,
				  const struct tally_alg *alg);

/* One JWK; its kid is the arena's. Errors as in key.h. */
enum tally_err tally_jwk_parse(const struct tally_json *json, struct tally_arena *arena,
			       struct tally_jwk *out) TALLY_MUST_CHECK;

/*
 * A public key from PEM for the algorithm given, or, alg NULL, for the first
 * that it fits. TALLY_ERR_DENIED: it is a private key, which is not for us to see.
 */
enum tally_err tally_public_key_from_pem(const struct tally_alg *alg, struct tally_span pem,
					 struct tally_key **out) TALLY_MUST_CHECK;

#endif
