/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strict JSON in (RFC 8259, I-JSON RFC 7493 where it matters): cJSON behind a
 * wrapper that refuses what cJSON lets pass: duplicate members, NUL in strings,
 * bytes behind the value, deep nesting, ill-formed UTF-8, names in another case.
 */
#ifndef TALLY_CODEC_JSON_IN_H
#define TALLY_CODEC_JSON_IN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

#define TALLY_JSON_MAX_DEPTH 8u
#define TALLY_JSON_MAX_MEMBERS 256u /* of one object */

struct tally_json;

/*
 * Parses a whole text; *out is owned and ended by tally_json_free, NULL after a
 * failure. TALLY_ERR_SYNTAX, TALLY_ERR_LIMIT (larger than max bytes, too deep,
 * too many members, a number of more than 63 characters), TALLY_ERR_NOMEM.
 */
enum tally_err tally_json_parse(struct tally_span text, size_t max, struct tally_json **out)
	TALLY_MUST_CHECK;
void tally_json_free(struct tally_json *json);

/* Values below are borrowed from the tree. NULL stands for "not there". */
bool tally_json_is_object(const struct tally_json *json);
bool tally_json_is_array(const struct tally_json *json);
bool tally_json_is_number(const struct tally_json *json);

/* A member by its exact name; NULL also when object is NULL or no object. */
const struct tally_json *tally_json_member(const struct tally_json *object, const char *name);

/* The first element of an array or member of an object, and the one behind. */
const struct tally_json *tally_json_first(const struct tally_json *parent);
const struct tally_json *tally_json_next(const struct tally_json *value);

/* The name of a member. */
struct tally_span tally_json_name(const struct tally_json *member);

/* false when the value is absent or of another type. */
bool tally_json_string(const struct tally_json *value, struct tally_span *out);
bool tally_json_bool(const struct tally_json *value, bool *out);

/* Whole numbers that a double holds exactly: ±(2^53 - 1). */
bool tally_json_integer(const struct tally_json *value, int64_t *out);

/* The same, of any number in that range rounded down (RFC 7519 §2, NumericDate). */
bool tally_json_floor(const struct tally_json *value, int64_t *out);

#endif
