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

struct tally_new_client {
	struct tally_span client_id;      /* empty: one is made up */
	struct tally_span name;
	struct tally_span grants;         /* words with one blank between */
	struct tally_span scopes;
	struct tally_span default_scopes;
	struct tally_span audience;
	uint32_t access_lifetime;         /* seconds; 0: the configured one */
	uint32_t refresh_lifetime;        /* seconds; 0: the configured one */
	enum tally_persistence persistence;
	enum tally_token_format format;
	enum tally_client_status status;
	struct tally_span organisation;   /* empty: the default */
	bool may_introspect;
	bool is_public;                   /* it gets no secret (RFC 6749 §2.1) */
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
 * Adds a client, with a fresh secret unless it is public (secret->text is "",
 * then). *client_id is the arena's. TALLY_ERR_USAGE: something in it is wrong;
 * TALLY_ERR_CONFIG: for_jwt without wrap; TALLY_ERR_EXISTS; TALLY_ERR_STATE: there
 * is no such organisation.
 */
enum tally_err tally_admin_client_add(struct tally_store *store, struct tally_arena *arena,
				      const struct tally_new_client *client,
				      const struct tally_secret_use *use,
				      struct tally_span *client_id,
				      struct tally_new_secret *secret) TALLY_MUST_CHECK;

/* One more secret. TALLY_ERR_CONFIG, TALLY_ERR_NOT_FOUND, TALLY_ERR_LIMIT: it has enough. */
enum tally_err tally_admin_client_secret_add(struct tally_store *store,
					     struct tally_span client_id,
					     const struct tally_secret_use *use,
					     struct tally_new_secret *secret) TALLY_MUST_CHECK;

#endif
