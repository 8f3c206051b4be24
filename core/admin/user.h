/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Managing users who log in with a password. Input is checked here, with the
 * reason logged in words for whoever typed it.
 */
#ifndef TALLY_ADMIN_USER_H
#define TALLY_ADMIN_USER_H

#include "base/arena.h"
#include "crypt/password.h"
#include "store/store.h"

#define TALLY_PASSWORD_LEAST 8u /* bytes; NIST SP 800-63B §5.1.1.2 */

/* One that is made up has 128 random bits, in base64url. */
#define TALLY_MADE_PASSWORD_CHARS 22u

enum tally_err tally_admin_make_password(char out[TALLY_MADE_PASSWORD_CHARS + 1])
	TALLY_MUST_CHECK;

/*
 * Adds a user with a password; *user_id is made up, and the arena's.
 * Of names
 * login, name and organisation are taken. TALLY_ERR_USAGE: something in it is wrong;
 * TALLY_ERR_EXISTS; TALLY_ERR_STATE: there is no such organisation. Logged.
 */
enum tally_err tally_admin_user_add(struct tally_store *store, struct tally_arena *arena,
				    const struct tally_user_record *names,
				    struct tally_span password, struct tally_password_cost cost,
				    struct tally_span *user_id) TALLY_MUST_CHECK;

/* TALLY_ERR_USAGE: the password is not fit for use, or the user is a machine. Logged. */
enum tally_err tally_admin_user_set_password(struct tally_store *store,
					     const struct tally_user_record *user,
					     struct tally_span password,
					     struct tally_password_cost cost) TALLY_MUST_CHECK;

#endif
