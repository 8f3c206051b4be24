/* SPDX-License-Identifier: Apache-2.0 */
/* Where the password of the database comes from. */
#ifndef TALLY_STORE_MYSQL_PASSWORD_H
#define TALLY_STORE_MYSQL_PASSWORD_H

#include "store/mysql/db.h"

/* An IAM token has about 1000 characters. */
#define TALLY_DB_PASSWORD_MAX 4096u

/*
 * The first line of the password file, or of what the password command prints;
 * "" when neither is configured. Read anew at each call. On failure db->failure
 * says why. out is the caller's to wipe.
 */
enum tally_err tally_db_password(struct tally_db *db, char out[TALLY_DB_PASSWORD_MAX + 1])
	TALLY_MUST_CHECK;

#endif
