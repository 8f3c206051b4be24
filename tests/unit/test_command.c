/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "sys/command.h"

#include "sys/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char out[64], why[TALLY_COMMAND_WHY_SIZE];

static enum tally_err run(const char *text)
{
	memset(out, 'x', sizeof(out));
	why[0] = '\0';
	return tally_command_run(text, 10000, out, sizeof(out), why);
}

static void assert_no_child(void)
{
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void what_it_prints_is_taken(void **state)
{
	(void)state;
	assert_int_equal(run("echo one; echo two"), TALLY_OK);
	assert_string_equal(out, "one\ntwo\n");
	assert_int_equal(run("true"), TALLY_OK);
	assert_string_equal(out, "");
	assert_int_equal(run("printf '%s' \"$TALLY_TEST\""), TALLY_OK);
	assert_string_equal(out, "inherited");
	assert_no_child();
}

static void a_failure_is_told_with_the_last_line(void **state)
{
	(void)state;
	assert_int_equal(run("echo secret; echo first >&2; echo 'no credentials' >&2; exit 3"),
			 TALLY_ERR_IO);
	assert_string_equal(why, "ended with status 3: no credentials");
	for (size_t i = 0; i < sizeof(out); i++)
		assert_int_equal(out[i], 0);
	assert_int_equal(run("exit 4"), TALLY_ERR_IO);
	assert_string_equal(why, "ended with status 4");
	assert_int_equal(run("kill -KILL $$"), TALLY_ERR_IO);
	assert_string_equal(why, "was ended by signal 9");
	assert_int_equal(run("/nonexistent/program"), TALLY_ERR_IO);
	assert_non_null(strstr(why, "ended with status 127: "));
	assert_non_null(strstr(why, "/nonexistent/program"));
	/* Of much, the end; of a long line, its beginning. */
	assert_int_equal(run("i=0; while [ $i -lt 2000 ]; do echo line $i >&2; i=$((i + 1)); done; "
			     "exit 1"),
			 TALLY_ERR_IO);
	assert_string_equal(why, "ended with status 1: line 1999");
	assert_int_equal(run("printf '%0500d' 7 >&2; exit 1"), TALLY_ERR_IO);
	assert_int_equal(strlen(why), strlen("ended with status 1: ") + 200);
	assert_no_child();
}

static void output_is_bounded(void **state)
{
	int64_t began = tally_clock_ms();

	(void)state;
	assert_int_equal(run("printf '%063d' 5"), TALLY_OK);
	assert_int_equal(strlen(out), 63);
	assert_int_equal(run("printf '%064d' 5"), TALLY_ERR_IO);
	assert_string_equal(why, "printed more than 63 bytes");
	assert_int_equal(run("while :; do echo endless; done"), TALLY_ERR_IO);
	assert_string_equal(why, "printed more than 63 bytes");
	assert_true(tally_clock_ms() - began < 8000);
	assert_no_child();
}

static void time_is_bounded(void **state)
{
	static const char *const slow[] = {
		"sleep 60",
		"sleep 60 & wait",
		"exec >&-; sleep 60", /* says that it is done, and is not */
		"trap '' TERM INT; sleep 60",
		"sleep 60 & echo token", /* holds standard output open */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(slow) / sizeof(slow[0]); i++) {
		int64_t began = tally_clock_ms();

		assert_int_equal(tally_command_run(slow[i], 100, out, sizeof(out), why),
				 TALLY_ERR_IO);
		assert_string_equal(why, "did not end within 100 ms");
		assert_true(tally_clock_ms() - began < 8000);
	}
	assert_no_child();
}

static void what_it_started_ends_with_it(void **state)
{
	char marker[] = "/tmp/tallystick-command-XXXXXX", text[200];
	int fd = mkstemp(marker);

	(void)state;
	close(fd);
	snprintf(text, sizeof(text), "(sleep 0.4; rm '%s') & sleep 60", marker);
	assert_int_equal(tally_command_run(text, 100, out, sizeof(out), why), TALLY_ERR_IO);
	usleep(500000);
	assert_int_equal(unlink(marker), 0);
}

/* As ssh does with a connection that others are to share. */
static void what_stays_behind_is_not_waited_for(void **state)
{
	int64_t began = tally_clock_ms();

	(void)state;
	assert_int_equal(run("sleep 12 >/dev/null & echo token"), TALLY_OK);
	assert_string_equal(out, "token\n");
	assert_true(tally_clock_ms() - began < 8000);
}

/* Neither a listening socket on 0 nor what a library left open. */
static void no_descriptor_is_inherited(void **state)
{
	if (access("/proc/self/fd", R_OK) != 0)
		skip(); /* in a bare chroot */
	int left_open = open("/dev/null", O_RDONLY);
	int saved = dup(STDIN_FILENO);

	(void)state;
	assert_true(left_open > 2 && saved > 2);
	assert_int_equal(dup2(left_open, 200), 200);
	assert_int_equal(run("for i in /proc/self/fd/*; do [ ! -e $i ] || echo ${i##*/}; done"),
			 TALLY_OK);
	assert_string_equal(out, "0\n1\n2\n");
	assert_int_equal(run("readlink /proc/self/fd/0"), TALLY_OK);
	assert_string_equal(out, "/dev/null\n");
	/* Where ours are closed, the pipes must not take their numbers. */
	close(STDIN_FILENO);
	assert_int_equal(run("cat; echo out; echo err >&2"), TALLY_OK);
	assert_int_equal(dup2(saved, STDIN_FILENO), STDIN_FILENO);
	assert_string_equal(out, "out\n");
	close(saved);
	close(left_open);
	close(200);
}

static void signals_are_as_by_default(void **state)
{
	sigset_t all, old;

	(void)state;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	signal(SIGPIPE, SIG_IGN);
	enum tally_err err = run("kill -TERM $$; echo alive");
	enum tally_err pipe_err = run("kill -PIPE $$; echo alive");

	signal(SIGPIPE, SIG_DFL);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	assert_int_equal(err, TALLY_ERR_IO);
	assert_int_equal(pipe_err, TALLY_ERR_IO);
}

static void *run_many(void *result)
{
	char mine[64], text[64], reason[TALLY_COMMAND_WHY_SIZE];

	for (int i = 0; i < 20; i++) {
		snprintf(text, sizeof(text), "echo %p.%d; exit %d", result, i, i % 2);
		enum tally_err err = tally_command_run(text, 30000, mine, sizeof(mine), reason);
		char wanted[64];

		snprintf(wanted, sizeof(wanted), "%p.%d\n", result, i);
		if (i % 2 ? err != TALLY_ERR_IO || strcmp(reason, "ended with status 1") != 0
			  : err != TALLY_OK || strcmp(mine, wanted) != 0)
			*(int *)result = 1;
	}
	return NULL;
}

static void threads_do_not_meet(void **state)
{
	pthread_t threads[8];
	int results[8] = { 0 };

	(void)state;
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, run_many, &results[i]), 0);
	for (size_t i = 0; i < 8; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(results[i], 0);
	}
	assert_no_child();
}

