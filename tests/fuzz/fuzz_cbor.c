/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CBOR from anyone. What is accepted has one form: numbers, strings, arrays and
 * tags written anew are the bytes that were read.
 */
#include "config.h"

#include "codec/cbor_in.h"
#include "codec/cbor_out.h"
#include "tests/fuzz/fuzz.h"

#define MAX 65536u

static void check_prefix(struct tally_cbor value, struct tally_buf *again)
{
	FUZZ_ASSERT(tally_buf_err(again) == TALLY_OK);
	FUZZ_ASSERT(tally_span_starts_with(value.bytes, tally_buf_span(again)));
	tally_buf_free(again);
}

/* Strings and integers: the whole of them. */
static bool check_scalar(struct tally_cbor value, struct tally_buf *again)
{
	struct tally_span s;
	uint64_t u;
	int64_t i;

	if (tally_cbor_bytes(value, &s)) {
		tally_cbor_add_bytes(again, s);
	} else if (tally_cbor_text(value, &s)) {
		FUZZ_ASSERT(tally_span_is_utf8(s));
		tally_cbor_add_text(again, s);
	} else if (tally_cbor_u64(value, &u)) {
		FUZZ_ASSERT(tally_cbor_i64(value, &i) == (u <= INT64_MAX));
		tally_cbor_add_u64(again, u);
	} else if (tally_cbor_i64(value, &i)) {
		FUZZ_ASSERT(i < 0);
		tally_cbor_add_i64(again, i);
	} else {
		return false;
	}
	return true;
}

/* The value that comes next inside; not there: no array, no tag, or an empty one. */
static struct tally_cbor check_value(struct tally_cbor value)
{
	struct tally_cbor inside = { .bytes = { NULL, 0 } };
	struct tally_buf again;
	uint64_t n;

	tally_buf_grow(&again, MAX + TALLY_CBOR_HEAD_MAX);
	if (!check_scalar(value, &again)) {
		if (tally_cbor_array(value, &n)) {
			tally_cbor_add_array(&again, n);
			inside = tally_cbor_element(value, n - 1);
			FUZZ_ASSERT(tally_cbor_is_there(inside) == (n > 0));
			FUZZ_ASSERT(!tally_cbor_is_there(tally_cbor_element(value, n)));
		} else if (tally_cbor_tag(value, &n, &inside)) {
			tally_cbor_add_tag(&again, n);
		}
	}
	check_prefix(value, &again);
	return inside;
}

static void look_up(struct tally_cbor map)
{
	static const int64_t labels[] = { 0, 1, -1, 2, 4, 16, 33, 65533, INT64_MIN };
	int64_t time;

	(void)tally_cbor_floor(map, &time);
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		struct tally_cbor found = tally_cbor_at(map, labels[i]);

		FUZZ_ASSERT(!tally_cbor_is_there(found) || tally_cbor_is_map(map));
		if (tally_cbor_is_there(found))
			(void)check_value(found);
	}
	(void)tally_cbor_is_there(tally_cbor_member(map, "lst"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tally_cbor value;
	enum tally_err err = tally_cbor_parse(tally_span(data, size), MAX, &value);

	if (err != TALLY_OK) {
		FUZZ_ASSERT(err == TALLY_ERR_SYNTAX || err == TALLY_ERR_LIMIT);
		FUZZ_ASSERT(!tally_cbor_is_there(value));
		return 0;
	}
	FUZZ_ASSERT(size > 0 && size <= MAX);
	for (unsigned int level = 0; tally_cbor_is_there(value); level++) {
		FUZZ_ASSERT(level <= TALLY_CBOR_MAX_DEPTH);
		look_up(value);
		value = check_value(value);
	}
	return 0;
}
