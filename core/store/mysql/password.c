/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "store/mysql/password.h"

#include "sys/command.h"
#include "sys/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

static enum tally_err note(struct tally_db *db, const char *what, const char *why)
{
	char text[64 + TALLY_COMMAND_WHY_SIZE];

	snprintf(text, sizeof(text), "%s %s", what, why);
	return tally_db_failed(db, 0, text);
}

static ssize_t read_all(int fd, char *out, size_t size)
{
	size_t n = 0;

	while (n < size) {
		ssize_t got = read(fd, out + n, size - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		n += (size_t)got;
	}
	return (ssize_t)n;
}

/* Told once per process, and not refused: a start must not depend on it. */
static void warn_of_readers(int fd, const char *path)
{
	static atomic_flag told = ATOMIC_FLAG_INIT;
	struct stat st;

	if (fstat(fd, &st) != 0 || (st.st_mode & (S_IROTH | S_IWOTH)) == 0)
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
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read_all(fd, out, TALLY_DB_PASSWORD_MAX + 1);
	int saved = errno;

	if (fd >= 0) {
		warn_of_readers(fd, path);
		close(fd);
	}
	if (n < 0)
		return note(db, "database.password-file cannot be read:", strerror(saved));
	if (n > (ssize_t)TALLY_DB_PASSWORD_MAX)
		return note(db, "database.password-file:", strerror(EFBIG));
	out[n] = '\0';
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
