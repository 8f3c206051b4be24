/* SPDX-License-Identifier: Apache-2.0 */
/*
 * application/x-www-form-urlencoded (RFC 6749 appendix B; WHATWG URL §5.1): a
 * request body or a query string.
 */
#ifndef TALLY_CODEC_FORM_H
#define TALLY_CODEC_FORM_H

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"

#define TALLY_FORM_MAX_FIELDS 32u

struct tally_form_field {
	struct tally_span name;
	struct tally_span value;
};

struct tally_form {
	struct tally_form_field fields[TALLY_FORM_MAX_FIELDS];
	size_t count;
};

/*
 * Splits and decodes text. What needs no decoding is borrowed from text, which
 * must live as long as the form; decoded bytes are the arena's. *why is NULL, or
 * a static text for the log when the form is refused:
 *   TALLY_ERR_SYNTAX  a bad %-escape, a NUL, ill-formed UTF-8, a name twice
 *                     (RFC 6749 §3.2), an empty name with a value
 *   TALLY_ERR_LIMIT   more than TALLY_FORM_MAX_FIELDS fields
 *   TALLY_ERR_NOMEM
 * Empty text and empty fields ("a=1&&b=2") are fine.
 */
enum tally_err tally_form_parse(struct tally_form *form, struct tally_arena *arena,
				struct tally_span text, const char **why) TALLY_MUST_CHECK;

/*
 * The value of a field; p is NULL when it is absent. A parameter without a
 * value counts as absent (RFC 6749 §3.1).
 */
struct tally_span tally_form_get(const struct tally_form *form, struct tally_span name);

/*
 * Decodes one value: '+' and %-escapes. out has room for text.n bytes; *n is
 * what was written. TALLY_ERR_SYNTAX as above.
 */
enum tally_err tally_form_decode(struct tally_span text, char *out, size_t *n)
	TALLY_MUST_CHECK;

#endif
