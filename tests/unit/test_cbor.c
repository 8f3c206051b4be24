/* SPDX-License-Identifier: Apache-2.0 */
/* CBOR out and in; most rows are those of RFC 8949 appendix A. */
#include "config.h"

#include "codec/cbor_in.h"
#include "codec/cbor_out.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define MAX 65536u

struct bytes {
	const char *p;
	size_t n;
};

#define BYTES(literal) { literal, sizeof(literal) - 1 }

static enum tally_err parsed(const char *p, size_t n)
{
	struct tally_cbor value;
	enum tally_err err = tally_cbor_parse(tally_span(p, n), MAX, &value);

	assert_int_equal(err == TALLY_OK, tally_cbor_is_there(value));
	return err;
}

static struct tally_cbor value_of(struct tally_span bytes)
{
	struct tally_cbor value;

	assert_int_equal(tally_cbor_parse(bytes, MAX, &value), TALLY_OK);
	return value;
}

static void numbers_have_their_shortest_form(void **state)
{
	static const struct {
		int64_t value;
		struct bytes form;
	} rows[] = {
		{ 0, BYTES("\x00") },
		{ 1, BYTES("\x01") },
		{ 23, BYTES("\x17") },
		{ 24, BYTES("\x18\x18") },
		{ 255, BYTES("\x18\xff") },
		{ 256, BYTES("\x19\x01\x00") },
		{ 65535, BYTES("\x19\xff\xff") },
		{ 65536, BYTES("\x1a\x00\x01\x00\x00") },
		{ UINT32_MAX, BYTES("\x1a\xff\xff\xff\xff") },
		{ INT64_C(4294967296), BYTES("\x1b\x00\x00\x00\x01\x00\x00\x00\x00") },
		{ INT64_MAX, BYTES("\x1b\x7f\xff\xff\xff\xff\xff\xff\xff") },
		{ -1, BYTES("\x20") },
		{ -24, BYTES("\x37") },
		{ -25, BYTES("\x38\x18") },
		{ -256, BYTES("\x38\xff") },
		{ -257, BYTES("\x39\x01\x00") },
		{ INT64_MIN, BYTES("\x3b\x7f\xff\xff\xff\xff\xff\xff\xff") },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tally_span form = tally_span(rows[i].form.p, rows[i].form.n);
		struct tally_buf buf;
		char room[16];
		int64_t back;

		tally_buf_over(&buf, room, sizeof(room));
		tally_cbor_add_i64(&buf, rows[i].value);
		assert_true(tally_span_eq(tally_buf_span(&buf), form));
		tally_buf_over(&buf, room, sizeof(room));
		tally_cbor_add_u64(&buf, (uint64_t)rows[i].value);
		assert_int_equal(tally_span_eq(tally_buf_span(&buf), form), rows[i].value >= 0);
		assert_true(tally_cbor_i64(value_of(form), &back));
		assert_int_equal(back, rows[i].value);
	}
}

static void composites_are_written(void **state)
{
	static const char form[] = "\xd2\x84\x43" "abc" "\xa1\x62hi\x18\x64\x60\x42" "xy";
	char room[64];
	struct tally_buf buf;

	(void)state;
	tally_buf_over(&buf, room, sizeof(room));
	tally_cbor_add_tag(&buf, 18);
	tally_cbor_add_array(&buf, 4);
	tally_cbor_add_bytes(&buf, TALLY_SPAN("abc"));
	tally_cbor_add_map(&buf, 1);
	tally_cbor_add_text(&buf, TALLY_SPAN("hi"));
	tally_cbor_add_u64(&buf, 100);
	tally_cbor_add_text(&buf, tally_span(NULL, 0));
	tally_cbor_add_bytes_head(&buf, 2);
	tally_buf_add_str(&buf, "xy");
	assert_int_equal(tally_buf_err(&buf), TALLY_OK);
	assert_true(tally_span_eq(tally_buf_span(&buf), tally_span(form, sizeof(form) - 1)));
	tally_buf_over(&buf, room, 3);
	tally_cbor_add_u64(&buf, 65536);
	assert_int_equal(tally_buf_err(&buf), TALLY_ERR_LIMIT);
	assert_int_equal(buf.n, 0);
}

