/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a token is, whatever its form, and whether it still holds: for those who
 * are shown tokens (introspection, revocation, userinfo).
 *
 * Its form alone says what a token is: the prefix of an opaque one (opaque.h),
 * or that of a JWS, which must be an access token of ours (RFC 9068).
 */
#ifndef TALLY_OAUTH_TOKEN_CHECK_H
#define TALLY_OAUTH_TOKEN_CHECK_H

#include "http/request.h"
#include "oauth/refresh.h"
#include "oauth/user.h"
#include "store/store.h"

enum tally_token_kind { TALLY_TOKEN_ACCESS, TALLY_TOKEN_REFRESH };

/* A token that is ours and has not expired. Spans are the request's. */
struct tally_token {
	enum tally_token_kind kind;
	struct tally_token_id id;
	struct tally_token_id family; /* all zero: none */
	/* Of a JWT the numbers are not known: they are 0. */
	struct tally_token_owner owner;
	int64_t expires_at;
	/* The status of an access token; of a refresh token, of those that it knows. */
	struct tally_live_refs live;
	bool status_is_unknown; /* it names an entry; whether of ours cannot be told now */
	bool is_kept;    /* the store has answered for it already */
	bool is_sealed;  /* a refresh token that carries itself */
	bool is_revoked; /* of a kept or sealed one */
	bool is_used;    /* of a kept refresh token */
};

/*
 * Reads and authenticates a token. TALLY_ERR_NOT_FOUND: it is none of ours,
 * altered, or expired; TALLY_ERR_UNSUPPORTED: we signed it, but it is no access
 * token (an ID token); TALLY_ERR_UNAVAILABLE.
 */
enum tally_err tally_token_read(struct tally_request *rq, struct tally_span text,
				struct tally_token *out) TALLY_MUST_CHECK;

/* As tally_token_read has it. */
struct tally_token tally_token_of_refresh(const struct tally_refresh *refresh);

/*
 * Whether it holds now: not revoked (asked live: of the store, and of the status
 * list that it names), not used up, its client and
 * user are there and enabled. *why is NULL, or says for the log why not. user
 * (may be NULL) is who its subject is, a copy that lives as long as the request;
 * NULL: no user.
 */
enum tally_err tally_token_check(struct tally_request *rq, const struct tally_token *token,
				 const struct tally_user_record **user, const char **why)
	TALLY_MUST_CHECK;

#endif
