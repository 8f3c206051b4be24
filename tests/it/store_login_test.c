/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may connect to the database, how, and what the operator learns of it
 * otherwise. Run by 20-store.sh, with the variables that store_fault_test.c
 * names.
 */
#include "config.h"

#include "tests/it/store_help.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct store_help help;

static int open_all(void **state)
{
	(void)state;
	store_help_open(&help);
	store_log_begin();
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	store_log_end();
	store_help_close(&help);
	return 0;
}

static enum tally_err ping_with(const struct tally_conf *conf)
{
	struct tally_store *store;
	enum tally_err err = tally_mysql_open(conf, &store);

	if (err != TALLY_OK)
		return err;
	err = store->ops->ping(store);
	store->ops->close(store);
	return err;
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static void the_operator_learns_what_is_wrong(void **state)
{
	struct tally_conf wrong = *help.conf;
	char secret[] = "/tmp/store-secret-XXXXXX";
	int fd = mkstemp(secret);
	const char *text;

	(void)state;
	close(fd);
	write_file(secret, "not-the-password\n");
	wrong.database_password_file = secret;
	assert_int_equal(ping_with(&wrong), TALLY_ERR_UNAVAILABLE);
	text = store_logged();
	assert_non_null(strstr(text, "check database.user and database.password-file"));
	assert_null(strstr(text, "not-the-password"));
	unlink(secret);
	assert_int_equal(ping_with(&wrong), TALLY_ERR_UNAVAILABLE);
	assert_non_null(strstr(store_logged(), "database.password-file cannot be read: No such file"));
	wrong = *help.conf;
	wrong.database_socket = "/nonexistent/db.sock";
	assert_int_equal(ping_with(&wrong), TALLY_ERR_UNAVAILABLE);
	assert_non_null(strstr(store_logged(), "; server /nonexistent/db.sock, database tallystick, user "
					 "tallystick; is the server running?"));
	wrong = *help.conf;
	wrong.database_name = "no_such_database";
	assert_int_equal(ping_with(&wrong), TALLY_ERR_UNAVAILABLE);
	assert_non_null(strstr(store_logged(), "database no_such_database, user "));
}

static void the_password_is_read_at_each_connection(void **state)
{
	char old[256] = "", text[400];
	const char *path = help.conf->database_password_file;
	FILE *f = fopen(path, "r");

	(void)state;
	assert_non_null(fgets(old, sizeof(old), f));
	fclose(f);
	old[strcspn(old, "\n")] = '\0';
	store_admin(&help, "ALTER USER tallystick@localhost IDENTIFIED BY 'Another-1'");
	write_file(path, "Another-1\n");
	store_kill_connections(&help);
	assert_int_equal(help.store->ops->ping(help.store), TALLY_OK);
	snprintf(text, sizeof(text), "ALTER USER tallystick@localhost IDENTIFIED BY '%s'", old);
	store_admin(&help, text);
	write_file(path, old);
	store_kill_connections(&help);
	assert_int_equal(help.store->ops->ping(help.store), TALLY_OK);
}

static void readers_of_the_password_are_told_once(void **state)
{
	struct tally_conf conf = *help.conf;
	char copy[] = "/tmp/store-secret-XXXXXX", password[256] = "";
	FILE *f = fopen(conf.database_password_file, "r");
	int fd = mkstemp(copy);

	(void)state;
	assert_non_null(fgets(password, sizeof(password), f));
	fclose(f);
	close(fd);
	write_file(copy, password);
	conf.database_password_file = copy;
	assert_int_equal(chmod(copy, 0640), 0);
	assert_int_equal(ping_with(&conf), TALLY_OK);
	assert_null(strstr(store_logged(), "every user of this machine"));
	assert_int_equal(chmod(copy, 0644), 0);
	assert_int_equal(ping_with(&conf), TALLY_OK);
	assert_int_equal(ping_with(&conf), TALLY_OK);
	const char *text = store_logged();

	assert_int_equal(store_count(text, "every user of this machine"), 1);
	assert_non_null(strstr(text, copy));
	unlink(copy);
}

static void the_command_is_run_at_each_connection(void **state)
{
	struct tally_conf conf = *help.conf;
	char command[300], count[] = "/tmp/store-count-XXXXXX", lines[16] = "";
	int fd = mkstemp(count);

	(void)state;
	snprintf(command, sizeof(command), "echo x >>%s; cat %s", count,
		 conf.database_password_file);
	conf.database_password_file = NULL;
	conf.database_password_command = command;
	for (int i = 0; i < 3; i++)
		assert_int_equal(ping_with(&conf), TALLY_OK);
	assert_int_equal(read(fd, lines, sizeof(lines)), 6);
	close(fd);
	unlink(count);
	conf.database_password_command = "echo cannot get it >&2; exit 1";
	assert_int_equal(ping_with(&conf), TALLY_ERR_UNAVAILABLE);
	assert_non_null(strstr(store_logged(), "database.password-command ended with status 1: "
					       "cannot get it; server "));
}

/* The configuration over TCP. The server takes no names of hosts, so the user is one more. */
static struct tally_conf over_tcp(void)
{
	struct tally_conf conf = *help.conf;
	char password[256] = "", text[400];
	FILE *f = fopen(conf.database_password_file, "r");

