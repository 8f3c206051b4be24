/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "sys/log.h"
#include "tests/fake/clock.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define THREADS 4
#define LINES 500
#define ROTATIONS 40

static char dir[] = "/tmp/tallystick-log-XXXXXX";
static char path[64], rotated[80];

static int make_dir(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return 1;
	snprintf(path, sizeof(path), "%s/log", dir);
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	(void)!tally_log_open("stderr", TALLY_LOG_PLAIN, TALLY_LOG_NOTICE);
	unlink(path);
	return rmdir(dir);
}

static void start(enum tally_log_format format, enum tally_log_level level)
{
	unlink(path);
	tally_fake_clock_set(TALLY_FAKE_CLOCK_START);
	assert_int_equal(tally_log_open(path, format, level), TALLY_OK);
}

/* What a file holds; static. */
static const char *content(const char *name)
{
	static char text[1u << 20];
	FILE *file = fopen(name, "r");

	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	return text;
}

static void assert_log(const char *format, ...) TALLY_PRINTF(1, 2);

static void assert_log(const char *format, ...)
{
	char want[8192];
	va_list args;

	va_start(args, format);
	vsnprintf(want, sizeof(want), format, args);
	va_end(args);
	assert_string_equal(content(path), want);
}

static void text_has_time_level_process_and_request(void **state)
{
	(void)state;
	start(TALLY_LOG_TEXT, TALLY_LOG_INFO);
	tally_log_warn("one %d", 1);
	tally_log_request("r-7");
	tally_log_info("two");
	tally_log_request(NULL);
	tally_log_debug("not asked for");
	tally_fake_clock_advance_ms(1250);
	tally_log_error("three");
	assert_log("2026-01-01T00:00:00.000Z warn tallystick[%ld] - one 1\n"
		   "2026-01-01T00:00:00.000Z info tallystick[%ld] r-7 two\n"
		   "2026-01-01T00:00:01.250Z error tallystick[%ld] - three\n",
		   (long)getpid(), (long)getpid(), (long)getpid());
}

static void json_is_json(void **state)
{
	(void)state;
	start(TALLY_LOG_JSON, TALLY_LOG_NOTICE);
	tally_log_notice("a \"b\" \\ \n");
	tally_log_request("r\"7");
	tally_log_error("x");
	tally_log_request(NULL);
	assert_log("{\"time\":\"2026-01-01T00:00:00.000Z\",\"level\":\"notice\",\"pid\":%ld,"
		   "\"message\":\"a \\\"b\\\" \\\\ \\\\x0a\"}\n"
		   "{\"time\":\"2026-01-01T00:00:00.000Z\",\"level\":\"error\",\"pid\":%ld,"
		   "\"request_id\":\"r\\\"7\",\"message\":\"x\"}\n",
		   (long)getpid(), (long)getpid());
}

static void foreign_text_cannot_forge_a_line(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "a\nb", "a\\x0ab" },
		{ "a\r\nb", "a\\x0d\\x0ab" },
		{ "\033[2J", "\\x1b[2J" },
		{ "\x7f", "\\x7f" },
		{ "\xc2\x9b", "\\xc2\\x9b" }, /* a C1 control: CSI */
		{ "\xc2\x85", "\\xc2\\x85" }, /* and NEL */
		{ "\xff\xc3", "\\xff\\xc3" },
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80" },
		{ "\xc3\xa4\xe2\x82\xac", "\xc3\xa4\xe2\x82\xac" },
		{ "%s%n", "%s%n" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		start(TALLY_LOG_PLAIN, TALLY_LOG_NOTICE);
		tally_log_warn("%s", rows[i].text);
		assert_log("tallystick: warn: %s\n", rows[i].want);
	}
}

static void long_lines_are_cut(void **state)
{
	static char text[20000];

	(void)state;
	for (int format = TALLY_LOG_TEXT; format <= TALLY_LOG_PLAIN; format++) {
		start((enum tally_log_format)format, TALLY_LOG_NOTICE);
		for (int fill = 0; fill < 2; fill++) {
			memset(text, fill ? '\1' : 'x', sizeof(text) - 1);
			tally_log_error("%s", text);
		}
		const char *got = content(path);
		const char *end = strchr(got, '\n');

		assert_non_null(end);
		assert_true(end - got >= 4000 && end - got <= 4095);
		assert_memory_equal(end - 5, format == TALLY_LOG_JSON ? "...\"}" : "xx...", 5);
		assert_true(strlen(end + 1) >= 4000 && strlen(end + 1) <= 4096);
		assert_ptr_equal(strchr(end + 1, '\n'), end + strlen(end) - 1);
	}
}

