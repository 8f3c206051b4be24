/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A grant is a file and a row: grant/<name>.c decides, grant.def lists it. All
 * that grants have in common happens around the decision, in token.c: limits of
 * the form, client authentication, "may this client use this grant", narrowing
 * the scope, minting, the metadata.
 */
#ifndef TALLY_OAUTH_GRANT_H
#define TALLY_OAUTH_GRANT_H

#include "codec/form.h"
#include "http/request.h"
#include "oauth/client.h"
#include "oauth/refresh.h"

enum tally_grant_id {
#define TALLY_GRANT(name) TALLY_GRANT_##name,
#include "oauth/grant.def"
#undef TALLY_GRANT
	TALLY_GRANT_COUNT
};

enum tally_grant_flags {
	/* The client must have authenticated with a secret or a key. */
	TALLY_GRANT_CONFIDENTIAL_ONLY = 1 << 0,
	/*
	 * The grant itself says who asks, so that client authentication may be
	 * left out (RFC 7521 §4.1). When it is there, it must be right.
	 */
	TALLY_GRANT_CLIENT_OPTIONAL = 1 << 1,
};

/* A token request whose client is known and may use the grant. */
struct tally_token_request {
	const struct tally_form *form;
	const struct tally_client *client; /* NULL only with CLIENT_OPTIONAL */
	struct tally_scopes scopes; /* asked for and allowed; empty: none asked for */
};

/* What a grant decides, and what the token will say. */
struct tally_mint {
	struct tally_span subject;  /* "sub" */
	struct tally_span scope;    /* canonical; empty: no scope */
	struct tally_span audience; /* "aud" */
	uint32_t access_lifetime;   /* seconds */
	const struct tally_user_record *user; /* NULL: the client, or a subject without a user */
	int64_t auth_time;          /* when the user logged in; 0: not */
	bool with_refresh;          /* a refresh token goes with it, if the client may use one */

	const struct tally_refresh *from; /* the token that is used up; NULL: none */
};

struct tally_grant {
	const char *type; /* of the parameter grant_type */
	unsigned int flags;
	/*
	 * Decides. mint comes filled with the scope, audience and lifetime
	 * that the client would get; the grant sets the subject, and may set
	 * the others. What it hands out lives as long as the request.
	 */
	enum tally_fault (*decide)(struct tally_request *rq,
				   const struct tally_token_request *token,
				   struct tally_mint *mint);
};

const struct tally_grant *tally_grant(enum tally_grant_id id);

/* By its grant_type; NULL: unknown. */
const struct tally_grant *tally_grant_find(struct tally_span type, enum tally_grant_id *id);

#endif
