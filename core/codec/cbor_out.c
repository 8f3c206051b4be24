/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "codec/cbor_out.h"

/* RFC 8949 §3.1 */
enum major { UNSIGNED, NEGATIVE, BYTES, TEXT, ARRAY, MAP, TAG };

/* Bytes that an argument takes behind the first one: 0, 1, 2, 4 or 8. */
static unsigned int width_of(uint64_t value)
{
	if (value < 24)
		return 0;
	if (value <= UINT8_MAX)
		return 1;
	if (value <= UINT16_MAX)
		return 2;
	return value <= UINT32_MAX ? 4 : 8;
}

/* What says in the first byte that so many bytes follow (§3). */
static unsigned int announce(unsigned int width)
{
	switch (width) {
	case 1:
		return 24;
	case 2:
		return 25;
	case 4:
		return 26;
	default:
		return 27;
	}
}

static void head(struct tally_buf *buf, enum major major, uint64_t value)
{
	unsigned int width = width_of(value);
	uint8_t bytes[TALLY_CBOR_HEAD_MAX];

	bytes[0] = (uint8_t)(major << 5 | (width ? announce(width) : (unsigned int)value));
	for (unsigned int i = 0; i < width; i++)
		bytes[1 + i] = (uint8_t)(value >> 8 * (width - 1 - i));
	tally_buf_add(buf, bytes, 1 + width);
}

void tally_cbor_add_u64(struct tally_buf *buf, uint64_t value)
{
	head(buf, UNSIGNED, value);
}

void tally_cbor_add_i64(struct tally_buf *buf, int64_t value)
{
	/* -1 - n is ~n: INT64_MIN has no positive counterpart. */
	if (value < 0)
		head(buf, NEGATIVE, ~(uint64_t)value);
	else
		head(buf, UNSIGNED, (uint64_t)value);
}

void tally_cbor_add_bytes(struct tally_buf *buf, struct tally_span bytes)
{
	tally_cbor_add_bytes_head(buf, bytes.n);
	tally_buf_add_span(buf, bytes);
}

void tally_cbor_add_text(struct tally_buf *buf, struct tally_span utf8)
{
	head(buf, TEXT, utf8.n);
	tally_buf_add_span(buf, utf8);
}

void tally_cbor_add_bytes_head(struct tally_buf *buf, uint64_t n)
{
	head(buf, BYTES, n);
}

void tally_cbor_add_array(struct tally_buf *buf, uint64_t elements)
{
	head(buf, ARRAY, elements);
}

void tally_cbor_add_map(struct tally_buf *buf, uint64_t pairs)
{
	head(buf, MAP, pairs);
}

void tally_cbor_add_tag(struct tally_buf *buf, uint64_t tag)
{
	head(buf, TAG, tag);
}
