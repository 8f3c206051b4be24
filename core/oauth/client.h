/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client as the endpoints see it: the record of the store with everything
 * parsed once, when it comes into the cache, instead of per request.
 */
#ifndef TALLY_OAUTH_CLIENT_H
#define TALLY_OAUTH_CLIENT_H

#include "oauth/public_key.h"
#include "oauth/scope.h"
#include "store/cache.h"
#include "store/store.h"

struct tally_client {
	struct tally_cached cached;
	struct tally_arena *arena; /* all below is in it */
	uint64_t number;
	struct tally_span client_id;
	struct tally_span audience;       /* empty: the site's */
	struct tally_scopes allowed;      /* scopes and patterns */
	struct tally_span default_scope;  /* canonical, joined */
	uint32_t grants;                  /* bits 1 << enum tally_grant_id */
	uint32_t access_lifetime;         /* seconds; 0: the site's */
	uint32_t refresh_lifetime;        /* seconds; 0: the site's */
	enum tally_persistence persistence;
	enum tally_token_format format;
	enum tally_client_status status;
	bool disabled;
	bool is_public;
	bool may_introspect;
	const struct tally_secret_record *secrets;
	size_t secret_count;
	struct tally_public_key *keys; /* that can be used */
	size_t key_count;
};

/* For a cache from client_id to struct tally_client; context: the store. */
extern const struct tally_cache_type tally_client_cache_type;

/*
 * The client's key with this kid for this algorithm, unexpired; kid.p NULL: the
 * only one for it. NULL: there is none, or more than one.
 */
struct tally_key *tally_client_find_key(const struct tally_client *client, struct tally_span kid,
					const struct tally_alg *alg, int64_t now);

#endif
