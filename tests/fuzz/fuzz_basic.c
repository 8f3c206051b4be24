/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "codec/basic.h"
#include "tests/fuzz/escape.h"
#include "tests/fuzz/fuzz.h"

#include <openssl/evp.h>

/* OpenSSL's base64: our own does not judge itself. */
static struct tally_span encode(struct tally_arena *arena, struct tally_span pair)
{
	unsigned char *out = tally_arena_alloc(arena, pair.n / 3 * 4 + 8);

	return tally_span(out, (size_t)EVP_EncodeBlock(out, (const unsigned char *)pair.p,
						       (int)pair.n));
}

static void check_side(struct tally_span side)
{
	FUZZ_ASSERT(tally_span_is_utf8(side));
	for (size_t i = 0; i < side.n; i++)
		FUZZ_ASSERT((unsigned char)side.p[i] >= 0x20 && side.p[i] != 0x7f);
}

/* Encoded again, the pair is the same. */
static void check_again(struct tally_arena *arena, const struct tally_basic *basic)
{
	struct tally_basic again;
	struct tally_buf pair;

	tally_buf_grow(&pair, 1u << 20);
	fuzz_add_escaped(&pair, basic->user);
	tally_buf_add_char(&pair, ':');
	fuzz_add_escaped(&pair, basic->password);
	struct tally_span text = encode(arena, tally_buf_span(&pair));

	if (text.n <= 4096) {
		FUZZ_ASSERT(tally_basic_parse(&again, arena, text) == TALLY_OK);
		FUZZ_ASSERT(tally_span_eq(again.user, basic->user));
		FUZZ_ASSERT(tally_span_eq(again.password, basic->password));
	}
	tally_buf_free(&pair);
}

static void check(struct tally_arena *arena, struct tally_span credentials)
{
	struct tally_basic basic;

	if (tally_basic_parse(&basic, arena, credentials) != TALLY_OK)
		return;
	FUZZ_ASSERT(credentials.n <= 4096);
	check_side(basic.user);
	check_side(basic.password);
	check_again(arena, &basic);
}

/* The input as a header, as credentials, and as the pair inside of them. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tally_arena *arena = tally_arena_new(16384, 16u << 20);
	struct tally_span input = tally_span(data, size);
	struct tally_span rest;

	if (size > 16384) {
		tally_arena_free(arena);
		return 0;
	}
	if (tally_authorization_is(input, TALLY_SPAN("Basic"), &rest)) {
		FUZZ_ASSERT(rest.n <= size);
		check(arena, rest);
	}
	check(arena, input);
	check(arena, encode(arena, input));
	tally_arena_free(arena);
	return 0;
}