	assert_non_null(fgets(password, sizeof(password), f));
	fclose(f);
	password[strcspn(password, "\n")] = '\0';
	snprintf(text, sizeof(text), "CREATE USER IF NOT EXISTS tallystick@'127.0.0.1'"
		 " IDENTIFIED BY '%s'", password);
	store_admin(&help, text);
	store_admin(&help, "GRANT ALL ON tallystick.* TO tallystick@'127.0.0.1'");
	conf.database_socket = NULL;
	conf.database_host = "localhost";
	conf.database_port = (uint32_t)strtoul(store_given("TALLY_IT_PORT"), NULL, 10);
	return conf;
}

static void tls_verifies_what_it_says(void **state)
{
	struct tally_conf conf = over_tcp();

	(void)state;
	conf.database_tls = TALLY_TLS_VERIFY;
	conf.database_tls_ca_file = NULL;
	assert_int_equal(ping_with(&conf), TALLY_ERR_CONFIG);
	conf.database_tls_ca_file = store_given("TALLY_IT_CA");
	assert_int_equal(ping_with(&conf), TALLY_OK);
	store_logged();
	/* The certificate is for the name, not for the address. */
	conf.database_host = "127.0.0.1";
	assert_int_equal(ping_with(&conf), TALLY_ERR_UNAVAILABLE);
	conf.database_host = "localhost";
	conf.database_tls_ca_file = store_given("TALLY_IT_OTHER_CA");
	assert_int_equal(ping_with(&conf), TALLY_ERR_UNAVAILABLE);
	assert_int_equal(store_count(store_logged(), "check database.tls and tls-ca-file"), 2);
}

static void tls_is_on_when_it_says_so(void **state)
{
	struct tally_conf conf = over_tcp();
	struct tally_db db = { .conf = &conf };

	(void)state;
	for (unsigned int tls = TALLY_TLS_OFF; tls <= TALLY_TLS_ON; tls++) {
		conf.database_tls = tls;
		assert_int_equal(tally_db_connect(&db, 5), TALLY_OK);
		assert_true((mysql_get_ssl_cipher(db.mysql) != NULL) == (tls == TALLY_TLS_ON));
		tally_db_close(&db);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_operator_learns_what_is_wrong),
		cmocka_unit_test(the_password_is_read_at_each_connection),
		cmocka_unit_test(readers_of_the_password_are_told_once),
		cmocka_unit_test(the_command_is_run_at_each_connection),
		cmocka_unit_test(tls_verifies_what_it_says),
		cmocka_unit_test(tls_is_on_when_it_says_so),
	};

	return cmocka_run_group_tests_name("store-login", tests, open_all, close_all);
}
