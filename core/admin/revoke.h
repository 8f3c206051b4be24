/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ending tokens by hand: one of them, or all that a client or a user has had so
 * far. Whoever looks tokens up sees it at once; whoever trusts a JWT's signature
 * alone sees it when the token expires. What is wrong is logged.
 */
#ifndef TALLY_ADMIN_REVOKE_H
#define TALLY_ADMIN_REVOKE_H

#include "oauth/token_check.h"

/*
 * Ends everything that was issued to this client until now; *until_us is when
 * that was. TALLY_ERR_NOT_FOUND: there is no such client.
 */
enum tally_err tally_admin_revoke_client(struct tally_store *store, struct tally_arena *arena,
					 struct tally_span client_id, int64_t *until_us)
	TALLY_MUST_CHECK;

/* The same for a user, by user_id or login; *user_id is the arena's. */
enum tally_err tally_admin_revoke_user(struct tally_store *store, struct tally_arena *arena,
				       struct tally_span name, struct tally_span *user_id,
				       int64_t *until_us) TALLY_MUST_CHECK;

/*
 * Ends an access token, or the family of a refresh token. TALLY_ERR_NOT_FOUND:
 * the token is none of ours, or has expired.
 */
enum tally_err tally_admin_revoke_token(struct tally_store *store, struct tally_arena *arena,
					const struct tally_conf *conf,
					const struct tally_wrap_keys *wrap, struct tally_span text,
					struct tally_token *out) TALLY_MUST_CHECK;

#endif
