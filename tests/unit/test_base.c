/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "base/arena.h"
#include "base/b64.h"
#include "base/buf.h"
#include "base/span.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void assert_span(struct tally_span got, const char *want)
{
	assert_int_equal(got.n, strlen(want));
	assert_memory_equal(got.p ? got.p : "", want, got.n);
}

static void span_cut_walks_over_fields(void **state)
{
	struct tally_span rest = TALLY_SPAN("a,,bc");

	(void)state;
	assert_span(tally_span_cut(&rest, ','), "a");
	assert_span(tally_span_cut(&rest, ','), "");
	assert_non_null(rest.p);
	assert_span(tally_span_cut(&rest, ','), "bc");
	assert_null(rest.p);
}

static void span_to_u64_takes_digits_only(void **state)
{
	uint64_t n = 7;

	(void)state;
	assert_int_equal(tally_span_to_u64(TALLY_SPAN("18446744073709551615"), UINT64_MAX, &n), 0);
	assert_true(n == UINT64_MAX);
	assert_int_equal(tally_span_to_u64(TALLY_SPAN("18446744073709551616"), UINT64_MAX, &n),
			 TALLY_ERR_LIMIT);
	assert_int_equal(tally_span_to_u64(TALLY_SPAN("11"), 10, &n), TALLY_ERR_LIMIT);
	assert_int_equal(tally_span_to_u64(TALLY_SPAN(""), 10, &n), TALLY_ERR_SYNTAX);
	assert_int_equal(tally_span_to_u64(TALLY_SPAN("-1"), 10, &n), TALLY_ERR_SYNTAX);
	assert_int_equal(tally_span_to_u64(TALLY_SPAN("+1"), 10, &n), TALLY_ERR_SYNTAX);
	assert_int_equal(tally_span_to_u64(TALLY_SPAN(" 1"), 10, &n), TALLY_ERR_SYNTAX);
	assert_int_equal(tally_span_to_u64(TALLY_SPAN("0x1"), 10, &n), TALLY_ERR_SYNTAX);
}

static void span_utf8_is_strict(void **state)
{
	(void)state;
	assert_true(tally_span_is_utf8(TALLY_SPAN("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80")));
	assert_false(tally_span_is_utf8(TALLY_SPAN("\xc0\xaf")));         /* overlong */
	assert_false(tally_span_is_utf8(TALLY_SPAN("\xe0\x80\xaf")));     /* overlong */
	assert_false(tally_span_is_utf8(TALLY_SPAN("\xed\xa0\x80")));     /* surrogate */
	assert_false(tally_span_is_utf8(TALLY_SPAN("\xf4\x90\x80\x80"))); /* > 10FFFF */
	assert_false(tally_span_is_utf8(TALLY_SPAN("\xe2\x82")));         /* cut off */
	assert_false(tally_span_is_utf8(TALLY_SPAN("a\0b")));
}

static void arena_stays_within_its_maximum(void **state)
{
	struct tally_arena *arena = tally_arena_new(64, 256);

	(void)state;
	assert_non_null(tally_arena_alloc(arena, 48));
	assert_non_null(tally_arena_alloc(arena, 128));
	assert_null(tally_arena_alloc(arena, 128));
	assert_null(tally_arena_alloc(arena, SIZE_MAX));
	assert_null(tally_arena_array(arena, SIZE_MAX / 2, 3));
	tally_arena_reset(arena);
	assert_non_null(tally_arena_alloc(arena, 128));
	tally_arena_free(arena);
}

static void arena_reset_wipes(void **state)
{
	struct tally_arena *arena = tally_arena_new(64, 64);
	char *secret = tally_arena_cstr(arena, TALLY_SPAN("secret"));

	(void)state;
	tally_arena_reset(arena);
	assert_ptr_equal(tally_arena_alloc(arena, 8), secret);
	assert_int_equal(secret[0], 0);
	assert_int_equal(secret[5], 0);
	tally_arena_free(arena);
}

static void buf_never_passes_its_bound(void **state)
{
	struct tally_buf buf;
	char small[4];

	(void)state;
	tally_buf_over(&buf, small, sizeof(small));
	tally_buf_add_str(&buf, "abcd");
	assert_int_equal(tally_buf_err(&buf), TALLY_OK);
	tally_buf_add_char(&buf, 'e');
	assert_int_equal(tally_buf_err(&buf), TALLY_ERR_LIMIT);
	tally_buf_add(&buf, "", 0);
	assert_int_equal(tally_buf_err(&buf), TALLY_ERR_LIMIT);
	assert_span(tally_buf_span(&buf), "abcd");
}

static void buf_grows_up_to_max(void **state)
{
	struct tally_buf buf;

	(void)state;
	tally_buf_grow(&buf, 1000);
	for (int i = 0; i < 1000; i++)
		tally_buf_add_char(&buf, 'x');
	assert_int_equal(tally_buf_err(&buf), TALLY_OK);
	tally_buf_add_u64(&buf, 1);
	assert_int_equal(tally_buf_err(&buf), TALLY_ERR_LIMIT);
	assert_int_equal(tally_buf_span(&buf).n, 1000);
	tally_buf_free(&buf);
}