static enum tally_err exec_of(const char *const argv[], size_t room, size_t *n)
{
	struct tally_command_output to = { .p = out, .size = room, .n = 99 };

	memset(out, 'x', sizeof(out));
	enum tally_err err = tally_command_exec(argv, 10000, &to, why);

	*n = to.n;
	return err;
}

static void a_program_is_run_without_a_shell(void **state)
{
	const char *const plain[] = { "printf", "%s|%s", "$TALLY_TEST; echo", "`id`", NULL };
	const char *const bytes[] = { "printf", "a\\000b", NULL };
	const char *const none[] = { "tally-no-such-program", NULL };
	size_t n;

	(void)state;
	assert_int_equal(exec_of(plain, sizeof(out), &n), TALLY_OK);
	assert_int_equal(n, 22);
	assert_memory_equal(out, "$TALLY_TEST; echo|`id`x", n + 1);
	assert_int_equal(exec_of(bytes, 3, &n), TALLY_OK);
	assert_int_equal(n, 3);
	assert_memory_equal(out, "a\0bx", 4);
	assert_int_equal(exec_of(bytes, 2, &n), TALLY_ERR_IO);
	assert_string_equal(why, "printed more than 2 bytes");
	assert_int_equal(n, 0);
	assert_memory_equal(out, "\0\0x", 3);
	assert_int_equal(exec_of(none, sizeof(out), &n), TALLY_ERR_NOT_FOUND);
	assert_non_null(strstr(why, "cannot be started"));
	assert_no_child();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_prints_is_taken),
		cmocka_unit_test(a_failure_is_told_with_the_last_line),
		cmocka_unit_test(output_is_bounded),
		cmocka_unit_test(time_is_bounded),
		cmocka_unit_test(what_it_started_ends_with_it),
		cmocka_unit_test(what_stays_behind_is_not_waited_for),
		cmocka_unit_test(no_descriptor_is_inherited),
		cmocka_unit_test(signals_are_as_by_default),
		cmocka_unit_test(threads_do_not_meet),
		cmocka_unit_test(a_program_is_run_without_a_shell),
	};

	setenv("TALLY_TEST", "inherited", 1);
	return cmocka_run_group_tests_name("command", tests, NULL, NULL);
}
