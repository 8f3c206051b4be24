/* SPDX-License-Identifier: Apache-2.0 */
/* The signature algorithms, as a table; see alg.def. */
#ifndef TALLY_CRYPT_ALG_H
#define TALLY_CRYPT_ALG_H

#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

enum tally_alg_id {
#define TALLY_ALG(id, name, cose, type, curve, digest, size) TALLY_ALG_##id,
#include "crypt/alg.def"
#undef TALLY_ALG
	TALLY_ALG_COUNT
};

/*
 * What a key is made of. PSS is an RSA key that signs with RSASSA-PSS; in a
 * JWK both are "RSA".
 */
enum tally_key_type { TALLY_KEY_EC, TALLY_KEY_RSA, TALLY_KEY_PSS, TALLY_KEY_OKP };

struct tally_alg {
	enum tally_alg_id id;
	const char *name;
	int cose;
	enum tally_key_type type;
	const char *curve;
	const char *digest;
	size_t signature_size;
};

/* By its exact JOSE name; NULL when it is not one of ours ("none" never is). */
const struct tally_alg *tally_alg_find(struct tally_span name);

/* By its COSE number (RFC 9053); NULL as above. */
const struct tally_alg *tally_alg_find_cose(int64_t number);

const struct tally_alg *tally_alg(enum tally_alg_id id);

/* The names with ", " between them, for messages. */
const char *tally_alg_names(void);

#endif
