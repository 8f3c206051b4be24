/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "codec/json_in.h"
#include "codec/json_out.h"
#include "tests/fuzz/fuzz.h"

#define MAX_SIZE (1u << 16)
/* An escape makes six bytes of one. */
#define MAX_WRITTEN (6u * MAX_SIZE + 64u)

static void write_value(struct tally_json_out *out, const char *name,
			const struct tally_json *value);

/* The depth is bounded by the parser. */
static void write_list(struct tally_json_out *out, const struct tally_json *parent, bool named)
{
	for (const struct tally_json *one = tally_json_first(parent); one != NULL;
	     one = tally_json_next(one)) {
		struct tally_span name = tally_json_name(one);

		FUZZ_ASSERT(named == (name.p != NULL));
		if (named)
			FUZZ_ASSERT(tally_json_member(parent, name.p) == one);
		write_value(out, name.p, one);
	}
}

static void write_value(struct tally_json_out *out, const char *name,
			const struct tally_json *value)
{
	struct tally_span text;
	int64_t number;
	bool yes;

	if (tally_json_is_object(value)) {
		tally_json_object(out, name);
		write_list(out, value, true);
		tally_json_object_end(out);
	} else if (tally_json_is_array(value)) {
		tally_json_array(out, name);
		write_list(out, value, false);
		tally_json_array_end(out);
	} else if (tally_json_string(value, &text)) {
		FUZZ_ASSERT(tally_span_is_utf8(text));
		tally_json_add_span(out, name, text);
	} else if (tally_json_integer(value, &number)) {
		tally_json_add_i64(out, name, number);
	} else if (tally_json_bool(value, &yes)) {
		tally_json_add_bool(out, name, yes);
	} else {
		tally_json_add_null(out, name);
	}
}

static void write_tree(struct tally_buf *buf, const struct tally_json *json)
{
	struct tally_json_out out;

	tally_buf_grow(buf, MAX_WRITTEN);
	tally_json_begin(&out, buf);
	write_value(&out, NULL, json);
	FUZZ_ASSERT(tally_buf_err(buf) == TALLY_OK);
}

/* What we write, we read; and writing it again gives the same bytes. */
static void check_tree(const struct tally_json *json)
{
	struct tally_buf first, second;
	struct tally_json *again;

	write_tree(&first, json);
	FUZZ_ASSERT(tally_json_parse(tally_buf_span(&first), MAX_WRITTEN, &again) == TALLY_OK);
	write_tree(&second, again);
	FUZZ_ASSERT(tally_span_eq(tally_buf_span(&first), tally_buf_span(&second)));
	tally_json_free(again);
	tally_buf_free(&first);
	tally_buf_free(&second);
}

/* Any bytes make a string that reads back; good UTF-8 makes itself. */
static void check_string(struct tally_span input)
{
	struct tally_json_out out;
	struct tally_json *json;
	struct tally_span back;
	struct tally_buf buf;

	if (input.n > 0 && memchr(input.p, '\0', input.n) != NULL)
		return; /* NUL is written, but refused when it is read */
	tally_buf_grow(&buf, MAX_WRITTEN);
	tally_json_begin(&out, &buf);
	tally_json_add_span(&out, NULL, input);
	FUZZ_ASSERT(tally_json_parse(tally_buf_span(&buf), MAX_WRITTEN, &json) == TALLY_OK);
	FUZZ_ASSERT(tally_json_string(json, &back));
	FUZZ_ASSERT(tally_span_eq(back, input) == tally_span_is_utf8(input));
	tally_json_free(json);
	tally_buf_free(&buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tally_span input = tally_span(data, size);
	struct tally_json *json;

	if (size > MAX_SIZE)
		return 0;
	if (tally_json_parse(input, MAX_SIZE, &json) == TALLY_OK)
		check_tree(json);
	else
		FUZZ_ASSERT(json == NULL);
	tally_json_free(json);
	check_string(input);
	return 0;
}
