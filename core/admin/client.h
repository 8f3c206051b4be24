/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Managing clients: what the command line does, and what an interface over HTTP
 * would. Input is checked here, with the reason logged in words for whoever
 * typed it.
 */
#ifndef TALLY_ADMIN_CLIENT_H
#define TALLY_ADMIN_CLIENT_H

#include "base/arena.h"
#include "crypt/seal.h"
#include "store/store.h"

/* 256 random bits in base64url. */
#define TALLY_SECRET_CHARS 43u
#define TALLY_SECRET_ID_CHARS 8u

/* What of a client is changed; bits. */
enum tally_client_part {
	TALLY_CLIENT_NAME = 1 << 0,
	TALLY_CLIENT_GRANTS = 1 << 1,
	TALLY_CLIENT_SCOPES = 1 << 2,
	TALLY_CLIENT_DEFAULT_SCOPES = 1 << 3,
	TALLY_CLIENT_AUDIENCE = 1 << 4,
	TALLY_CLIENT_ACCESS_LIFETIME = 1 << 5,
	TALLY_CLIENT_REFRESH_LIFETIME = 1 << 6,
	TALLY_CLIENT_PERSISTENCE = 1 << 7,
	TALLY_CLIENT_FORMAT = 1 << 8,
	TALLY_CLIENT_STATUS = 1 << 9,
	TALLY_CLIENT_INTROSPECTS = 1 << 10,
	TALLY_CLIENT_ORGANISATION = 1 << 11
};

/* What a new secret is for. */
struct tally_secret_use {
	uint32_t lifetime;                 /* seconds; 0: for ever */
	bool for_jwt;                      /* client_secret_jwt: it is kept sealed */
	const struct tally_seal_key *wrap; /* seals it; NULL: none is configured */
};

/* A secret, which exists outside the client only this once. Wipe it. */
struct tally_new_secret {
	char id[TALLY_SECRET_ID_CHARS + 1];
	char text[TALLY_SECRET_CHARS + 1];
	int64_t expires_at; /* 0: never */
};

/*
 * Adds a client (client_id empty: one is made up; without what is not for options:
 * secrets, keys, times), with a fresh secret unless it is public (secret->text is "",
 * then). *client_id is the arena's. TALLY_ERR_USAGE: something in it is wrong;
 * TALLY_ERR_CONFIG: for_jwt without wrap; TALLY_ERR_EXISTS; TALLY_ERR_STATE: there
 * is no such organisation.
 */
enum tally_err tally_admin_client_add(struct tally_store *store, struct tally_arena *arena,
				      const struct tally_client_record *client,
				      const struct tally_secret_use *use,
				      struct tally_span *client_id,
				      struct tally_new_secret *secret) TALLY_MUST_CHECK;

/*
 * Takes these parts (enum tally_client_part) over from wanted; the client is checked
 * as a whole, as it then is. TALLY_ERR_USAGE, TALLY_ERR_STATE: logged, as above;
 * TALLY_ERR_NOT_FOUND.
 */
enum tally_err tally_admin_client_set(struct tally_store *store, struct tally_arena *arena,
				      const struct tally_client_record *wanted,
				      unsigned int parts) TALLY_MUST_CHECK;

/* One more secret. TALLY_ERR_CONFIG, TALLY_ERR_NOT_FOUND, TALLY_ERR_LIMIT: it has enough. */
enum tally_err tally_admin_client_secret_add(struct tally_store *store,
					     struct tally_span client_id,
					     const struct tally_secret_use *use,
					     struct tally_new_secret *secret) TALLY_MUST_CHECK;

#endif
