/* SPDX-License-Identifier: Apache-2.0 */
/* How a connection is made. */
#include "config.h"

#include "store/mysql/db.h"

#include "base/secret.h"
#include "store/mysql/password.h"

/* A Unix socket does not leave the machine, so TLS is for TCP only. */
static enum tally_conf_tls tls_of(const struct tally_conf *conf)
{
	return conf->database_socket != NULL ? TALLY_TLS_OFF : conf->database_tls;
}

/*
 * The server says by which plugin the client is to show that it knows the
 * password. mysql_clear_password sends the password itself, which an IAM token
 * needs: only where TLS hides it. MySQL's client has it off unless told;
 * MariaDB's has no such switch, but newer ones take a list of what is allowed.
 */
static void set_cleartext(MYSQL *mysql, const struct tally_conf *conf)
{
	tally_db_bool allow = tls_of(conf) != TALLY_TLS_OFF;

	mysql_options(mysql, MYSQL_ENABLE_CLEARTEXT_PLUGIN, &allow);
#if HAVE_DECL_MARIADB_OPT_RESTRICTED_AUTH
	if (!allow && conf->database_socket == NULL)
		mysql_options(mysql, MARIADB_OPT_RESTRICTED_AUTH,
			      "mysql_native_password,caching_sha2_password,sha256_password,"
			      "client_ed25519,parsec,auth_gssapi_client");
#endif
}

static void set_tls(MYSQL *mysql, const struct tally_conf *conf)
{
	enum tally_conf_tls tls = tls_of(conf);

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
	set_tls(mysql, conf);
	set_cleartext(mysql, conf);
}

static enum tally_err refused(struct tally_db *db)
{
	unsigned int code = mysql_errno(db->mysql);

	/* The text that MariaDB's client has for it holds bytes of the login. */
	if (code == 5010)
		return tally_db_failed(db, code, "the server wants a login that is not allowed");
	return tally_db_failed(db, code, mysql_error(db->mysql));
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
	char password[TALLY_DB_PASSWORD_MAX + 1];
	enum tally_err err = tally_db_password(db, password);

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
		err = refused(db);
	else
		err = set_session(db, timeout);
	if (err != TALLY_OK)
		tally_db_close(db);
out:
	tally_secret_wipe(password, sizeof(password));
	return err;
}