static void errno_is_kept_and_known(void **state)
{
	(void)state;
	start(TALLY_LOG_PLAIN, TALLY_LOG_NOTICE);
	errno = ENOENT;
	tally_log_error("open: %m");
	assert_int_equal(errno, ENOENT);
	assert_log("tallystick: error: open: No such file or directory\n");
}

static void level_decides(void **state)
{
	(void)state;
	start(TALLY_LOG_PLAIN, TALLY_LOG_WARN);
	assert_true(tally_log_would(TALLY_LOG_ERROR));
	assert_true(tally_log_would(TALLY_LOG_WARN));
	assert_false(tally_log_would(TALLY_LOG_NOTICE));
	assert_false(tally_log_would(TALLY_LOG_DEBUG));
}

static void bad_target_leaves_the_old_one(void **state)
{
	struct stat st;

	(void)state;
	start(TALLY_LOG_PLAIN, TALLY_LOG_NOTICE);
	assert_int_equal(tally_log_open("/nowhere/log", TALLY_LOG_JSON, TALLY_LOG_DEBUG),
			 TALLY_ERR_IO);
	tally_log_notice("still here");
	assert_log("tallystick: error: cannot open the log /nowhere/log: "
		   "No such file or directory\n"
		   "tallystick: notice: still here\n");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0137, 0);
}

static void syslog_takes_lines(void **state)
{
	(void)state;
	assert_int_equal(tally_log_open("syslog", TALLY_LOG_TEXT, TALLY_LOG_ERROR), TALLY_OK);
	tally_log_reopen(); /* nothing to do, and no failure */
	tally_log_warn("below the level: not sent");
}

static void *write_lines(void *context)
{
	for (int i = 0; i < LINES; i++)
		tally_log_notice("thread %d line %03d end", *(int *)context, i);
	return NULL;
}

static size_t whole_lines(const char *name)
{
	size_t count = 0;

	for (const char *p = content(name); *p != '\0'; count++) {
		int thread, line, n = 0;

		assert_int_equal(sscanf(p, "tallystick: notice: thread %d line %d end%n", &thread,
					&line, &n), 2);
		assert_int_equal(p[n], '\n');
		p += n + 1;
	}
	return count;
}

/* No line is lost, torn or written elsewhere while the file is rotated. */
static void threads_write_while_the_file_rotates(void **state)
{
	pthread_t threads[THREADS];
	int numbers[THREADS];
	size_t count = 0;

	(void)state;
	start(TALLY_LOG_PLAIN, TALLY_LOG_NOTICE);
	for (int i = 0; i < THREADS; i++) {
		numbers[i] = i;
		assert_int_equal(pthread_create(&threads[i], NULL, write_lines, &numbers[i]), 0);
	}
	for (int i = 0; i < ROTATIONS; i++) {
		snprintf(rotated, sizeof(rotated), "%s.%d", path, i);
		assert_int_equal(rename(path, rotated), 0);
		tally_log_reopen();
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < ROTATIONS; i++) {
		snprintf(rotated, sizeof(rotated), "%s.%d", path, i);
		count += whole_lines(rotated);
		unlink(rotated);
	}
	assert_int_equal(count + whole_lines(path), THREADS * LINES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_has_time_level_process_and_request),
		cmocka_unit_test(json_is_json),
		cmocka_unit_test(foreign_text_cannot_forge_a_line),
		cmocka_unit_test(long_lines_are_cut),
		cmocka_unit_test(errno_is_kept_and_known),
		cmocka_unit_test(level_decides),
		cmocka_unit_test(bad_target_leaves_the_old_one),
		cmocka_unit_test(syslog_takes_lines),
		cmocka_unit_test(threads_write_while_the_file_rotates),
	};

	return cmocka_run_group_tests_name("log", tests, make_dir, remove_dir);
}
