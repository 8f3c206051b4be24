/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Managing clients: what the command line does, and what an interface over HTTP
 * would. Input is checked here, with the reason logged in words for whoever
 * typed it.
 */
#ifndef TALLY_ADMIN_CLIENT_H
#define TALLY_ADMIN_CLIENT_H

#include "base/arena.h"
#include "store/store.h"

/* 256 random bits in base64url. */
#define TALLY_SECRET_CHARS 43u
#define TALLY_SECRET_ID_CHARS 8u

struct tally_new_client {
	struct tally_span client_id;      /* empty: one is made up */
	struct tally_span name;
	struct tally_span grants;         /* words with one blank between */
	struct tally_span scopes;
	struct tally_span default_scopes;
	struct tally_span audience;
	uint32_t access_lifetime;         /* seconds; 0: the configured one */
};

/* A secret, which exists outside the client only this once. Wipe it. */
struct tally_new_secret {
	char id[TALLY_SECRET_ID_CHARS + 1];
	char text[TALLY_SECRET_CHARS + 1];
	int64_t expires_at; /* 0: never */
};

/*
 * Adds a client with a fresh secret that lives for secret_lifetime seconds (0:
 * for ever). *client_id is the arena's. TALLY_ERR_USAGE: something in it is
 * wrong; TALLY_ERR_EXISTS.
 */
enum tally_err tally_admin_client_add(struct tally_store *store, struct tally_arena *arena,
				      const struct tally_new_client *client,
				      uint32_t secret_lifetime, struct tally_span *client_id,
				      struct tally_new_secret *secret) TALLY_MUST_CHECK;

/* One more secret. TALLY_ERR_NOT_FOUND, TALLY_ERR_LIMIT: it has enough. */
enum tally_err tally_admin_client_secret_add(struct tally_store *store,
					     struct tally_span client_id,
					     uint32_t secret_lifetime,
					     struct tally_new_secret *secret) TALLY_MUST_CHECK;

#endif
