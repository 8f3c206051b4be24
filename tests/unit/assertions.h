/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What tests of assertions share: keys of others, and JWTs that say anything.
 * Everything that fails fails the test.
 */
#ifndef TALLY_TESTS_ASSERTIONS_H
#define TALLY_TESTS_ASSERTIONS_H

#include "codec/json_in.h"
#include "tests/unit/seam.h"

/* Keys that are made when they are first asked for; two of each algorithm. */
struct tally_key *assertion_key(enum tally_alg_id alg, unsigned int which);
void assertion_free_keys(void);

/*
 * A JWS with exactly this header and payload, in out. In both, '@' with a whole
 * number behind it stands for so many seconds from now: {"exp":@60}.
 */
const char *assertion_sign(struct tally_key *key, const char *header, const char *payload,
			   char out[SEAM_TEXT_MAX]);

/* The same with HMAC-SHA-256. */
const char *assertion_mac(struct tally_span secret, const char *header, const char *payload,
			  char out[SEAM_TEXT_MAX]);

/* A machine user, whose login is that of the user_id with "bot-" in front. */
void assertion_add_machine(struct tally_store *store, const char *user_id);

/* expires_at 0: never. */
void assertion_add_user_key(struct tally_store *store, const char *user_id, const char *kid,
			    struct tally_key *key, int64_t expires_at);
void assertion_add_client_key(struct tally_store *store, const char *client_id, const char *kid,
			      struct tally_key *key, int64_t expires_at);

/* The claims of a token in an answer; the caller frees them. */
struct tally_json *assertion_claims(struct tally_span response, const char *member);
void assertion_assert_claim(const struct tally_json *claims, const char *name, const char *want);

#endif
