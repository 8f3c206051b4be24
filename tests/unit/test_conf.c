/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "sys/conf.h"
#include "sys/log.h"
#include "tests/unit/logged.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

/* What every good file needs. */
#define ISSUER "[server]\nissuer = https://auth.example.com\n"
#define DATABASE "[database]\nsocket = /run/mysqld/mysqld.sock\n"
#define BASE ISSUER DATABASE

static char conf_path[64];

static int remove_all(void **state)
{
	unlink(conf_path);
	return logged_remove_dir(state);
}

static struct tally_conf *good(const char *text)
{
	struct tally_conf *conf;

	logged_start();
	enum tally_err err = tally_conf_parse(tally_span_of(text), "t.conf", &conf);

	if (err != TALLY_OK)
		print_error("%s\n%s", text, logged());
	assert_int_equal(err, TALLY_OK);
	return conf;
}

/* Every directive of conf.def has its default, and knows whether it was given. */
static void defaults(void **state)
{
	struct tally_conf *conf = good(BASE);

	(void)state;
	assert_string_equal(conf->server_issuer, "https://auth.example.com");
	assert_string_equal(conf->server_mount, "");
	assert_int_equal(conf->server_threads, 8);
	assert_int_equal(conf->server_stop_timeout, 30);
	assert_null(conf->database_host);
	assert_string_equal(conf->database_socket, "/run/mysqld/mysqld.sock");
	assert_string_equal(conf->database_name, "tallystick");
	assert_int_equal(conf->database_tls, TALLY_TLS_OFF);
	assert_null(conf->redis_host);
	assert_int_equal(conf->keys_publish_before, 600);
	assert_int_equal(conf->tokens_max_lifetime, 86400);
	assert_string_equal(conf->tokens_algorithm, "ES256");
	assert_int_equal(conf->log_level, TALLY_CONF_LOG_NOTICE);
	assert_string_equal(logged(), "");
	tally_conf_free(conf);
}

static void lines_are_read_as_documented(void **state)
{
	static const char text[] = "\xef\xbb\xbf; comment = x\r\n"
				   "#another\r\n"
				   " [ server ] ; here\r\n"
				   "\t issuer=https://auth.example.com/t\t; inline\r\n"
				   "threads = 3 # three\r\n"
				   "\r\n   \r\n"
				   "[database]\n"
				   "name=a;b#c\n"
				   "host = db\n"
				   "[server]\n"
				   "stop-timeout = 2m\n"
				   "[redis]\n"
				   "host =\n"
				   "[log]\n"
				   "level = debug";
	struct tally_conf *conf = good(text);

	(void)state;
	assert_string_equal(conf->server_issuer, "https://auth.example.com/t");
	assert_string_equal(conf->server_mount, "/t");
	assert_int_equal(conf->server_threads, 3);
	assert_int_equal(conf->server_stop_timeout, 120);
	assert_string_equal(conf->database_name, "a;b#c");
	assert_null(conf->redis_host);
	assert_int_equal(conf->log_level, TALLY_CONF_LOG_DEBUG);
	tally_conf_free(conf);
}

static void long_lines_are_whole(void **state)
{
	struct tally_conf *conf;
	char text[600], issuer[256];

	(void)state;
	memset(issuer, 'x', sizeof(issuer) - 1);
	memcpy(issuer, "https://a/", 10);
	issuer[255] = '\0';
	snprintf(text, sizeof(text), "[server]\nissuer = %s\n" DATABASE, issuer);
	conf = good(text);
	assert_string_equal(conf->server_issuer, issuer);
	tally_conf_free(conf);
}

static void durations_have_units(void **state)
{
	static const struct {
		const char *text;
		uint32_t seconds;
	} rows[] = { { "1s", 1 },    { "90s", 90 },    { "1m", 60 },	  { "2h", 7200 },
		     { "1d", 86400 }, { "30d", 2592000 }, { "007s", 7 }, { "2592000s", 2592000 } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[256];

		snprintf(text, sizeof(text),
			 BASE "[tokens]\nmax-lifetime = %s\naccess-lifetime = 1s\n", rows[i].text);
		struct tally_conf *conf = good(text);

		assert_int_equal(conf->tokens_max_lifetime, rows[i].seconds);
		tally_conf_free(conf);
	}
}

