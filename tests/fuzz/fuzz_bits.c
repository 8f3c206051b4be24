/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A compressed list from anyone: the first byte says the container and the width.
 * What comes out is bounded, its entries are within their width, and it goes round.
 */
#include "config.h"

#include "codec/bits.h"
#include "codec/deflate.h"
#include "tests/fuzz/fuzz.h"

#define MOST (256u * 1024)

static void check_entries(struct tally_span list, unsigned int bits)
{
	uint64_t entries = tally_bits_entries(list.n, bits);
	uint8_t *copy = malloc(list.n ? list.n : 1);

	FUZZ_ASSERT(copy != NULL);
	memset(copy, 0, list.n);
	for (uint64_t i = 0; i < entries; i++) {
		unsigned int value = tally_bits_get(list, bits, i);

		FUZZ_ASSERT(value < 1u << bits);
		tally_bits_set(copy, bits, i, value);
	}
	FUZZ_ASSERT(tally_span_eq(tally_span(copy, list.n), list));
	free(copy);
}

static void check_round(enum tally_deflate form, struct tally_span list)
{
	struct tally_buf packed, back;

	tally_buf_grow(&packed, 2 * MOST);
	tally_buf_grow(&back, MOST);
	FUZZ_ASSERT(tally_deflate(form, 1, list, &packed) == TALLY_OK);
	FUZZ_ASSERT(tally_inflate(form, tally_buf_span(&packed), list.n, &back) == TALLY_OK);
	FUZZ_ASSERT(tally_span_eq(tally_buf_span(&back), list));
	tally_buf_free(&packed);
	tally_buf_free(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tally_buf list;

	if (size == 0)
		return 0;
	enum tally_deflate form = data[0] & 1 ? TALLY_GZIP : TALLY_ZLIB;
	unsigned int bits = 1u << (data[0] >> 1 & 3);

	tally_buf_grow(&list, SIZE_MAX);
	enum tally_err err = tally_inflate(form, tally_span(data + 1, size - 1), MOST, &list);

	FUZZ_ASSERT(err == TALLY_OK || err == TALLY_ERR_SYNTAX || err == TALLY_ERR_LIMIT);
	FUZZ_ASSERT(list.n <= MOST && (err == TALLY_OK || list.n == 0));
	if (err == TALLY_OK) {
		check_entries(tally_buf_span(&list), bits);
		check_round(form, tally_buf_span(&list));
	}
	tally_buf_free(&list);
	return 0;
}
