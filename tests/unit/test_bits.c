/* SPDX-License-Identifier: Apache-2.0 */
/* Lists as bytes, and their compression. */
#include "config.h"

#include "codec/bits.h"
#include "codec/deflate.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const unsigned int widths[] = { 1, 2, 4, 8 };

static void widths_are_four(void **state)
{
	static const unsigned int good[] = { 0, 1, 1, 0, 1, 0, 0, 0, 1 };

	(void)state;
	for (unsigned int bits = 0; bits < 300; bits++)
		assert_int_equal(tally_bits_is_width(bits), bits < 9 && good[bits]);
	assert_false(tally_bits_is_width(UINT32_MAX));
}

static void sizes_are_exact(void **state)
{
	(void)state;
	assert_int_equal(tally_bits_bytes(0, 1), 0);
	assert_int_equal(tally_bits_bytes(1, 1), 1);
	assert_int_equal(tally_bits_bytes(8, 1), 1);
	assert_int_equal(tally_bits_bytes(9, 1), 2);
	assert_int_equal(tally_bits_bytes(12, 2), 3);
	assert_int_equal(tally_bits_bytes(3, 4), 2);
	assert_int_equal(tally_bits_bytes(TALLY_LIST_SIZE_MAX, 8), TALLY_LIST_SIZE_MAX);
	assert_int_equal(tally_bits_bytes(TALLY_LIST_SIZE_MAX, 1), TALLY_LIST_SIZE_MAX / 8);
	assert_int_equal(tally_bits_entries(0, 1), 0);
	assert_int_equal(tally_bits_entries(2, 1), 16);
	assert_int_equal(tally_bits_entries(3, 2), 12);
	assert_int_equal(tally_bits_entries(TALLY_LIST_SIZE_MAX, 1), UINT64_C(1) << 30);
}

/* draft-ietf-oauth-status-list §4.1 */
static void first_entry_is_in_the_least_significant_bits(void **state)
{
	uint8_t list[2] = { 0 };

	(void)state;
	tally_bits_set(list, 1, 0, 1);
	tally_bits_set(list, 1, 15, 1);
	assert_int_equal(list[0], 0x01);
	assert_int_equal(list[1], 0x80);
	memset(list, 0, sizeof(list));
	tally_bits_set(list, 2, 1, 3);
	tally_bits_set(list, 4, 3, 0xa);
	assert_int_equal(list[0], 0x0c);
	assert_int_equal(list[1], 0xa0);
}

/* Every entry of every width: what is set is read, and its neighbours stay. */
static void entries_do_not_touch_each_other(void **state)
{
	(void)state;
	for (size_t w = 0; w < 4; w++) {
		unsigned int bits = widths[w], most = (1u << bits) - 1;
		uint8_t list[8], before[8];

		for (unsigned int i = 0; i < tally_bits_entries(sizeof(list), bits); i++) {
			memset(list, i % 2 ? 0xff : 0, sizeof(list));
			memcpy(before, list, sizeof(list));
			tally_bits_set(list, bits, i, most / 3);
			for (unsigned int k = 0; k < tally_bits_entries(sizeof(list), bits); k++)
				assert_int_equal(tally_bits_get(tally_span(list, 8), bits, k),
						 k == i ? most / 3 : i % 2 ? most : 0);
			tally_bits_set(list, bits, i, i % 2 ? most : 0);
			assert_memory_equal(list, before, sizeof(list));
		}
	}
}

static void value_beyond_the_width_stays_inside(void **state)
{
	uint8_t list[1] = { 0 };

	(void)state;
	tally_bits_set(list, 2, 1, 0xff);
	assert_int_equal(list[0], 0x0c);
}

/* ---- compression ---- */

/* Bytes that look like a list with some entries set; the same each time. */
static void fill(uint8_t *bytes, size_t n)
{
	uint32_t seed = 1;

	for (size_t i = 0; i < n; i++) {
		seed = seed * 1664525 + 1013904223;
		bytes[i] = seed >> 24 < 20 ? (uint8_t)(1u << (seed >> 16 & 7)) : 0;
	}
}

static void goes_round(void **state)
{
	static const enum tally_deflate forms[] = { TALLY_ZLIB, TALLY_GZIP };
	static const size_t sizes[] = { 0, 1, 2, 100, 65535, 65536, 65537, 300000 };
	static uint8_t bytes[300000];

	(void)state;
	fill(bytes, sizeof(bytes));
	for (size_t i = 0; i < 2 * sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct tally_span data = tally_span(bytes, sizes[i / 2]);
		struct tally_buf packed, plain;

		tally_buf_grow(&packed, 1u << 20);
		tally_buf_grow(&plain, 1u << 20);
		tally_buf_add_char(&packed, 'x');
		tally_buf_add_char(&plain, 'y');
		assert_int_equal(tally_deflate(forms[i % 2], 9, data, &packed), TALLY_OK);
		assert_int_equal(tally_inflate(forms[i % 2], tally_span(packed.p + 1, packed.n - 1),
					       data.n, &plain),
				 TALLY_OK);
		assert_int_equal(plain.n, 1 + data.n);
		assert_int_equal(plain.p[0], 'y');
		assert_true(tally_span_eq(tally_span(plain.p + 1, data.n), data));
		tally_buf_free(&packed);
		tally_buf_free(&plain);
	}
}

