/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Managing signing keys. A key must be known to verifiers before it signs, so
 * activating it sets a time that is at least keys.publish-before after its
 * creation; all processes switch over at that time without being told.
 */
#ifndef TALLY_ADMIN_KEY_H
#define TALLY_ADMIN_KEY_H

#include "crypt/key.h"
#include "crypt/seal.h"
#include "store/store.h"
#include "sys/conf.h"

enum tally_activation {
	TALLY_ACTIVATE_NOT,
	TALLY_ACTIVATE_IN_TIME, /* when it has been published long enough */
	TALLY_ACTIVATE_NOW
};

struct tally_new_key {
	const struct tally_alg *alg;
	const char *uri; /* load it from there; NULL: make one */
	enum tally_activation activation;
};

/* What came of it. */
struct tally_key_change {
	char kid[TALLY_ID_MAX + 1];
	int64_t activate_at; /* 0: not activated */
};

/*
 * Makes or loads a private key, wraps it (a made one) with wrap, and publishes
 * it. The first key of an algorithm, when activated, signs at once: there are
 * no verifiers yet who know another. TALLY_ERR_CONFIG: wrap is NULL but needed;
 * TALLY_ERR_EXISTS: this key is there. Both logged.
 */
enum tally_err tally_admin_key_add(struct tally_store *store, const struct tally_conf *conf,
				   const struct tally_seal_key *wrap,
				   const struct tally_new_key *key,
				   struct tally_key_change *change) TALLY_MUST_CHECK;

/* TALLY_ERR_NOT_FOUND; TALLY_ERR_STATE: retired. Logged. */
enum tally_err tally_admin_key_activate(struct tally_store *store, const struct tally_conf *conf,
					struct tally_span kid, enum tally_activation activation,
					struct tally_key_change *change) TALLY_MUST_CHECK;

/*
 * TALLY_ERR_NOT_FOUND; TALLY_ERR_STATE: retired already, or no other key of
 * its algorithm signs and force is false. Logged.
 */
enum tally_err tally_admin_key_retire(struct tally_store *store, struct tally_span kid,
				      bool force) TALLY_MUST_CHECK;

/*
 * Removes a key. TALLY_ERR_NOT_FOUND; TALLY_ERR_STATE: it is still published,
 * and force is false: for a key that was stolen. Logged.
 */
enum tally_err tally_admin_key_remove(struct tally_store *store, const struct tally_conf *conf,
				      struct tally_span kid, bool force) TALLY_MUST_CHECK;

#endif
