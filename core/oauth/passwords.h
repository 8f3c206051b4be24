/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checking passwords without letting logins starve other grants. Hashing is
 * meant to be slow, so only passwords.parallel of them run at once in a
 * process and only passwords.queue wait; whoever comes then is told to come
 * later. A password that was verified is remembered for passwords.cache
 * seconds, as an HMAC under a key of this process (the idea of MySQL's
 * caching_sha2_password); it is forgotten when the user's stored hash changes.
 */
#ifndef TALLY_OAUTH_PASSWORDS_H
#define TALLY_OAUTH_PASSWORDS_H

#include "base/err.h"
#include "base/span.h"
#include "store/store.h"
#include "sys/conf.h"

struct tally_passwords;

/* conf: borrowed. Owned; NULL: out of memory. */
struct tally_passwords *tally_passwords_new(const struct tally_conf *conf);
void tally_passwords_free(struct tally_passwords *passwords);

/*
 * Whether this is the user's password. user NULL (there is none) or one without
 * a password: TALLY_ERR_VERIFY, at the cost of a real check. TALLY_ERR_LIMIT: too many wait.
 */
enum tally_err tally_passwords_check(struct tally_passwords *passwords,
				     const struct tally_user_record *user,
				     struct tally_span password) TALLY_MUST_CHECK;

#endif
