/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "base/span.h"

int tally_span_cmp(struct tally_span a, struct tally_span b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n ? memcmp(a.p, b.p, n) : 0;

	if (order != 0)
		return order;
	return a.n < b.n ? -1 : a.n > b.n;
}

bool tally_span_starts_with(struct tally_span s, struct tally_span prefix)
{
	return s.n >= prefix.n && tally_span_eq(tally_span(s.p, prefix.n), prefix);
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool tally_span_eq_nocase(struct tally_span a, struct tally_span b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	return true;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

struct tally_span tally_span_trim(struct tally_span s)
{
	while (s.n > 0 && is_blank(s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

struct tally_span tally_span_cut(struct tally_span *rest, char sep)
{
	struct tally_span whole = *rest;
	const char *at = whole.n ? memchr(whole.p, sep, whole.n) : NULL;

	if (at == NULL) {
		*rest = tally_span(NULL, 0);
		return whole;
	}
	size_t n = (size_t)(at - whole.p);

	*rest = tally_span(at + 1, whole.n - n - 1);
	return tally_span(whole.p, n);
}

enum tally_err tally_span_to_u64(struct tally_span s, uint64_t max, uint64_t *out)
{
	uint64_t value = 0;

	if (s.n == 0)
		return TALLY_ERR_SYNTAX;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return TALLY_ERR_SYNTAX;
	for (size_t i = 0; i < s.n; i++) {
		if (__builtin_mul_overflow(value, 10u, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(s.p[i] - '0'), &value))
			return TALLY_ERR_LIMIT;
	}
	if (value > max)
		return TALLY_ERR_LIMIT;
	*out = value;
	return TALLY_OK;
}

/* How many continuation bytes follow a first byte; -1: not a first byte. */
static int utf8_more(unsigned char first)
{
	if (first < 0x80)
		return 0;
	if (first >= 0xc2 && first <= 0xdf)
		return 1;
	if (first >= 0xe0 && first <= 0xef)
		return 2;
	if (first >= 0xf0 && first <= 0xf4)
		return 3;
	return -1;
}

/* The second byte is narrower after e0, ed, f0 and f4 (RFC 3629 §4). */
static bool utf8_second_ok(unsigned char first, unsigned char second)
{
	unsigned char low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
	unsigned char high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;

	return second >= low && second <= high;
}

size_t tally_span_utf8_size(struct tally_span s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	int more = s.n ? utf8_more(p[0]) : -1;

	if (more < 0 || s.n <= (size_t)more)
		return 0;
	if (more > 0 && !utf8_second_ok(p[0], p[1]))
		return 0;
	for (int i = 2; i <= more; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return (size_t)more + 1;
}

bool tally_span_is_utf8(struct tally_span s)
{
	for (size_t i = 0; i < s.n;) {
		unsigned char c = (unsigned char)s.p[i];

		if (c >= 0x80) {
			size_t size = tally_span_utf8_size(tally_span(s.p + i, s.n - i));

			if (size == 0)
				return false;
			i += size;
		} else if (c != 0) {
			i++;
		} else {
			return false;
		}
	}
	return true;
}
