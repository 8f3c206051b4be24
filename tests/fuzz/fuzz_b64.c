/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "base/b64.h"
#include "tests/fuzz/fuzz.h"

#include <openssl/evp.h>

#define MAX_SIZE 4096u

/* Any bytes come back, and too little room is never overrun. */
static void check_bytes(const uint8_t *data, size_t size)
{
	static char text[TALLY_B64URL_SIZE(MAX_SIZE)];
	static uint8_t back[MAX_SIZE];
	struct tally_span s = { text, tally_b64url_put(text, data, size) };
	size_t n;

	FUZZ_ASSERT(s.n == TALLY_B64URL_SIZE(size));
	FUZZ_ASSERT(tally_b64url_get(s, back, size, &n) == TALLY_OK);
	FUZZ_ASSERT(n == size && memcmp(back, data, size) == 0);
	if (size > 0)
		FUZZ_ASSERT(tally_b64url_get(s, back, size - 1, &n) == TALLY_ERR_LIMIT);
}

/* What is decoded has one text only: the one that was given. */
static void check_text(struct tally_span text)
{
	static uint8_t bytes[TALLY_B64_BYTES(MAX_SIZE)];
	static char again[MAX_SIZE + 4];
	size_t n;

	if (tally_b64url_get(text, bytes, sizeof(bytes), &n) == TALLY_OK) {
		FUZZ_ASSERT(n <= TALLY_B64_BYTES(text.n));
		size_t size = tally_b64url_put(again, bytes, n);

		FUZZ_ASSERT(tally_span_eq(tally_span(again, size), text));
	}
	if (tally_b64_get(text, bytes, sizeof(bytes), &n) == TALLY_OK) {
		int size = EVP_EncodeBlock((unsigned char *)again, bytes, (int)n);

		FUZZ_ASSERT(tally_span_eq(tally_span(again, (size_t)size), text));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > MAX_SIZE)
		return 0;
	check_bytes(data, size);
	check_text(tally_span(data, size));
	return 0;
}
