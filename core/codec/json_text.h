/* SPDX-License-Identifier: Apache-2.0 */
/* Private to codec: whether a text is the JSON that json_in accepts. */
#ifndef TALLY_CODEC_JSON_TEXT_H
#define TALLY_CODEC_JSON_TEXT_H

#include "base/err.h"
#include "base/span.h"

/*
 * Looks at every byte before cJSON does, with a cursor and without recursion.
 * Beyond RFC 8259, refuses NUL and lone surrogates in strings (RFC 7493 §2.1).
 * Duplicate names are not seen here. TALLY_ERR_SYNTAX; TALLY_ERR_LIMIT: deeper
 * than TALLY_JSON_MAX_DEPTH, or a number longer than cJSON reads.
 */
enum tally_err tally_json_check(struct tally_span text) TALLY_MUST_CHECK;

#endif
