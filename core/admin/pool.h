/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Managing the pools of status lists: those of the configuration file, which are
 * changed there, and those of the database, which are changed here. A name stands
 * in one of the two; where it stands in both, the file counts.
 */
#ifndef TALLY_ADMIN_POOL_H
#define TALLY_ADMIN_POOL_H

#include "base/arena.h"
#include "store/store.h"
#include "sys/pool_conf.h"

/* Where pools stand, and an arena for what is said of them. All borrowed. */
struct tally_pool_admin {
	struct tally_store *store;
	const struct tally_conf *conf;
	struct tally_arena *arena;
};

enum tally_pool_place {
	TALLY_POOL_IN_FILE,
	TALLY_POOL_IN_DATABASE,
	TALLY_POOL_HIDDEN, /* in the database, but in the file as well */
	TALLY_POOL_BUILT_IN, /* that of our own tokens, defined in neither */
};

struct tally_admin_pool {
	struct tally_pool_conf conf; /* the id alone when it is wrong */
	enum tally_pool_place place;
	bool is_wrong;               /* its definition has mistakes, which were logged */
	int64_t created_at;          /* 0 in the file */
	int64_t retired_at;          /* 0: not retired */
	struct tally_span definition; /* of the database */
};

/* 256 random bits in base64url behind the prefix. */
#define TALLY_API_KEY_PREFIX "tally_pk_"
#define TALLY_API_KEY_CHARS (sizeof(TALLY_API_KEY_PREFIX) - 1 + 43)

/* A key, which exists outside its user only this once. Wipe it. */
struct tally_new_api_key {
	struct tally_span id;                /* for people */
	struct tally_span word;              /* ID:DIGEST, as in api-keys */
	char text[TALLY_API_KEY_CHARS + 1];  /* "": there is none */
};

/* "directive=value", as on the command line. */
struct tally_pool_settings {
	const char *const *words;
	size_t count;
};

/*
 * What goes wrong below is logged. TALLY_ERR_USAGE: what was asked for makes no
 * sense; TALLY_ERR_NOT_FOUND: there is no such pool; TALLY_ERR_STATE: it is of the
 * file, so it cannot be changed here; TALLY_ERR_CONFLICT: somebody else changed it
 * meanwhile.
 */

/*
 * Of the file in its order, then of the database, then what is built in. The array
 * is the arena's.
 */
enum tally_err tally_admin_pools(const struct tally_pool_admin *admin,
				 struct tally_admin_pool **out, size_t *count) TALLY_MUST_CHECK;

/* Never one that is hidden. */
enum tally_err tally_admin_pool_find(const struct tally_pool_admin *admin, struct tally_span id,
				     struct tally_admin_pool *out) TALLY_MUST_CHECK;

/* with_key: and makes its first key; else key->text is "". TALLY_ERR_EXISTS. */
enum tally_err tally_admin_pool_add(const struct tally_pool_admin *admin, struct tally_span id,
				    const struct tally_pool_settings *settings, bool with_key,
				    struct tally_new_api_key *key) TALLY_MUST_CHECK;

/* Not the size and the bits, with which its lists are published. */
enum tally_err tally_admin_pool_set(const struct tally_pool_admin *admin, struct tally_span id,
				    const struct tally_pool_settings *settings) TALLY_MUST_CHECK;

/* Retired at a time; 0: no longer. */
enum tally_err tally_admin_pool_retire(const struct tally_pool_admin *admin, struct tally_span id,
				       int64_t at) TALLY_MUST_CHECK;

/*
 * One more key. *place: TALLY_POOL_IN_FILE: nothing was changed; whoever keeps the
 * file puts key->word into api-keys. TALLY_ERR_LIMIT: it has TALLY_POOL_KEYS_MAX.
 */
enum tally_err tally_admin_pool_key_add(const struct tally_pool_admin *admin, struct tally_span id,
					struct tally_new_api_key *key, enum tally_pool_place *place)
	TALLY_MUST_CHECK;
enum tally_err tally_admin_pool_key_remove(const struct tally_pool_admin *admin,
					   struct tally_span id, struct tally_span key_id)
	TALLY_MUST_CHECK;

#endif
