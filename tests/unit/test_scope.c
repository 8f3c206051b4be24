/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "oauth/scope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static struct tally_arena *arena;

static int open_arena(void **state)
{
	(void)state;
	arena = tally_arena_new(4096, 1024 * 1024);
	return arena ? 0 : -1;
}

static int close_arena(void **state)
{
	(void)state;
	tally_arena_free(arena);
	return 0;
}

static void assert_canonical(const char *text, const char *want)
{
	struct tally_scopes scopes;

	assert_int_equal(tally_scopes_parse(&scopes, arena, tally_span_of(text)), TALLY_OK);
	struct tally_span joined = tally_scopes_join(&scopes, arena);

	assert_int_equal(joined.n, strlen(want));
	assert_memory_equal(joined.p, want, joined.n);
}

static void order_and_duplicates_are_canonical(void **state)
{
	(void)state;
	assert_canonical("", "");
	assert_canonical("a", "a");
	assert_canonical("write read", "read write");
	assert_canonical("b a b a c a", "a b c");
	assert_canonical("ab a", "a ab");
	assert_canonical("B a", "B a");
}

static void malformed_scopes_are_refused(void **state)
{
	static const char *const wrong[] = {
		" a", "a ", "a  b", " ", "a\tb", "a\"b", "a\\b", "a\nb", "a\x7f", "\xc3\xa4",
	};
	struct tally_scopes scopes;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(tally_scopes_parse(&scopes, arena, tally_span_of(wrong[i])),
				 TALLY_ERR_SYNTAX);
}

static void every_limit_holds(void **state)
{
	char text[TALLY_SCOPE_PARAMETER_MAX + 1];
	struct tally_scopes scopes;

	(void)state;
	memset(text, 'x', sizeof(text));
	assert_int_equal(tally_scopes_parse(&scopes, arena,
					    tally_span(text, TALLY_SCOPE_LENGTH_MAX)), TALLY_OK);
	assert_int_equal(tally_scopes_parse(&scopes, arena,
					    tally_span(text, TALLY_SCOPE_LENGTH_MAX + 1)),
			 TALLY_ERR_LIMIT);
	assert_int_equal(tally_scopes_parse(&scopes, arena, tally_span(text, sizeof(text))),
			 TALLY_ERR_LIMIT);
	for (size_t i = 0; i < 2 * TALLY_SCOPE_COUNT_MAX + 1; i++)
		text[i] = i % 2 ? ' ' : 'x';
	assert_int_equal(tally_scopes_parse(&scopes, arena,
					    tally_span(text, 2 * TALLY_SCOPE_COUNT_MAX - 1)),
			 TALLY_OK);
	assert_int_equal(scopes.count, 1);
	assert_int_equal(tally_scopes_parse(&scopes, arena,
					    tally_span(text, 2 * TALLY_SCOPE_COUNT_MAX + 1)),
			 TALLY_ERR_LIMIT);
}

static void assert_allowed(const char *allowed_text, const char *wanted_text, const char *denied)
{
	struct tally_scopes allowed, wanted;
	struct tally_span first = TALLY_SPAN("");

	assert_int_equal(tally_scopes_parse_allowed(&allowed, arena, tally_span_of(allowed_text)),
			 TALLY_OK);
	assert_int_equal(tally_scopes_parse(&wanted, arena, tally_span_of(wanted_text)), TALLY_OK);
	assert_int_equal(tally_scopes_allowed(&allowed, &wanted, &first), denied == NULL);
	if (denied != NULL)
		assert_true(tally_span_eq(first, tally_span_of(denied)));
}

static void patterns_allow_what_begins_so(void **state)
{
	(void)state;
	assert_allowed("read device_*", "device_1234567890 read", NULL);
	assert_allowed("read device_*", "device_", NULL);
	assert_allowed("read device_*", "device", "device");
	assert_allowed("read device_*", "Device_1", "Device_1");
	assert_allowed("read", "read write", "write");
	assert_allowed("", "a", "a");
	assert_allowed("*", "anything at all", NULL);
	/* What a client asks for is never a pattern. */
	assert_allowed("device_1", "device_*", "device_*");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_and_duplicates_are_canonical),
		cmocka_unit_test(malformed_scopes_are_refused),
		cmocka_unit_test(every_limit_holds),
		cmocka_unit_test(patterns_allow_what_begins_so),
	};

	return cmocka_run_group_tests_name("scope", tests, open_arena, close_arena);
}
