/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checking passwords without letting logins starve other grants. Hashing is
 * meant to be slow, so only passwords.parallel of them run at once in a
 * process and only passwords.queue wait; whoever comes then is told to come
 * later. Who waits occupies a worker thread: hence no more than half of
 * server.threads are ever let in, so that other grants find one.
 *
 * A password that was verified is remembered for passwords.cache seconds, as an
 * HMAC under a key of this process (the idea of MySQL's caching_sha2_password)
 * over the user, the stored hash and the password: when the stored hash
 * changes, what was remembered is worth nothing any more.
 */
#ifndef TALLY_OAUTH_PASSWORDS_H
#define TALLY_OAUTH_PASSWORDS_H

#include "base/err.h"
#include "base/span.h"
#include "store/store.h"
#include "sys/conf.h"

struct tally_passwords;

/* Takes what it needs of conf. Owned; NULL: out of memory, or of random bytes. */
struct tally_passwords *tally_passwords_new(const struct tally_conf *conf);
void tally_passwords_free(struct tally_passwords *passwords);

/*
 * Whether this is the user's password. TALLY_ERR_VERIFY: it is not; the same,
 * at the cost of a real check, when user is NULL (there is none), has no
 * password or is disabled, and for a password that is too long to be one.
 * TALLY_ERR_LIMIT: too many wait. A hash in the store that cannot be read is
 * logged, and is nobody's.
 */
enum tally_err tally_passwords_check(struct tally_passwords *passwords,
				     const struct tally_user_record *user,
				     struct tally_span password) TALLY_MUST_CHECK;

#endif
