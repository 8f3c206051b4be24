/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "codec/basic.h"

#include <openssl/evp.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

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

/* OpenSSL's base64: our own encoder does not judge our own decoder. */
static struct tally_span encode(struct tally_arena *arena, const char *pair, size_t n)
{
	unsigned char *out = tally_arena_alloc(arena, n / 3 * 4 + 8);

	return tally_span(out, (size_t)EVP_EncodeBlock(out, (const unsigned char *)pair, (int)n));
}

static void authorization_names_its_scheme(void **state)
{
	static const struct {
		const char *header;
		bool is_basic;
		const char *rest;
	} rows[] = {
		{ "Basic YTpi", true, "YTpi" },
		{ "basic YTpi", true, "YTpi" },
		{ "BASIC YTpi", true, "YTpi" },
		{ "Basic   YTpi", true, "YTpi" },
		{ "  Basic YTpi \t", true, "YTpi" },
		{ "Basic", true, "" },
		{ "Basic ", true, "" },
		{ "Basic a b", true, "a b" },
		{ "BasicYTpi", false, NULL },
		{ "Basic\tYTpi", false, NULL }, /* RFC 9110 §11.4: 1*SP */
		{ "Bearer YTpi", false, NULL },
		{ "Basi YTpi", false, NULL },
		{ "", false, NULL },
		{ " ", false, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tally_span rest;

		assert_int_equal(tally_authorization_is(tally_span_of(rows[i].header),
							TALLY_SPAN("Basic"), &rest),
				 rows[i].is_basic);
		if (rows[i].is_basic)
			assert_span(rest, rows[i].rest);
	}
}

static void pairs_are_decoded(void **state)
{
	static const struct {
		const char *pair, *user, *password;
	} rows[] = {
		{ "Aladdin:open+sesame", "Aladdin", "open sesame" },
		{ "a:b", "a", "b" },
		{ "a:b:c", "a", "b:c" },
		{ "a::", "a", ":" },
		{ "a:", "a", "" },
		{ ":b", "", "b" },
		{ ":", "", "" },
		{ "a%3Ab:c%3Ad", "a:b", "c:d" },
		{ "%61:%62", "a", "b" },
		{ "a%25:%2B+", "a%", "+ " },
		{ "\xc3\xa4:%c3%a4", "\xc3\xa4", "\xc3\xa4" },
		{ "a&b=c:d&e=f", "a&b=c", "d&e=f" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tally_span text = encode(*state, rows[i].pair, strlen(rows[i].pair));
		struct tally_basic basic;

		assert_int_equal(tally_basic_parse(&basic, *state, text), TALLY_OK);
		assert_span(basic.user, rows[i].user);
		assert_span(basic.password, rows[i].password);
	}
}

static void bad_pairs_are_refused(void **state)
{
	static const struct {
		const char *pair;
		size_t size;
	} rows[] = {
#define ROW(literal) { literal, sizeof(literal) - 1 }
		ROW(""),	  ROW("ab"),	    ROW("a%3Ab"),   ROW("a:%"),
		ROW("a:%4"),	  ROW("a:%zz"),	    ROW("%4:b"),    ROW("a%:41"),
		ROW("a\0:b"),	  ROW("a:b\0"),	    ROW("a:%00"),   ROW("a:\n"),
		ROW("a\r\n:b"),	  ROW("a:\x7f"),    ROW("a:%0a"),   ROW("a%0D:b"),
		ROW("a:%7f"),	  ROW("a\t:b"),	    ROW("a:\xff"),  ROW("a:%ff"),
		ROW("a:%c0%80"),  ROW("\x80:b"),
#undef ROW
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tally_span text = encode(*state, rows[i].pair, rows[i].size);
		struct tally_basic basic;

		assert_int_equal(tally_basic_parse(&basic, *state, text), TALLY_ERR_SYNTAX);
	}
}

static void other_spellings_of_base64_are_refused(void **state)
{
	static const char *const rows[] = {
		"YTpi\n", " YTpi", "YTpi ", "YT pi", "YTo",  "YTo==", "YTp=",
		"YTpi=",  "=",     "Y",     "YTp_",  "YTpi, Basic YTpi",
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tally_basic basic;

		assert_int_equal(tally_basic_parse(&basic, *state, tally_span_of(rows[i])),
				 TALLY_ERR_SYNTAX);
	}
}

static void length_is_bounded(void **state)
{
	struct tally_basic basic;
	char pair[5000];

	memset(pair, 'x', sizeof(pair));
	pair[3] = ':';
	assert_int_equal(tally_basic_parse(&basic, *state, encode(*state, pair, 3072)), TALLY_OK);
	assert_int_equal(basic.user.n, 3);
	assert_int_equal(basic.password.n, 3068);
	assert_int_equal(tally_basic_parse(&basic, *state, encode(*state, pair, 3073)),
			 TALLY_ERR_LIMIT);
	assert_int_equal(tally_basic_parse(&basic, *state, tally_span(pair, sizeof(pair))),
			 TALLY_ERR_LIMIT);
}

static void no_memory_is_said(void **state)
{
	struct tally_arena *arena = tally_arena_new(16, 16);
	struct tally_basic basic;

	(void)state;
	assert_int_equal(tally_basic_parse(&basic, arena, TALLY_SPAN("YWJjZGVmZ2g6aWprbG1ub3A=")),
			 TALLY_ERR_NOMEM);
	tally_arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(authorization_names_its_scheme),
		cmocka_unit_test_setup_teardown(pairs_are_decoded, new_arena, free_arena),
		cmocka_unit_test_setup_teardown(bad_pairs_are_refused, new_arena, free_arena),
		cmocka_unit_test_setup_teardown(other_spellings_of_base64_are_refused, new_arena,
						free_arena),
		cmocka_unit_test_setup_teardown(length_is_bounded, new_arena, free_arena),
		cmocka_unit_test(no_memory_is_said),
	};

	return cmocka_run_group_tests_name("basic", tests, NULL, NULL);
}
