/* SPDX-License-Identifier: Apache-2.0 */
/* The public keys of clients, which they prove to have by private_key_jwt. */
#ifndef TALLY_ADMIN_CLIENT_KEY_H
#define TALLY_ADMIN_CLIENT_KEY_H

#include "admin/public_key.h"

struct tally_new_client_key {
	struct tally_span client_id;
	struct tally_span pem;       /* the key in this form, */
	struct tally_span jwk;       /* or in this */
	const struct tally_alg *alg; /* of pem; NULL: the one it fits */
	int64_t expires_at;          /* 0: never */
};

/*
 * Registers it under the kid of its JWK, or else under its thumbprint (RFC
 * 7638). *out is the arena's. TALLY_ERR_USAGE, TALLY_ERR_NOT_FOUND: no such client;
 * TALLY_ERR_EXISTS: it has a key of this kid. All logged but NOT_FOUND.
 */
enum tally_err tally_admin_client_key_add(struct tally_store *store, struct tally_arena *arena,
					  const struct tally_new_client_key *wanted,
					  struct tally_public_key_record *out) TALLY_MUST_CHECK;

#endif