static void mount_comes_from_the_issuer_or_the_file(void **state)
{
	static const struct {
		const char *text, *mount;
	} rows[] = {
		{ DATABASE "[server]\nissuer=https://a.b/c/d\n", "/c/d" },
		{ DATABASE "[server]\nissuer=https://a.b/c/d\nmount=/e\n", "/e" },
		{ DATABASE "[server]\nissuer=https://a.b/c/d\nmount=\n", "" },
		{ DATABASE "[server]\nissuer=https://a.b:8443\nmount=/e.f/g-h\n", "/e.f/g-h" },
		{ DATABASE "[server]\nissuer=http://[::1]:8080/t\n", "/t" },
		{ DATABASE "[server]\nissuer=http://127.0.0.1:8080/t\n", "/t" },
		{ DATABASE "[server]\nissuer=http://localhost/t\n", "/t" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tally_conf *conf = good(rows[i].text);

		assert_string_equal(conf->server_mount, rows[i].mount);
		assert_string_equal(logged(), "");
		tally_conf_free(conf);
	}
}

static void http_issuer_is_warned_of(void **state)
{
	(void)state;
	tally_conf_free(good(DATABASE "[server]\nissuer = http://auth.example.com\n"));
	assert_non_null(strstr(logged(), "warn: t.conf: server.issuer: http is for loopback only"));
	tally_conf_free(good(DATABASE "[server]\nissuer = http://127.evil.example\n"));
	assert_non_null(strstr(logged(), "warn: t.conf: server.issuer: http is for loopback only"));
}

static void mistakes_say_where_and_what(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "", "t.conf: server.issuer: must be given\n" },
		{ ISSUER, "t.conf: database.host: expected database.host or database.socket, "
			  "found neither\n" },
		{ BASE "host = x\n", "t.conf:4: database.socket: expected database.host or "
				     "database.socket, found both\n" },
		{ BASE "password-file = /x\npassword-command = echo x; echo y\n",
		  "t.conf:6: database.password-command: expected database.password-file or "
		  "database.password-command, found both\n" },
		{ BASE "[redis]\nhost=x\nsocket=/x\n",
		  "t.conf:7: redis.socket: expected redis.host or redis.socket, found both\n" },
		/* lines */
		{ "threads = 3\n" BASE, "t.conf:1: threads: expected a section, such as [server], "
					"first\n" },
		{ BASE "[serv\n", "t.conf:5: expected ']' behind the name of a section\n" },
		{ BASE "[server] x\n", "t.conf:5: expected nothing behind [section]\n" },
		{ BASE "rubbish\n", "t.conf:5: expected [section] or name = value" },
		{ BASE "name = a\n  b\n", "t.conf:6: expected [section] or name = value "
					  "(a value does not go on in the next line)\n" },
		{ BASE "= x\n", "t.conf:5: expected a name of letters, digits and '-'\n" },
		{ BASE "na me = x\n", "t.conf:5: expected a name of letters, digits and '-'\n" },
		{ BASE "[]\n", "t.conf:5: expected a name of letters, digits and '-'\n" },
		{ BASE "name = \"x\"\n", "t.conf:5: expected a value without quotes\n" },
		{ BASE "name = \xff\n", "t.conf:5: expected UTF-8 without NUL\n" },
		{ BASE "name = a\vb\n", "t.conf:5: expected no control characters\n" },
		{ BASE "name = a\rb\n", "t.conf:5: expected no control characters\n" },
		/* names */
		{ BASE "nam = x\n", "t.conf:5: database.nam: unknown directive; did you mean "
				    "database.name?\n" },
		{ BASE "connect_timeout = 3s\n", "t.conf:5: database.connect_timeout: unknown "
						 "directive; did you mean "
						 "database.connect-timeout?\n" },
		{ BASE "threads = 3\n", "t.conf:5: database.threads: unknown directive; did you "
					"mean server.threads?\n" },
		{ BASE "Name = x\n", "did you mean database.name?\n" },
		{ BASE "something-else = 3\n", "t.conf:5: database.something-else: unknown "
					       "directive\n" },
		{ BASE "[data-base]\nx = 1\n", "t.conf:5: section [data-base] is unknown; did you "
					       "mean [database]?\n" },
		{ BASE "[nonsense]\nx = 1\n", "t.conf:5: section [nonsense] is unknown\n" },
		{ BASE "socket = /x\n", "t.conf:5: database.socket: given twice, first in line "
					"4\n" },
		{ BASE "[server]\nthreads=1\n[server]\nthreads=1\n",
		  "t.conf:8: server.threads: given twice, first in line 6\n" },
		/* values */
		{ BASE "port = x\n", "t.conf:5: database.port: expected a whole number from 1 to "
				     "65535, found \"x\"\n" },
		{ BASE "port = 0\n", "from 1 to 65535, found \"0\"\n" },
		{ BASE "port = 65536\n", "from 1 to 65535, found \"65536\"\n" },
		{ BASE "port = -1\n", "from 1 to 65535, found \"-1\"\n" },
		{ BASE "port = 99999999999999999999\n", "found \"99999999999999999999\"\n" },
		{ BASE "port =\n", "from 1 to 65535, found nothing\n" },
		{ BASE "port = ; none\n", "from 1 to 65535, found nothing\n" },
		{ BASE "timeout = 30\n", "t.conf:5: database.timeout: expected a duration from 1s "
					 "to 10m (a whole number with s, m, h or d behind it), "
					 "found \"30\": its unit is missing\n" },
		{ BASE "timeout = 11m\n", "from 1s to 10m" },
		{ BASE "timeout = 0s\n", "found \"0s\"\n" },
		{ BASE "timeout = s\n", "found \"s\"\n" },
		{ BASE "timeout = 1.5s\n", "found \"1.5s\"\n" },
		{ BASE "timeout = 1 s\n", "found \"1 s\"\n" },
		{ BASE "timeout = 5M\n", "found \"5M\"\n" },
		{ BASE "timeout = 1w\n", "found \"1w\"\n" },
		{ BASE "timeout = 18446744073709551616s\n", "found \"18446744073709551616s\"\n" },
		{ BASE "timeout = 213503982334602d\n", "found \"213503982334602d\"\n" },
		{ BASE "tls = yes\n", "t.conf:5: database.tls: expected one of off, on, verify, "
				      "found \"yes\"\n" },
		{ BASE "tls =\n", "expected one of off, on, verify, found nothing\n" },
		{ BASE "tls = off|on\n", "found \"off|on\"\n" },
		{ BASE "tls-ca-file = ca.pem\n", "t.conf:5: database.tls-ca-file: expected a path "
						 "that begins with '/', found \"ca.pem\"\n" },
		{ BASE "user = 123456789012345678901234567890123\n",
		  "t.conf:5: database.user: expected 1 to 32 bytes, found 33\n" },
		{ BASE "user =\n", "t.conf:5: database.user: expected 1 to 32 bytes, found 0\n" },
		{ BASE "[log]\ntarget = log.txt\n", "t.conf:6: log.target: expected stderr, syslog "
						    "or a path that begins with '/', found "
						    "\"log.txt\"\n" },
		{ BASE "[tokens]\nstatus = on\n", "t.conf:6: tokens.status: expected redis.host or "
						  "redis.socket beside it" },
		{ BASE "[pool.tokens]\nreference-lifetime = 23h\n",
		  "t.conf:6: pool.tokens.reference-lifetime: expected at least tokens.max-lifetime "
		  "(86400s)" },
		{ BASE "[tokens]\nstatus-pool = a\nmax-lifetime = 2d\n"
		       "[pool.a]\nreference-lifetime = 1d\n",
		  "t.conf:9: pool.a.reference-lifetime: expected at least tokens.max-lifetime "
		  "(172800s)" },
		{ BASE "[tokens]\nmax-lifetime = 30m\n", "t.conf: tokens.access-lifetime: expected "
							 "at most tokens.max-lifetime (1800s), "
							 "found 3600s\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tally_conf *conf;

		logged_start();
		assert_int_equal(tally_conf_parse(tally_span_of(rows[i].text), "t.conf", &conf),
				 TALLY_ERR_CONFIG);
		assert_null(conf);
		if (strstr(logged(), rows[i].want) == NULL)
			fail_msg("wanted %sgot %s", rows[i].want, logged());
	}
}

