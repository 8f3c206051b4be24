/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "base/arena.h"
#include "codec/json_in.h"
#include "codec/json_out.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define MAX 65536u

struct text {
	const char *p;
	size_t n;
};

#define TEXT(literal) { literal, sizeof(literal) - 1 }

static enum tally_err parse(struct text text)
{
	struct tally_json *json;
	enum tally_err err = tally_json_parse(tally_span(text.p, text.n), MAX, &json);

	assert_int_equal(err == TALLY_OK, json != NULL);
	tally_json_free(json);
	return err;
}

static void accepts(void **state)
{
	static const struct text rows[] = {
		TEXT("{}"),
		TEXT("[]"),
		TEXT(" { } "),
		TEXT("\t[\r\n]\n"),
		TEXT("null"),
		TEXT("true"),
		TEXT("false"),
		TEXT("\"\""),
		TEXT("0"),
		TEXT("-0"),
		TEXT("-1"),
		TEXT("10"),
		TEXT("1.5"),
		TEXT("0.0"),
		TEXT("1e5"),
		TEXT("1E+5"),
		TEXT("1.25e-5"),
		TEXT("0e0"),
		TEXT("123456789012345678901234567890"),
		TEXT("[1,2,3]"),
		TEXT("[1 , 2 ]"),
		TEXT("{\"a\":1}"),
		TEXT("{\"a\":1,\"b\":{\"a\":2}}"),
		TEXT("{\"a\":1,\"A\":2}"),
		TEXT("{\"\":0}"),
		TEXT("[{\"a\":1},{\"a\":2}]"),
		TEXT("[[[[[[[[]]]]]]]]"),
		TEXT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""),
		TEXT("\"\\u0041\\u00e4\\u20AC\""),
		TEXT("\"\\ud83d\\ude00\""),
		TEXT("\"\\uDBFF\\uDFFF\""),
		TEXT("\"\\u0001\""),
		TEXT("\"\xc3\xa4\xf0\x9f\x98\x80\x7f\""),
		TEXT("\"\\\\u0000\""),
		TEXT("\"/* no comment */\""),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(parse(rows[i]), TALLY_OK);
}

