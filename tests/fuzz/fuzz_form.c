/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "codec/form.h"
#include "tests/fuzz/escape.h"
#include "tests/fuzz/fuzz.h"

static void check_fields(const struct tally_form *form)
{
	FUZZ_ASSERT(form->count <= TALLY_FORM_MAX_FIELDS);
	for (size_t i = 0; i < form->count; i++) {
		const struct tally_form_field *one = &form->fields[i];
		struct tally_span got = tally_form_get(form, one->name);

		FUZZ_ASSERT(one->name.n > 0);
		FUZZ_ASSERT(tally_span_is_utf8(one->name));
		FUZZ_ASSERT(tally_span_is_utf8(one->value));
		FUZZ_ASSERT(tally_span_eq(got, one->value));
		FUZZ_ASSERT((got.p == NULL) == (one->value.n == 0));
		for (size_t k = 0; k < i; k++)
			FUZZ_ASSERT(!tally_span_eq(one->name, form->fields[k].name));
	}
}

/* Decode, encode, decode: the same fields. */
static void check_again(const struct tally_form *form, struct tally_arena *arena)
{
	struct tally_form again;
	struct tally_buf buf;
	const char *why;

	tally_buf_grow(&buf, 8u << 20);
	for (size_t i = 0; i < form->count; i++) {
		fuzz_add_escaped(&buf, form->fields[i].name);
		tally_buf_add_char(&buf, '=');
		fuzz_add_escaped(&buf, form->fields[i].value);
		tally_buf_add_char(&buf, '&');
	}
	FUZZ_ASSERT(tally_form_parse(&again, arena, tally_buf_span(&buf), &why) == TALLY_OK);
	FUZZ_ASSERT(again.count == form->count);
	for (size_t i = 0; i < form->count; i++) {
		FUZZ_ASSERT(tally_span_eq(again.fields[i].name, form->fields[i].name));
		FUZZ_ASSERT(tally_span_eq(again.fields[i].value, form->fields[i].value));
	}
	tally_buf_free(&buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tally_arena *arena = tally_arena_new(4096, 64u << 20);
	struct tally_form form;
	const char *why;
	enum tally_err err = tally_form_parse(&form, arena, tally_span(data, size), &why);

	FUZZ_ASSERT((err == TALLY_OK) == (why == NULL));
	if (err == TALLY_OK) {
		check_fields(&form);
		check_again(&form, arena);
	}
	tally_arena_free(arena);
	return 0;
}
