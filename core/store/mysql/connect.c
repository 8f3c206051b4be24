/* SPDX-License-Identifier: Apache-2.0 */
/* How a connection is made. */
#include "config.h"

#include "store/mysql/db.h"

#include "base/secret.h"
#include "sys/command.h"
#include "sys/file.h"

#include <errno.h>

/* An IAM token has about 1000 characters. */
#define PASSWORD_MAX 4096u
#define COMMAND_SECONDS 10u /* that database.password-command may take */

static enum tally_err note(struct tally_db *db, const char *what)
{
	char text[256];

	snprintf(text, sizeof(text), "%s: %s", what, strerror(errno));
	return tally_db_failed(db, 0, text);
}

/* Of the operator's choosing, such as "aws rds generate-db-auth-token …". */
static enum tally_err run_command(struct tally_db *db, char out[PASSWORD_MAX + 1])
{
	const char *why;
	char text[256];

	if (tally_command_line(db->conf->database_password_command, COMMAND_SECONDS, out,
			       PASSWORD_MAX + 1, &why) == TALLY_OK)
		return TALLY_OK;
	snprintf(text, sizeof(text), "database.password-command: %s", why);
	return tally_db_failed(db, 0, text);
}

/* "" when neither a file nor a command is configured. */
static enum tally_err read_password(struct tally_db *db, char out[PASSWORD_MAX + 1])
{
	const char *path = db->conf->database_password_file;

	out[0] = '\0';
	if (db->conf->database_password_command != NULL)
		return run_command(db, out);
	if (path == NULL || tally_file_line(path, out, PASSWORD_MAX + 1) == TALLY_OK)
		return TALLY_OK;
	return note(db, "database.password-file cannot be read");
}

/* A Unix socket does not leave the machine, so TLS is for TCP only. */
static void set_tls(MYSQL *mysql, const struct tally_conf *conf)
{
	enum tally_conf_tls tls = conf->database_tls;

	if (conf->database_socket != NULL)
		tls = TALLY_TLS_OFF;
#if HAVE_DECL_MYSQL_OPT_SSL_MODE
	static const unsigned int modes[] = {
		[TALLY_TLS_OFF] = SSL_MODE_DISABLED,
		[TALLY_TLS_ON] = SSL_MODE_REQUIRED,
		[TALLY_TLS_VERIFY] = SSL_MODE_VERIFY_IDENTITY,
	};

	mysql_options(mysql, MYSQL_OPT_SSL_MODE, &modes[tls]);
#else
	tally_db_bool enforce = tls != TALLY_TLS_OFF;
	tally_db_bool verify = tls == TALLY_TLS_VERIFY;

	mysql_options(mysql, MYSQL_OPT_SSL_ENFORCE, &enforce);
	mysql_options(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
#endif
	if (tls != TALLY_TLS_OFF)
		mysql_options(mysql, MYSQL_OPT_TLS_VERSION, "TLSv1.2,TLSv1.3");
	if (tls == TALLY_TLS_VERIFY)
		mysql_options(mysql, MYSQL_OPT_SSL_CA, conf->database_tls_ca_file);
}

static void set_options(MYSQL *mysql, const struct tally_conf *conf, unsigned int timeout)
{
	unsigned int connect = conf->database_connect_timeout;
	unsigned int protocol = conf->database_socket ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP;
	unsigned int none = 0;

	mysql_options(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &connect);
	mysql_options(mysql, MYSQL_OPT_READ_TIMEOUT, &timeout);
	mysql_options(mysql, MYSQL_OPT_WRITE_TIMEOUT, &timeout);
	mysql_options(mysql, MYSQL_OPT_PROTOCOL, &protocol);
	mysql_options(mysql, MYSQL_OPT_LOCAL_INFILE, &none);
	mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	mysql_options4(mysql, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", "tallystick");
#if HAVE_DECL_MYSQL_OPT_GET_SERVER_PUBLIC_KEY
	/* caching_sha2_password over TCP without TLS: MariaDB's client asks unbidden. */
	tally_db_bool ask = conf->database_tls == TALLY_TLS_OFF;

	mysql_options(mysql, MYSQL_OPT_GET_SERVER_PUBLIC_KEY, &ask);
#endif
	/* An IAM token goes to the server as it is: only to one that has proved its name. */
	tally_db_bool cleartext = conf->database_tls == TALLY_TLS_VERIFY &&
				  conf->database_socket == NULL;

	mysql_options(mysql, MYSQL_ENABLE_CLEARTEXT_PLUGIN, &cleartext);
	set_tls(mysql, conf);
}

/* Whatever the server's defaults are, a session is like this. */
static enum tally_err set_session(struct tally_db *db, unsigned int timeout)
{
	unsigned int wait = timeout > 1 ? timeout - 1 : 1;
	char text[320];

	/* A lock is given up before the reading of its answer would be. */
	snprintf(text, sizeof(text),
		 "SET SESSION autocommit = 1, time_zone = '+00:00',"
		 " sql_mode = 'STRICT_ALL_TABLES,ONLY_FULL_GROUP_BY,NO_ENGINE_SUBSTITUTION,"
		 "ERROR_FOR_DIVISION_BY_ZERO',"
		 " innodb_lock_wait_timeout = %u, lock_wait_timeout = %u", wait, wait);
	enum tally_err err = tally_db_exec(db, text);

	if (err == TALLY_OK)
		err = tally_db_exec(db, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
	return err;
}

enum tally_err tally_db_connect(struct tally_db *db, unsigned int timeout)
{
	const struct tally_conf *conf = db->conf;
	const char *host = conf->database_host ? conf->database_host : "127.0.0.1";
	char password[PASSWORD_MAX + 1];
	enum tally_err err = read_password(db, password);

	if (err != TALLY_OK)
		goto out;
	db->mysql = mysql_init(NULL);
	if (db->mysql == NULL) {
		err = tally_db_failed(db, 0, "out of memory");
		goto out;
	}
	set_options(db->mysql, conf, timeout);
	/* CLIENT_FOUND_ROWS: an UPDATE tells the rows it found, changed or not. */
	if (mysql_real_connect(db->mysql, conf->database_socket ? NULL : host,
			       conf->database_user, password, conf->database_name,
			       conf->database_port, conf->database_socket,
			       CLIENT_FOUND_ROWS) == NULL)
		err = tally_db_failed(db, mysql_errno(db->mysql), mysql_error(db->mysql));
	else
		err = set_session(db, timeout);
	if (err != TALLY_OK)
		tally_db_close(db);
out:
	tally_secret_wipe(password, sizeof(password));
	return err;
}
