/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Refresh tokens that anyone may bring. The first byte of an input says what
 * the rest is: 't', the text of a sealed token, which nobody can make without
 * the key; or anything else, the bytes inside of one, which have one form only.
 */
#include "config.h"

#include "oauth/opaque.h"
#include "oauth/sealed.h"
#include "tests/fuzz/fuzz.h"

static const struct tally_derived_keys *keys(void)
{
	static const struct tally_wrap_keys wrap = { .keys = { { "32 bytes of no secret at all..." } },
						     .count = 1 };
	static struct tally_derived_keys derived;

	if (derived.count == 0)
		FUZZ_ASSERT(tally_derive_keys(&wrap, TALLY_SEALED_PURPOSE, &derived) == TALLY_OK);
	return &derived;
}

static void check_text(struct tally_span text, struct tally_arena *arena)
{
	struct tally_refresh_record record;
	struct tally_token_id id;
	uint8_t digest[TALLY_SHA256_SIZE];
	enum tally_err err;

	FUZZ_ASSERT(tally_sealed_read(keys(), text, arena, &record) == TALLY_ERR_NOT_FOUND);
	err = tally_opaque_read(text, TALLY_REFRESH_PREFIX, &id, digest);
	FUZZ_ASSERT(err == TALLY_ERR_SYNTAX || (err == TALLY_OK && text.n == TALLY_OPAQUE_SIZE));
}

/* What unpacks packs to the same bytes, and comes back out of a token. */
static void check_packed(struct tally_span packed, struct tally_arena *arena)
{
	struct tally_refresh_record record, back;
	struct tally_buf again, text;

	if (tally_sealed_unpack(packed, &record) != TALLY_OK)
		return;
	tally_buf_in(&again, arena, packed.n + 1);
	tally_sealed_pack(&record, &again);
	FUZZ_ASSERT(tally_span_eq(tally_buf_span(&again), packed));
	tally_buf_in(&text, arena, 2 * TALLY_SEALED_PACKED_MAX);
	if (packed.n > TALLY_SEALED_PACKED_MAX) {
		FUZZ_ASSERT(tally_sealed_write(keys(), &record, &text) == TALLY_ERR_LIMIT);
		return;
	}
	FUZZ_ASSERT(tally_sealed_write(keys(), &record, &text) == TALLY_OK);
	FUZZ_ASSERT(tally_sealed_read(keys(), tally_buf_span(&text), arena, &back) == TALLY_OK);
	FUZZ_ASSERT(tally_span_eq(back.owner.subject, record.owner.subject));
	FUZZ_ASSERT(back.expires_at == record.expires_at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tally_arena *arena = tally_arena_new(4096, 1u << 20);
	struct tally_span rest;

	FUZZ_ASSERT(arena != NULL);
	if (size > 0) {
		rest = tally_span(data + 1, size - 1);
		if (data[0] == 't')
			check_text(rest, arena);
		else
			check_packed(rest, arena);
	}
	tally_arena_free(arena);
	return 0;
}