static void issuers_and_mounts_are_checked(void **state)
{
	static const struct {
		const char *lines, *want;
	} rows[] = {
		{ "issuer = auth.example.com", "expected https://host[:port][/path]" },
		{ "issuer = HTTPS://a.example", "expected https://host[:port][/path]" },
		{ "issuer = ftp://a.example", "expected https://host[:port][/path]" },
		{ "issuer = https://", "expected host or host:port" },
		{ "issuer = https:///x", "expected host or host:port" },
		{ "issuer = https://:443", "expected host or host:port" },
		{ "issuer = https://a:x", "expected host or host:port" },
		{ "issuer = https://a:", "expected host or host:port" },
		{ "issuer = https://a:70000", "expected host or host:port" },
		{ "issuer = https://u@a.example", "expected host or host:port" },
		{ "issuer = https://a b.example", "expected host or host:port" },
		{ "issuer = https://[::1", "expected host or host:port" },
		{ "issuer = https://[::1]x", "expected host or host:port" },
		{ "issuer = https://[]/x", "expected host or host:port" },
		{ "issuer = https://\xc3\xa4.example", "expected host or host:port" },
		{ "issuer = https://a.example/", "without a slash at its end" },
		{ "issuer = https://a.example/x/", "without a slash at its end" },
		{ "issuer = https://a.example?x", "without query and fragment" },
		{ "issuer = https://a.example/x#y", "without query and fragment" },
		{ "issuer = https://a.example//x", "expected a path of letters" },
		{ "issuer = https://a.example/../x", "expected a path of letters" },
		{ "issuer = https://a.example/x%2fy", "expected a path of letters" },
		{ "issuer = https://a.example\nmount = x", "expected nothing, or a path" },
		{ "issuer = https://a.example\nmount = /", "expected nothing, or a path" },
		{ "issuer = https://a.example\nmount = /x/", "expected nothing, or a path" },
		{ "issuer = https://a.example\nmount = /x//y", "expected nothing, or a path" },
		{ "issuer = https://a.example\nmount = /./y", "expected nothing, or a path" },
		{ "issuer = https://a.example\nmount = /x?y", "expected nothing, or a path" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tally_conf *conf;
		char text[512];

		snprintf(text, sizeof(text), DATABASE "[server]\n%s\n", rows[i].lines);
		logged_start();
		assert_int_equal(tally_conf_parse(tally_span_of(text), "t.conf", &conf),
				 TALLY_ERR_CONFIG);
		if (strstr(logged(), rows[i].want) == NULL)
			fail_msg("wanted %s for %s\ngot %s", rows[i].want, text, logged());
	}
}

static void all_mistakes_are_told(void **state)
{
	struct tally_conf *conf;
	size_t count = 0;

	(void)state;
	logged_start();
	assert_int_equal(tally_conf_parse(TALLY_SPAN("[server]\nthreads=x\nissuer=y\nz\n"
						     "[database]\nport=0\nname=a\0b\n"),
					  "t.conf", &conf),
			 TALLY_ERR_CONFIG);
	for (const char *p = logged(); (p = strstr(p, "error: t.conf")) != NULL; p++)
		count++;
	assert_int_equal(count, 6);
}

static void later_checks_find_the_line(void **state)
{
	struct tally_conf *conf = good(BASE "[keys]\n\nwrap-key-file = /none\n");

	(void)state;
	assert_int_equal(tally_conf_wrong(conf, "keys.wrap-key-file", "cannot read %s", "/none"),
			 TALLY_ERR_CONFIG);
	assert_int_equal(tally_conf_wrong(conf, "tokens.algorithm", "unknown"), TALLY_ERR_CONFIG);
	assert_string_equal(logged(),
			    "tallystick: error: t.conf:7: keys.wrap-key-file: cannot read /none\n"
			    "tallystick: error: t.conf: tokens.algorithm: unknown\n");
	tally_conf_free(conf);
}

static void write_conf(const char *text, size_t times)
{
	FILE *file = fopen(conf_path, "w");

	assert_non_null(file);
	for (size_t i = 0; i < times; i++)
		fputs(text, file);
	fclose(file);
}

static void files_are_loaded(void **state)
{
	struct tally_conf *conf;

	(void)state;
	logged_start();
	snprintf(conf_path, sizeof(conf_path), "%s/conf", logged_dir());
	write_conf(BASE, 1);
	assert_int_equal(tally_conf_load(conf_path, &conf), TALLY_OK);
	assert_string_equal(conf->path, conf_path);
	tally_conf_free(conf);
	assert_int_equal(tally_conf_load("/nowhere/conf", &conf), TALLY_ERR_IO);
	assert_null(conf);
	assert_non_null(strstr(logged(), "/nowhere/conf: No such file or directory\n"));
	assert_int_equal(tally_conf_load(logged_dir(), &conf), TALLY_ERR_IO);
	write_conf("; a comment to fill the file with\n", 40000);
	assert_int_equal(tally_conf_load(conf_path, &conf), TALLY_ERR_CONFIG);
	assert_non_null(strstr(logged(), "expected at most 1048576 bytes\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(lines_are_read_as_documented),
		cmocka_unit_test(long_lines_are_whole),
		cmocka_unit_test(durations_have_units),
		cmocka_unit_test(mount_comes_from_the_issuer_or_the_file),
		cmocka_unit_test(http_issuer_is_warned_of),
		cmocka_unit_test(mistakes_say_where_and_what),
		cmocka_unit_test(issuers_and_mounts_are_checked),
		cmocka_unit_test(all_mistakes_are_told),
		cmocka_unit_test(later_checks_find_the_line),
		cmocka_unit_test(files_are_loaded),
	};

	return cmocka_run_group_tests_name("conf", tests, logged_make_dir, remove_all);
}
