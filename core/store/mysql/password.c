/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "store/mysql/password.h"

#include "sys/command.h"
#include "sys/file.h"
#include "sys/log.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/stat.h>

static enum tally_err note(struct tally_db *db, const char *what, const char *why)
{
	char text[64 + TALLY_COMMAND_WHY_SIZE];

	snprintf(text, sizeof(text), "%s %s", what, why);
	return tally_db_failed(db, 0, text);
}

/* Told once per process, and not refused: a start must not depend on it. */
static void warn_of_readers(const char *path)
{
	static atomic_flag told = ATOMIC_FLAG_INIT;
	struct stat st;

	if (stat(path, &st) != 0 || (st.st_mode & (S_IROTH | S_IWOTH)) == 0)
		return;
	if (!atomic_flag_test_and_set(&told))
		tally_log_warn("database.password-file: every user of this machine can use the "
			       "password in %s; give the file to the user of the service alone "
			       "(chmod 0640 or 0600), then change the password",
			       path);
}

static enum tally_err from_file(struct tally_db *db, char out[TALLY_DB_PASSWORD_MAX + 1])
{
	const char *path = db->conf->database_password_file;

	if (tally_file_line(path, out, TALLY_DB_PASSWORD_MAX + 1) != TALLY_OK)
		return note(db, "database.password-file cannot be read:", strerror(errno));
	warn_of_readers(path);
	return TALLY_OK;
}

static enum tally_err from_command(struct tally_db *db, char out[TALLY_DB_PASSWORD_MAX + 1])
{
	const struct tally_conf *conf = db->conf;
	char why[TALLY_COMMAND_WHY_SIZE];

	if (tally_command_run(conf->database_password_command,
			      conf->database_connect_timeout * 1000, out, TALLY_DB_PASSWORD_MAX + 1,
			      why) != TALLY_OK)
		return note(db, "database.password-command", why);
	/* Logging in without a password would hide that there is none. */
	if (strcspn(out, "\r\n") == 0)
		return note(db, "database.password-command", "printed no password");
	return TALLY_OK;
}

enum tally_err tally_db_password(struct tally_db *db, char out[TALLY_DB_PASSWORD_MAX + 1])
{
	enum tally_err err = TALLY_OK;

	out[0] = '\0';
	if (db->conf->database_password_file != NULL)
		err = from_file(db, out);
	else if (db->conf->database_password_command != NULL)
		err = from_command(db, out);
	if (err == TALLY_OK)
		out[strcspn(out, "\r\n")] = '\0';
	return err;
}