static void refuses(void **state)
{
	static const struct text rows[] = {
		/* nothing, or more than one value */
		TEXT(""), TEXT(" "), TEXT("{}{}"), TEXT("{} x"), TEXT("1 2"), TEXT("{},"),
		TEXT("\"a\"\0"), TEXT("{}\0"), TEXT("\0{}"), TEXT("\xef\xbb\xbf{}"),
		/* not closed, closed wrongly */
		TEXT("{"), TEXT("["), TEXT("}"), TEXT("]"), TEXT("{]"), TEXT("[}"), TEXT("[{]}"),
		TEXT("[1"), TEXT("{\"a\""), TEXT("{\"a\":"), TEXT("{\"a\":1"), TEXT("\"a"),
		TEXT("[1]]"), TEXT("{\"a\":1}}"),
		/* commas and colons */
		TEXT("[,]"), TEXT("[1,]"), TEXT("[,1]"), TEXT("[1,,2]"), TEXT("[1 2]"),
		TEXT("{,}"), TEXT("{\"a\":1,}"), TEXT("{\"a\"}"), TEXT("{\"a\" 1}"),
		TEXT("{\"a\"::1}"), TEXT("{:1}"), TEXT("{\"a\":1 \"b\":2}"), TEXT("[\"a\":1]"),
		/* names */
		TEXT("{a:1}"), TEXT("{'a':1}"), TEXT("{1:1}"), TEXT("{null:1}"),
		/* words */
		TEXT("nul"), TEXT("True"), TEXT("NULL"), TEXT("truex"), TEXT("nan"), TEXT("NaN"),
		TEXT("Infinity"), TEXT("-Infinity"), TEXT("undefined"), TEXT("[nu]"),
		/* numbers */
		TEXT("01"), TEXT("-01"), TEXT("00"), TEXT("+1"), TEXT("-"), TEXT("--1"), TEXT("."),
		TEXT(".5"), TEXT("1."), TEXT("-.5"), TEXT("1.e5"), TEXT("1e"), TEXT("1e+"),
		TEXT("1e5.5"), TEXT("0x10"), TEXT("1_000"), TEXT("1,000"), TEXT("1 000"),
		TEXT("1f"), TEXT("\xef\xbc\x91"),
		/* strings */
		TEXT("'a'"), TEXT("\"\\x41\""), TEXT("\"\\a\""), TEXT("\"\\'\""), TEXT("\"\\0\""),
		TEXT("\"\\\""), TEXT("\"\\u\""), TEXT("\"\\u12\""), TEXT("\"\\u12g4\""),
		TEXT("\"\\u+123\""), TEXT("\"\\u0000\""), TEXT("\"a\\u0000b\""), TEXT("\"a\0b\""),
		TEXT("\"\n\""), TEXT("\"\t\""), TEXT("\"\x1f\""), TEXT("{\"a\\u0000\":1}"),
		TEXT("\"\\U0041\""), TEXT("\"\\"), TEXT("\"\\\0\""),
		/* surrogates */
		TEXT("\"\\ud800\""), TEXT("\"\\udc00\""), TEXT("\"\\ud800x\""),
		TEXT("\"\\ud800\\n\""), TEXT("\"\\ud800\\u0041\""), TEXT("\"\\ud800\\ud800\""),
		TEXT("\"\\udc00\\ud800\""), TEXT("\"\\ud800\\udc0\""),
		/* UTF-8 */
		TEXT("\"\xff\""), TEXT("\"\xc0\xaf\""), TEXT("\"\xed\xa0\x80\""), TEXT("\"\xc3\""),
		TEXT("\"\xf4\x90\x80\x80\""), TEXT("\xa0{}"), TEXT("[\xc2\xa0]"),
		/* comments, other blanks */
		TEXT("/**/{}"), TEXT("{}//"), TEXT("[1]#"), TEXT("\f{}"), TEXT("\v{}"),
		/* duplicates, also where the spelling differs */
		TEXT("{\"a\":1,\"a\":1}"), TEXT("{\"a\":1,\"b\":2,\"a\":3}"),
		TEXT("{\"a\":1,\"\\u0061\":2}"), TEXT("{\"\":1,\"\":2}"),
		TEXT("[0,{\"x\":[{\"a\":1,\"a\":2}]}]"), TEXT("{\"x\":{},\"y\":{\"b\":[],\"b\":0}}"),
		TEXT("{\"\xc3\xa4\":1,\"\\u00e4\":2}"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(parse(rows[i]), TALLY_ERR_SYNTAX);
}

static void is_bounded(void **state)
{
	static const struct text deep[] = {
		TEXT("[[[[[[[[[]]]]]]]]]"), TEXT("[[[[[[[[{}]]]]]]]]"),
		TEXT("{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}}}}}"),
	};
	static char text[MAX + 1];
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(deep) / sizeof(deep[0]); i++)
		assert_int_equal(parse(deep[i]), TALLY_ERR_LIMIT);
	memset(text, '[', sizeof(text));
	assert_int_equal(parse((struct text){ text, MAX }), TALLY_ERR_LIMIT);
	memset(text, ' ', sizeof(text));
	memcpy(text, "{}", 2);
	assert_int_equal(parse((struct text){ text, MAX }), TALLY_OK);
	assert_int_equal(parse((struct text){ text, MAX + 1 }), TALLY_ERR_LIMIT);
	memset(text, '7', 64);
	assert_int_equal(parse((struct text){ text, 63 }), TALLY_OK);
	assert_int_equal(parse((struct text){ text, 64 }), TALLY_ERR_LIMIT);
	for (unsigned int i = 0; i <= TALLY_JSON_MAX_MEMBERS; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%c\"%u\":0", i ? ',' : '{', i);
	text[n++] = '}';
	assert_int_equal(parse((struct text){ text, n }), TALLY_ERR_LIMIT);
}

static void members_are_found_by_exact_name(void **state)
{
	struct tally_json *json;
	struct tally_span s;
	bool b;

	(void)state;
	assert_int_equal(tally_json_parse(TALLY_SPAN("{\"a\":\"x\",\"A\":true,\"l\":[1,\"\"],"
						     "\"n\":null}"),
					  MAX, &json),
			 0);
	assert_true(tally_json_is_object(json));
	assert_false(tally_json_is_array(json));
	assert_true(tally_json_string(tally_json_member(json, "a"), &s));
	assert_true(tally_span_eq(s, TALLY_SPAN("x")));
	assert_true(tally_json_bool(tally_json_member(json, "A"), &b) && b);
	assert_null(tally_json_member(json, "L"));
	assert_null(tally_json_member(tally_json_member(json, "l"), "0"));
	assert_null(tally_json_member(NULL, "a"));
	assert_false(tally_json_string(tally_json_member(json, "n"), &s));
	assert_false(tally_json_string(tally_json_member(json, "A"), &s));
	assert_false(tally_json_bool(tally_json_member(json, "a"), &b));
	assert_false(tally_json_string(NULL, &s));
	assert_false(tally_json_bool(NULL, &b));
	tally_json_free(json);
}

static void lists_are_walked(void **state)
{
	struct tally_json *json;
	int64_t n = 0;

	(void)state;
	assert_int_equal(tally_json_parse(TALLY_SPAN("{\"l\":[1,2],\"e\":[]}"), MAX, &json), 0);
	const struct tally_json *list = tally_json_first(json);

	assert_true(tally_span_eq(tally_json_name(list), TALLY_SPAN("l")));
	assert_true(tally_json_is_array(list));
	const struct tally_json *one = tally_json_first(list);

	assert_true(tally_json_integer(one, &n) && n == 1);
	assert_int_equal(tally_json_name(one).n, 0);
	one = tally_json_next(one);
	assert_true(tally_json_integer(one, &n) && n == 2);
	assert_null(tally_json_next(one));
	assert_null(tally_json_first(tally_json_next(list)));
	assert_null(tally_json_next(tally_json_next(list)));
	assert_null(tally_json_first(NULL));
	assert_null(tally_json_next(NULL));
	tally_json_free(json);
}

static void numbers_are_rounded_down(void **state)
{
	static const struct {
		const char *text;
		int64_t value;
		bool is;
	} rows[] = {
		{ "1.5", 1, true }, { "-1.5", -2, true }, { "0.999999", 0, true }, { "-0.0", 0, true },
		{ "7", 7, true }, { "-7", -7, true }, { "1767225600.123", 1767225600, true },
		{ "9007199254740991", 9007199254740991, true }, { "9007199254740993", 0, false },
		{ "1e300", 0, false }, { "-1e300", 0, false }, { "\"1\"", 0, false },
		{ "null", 0, false }, { "true", 0, false }, { "[1]", 0, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tally_json *json;
		int64_t value = 0;

		assert_int_equal(tally_json_parse(tally_span_of(rows[i].text), MAX, &json),
				 TALLY_OK);
		assert_int_equal(tally_json_floor(json, &value), rows[i].is);
		if (rows[i].is)
			assert_int_equal(value, rows[i].value);
		tally_json_free(json);
	}
	assert_false(tally_json_floor(NULL, &(int64_t){ 0 }));
}

static void integers_are_exact_or_refused(void **state)
{
	static const struct {
		const char *text;
		bool is;
		int64_t value;
	} rows[] = {
		{ "0", true, 0 },
		{ "-0", true, 0 },
		{ "-7", true, -7 },
		{ "1.0", true, 1 },
		{ "15e2", true, 1500 },
		{ "1.5", false, 0 },
		{ "9007199254740991", true, 9007199254740991 },
		{ "-9007199254740991", true, -9007199254740991 },
		{ "9007199254740992", false, 0 },
		{ "9007199254740993", false, 0 },
		{ "18446744073709551616", false, 0 },
		{ "1e999", false, 0 },
		{ "-1e999", false, 0 },
		{ "\"1\"", false, 0 },
		{ "true", false, 0 },
		{ "null", false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tally_json *json;
		int64_t value = 0;

		assert_int_equal(tally_json_parse(tally_span_of(rows[i].text), MAX, &json), 0);
		assert_int_equal(tally_json_integer(json, &value), rows[i].is);
		assert_true(value == rows[i].value);
		tally_json_free(json);
	}
}

static void writes_without_blanks(void **state)
{
	struct tally_json_out out;
	struct tally_buf buf;

	(void)state;
	tally_buf_grow(&buf, MAX);
	tally_json_begin(&out, &buf);
	tally_json_object(&out, NULL);
	tally_json_add_str(&out, "access_token", "abc");
	tally_json_add_i64(&out, "least", INT64_MIN);
	tally_json_add_i64(&out, "most", INT64_MAX);
	tally_json_array(&out, "list");
	tally_json_array_end(&out);
	tally_json_array(&out, "more");
	tally_json_add_bool(&out, NULL, true);
	tally_json_add_null(&out, NULL);
	tally_json_object(&out, NULL);
	tally_json_object_end(&out);
	tally_json_add_b64url(&out, NULL, "\xfb\xff", 2);
	tally_json_array_end(&out);
	tally_json_add_bool(&out, "no", false);
	tally_json_add_raw(&out, "raw", TALLY_SPAN("{\"x\":1}"));
	tally_json_add_b64url(&out, "empty", NULL, 0);
	tally_json_object_end(&out);
	assert_string_equal(tally_buf_cstr(&buf),
			    "{\"access_token\":\"abc\",\"least\":-9223372036854775808,"
			    "\"most\":9223372036854775807,\"list\":[],"
			    "\"more\":[true,null,{},\"-_8\"],\"no\":false,\"raw\":{\"x\":1},"
			    "\"empty\":\"\"}");
	tally_buf_free(&buf);
}

static void writes_strings_safely(void **state)
{
	static const struct {
		const char *text;
		size_t size;
		const char *want;
	} rows[] = {
		{ "", 0, "\"\"" },
		{ "a\"b\\c/", 6, "\"a\\\"b\\\\c/\"" },
		{ "\b\t\n\f\r", 5, "\"\\b\\t\\n\\f\\r\"" },
		{ "\0\x01\x1f\x7f", 4, "\"\\u0000\\u0001\\u001f\x7f\"" },
		{ "\xc3\xa4\xe2\x82\xac", 5, "\"\xc3\xa4\xe2\x82\xac\"" },
		{ "a\xffz", 3, "\"a\xef\xbf\xbdz\"" },
		{ "\xc3", 1, "\"\xef\xbf\xbd\"" },
		{ "\xed\xa0\x80", 3, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tally_json_out out;
		struct tally_buf buf;

		tally_buf_grow(&buf, MAX);
		tally_json_begin(&out, &buf);
		tally_json_add_span(&out, NULL, tally_span(rows[i].text, rows[i].size));
		assert_string_equal(tally_buf_cstr(&buf), rows[i].want);
		tally_buf_free(&buf);
	}
}

static void writer_keeps_to_its_buffer(void **state)
{
	struct tally_json_out out;
	struct tally_buf buf;
	char small[8];

	(void)state;
	tally_buf_over(&buf, small, sizeof(small));
	tally_json_begin(&out, &buf);
	tally_json_object(&out, NULL);
	tally_json_add_str(&out, "name", "value");
	tally_json_object_end(&out);
	assert_int_equal(tally_buf_err(&buf), TALLY_ERR_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts),
		cmocka_unit_test(refuses),
		cmocka_unit_test(is_bounded),
		cmocka_unit_test(members_are_found_by_exact_name),
		cmocka_unit_test(lists_are_walked),
		cmocka_unit_test(integers_are_exact_or_refused),
		cmocka_unit_test(numbers_are_rounded_down),
		cmocka_unit_test(writes_without_blanks),
		cmocka_unit_test(writes_strings_safely),
		cmocka_unit_test(writer_keeps_to_its_buffer),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
