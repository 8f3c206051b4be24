/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "codec/bits.h"

bool tally_bits_is_width(unsigned int bits)
{
	return bits == 1 || bits == 2 || bits == 4 || bits == 8;
}

size_t tally_bits_bytes(uint32_t size, unsigned int bits)
{
	return (size_t)(((uint64_t)size * bits + 7) / 8);
}

uint64_t tally_bits_entries(size_t n, unsigned int bits)
{
	return (uint64_t)n * (8 / bits);
}

/* Where an entry is; since bits divides 8, it never crosses a byte. */
struct place {
	size_t byte;
	unsigned int shift;
	unsigned int mask; /* before the shift */
};

static struct place place_of(unsigned int bits, uint64_t index)
{
	unsigned int per_byte = 8 / bits;

	return (struct place){
		.byte = (size_t)(index / per_byte),
		.shift = (unsigned int)(index % per_byte) * bits,
		.mask = (1u << bits) - 1,
	};
}

unsigned int tally_bits_get(struct tally_span list, unsigned int bits, uint64_t index)
{
	struct place at = place_of(bits, index);

	return (uint8_t)list.p[at.byte] >> at.shift & at.mask;
}

void tally_bits_set(uint8_t *list, unsigned int bits, uint64_t index, unsigned int value)
{
	struct place at = place_of(bits, index);
	unsigned int others = list[at.byte] & ~(at.mask << at.shift);

	list[at.byte] = (uint8_t)(others | (value & at.mask) << at.shift);
}