static void buf_takes_its_room_at_once(void **state)
{
	struct tally_buf buf;

	(void)state;
	tally_buf_reserve(&buf, 1000);
	assert_int_equal(buf.n, 0);
	const char *p = buf.p;

	for (int i = 0; i < 1000; i++)
		tally_buf_add_char(&buf, 'x');
	assert_ptr_equal(buf.p, p);
	assert_int_equal(tally_buf_err(&buf), TALLY_OK);
	tally_buf_add_char(&buf, 'x');
	assert_int_equal(tally_buf_err(&buf), TALLY_ERR_LIMIT);
	tally_buf_free(&buf);
}

static void buf_prints_numbers(void **state)
{
	struct tally_buf buf;

	(void)state;
	tally_buf_grow(&buf, 1000);
	tally_buf_add_u64(&buf, 0);
	tally_buf_add_char(&buf, ' ');
	tally_buf_add_u64(&buf, UINT64_MAX);
	tally_buf_printf(&buf, " %s", "end");
	assert_string_equal(tally_buf_cstr(&buf), "0 18446744073709551615 end");
	tally_buf_free(&buf);
}

/* RFC 4648 §10, in the form without padding. */
static void b64url_rfc4648_vectors(void **state)
{
	static const char *const rows[][2] = {
		{ "", "" }, { "f", "Zg" }, { "fo", "Zm8" }, { "foo", "Zm9v" },
		{ "foob", "Zm9vYg" }, { "fooba", "Zm9vYmE" }, { "foobar", "Zm9vYmFy" },
		{ "\xfb\xff", "-_8" },
	};
	char text[16], back[16];
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t len = strlen(rows[i][0]);
		size_t size = tally_b64url_put(text, rows[i][0], len);

		assert_int_equal(size, TALLY_B64URL_SIZE(len));
		assert_span(tally_span(text, size), rows[i][1]);
		assert_int_equal(tally_b64url_get(tally_span(text, size), back, sizeof(back), &n), 0);
		assert_span(tally_span(back, n), rows[i][0]);
	}
}

/* RFC 4648 §10. */
static void b64_rfc4648_vectors(void **state)
{
	static const char *const rows[][2] = {
		{ "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" }, { "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" },
		{ "\xfb\xff", "+/8=" },
	};
	char text[16], back[16];
	struct tally_buf buf;
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		tally_buf_over(&buf, text, sizeof(text));
		tally_b64_add(&buf, rows[i][0], strlen(rows[i][0]));
		assert_span(tally_buf_span(&buf), rows[i][1]);
		assert_int_equal(tally_b64_get(tally_buf_span(&buf), back, sizeof(back), &n), 0);
		assert_span(tally_span(back, n), rows[i][0]);
	}
	tally_buf_over(&buf, text, 3);
	tally_b64_add(&buf, "f", 1);
	assert_int_equal(tally_buf_err(&buf), TALLY_ERR_LIMIT);
}

static void b64_refuses_other_spellings(void **state)
{
	static const char *const url[] = { "Zg==", "Zh", "Z", "Zm 9v", "Zm9v\n", "+/8", "Zm9=" };
	static const char *const std[] = { "Zg", "Zg=", "Zh==", "Zg===", "====", "-_8=", "Zg==Zg==" };
	char back[16];
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(url) / sizeof(url[0]); i++)
		assert_int_equal(tally_b64url_get(tally_span_of(url[i]), back, sizeof(back), &n),
				 TALLY_ERR_SYNTAX);
	for (size_t i = 0; i < sizeof(std) / sizeof(std[0]); i++)
		assert_int_equal(tally_b64_get(tally_span_of(std[i]), back, sizeof(back), &n),
				 TALLY_ERR_SYNTAX);
	assert_int_equal(tally_b64_get(TALLY_SPAN("+/8="), back, sizeof(back), &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(tally_b64_get(TALLY_SPAN("Zm9vYmFy"), back, 5, &n), TALLY_ERR_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(span_cut_walks_over_fields),
		cmocka_unit_test(span_to_u64_takes_digits_only),
		cmocka_unit_test(span_utf8_is_strict),
		cmocka_unit_test(arena_stays_within_its_maximum),
		cmocka_unit_test(arena_reset_wipes),
		cmocka_unit_test(buf_never_passes_its_bound),
		cmocka_unit_test(buf_grows_up_to_max),
		cmocka_unit_test(buf_takes_its_room_at_once),
		cmocka_unit_test(buf_prints_numbers),
		cmocka_unit_test(b64url_rfc4648_vectors),
		cmocka_unit_test(b64_rfc4648_vectors),
		cmocka_unit_test(b64_refuses_other_spellings),
	};

	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
