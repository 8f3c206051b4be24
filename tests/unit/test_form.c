/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "codec/form.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define SPAN_OF_ROW(row) tally_span((row).text, (row).size)
#define ROW(literal) literal, sizeof(literal) - 1

static int new_arena(void **state)
{
	*state = tally_arena_new(1024, 1u << 20);
	return *state == NULL;
}

static int free_arena(void **state)
{
	tally_arena_free(*state);
	return 0;
}

static void assert_span(struct tally_span got, const char *want)
{
	assert_int_equal(got.n, strlen(want));
	assert_memory_equal(got.p ? got.p : "", want, got.n);
}

static void accepts(void **state)
{
	static const struct {
		const char *text;
		size_t count;
		const char *name, *value; /* of the last field */
	} rows[] = {
		{ "", 0, NULL, NULL },
		{ "&", 0, NULL, NULL },
		{ "&&&", 0, NULL, NULL },
		{ "=", 0, NULL, NULL },
		{ "a", 1, "a", "" },
		{ "a=", 1, "a", "" },
		{ "a=1", 1, "a", "1" },
		{ "a=1&", 1, "a", "1" },
		{ "&a=1", 1, "a", "1" },
		{ "a=1&&b=2", 2, "b", "2" },
		{ "a=1=2", 1, "a", "1=2" },
		{ "a==", 1, "a", "=" },
		{ "a=b+c", 1, "a", "b c" },
		{ "a=b%20c", 1, "a", "b c" },
		{ "a=%2B%2b", 1, "a", "++" },
		{ "a=%26%3D%25", 1, "a", "&=%" },
		{ "%61=1", 1, "a", "1" },
		{ "a+b=1", 1, "a b", "1" },
		{ "a=%c3%a4", 1, "a", "\xc3\xa4" },
		{ "a=\xc3\xa4", 1, "a", "\xc3\xa4" },
		{ "a=\xc3%a4", 1, "a", "\xc3\xa4" },
		{ "a=%F0%9F%98%80", 1, "a", "\xf0\x9f\x98\x80" },
		{ "a=%7f%01", 1, "a", "\x7f\x01" },
		{ "A=1&a=2", 2, "a", "2" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tally_form form;
		const char *why;

		assert_int_equal(
			tally_form_parse(&form, *state, tally_span_of(rows[i].text), &why), 0);
		assert_null(why);
		assert_int_equal(form.count, rows[i].count);
		if (form.count == 0)
			continue;
		assert_span(form.fields[form.count - 1].name, rows[i].name);
		assert_span(form.fields[form.count - 1].value, rows[i].value);
	}
}

static void refuses(void **state)
{
	static const struct {
		const char *text;
		size_t size;
	} rows[] = {
		{ ROW("a=%") },
		{ ROW("a=%4") },
		{ ROW("a=%4&b=1") },
		{ ROW("a=%zz") },
		{ ROW("a=%4g") },
		{ ROW("a=%g4") },
		{ ROW("a=% 1") },
		{ ROW("a=%%41") },
		{ ROW("a=%u0041") },
		{ ROW("%=1") },
		{ ROW("a=%00") },
		{ ROW("a%00=1") },
		{ ROW("a=\0") },
		{ ROW("a\0b=1") },
		{ ROW("a=b\0") },
		{ ROW("=1") },
		{ ROW("a=1&=2") },
		{ ROW("a=1&a=1") },
		{ ROW("a=1&a=2") },
		{ ROW("a=&a=2") },
		{ ROW("a&a") },
		{ ROW("a=1&%61=2") },
		{ ROW("a=1&b=2&c=3&b=") },
		{ ROW("a=\xff") },
		{ ROW("a=%ff") },
		{ ROW("a=%c3") },
		{ ROW("a=\xc3&b=\xa4") },
		{ ROW("a=%c3&b=%a4") },
		{ ROW("a=%c0%af") },
		{ ROW("a=%ed%a0%80") },
		{ ROW("\xfe=1") },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tally_form form;
		const char *why = NULL;

		assert_int_equal(tally_form_parse(&form, *state, SPAN_OF_ROW(rows[i]), &why),
				 TALLY_ERR_SYNTAX);
		assert_non_null(why);
	}
}

/* Fields "a0=x&a1=x&…" into text; returns their size. */
static size_t many(char *text, size_t size, unsigned int count)
{
	size_t n = 0;

	for (unsigned int i = 0; i < count; i++)
		n += (size_t)snprintf(text + n, size - n, "a%u=%%41&", i);
	return n;
}

static void takes_32_fields_but_not_33(void **state)
{
	struct tally_form form;
	const char *why;
	char text[1024];

	assert_int_equal(tally_form_parse(&form, *state,
					  tally_span(text, many(text, sizeof(text), 32)), &why),
			 0);
	assert_int_equal(form.count, 32);
	assert_span(form.fields[31].name, "a31");
	assert_span(form.fields[0].value, "A");
	assert_int_equal(tally_form_parse(&form, *state,
					  tally_span(text, many(text, sizeof(text), 33)), &why),
			 TALLY_ERR_LIMIT);
	assert_string_equal(why, "too many parameters");
}

static void borrows_what_needs_no_decoding(void **state)
{
	static const char text[] = "grant_type=client_credentials&scope=a+b";
	struct tally_form form;
	const char *why;

	assert_int_equal(tally_form_parse(&form, *state, tally_span_of(text), &why), 0);
	assert_ptr_equal(form.fields[0].value.p, text + 11);
	assert_span(form.fields[1].value, "a b");
}

static void get_finds_by_exact_name(void **state)
{
	struct tally_form form;
	const char *why;

	assert_int_equal(tally_form_parse(&form, *state, TALLY_SPAN("a=1&b=&c&AB=2"), &why), 0);
	assert_span(tally_form_get(&form, TALLY_SPAN("a")), "1");
	assert_null(tally_form_get(&form, TALLY_SPAN("b")).p); /* RFC 6749 §3.1 */
	assert_null(tally_form_get(&form, TALLY_SPAN("c")).p);
	assert_null(tally_form_get(&form, TALLY_SPAN("ab")).p);
	assert_null(tally_form_get(&form, TALLY_SPAN("A")).p);
	assert_null(tally_form_get(&form, TALLY_SPAN("")).p);
}

static void no_memory_is_said(void **state)
{
	struct tally_arena *arena = tally_arena_new(16, 16);
	struct tally_form form;
	const char *why;

	(void)state;
	assert_int_equal(
		tally_form_parse(&form, arena, TALLY_SPAN("a=%41bcdefghijklmnopqrstuvwxyz"), &why),
		TALLY_ERR_NOMEM);
	assert_non_null(why);
	tally_arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(accepts, new_arena, free_arena),
		cmocka_unit_test_setup_teardown(refuses, new_arena, free_arena),
		cmocka_unit_test_setup_teardown(takes_32_fields_but_not_33, new_arena, free_arena),
		cmocka_unit_test_setup_teardown(borrows_what_needs_no_decoding, new_arena,
						free_arena),
		cmocka_unit_test_setup_teardown(get_finds_by_exact_name, new_arena, free_arena),
		cmocka_unit_test(no_memory_is_said),
	};

	return cmocka_run_group_tests_name("form", tests, NULL, NULL);
}