static void accepts(void **state)
{
	static const struct bytes rows[] = {
		BYTES("\x40"), BYTES("\x44\x01\x02\x03\x04"), BYTES("\x60"), BYTES("\x61\x61"),
		BYTES("\x64IETF"), BYTES("\x62\"\\"), BYTES("\x62\xc3\xbc"), BYTES("\x63\xe6\xb0\xb4"),
		BYTES("\x64\xf0\x90\x85\x91"), BYTES("\x80"), BYTES("\x83\x01\x02\x03"),
		BYTES("\x83\x01\x82\x02\x03\x82\x04\x05"), BYTES("\xa0"), BYTES("\xa2\x01\x02\x03\x04"),
		BYTES("\xa2\x61" "a\x01\x61" "b\x82\x02\x03"), BYTES("\x82\x61" "a\xa1\x61" "b\x61" "c"),
		BYTES("\xc1\x1a\x51\x4b\x67\xb0"), BYTES("\xd8\x20\x61x"), BYTES("\xf4"), BYTES("\xf5"),
		BYTES("\xf6"), BYTES("\xf7"), BYTES("\xf9\x00\x00"), BYTES("\xfa\x47\xc3\x50\x00"),
		BYTES("\xfb\x3f\xf1\x99\x99\x99\x99\x99\x9a"), BYTES("\x1b\xff\xff\xff\xff\xff\xff\xff\xff"),
		/* 1 and -2 and "1" are three keys; so is one name in two maps */
		BYTES("\xa3\x01\x00\x21\x00\x61" "1\x00"), BYTES("\xa2\x01\xa1\x01\x00\x02\xa1\x01\x00"),
		/* eight levels */
		BYTES("\x81\x81\x81\x81\x81\x81\x81\x80"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(parsed(rows[i].p, rows[i].n), TALLY_OK);
}

static void refuses(void **state)
{
	static const struct bytes rows[] = {
		/* nothing, or more than one value */
		BYTES(""), BYTES("\x00\x00"), BYTES("\x80\x00"), BYTES("\xa0\xff"),
		/* not the shortest */
		BYTES("\x18\x17"), BYTES("\x18\x00"), BYTES("\x19\x00\xff"), BYTES("\x1a\x00\x00\xff\xff"),
		BYTES("\x1b\x00\x00\x00\x00\xff\xff\xff\xff"), BYTES("\x38\x17"), BYTES("\x58\x01" "a"),
		BYTES("\x59\x00\x01" "a"), BYTES("\x78\x01" "a"), BYTES("\x98\x01\x00"), BYTES("\xb8\x01\x00\x00"),
		BYTES("\xd8\x12\x00"), BYTES("\x5b\x00\x00\x00\x00\x00\x00\x00\x01" "a"),
		/* cut */
		BYTES("\x18"), BYTES("\x19\x01"), BYTES("\x1a\x01\x00\x00"), BYTES("\x1b\x01\x00"), BYTES("\x41"),
		BYTES("\x42" "a"), BYTES("\x62" "a"), BYTES("\x81"), BYTES("\x82\x00"), BYTES("\xa1"), BYTES("\xa1\x00"),
		BYTES("\xc1"), BYTES("\xf9\x00"), BYTES("\xfb\x00\x00\x00\x00"), BYTES("\x58"),
		/* lengths beyond everything */
		BYTES("\x5b\xff\xff\xff\xff\xff\xff\xff\xff"), BYTES("\x9b\xff\xff\xff\xff\xff\xff\xff\xff"),
		BYTES("\x9a\xff\xff\xff\xff\x00"), BYTES("\x5a\xff\xff\xff\xff\x00"),
		/* indefinite */
		BYTES("\x5f\x41" "a\xff"), BYTES("\x7f\x61" "a\xff"), BYTES("\x9f\xff"), BYTES("\xbf\xff"), BYTES("\xff"),
		BYTES("\x81\xff"), BYTES("\x1f"), BYTES("\x3f"), BYTES("\xdf\x00"),
		/* reserved */
		BYTES("\x1c"), BYTES("\x1d"), BYTES("\x1e"), BYTES("\x5c"), BYTES("\xfc"), BYTES("\xe0"), BYTES("\xf3"),
		BYTES("\xf8\xff"), BYTES("\xf8\x18"), BYTES("\xf8\x14"),
		/* text */
		BYTES("\x61\xff"), BYTES("\x62\xc0\xaf"), BYTES("\x63\xed\xa0\x80"), BYTES("\x61\xc3"), BYTES("\x61\x00"),
		/* keys: twice, or of other types */
		BYTES("\xa2\x01\x00\x01\x00"), BYTES("\xa2\x61" "a\x00\x61" "a\x00"), BYTES("\xa2\x20\x00\x20\x00"),
		BYTES("\xa1\x41" "a\x00"), BYTES("\xa1\x80\x00"), BYTES("\xa1\xf6\x00"), BYTES("\xa1\xc1\x00\x00"),
		BYTES("\x81\xa2\x01\x00\x01\x00"), BYTES("\xa1\x00\xa2\x01\x00\x01\x00"),
		BYTES("\xa3\x01\xa1\x01\x00\x02\x80\x01\x00"), BYTES("\xd2\x81\xa2\x00\x00\x00\x00"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (parsed(rows[i].p, rows[i].n) == TALLY_OK)
			print_message("# row %zu\n", i);
		assert_int_not_equal(parsed(rows[i].p, rows[i].n), TALLY_OK);
	}
}

static void is_bounded(void **state)
{
	static char bytes[MAX + 1];
	struct tally_buf buf;

	(void)state;
	assert_int_equal(parsed("\x81\x81\x81\x81\x81\x81\x81\x81\x80", 9), TALLY_ERR_LIMIT);
	memset(bytes, '\x81', sizeof(bytes));
	assert_int_equal(parsed(bytes, MAX), TALLY_ERR_LIMIT);
	memset(bytes, '\xc1', sizeof(bytes));
	assert_int_equal(parsed(bytes, MAX), TALLY_ERR_LIMIT);
	assert_int_equal(parsed(bytes, MAX + 1), TALLY_ERR_LIMIT);
	for (unsigned int pairs = TALLY_CBOR_MAX_PAIRS; pairs <= TALLY_CBOR_MAX_PAIRS + 1; pairs++) {
		tally_buf_over(&buf, bytes, sizeof(bytes));
		tally_cbor_add_map(&buf, pairs);
		for (unsigned int i = 0; i < pairs; i++) {
			tally_cbor_add_u64(&buf, i);
			tally_cbor_add_u64(&buf, 0);
		}
		assert_int_equal(parsed(buf.p, buf.n),
				 pairs > TALLY_CBOR_MAX_PAIRS ? TALLY_ERR_LIMIT : TALLY_OK);
	}
}

static void values_are_found(void **state)
{
	/* {1: [10, "x", h'0102'], "lst": h'ff', -5: 18({}), 65533: {"bits": 1}} */
	static const char bytes[] = "\xa4\x01\x83\x0a\x61x\x42\x01\x02\x63lst\x41\xff\x24\xd2\xa0"
				    "\x19\xff\xfd\xa1\x64" "bits\x01";
	struct tally_cbor map = value_of(tally_span(bytes, sizeof(bytes) - 1));
	struct tally_cbor list = tally_cbor_at(map, 1), inside;
	struct tally_span s;
	uint64_t n;
	int64_t i;

	(void)state;
	assert_true(tally_cbor_is_map(map));
	assert_false(tally_cbor_is_map(list));
	assert_true(tally_cbor_array(list, &n) && n == 3);
	assert_false(tally_cbor_array(map, &n));
	assert_true(tally_cbor_u64(tally_cbor_element(list, 0), &n) && n == 10);
	assert_true(tally_cbor_text(tally_cbor_element(list, 1), &s) && s.n == 1 && s.p[0] == 'x');
	assert_true(tally_cbor_bytes(tally_cbor_element(list, 2), &s) && s.n == 2);
	assert_false(tally_cbor_is_there(tally_cbor_element(list, 3)));
	assert_false(tally_cbor_is_there(tally_cbor_element(map, 0)));
	assert_true(tally_cbor_bytes(tally_cbor_member(map, "lst"), &s) && s.n == 1);
	assert_false(tally_cbor_text(tally_cbor_member(map, "lst"), &s));
	assert_false(tally_cbor_is_there(tally_cbor_member(map, "ls")));
	assert_false(tally_cbor_is_there(tally_cbor_member(map, "lst2")));
	assert_true(tally_cbor_tag(tally_cbor_at(map, -5), &n, &inside) && n == 18);
	assert_true(tally_cbor_is_map(inside));
	assert_false(tally_cbor_tag(map, &n, &inside));
	assert_true(tally_cbor_u64(tally_cbor_member(tally_cbor_at(map, 65533), "bits"), &n));
	assert_false(tally_cbor_is_there(tally_cbor_at(map, 2)));
	assert_false(tally_cbor_is_there(tally_cbor_at(list, 1)));
	assert_false(tally_cbor_u64((struct tally_cbor){ .bytes = { NULL, 0 } }, &n));
	assert_false(tally_cbor_i64(tally_cbor_member(map, "lst"), &i));
}

static void numbers_that_do_not_fit_are_refused(void **state)
{
	uint64_t u;
	int64_t i;

	(void)state;
	assert_false(tally_cbor_u64(value_of(TALLY_SPAN("\x20")), &u));
	assert_true(tally_cbor_u64(value_of(TALLY_SPAN("\x1b\xff\xff\xff\xff\xff\xff\xff\xff")), &u));
	assert_true(u == UINT64_MAX);
	assert_false(tally_cbor_i64(value_of(TALLY_SPAN("\x1b\x80\x00\x00\x00\x00\x00\x00\x00")), &i));
	assert_false(tally_cbor_i64(value_of(TALLY_SPAN("\x3b\x80\x00\x00\x00\x00\x00\x00\x00")), &i));
}

/* RFC 8949 appendix A again. */
static void times_are_rounded_down(void **state)
{
	static const struct {
		struct bytes form;
		bool fits;
		int64_t floor;
	} rows[] = {
		{ BYTES("\x1a\x51\x4b\x67\xb0"), true, 1363896240 },
		{ BYTES("\x20"), true, -1 },
		{ BYTES("\xfb\x41\xd4\x52\xd9\xec\x20\x00\x00"), true, 1363896240 },
		{ BYTES("\xf9\x3e\x00"), true, 1 },
		{ BYTES("\xf9\x7b\xff"), true, 65504 },
		{ BYTES("\xfa\x47\xc3\x50\x00"), true, 100000 },
		{ BYTES("\xf9\x00\x01"), true, 0 },
		{ BYTES("\xf9\x04\x00"), true, 0 },
		{ BYTES("\xf9\xc4\x00"), true, -4 },
		{ BYTES("\xfb\xc0\x10\x66\x66\x66\x66\x66\x66"), true, -5 },
		{ BYTES("\xfb\x7e\x37\xe4\x3c\x88\x00\x75\x9c"), false, 0 },
		{ BYTES("\xf9\x7c\x00"), false, 0 },
		{ BYTES("\xf9\x7e\x00"), false, 0 },
		{ BYTES("\xf9\xfc\x00"), false, 0 },
		{ BYTES("\xfa\x7f\x80\x00\x00"), false, 0 },
		{ BYTES("\xfb\x7f\xf8\x00\x00\x00\x00\x00\x00"), false, 0 },
		{ BYTES("\xf5"), false, 0 },
		{ BYTES("\x61" "1"), false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tally_cbor value = value_of(tally_span(rows[i].form.p, rows[i].form.n));
		int64_t got = 0;

		assert_int_equal(tally_cbor_floor(value, &got), rows[i].fits);
		assert_int_equal(got, rows[i].floor);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_have_their_shortest_form),
		cmocka_unit_test(composites_are_written),
		cmocka_unit_test(accepts),
		cmocka_unit_test(refuses),
		cmocka_unit_test(is_bounded),
		cmocka_unit_test(values_are_found),
		cmocka_unit_test(numbers_that_do_not_fit_are_refused),
		cmocka_unit_test(times_are_rounded_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
