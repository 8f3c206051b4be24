/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Borrowed bytes with their length. A span owns nothing and is not NUL
 * terminated; whoever hands one out says how long its bytes live. p may be
 * NULL only when n is 0.
 */
#ifndef TALLY_BASE_SPAN_H
#define TALLY_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/err.h"

struct tally_span {
	const char *p;
	size_t n;
};

/* A span of a string literal. */
#define TALLY_SPAN(literal) ((struct tally_span){ "" literal, sizeof(literal) - 1 })

/* For printf: "%.*s", TALLY_SPAN_ARG(span). */
#define TALLY_SPAN_ARG(span) (int)(span).n, (span).p ? (span).p : ""

static inline struct tally_span tally_span(const void *p, size_t n)
{
	return (struct tally_span){ p, n };
}

/* A span of a NUL-terminated string; of NULL, the empty span. */
static inline struct tally_span tally_span_of(const char *s)
{
	return (struct tally_span){ s, s ? strlen(s) : 0 };
}

/* Equality of public bytes; secrets go through tally_secret_equal. */
static inline bool tally_span_eq(struct tally_span a, struct tally_span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Bytewise order, a shorter prefix first; negative, 0 or positive. */
int tally_span_cmp(struct tally_span a, struct tally_span b);

bool tally_span_starts_with(struct tally_span s, struct tally_span prefix);

/* ASCII letters compare without case (RFC 9110 §5.1: names of headers). */
bool tally_span_eq_nocase(struct tally_span a, struct tally_span b);

/* Without blanks and tabs at both ends. */
struct tally_span tally_span_trim(struct tally_span s);

/*
 * Cuts the text up to the first sep off *rest and returns it; *rest then begins
 * behind sep, or is empty with p NULL where there was none. A loop over fields:
 * while (rest.p) { field = tally_span_cut(&rest, ','); … }
 */
struct tally_span tally_span_cut(struct tally_span *rest, char sep);

/* Digits only, no sign, no blank. TALLY_ERR_SYNTAX, TALLY_ERR_LIMIT (> max). */
enum tally_err tally_span_to_u64(struct tally_span s, uint64_t max, uint64_t *out)
	TALLY_MUST_CHECK;

/*
 * The size of the well-formed UTF-8 character (RFC 3629) that s begins with;
 * 0: there is none. NUL counts as a character here.
 */
size_t tally_span_utf8_size(struct tally_span s);

/* Well-formed UTF-8 (RFC 3629) without NUL. */
bool tally_span_is_utf8(struct tally_span s);

#endif
