/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ending tokens by hand: one of them, or all that a client or a user has had so
 * far. Whoever looks tokens up sees it at once; whoever reads the status lists
 * that tokens name, when these are published next; whoever trusts a JWT's
 * signature alone, when the token expires. What is wrong is logged.
 */
#ifndef TALLY_ADMIN_REVOKE_H
#define TALLY_ADMIN_REVOKE_H

#include "oauth/token_check.h"

/* What it takes. Borrowed, all of it. */
struct tally_revoker {
	struct tally_store *store;
	struct tally_marks *marks;               /* NULL: no Redis is configured */
	struct tally_token_status *token_status; /* NULL: our tokens have no status */
	struct tally_arena *arena;
	/* Told now and then of how many rows it looked through; may be NULL. */
	void (*progress)(void *context, uint64_t rows);
	void *context;
};

/* What became of it. */
struct tally_revoked_all {
	int64_t until_us; /* what was issued until then has ended */
	uint64_t entries; /* of status lists that were marked */
};

/*
 * Ends everything that was issued to this client until now. Of access tokens that
 * carry a status, those are marked that are kept, or known to a refresh token
 * that is. TALLY_ERR_NOT_FOUND: there is no such client; TALLY_ERR_UNAVAILABLE: not
 * all is done, and doing it again does the rest.
 */
enum tally_err tally_admin_revoke_client(const struct tally_revoker *revoker,
					 struct tally_span client_id,
					 struct tally_revoked_all *out) TALLY_MUST_CHECK;

/* The same for a user, by user_id or login; *user_id is the arena's. */
enum tally_err tally_admin_revoke_user(const struct tally_revoker *revoker,
				       struct tally_span name, struct tally_span *user_id,
				       struct tally_revoked_all *out) TALLY_MUST_CHECK;

/*
 * Ends an access token, or the family of a refresh token. TALLY_ERR_NOT_FOUND:
 * the token is none of ours, or has expired; TALLY_ERR_UNAVAILABLE as above.
 */
enum tally_err tally_admin_revoke_token(const struct tally_revoker *revoker,
					const struct tally_conf *conf,
					const struct tally_wrap_keys *wrap, struct tally_span text,
					struct tally_token *out) TALLY_MUST_CHECK;

#endif