static void containers_are_told_apart(void **state)
{
	struct tally_buf zlib, gzip, out;

	(void)state;
	tally_buf_grow(&zlib, 1000);
	tally_buf_grow(&gzip, 1000);
	tally_buf_grow(&out, 1000);
	assert_int_equal(tally_deflate(TALLY_ZLIB, 9, TALLY_SPAN("tally"), &zlib), TALLY_OK);
	assert_int_equal(tally_deflate(TALLY_GZIP, 9, TALLY_SPAN("tally"), &gzip), TALLY_OK);
	assert_int_equal((uint8_t)zlib.p[0], 0x78); /* RFC 1950 §2.2: 32 KiB, DEFLATE */
	assert_memory_equal(gzip.p, "\x1f\x8b\x08", 3); /* RFC 1952 §2.3.1 */
	assert_memory_equal(gzip.p + 4, "\0\0\0\0", 4); /* no time: the same bytes each time */
	assert_int_equal(tally_inflate(TALLY_GZIP, tally_buf_span(&zlib), 1000, &out),
			 TALLY_ERR_SYNTAX);
	assert_int_equal(tally_inflate(TALLY_ZLIB, tally_buf_span(&gzip), 1000, &out),
			 TALLY_ERR_SYNTAX);
	assert_int_equal(out.n, 0);
	tally_buf_free(&zlib);
	tally_buf_free(&gzip);
	tally_buf_free(&out);
}

static enum tally_err inflated(struct tally_span data, size_t most, size_t room)
{
	struct tally_buf out;

	tally_buf_grow(&out, room);
	enum tally_err err = tally_inflate(TALLY_ZLIB, data, most, &out);

	assert_true(out.n <= most && out.n <= room);
	assert_true(err == TALLY_OK || out.n == 0);
	/* What is taken is bounded by what the data can hold, not by what is allowed. */
	assert_true(out.cap <= 256 + 2 * data.n * 1032);
	tally_buf_free(&out);
	return err;
}

static void bomb_is_capped(void **state)
{
	static uint8_t zeros[1u << 20];
	struct tally_buf packed;
	struct tally_span data;

	(void)state;
	tally_buf_grow(&packed, 1u << 20);
	assert_int_equal(tally_deflate(TALLY_ZLIB, 12, tally_span(zeros, sizeof(zeros)), &packed),
			 TALLY_OK);
	data = tally_buf_span(&packed);
	assert_true(data.n < 1200);
	assert_int_equal(inflated(data, sizeof(zeros), SIZE_MAX), TALLY_OK);
	assert_int_equal(inflated(data, sizeof(zeros) + 1, SIZE_MAX), TALLY_OK);
	assert_int_equal(inflated(data, SIZE_MAX, SIZE_MAX), TALLY_OK);
	assert_int_equal(inflated(data, sizeof(zeros) - 1, SIZE_MAX), TALLY_ERR_LIMIT);
	assert_int_equal(inflated(data, 1, SIZE_MAX), TALLY_ERR_LIMIT);
	assert_int_equal(inflated(data, 0, SIZE_MAX), TALLY_ERR_LIMIT);
	assert_int_equal(inflated(data, SIZE_MAX, sizeof(zeros) - 1), TALLY_ERR_LIMIT);
	assert_int_equal(inflated(data, SIZE_MAX, sizeof(zeros)), TALLY_OK);
	tally_buf_free(&packed);
}

/* Not every bit of a stream has a meaning; but no other content comes out. */
static void damage_is_seen(void **state)
{
	static uint8_t bytes[5000];
	struct tally_span data = tally_span(bytes, sizeof(bytes));
	struct tally_buf packed, out;

	(void)state;
	fill(bytes, sizeof(bytes));
	tally_buf_grow(&packed, 10000);
	assert_int_equal(tally_deflate(TALLY_ZLIB, 6, data, &packed), TALLY_OK);
	for (size_t n = 0; n < packed.n; n++)
		assert_int_equal(inflated(tally_span(packed.p, n), 10000, 10000),
				 TALLY_ERR_SYNTAX);
	for (size_t i = 0; i < packed.n; i++) {
		packed.p[i] ^= 0x40;
		tally_buf_grow(&out, 10000);
		if (tally_inflate(TALLY_ZLIB, tally_buf_span(&packed), 10000, &out) == TALLY_OK)
			assert_true(tally_span_eq(tally_buf_span(&out), data));
		tally_buf_free(&out);
		packed.p[i] ^= 0x40;
	}
	tally_buf_add_char(&packed, '\0');
	assert_int_equal(inflated(tally_buf_span(&packed), 10000, 10000), TALLY_ERR_SYNTAX);
	tally_buf_free(&packed);
}

static void full_buffer_is_said(void **state)
{
	static uint8_t bytes[5000];
	char room[100];
	struct tally_buf out;

	(void)state;
	fill(bytes, sizeof(bytes));
	tally_buf_over(&out, room, sizeof(room));
	tally_buf_add_str(&out, "before");
	assert_int_equal(tally_deflate(TALLY_ZLIB, 6, tally_span(bytes, sizeof(bytes)), &out),
			 TALLY_ERR_LIMIT);
	assert_int_equal(out.n, 6);
	assert_int_equal(tally_buf_err(&out), TALLY_ERR_LIMIT);
	tally_buf_over(&out, room, sizeof(room));
	assert_int_equal(tally_deflate(TALLY_ZLIB, 12, tally_span(bytes, 20), &out), TALLY_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(widths_are_four),
		cmocka_unit_test(sizes_are_exact),
		cmocka_unit_test(first_entry_is_in_the_least_significant_bits),
		cmocka_unit_test(entries_do_not_touch_each_other),
		cmocka_unit_test(value_beyond_the_width_stays_inside),
		cmocka_unit_test(goes_round),
		cmocka_unit_test(containers_are_told_apart),
		cmocka_unit_test(bomb_is_capped),
		cmocka_unit_test(damage_is_seen),
		cmocka_unit_test(full_buffer_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
