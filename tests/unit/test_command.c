/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "sys/command.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

static char out[64];
static const char *why;

static enum tally_err run(const char *text)
{
	return tally_command_line(text, 1, out, sizeof(out), &why);
}

static void the_first_line_is_given(void **state)
{
	(void)state;
	assert_int_equal(run("echo one; echo two"), TALLY_OK);
	assert_string_equal(out, "one");
	assert_int_equal(run("printf '%s' 'no end'"), TALLY_OK);
	assert_string_equal(out, "no end");
	assert_int_equal(run("printf 'crlf\\r\\n'"), TALLY_OK);
	assert_string_equal(out, "crlf");
}

static void what_goes_wrong_is_said(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
		{ "echo secret; exit 3", "it failed" },
		{ "echo secret; kill -9 $$", "it failed" },
		{ "/no/such/command 2>&1", "it failed" },
		{ "true", "it printed nothing" },
		{ "echo; echo second", "it printed nothing" },
		{ "echo secret; exec sleep 5", "it took too long" },
		{ "echo secret; exec >&-; sleep 5", "it took too long" },
		{ "sleep 5 & echo secret", "it took too long" },
		{ "while :; do echo 0123456789; done", "it printed too much" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(run(rows[i].text), TALLY_ERR_IO);
		assert_string_equal(why, rows[i].why);
		assert_string_equal(out, "");
	}
}

static void it_has_neither_input_nor_our_files(void **state)
{
	int fd = open("/dev/null", O_RDONLY); /* without O_CLOEXEC */
	char text[96];

	(void)state;
	assert_int_equal(run("if read line; then echo input; else echo none; fi"), TALLY_OK);
	assert_string_equal(out, "none");
	snprintf(text, sizeof(text), "if test -e /proc/self/fd/%d; then echo open; else echo closed; fi",
		 fd);
	assert_int_equal(run(text), TALLY_OK);
	assert_string_equal(out, "closed");
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_line_is_given),
		cmocka_unit_test(what_goes_wrong_is_said),
		cmocka_unit_test(it_has_neither_input_nor_our_files),
	};

	return cmocka_run_group_tests_name("command", tests, NULL, NULL);
}
