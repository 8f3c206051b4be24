/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strict CBOR in (RFC 8949): definite lengths, arguments in their shortest form,
 * text in UTF-8 without NUL, keys of maps that are integers or text and differ, nothing
 * behind the value. What is read borrows from the bytes, which must live as long.
 */
#ifndef TALLY_CODEC_CBOR_IN_H
#define TALLY_CODEC_CBOR_IN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

#define TALLY_CBOR_MAX_DEPTH 8u
#define TALLY_CBOR_MAX_PAIRS 256u /* of one map */

/* A value in bytes that have been checked; p NULL: not there. */
struct tally_cbor {
	struct tally_span bytes; /* the value itself and what is behind it */
};

/*
 * Checks all of it. TALLY_ERR_SYNTAX; TALLY_ERR_LIMIT: larger than max bytes, too
 * deep (an array, a map or a tag is one level), too many pairs.
 */
enum tally_err tally_cbor_parse(struct tally_span bytes, size_t max,
				struct tally_cbor *out) TALLY_MUST_CHECK;

/* false when the value is absent, of another type, or does not fit. */
bool tally_cbor_u64(struct tally_cbor value, uint64_t *out);
bool tally_cbor_i64(struct tally_cbor value, int64_t *out);
bool tally_cbor_bytes(struct tally_cbor value, struct tally_span *out);
bool tally_cbor_text(struct tally_cbor value, struct tally_span *out);

/* An integer, or a floating-point number rounded down (RFC 8392 §2, NumericDate). */
bool tally_cbor_floor(struct tally_cbor value, int64_t *out);

/* The number of a tag and what it is on. */
bool tally_cbor_tag(struct tally_cbor value, uint64_t *tag, struct tally_cbor *inside);

bool tally_cbor_is_map(struct tally_cbor value);

/* An array's length; its elements, of which there must be so many. */
bool tally_cbor_array(struct tally_cbor value, uint64_t *elements);
struct tally_cbor tally_cbor_element(struct tally_cbor array, uint64_t i);

/* A value of a map by its key; not there also when it is no map. */
struct tally_cbor tally_cbor_at(struct tally_cbor map, int64_t key);
struct tally_cbor tally_cbor_member(struct tally_cbor map, const char *key);

static inline bool tally_cbor_is_there(struct tally_cbor value)
{
	return value.bytes.p != NULL;
}

#endif
