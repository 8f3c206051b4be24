/* SPDX-License-Identifier: Apache-2.0 */
/* Users and the keys of machine users, as the endpoints see them. */
#ifndef TALLY_OAUTH_USER_H
#define TALLY_OAUTH_USER_H

#include "crypt/key.h"
#include "http/request.h"
#include "store/cache.h"
#include "store/store.h"

struct tally_user {
	struct tally_cached cached;
	struct tally_arena *arena; /* all below is in it */
	struct tally_user_record record;
};

/*
 * For the cache of users; context: the store. A key is one letter and a name:
 * 'i' and a user_id, or 'l' and a login.
 */
extern const struct tally_cache_type tally_user_cache_type;

/*
 * The user of this user_id or login; released by tally_user_release.
 * TALLY_ERR_NOT_FOUND, TALLY_ERR_UNAVAILABLE. A disabled user is found.
 */
enum tally_err tally_user_by_id(struct tally_request *rq, struct tally_span user_id,
				const struct tally_user **out) TALLY_MUST_CHECK;
enum tally_err tally_user_by_login(struct tally_request *rq, struct tally_span login,
				   const struct tally_user **out) TALLY_MUST_CHECK;
void tally_user_release(struct tally_request *rq, const struct tally_user *user);

/*
 * A copy without the password and the organisation, which lives as long as the
 * request. NULL: no memory.
 */
const struct tally_user_record *tally_user_copy(struct tally_request *rq,
						const struct tally_user_record *user);

/* A public key of a machine user, with its user. */
struct tally_user_key {
	struct tally_cached cached;
	struct tally_arena *arena;
	struct tally_public_key_record record;
	struct tally_user_record user;
	struct tally_key *key;
};

/* From a key id; context: the store. */
extern const struct tally_cache_type tally_user_key_cache_type;

/*
 * The key with this id, and its user; released by tally_user_key_release.
 * TALLY_ERR_NOT_FOUND, TALLY_ERR_UNAVAILABLE. An expired one is found, and so is
 * one whose user is disabled.
 */
enum tally_err tally_user_key_get(struct tally_request *rq, struct tally_span key_id,
				  const struct tally_user_key **out) TALLY_MUST_CHECK;
void tally_user_key_release(struct tally_request *rq, const struct tally_user_key *key);

#endif
