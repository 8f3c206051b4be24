/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The signing keys as a process holds them: unwrapped, ordered, and with the
 * decision which of them signs. A key set is immutable and counts its holders.
 *
 * The life of a key: published from its creation; signing from activate_at
 * until another key of its algorithm is activated later; published on until it
 * is retired and the tokens that it signed have expired. So no token is ever
 * out in the world whose key is not published.
 */
#ifndef TALLY_STORE_KEYSET_H
#define TALLY_STORE_KEYSET_H

#include <stdint.h>

#include "crypt/derive.h"
#include "crypt/key.h"
#include "store/store.h"
#include "sys/conf.h"

enum tally_key_state {
	TALLY_KEY_PUBLISHED, /* known to verifiers, does not sign yet */
	TALLY_KEY_SIGNING,
	TALLY_KEY_SUPERSEDED, /* another one signs; may still be activated again */
	TALLY_KEY_RETIRED,    /* published until its tokens have expired */
	TALLY_KEY_GONE        /* no longer published */
};

/* "published", "signing", … */
const char *tally_key_state_word(enum tally_key_state state);

struct tally_keyset_key {
	char kid[TALLY_ID_MAX + 1];
	const struct tally_alg *alg;
	struct tally_key *key; /* private where this process could open it */
	enum tally_key_state state;
	int64_t created_at;
	int64_t activate_at;
	int64_t retired_at;
};

struct tally_keyset;

/*
 * For how many seconds after its retirement a key is still published: the
 * longest life of a token, the time that a process may go on signing without
 * knowing, and what a verifier's clock may be behind.
 */
int64_t tally_key_tokens_live(const struct tally_conf *conf);

/*
 * The states that a list of keys has at a time. tokens_live: seconds for which
 * a token that a key signed may live. states has count places.
 */
void tally_key_states(const struct tally_key_record *records, size_t count, int64_t now,
		      int64_t tokens_live, enum tally_key_state *states);

/*
 * Reads the keys of the store and opens the private ones: unwraps with wrap or
 * loads their URI. A key that signs but cannot be
 * opened is an error, logged with what to do; others are only published. When
 * nothing has changed since `before` (may be NULL), *out is `before`, held once
 * more. Owned, ended by tally_keyset_free.
 */
enum tally_err tally_keyset_load(struct tally_store *store, const struct tally_wrap_keys *wrap,
				 int64_t now, int64_t tokens_live,
				 const struct tally_keyset *before, struct tally_keyset **out)
	TALLY_MUST_CHECK;

struct tally_keyset *tally_keyset_ref(const struct tally_keyset *keys);
void tally_keyset_free(struct tally_keyset *keys);

size_t tally_keyset_count(const struct tally_keyset *keys);
const struct tally_keyset_key *tally_keyset_at(const struct tally_keyset *keys, size_t i);

/* The key that signs with this algorithm; NULL: none. */
const struct tally_keyset_key *tally_keyset_signing(const struct tally_keyset *keys,
						    const struct tally_alg *alg);

/* A published key by its kid; NULL: none. */
const struct tally_keyset_key *tally_keyset_find(const struct tally_keyset *keys,
						 struct tally_span kid);

#endif
