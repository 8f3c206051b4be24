/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A status list as bytes: entries of 1, 2, 4 or 8 bits, the first in the least
 * significant bits of the first byte (draft-ietf-oauth-status-list §4.1).
 */
#ifndef TALLY_CODEC_BITS_H
#define TALLY_CODEC_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

/* The most entries of one list: what fits 128 MiB, whatever their width. */
#define TALLY_LIST_SIZE_MAX 134217728u

bool tally_bits_is_width(unsigned int bits);

/* Bytes of a list; size is at most TALLY_LIST_SIZE_MAX. */
size_t tally_bits_bytes(uint32_t size, unsigned int bits);

/* Entries that n bytes hold. */
uint64_t tally_bits_entries(size_t n, unsigned int bits);

/* The caller has checked that index is inside. */
unsigned int tally_bits_get(struct tally_span list, unsigned int bits, uint64_t index);
void tally_bits_set(uint8_t *list, unsigned int bits, uint64_t index, unsigned int value);

#endif
