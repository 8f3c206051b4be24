/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "codec/json_text.h"

#include "codec/json_in.h"

/* cJSON copies a number into 64 bytes and reads a longer one as two. */
#define MAX_NUMBER 63

struct cursor {
	const char *p;
	const char *end;
	size_t depth;
	char closing[TALLY_JSON_MAX_DEPTH]; /* what ends each open container */
};

static char peek(const struct cursor *c)
{
	/* NUL is no part of any token, so it may stand for the end. */
	return c->p < c->end ? *c->p : '\0';
}

static bool take(struct cursor *c, char wanted)
{
	if (c->p == c->end || *c->p != wanted)
		return false;
	c->p++;
	return true;
}

static void skip_blanks(struct cursor *c)
{
	while (c->p < c->end && (*c->p == ' ' || *c->p == '\t' || *c->p == '\n' || *c->p == '\r'))
		c->p++;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool digits(struct cursor *c)
{
	const char *from = c->p;

	while (is_digit(peek(c)))
		c->p++;
	return c->p > from;
}

/* RFC 8259 §6: [ minus ] int [ frac ] [ exp ] */
static enum tally_err number(struct cursor *c)
{
	const char *from = c->p;

	take(c, '-');
	if (!take(c, '0') && !digits(c))
		return TALLY_ERR_SYNTAX;
	if (take(c, '.') && !digits(c))
		return TALLY_ERR_SYNTAX;
	if (take(c, 'e') || take(c, 'E')) {
		if (!take(c, '+'))
			take(c, '-');
		if (!digits(c))
			return TALLY_ERR_SYNTAX;
	}
	return c->p - from > MAX_NUMBER ? TALLY_ERR_LIMIT : TALLY_OK;
}

static int hex_value(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Four hex digits; -1: they are not there. */
static int hex4(struct cursor *c)
{
	int value = 0;

	if (c->end - c->p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		int digit = hex_value(*c->p++);

		if (digit < 0)
			return -1;
		value = value << 4 | digit;
	}
	return value;
}

/* Behind "\u". RFC 8259 §7: beyond U+FFFF by a pair of surrogates. */
static bool unicode_escape(struct cursor *c)
{
	int unit = hex4(c);

	if (unit <= 0 || (unit >= 0xdc00 && unit <= 0xdfff))
		return false;
	if (unit < 0xd800 || unit > 0xdfff)
		return true;
	if (!take(c, '\\') || !take(c, 'u'))
		return false;
	unit = hex4(c);
	return unit >= 0xdc00 && unit <= 0xdfff;
}

static bool escape(struct cursor *c)
{
	if (take(c, 'u'))
		return unicode_escape(c);
	if (peek(c) == '\0' || strchr("\"\\/bfnrt", peek(c)) == NULL)
		return false;
	c->p++;
	return true;
}

static enum tally_err string(struct cursor *c)
{
	if (!take(c, '"'))
		return TALLY_ERR_SYNTAX;
	while (c->p < c->end) {
		char byte = *c->p++;

		if (byte == '"')
			return TALLY_OK;
		if ((unsigned char)byte < 0x20)
			return TALLY_ERR_SYNTAX;
		if (byte == '\\' && !escape(c))
			return TALLY_ERR_SYNTAX;
	}
	return TALLY_ERR_SYNTAX;
}

static enum tally_err word(struct cursor *c, struct tally_span wanted)
{
	if (!tally_span_starts_with(tally_span(c->p, (size_t)(c->end - c->p)), wanted))
		return TALLY_ERR_SYNTAX;
	c->p += wanted.n;
	return TALLY_OK;
}

static enum tally_err scalar(struct cursor *c)
{
	switch (peek(c)) {
	case '"':
		return string(c);
	case 't':
		return word(c, TALLY_SPAN("true"));
	case 'f':
		return word(c, TALLY_SPAN("false"));
	case 'n':
		return word(c, TALLY_SPAN("null"));
	default:
		return number(c);
	}
}

/* The name of a member and the colon behind it; nothing in an array. */
static enum tally_err member_name(struct cursor *c)
{
	if (c->closing[c->depth - 1] == ']')
		return TALLY_OK;
	skip_blanks(c);
	enum tally_err err = string(c);

	if (err != TALLY_OK)
		return err;
	skip_blanks(c);
	return take(c, ':') ? TALLY_OK : TALLY_ERR_SYNTAX;
}

/*
 * The start of a value: a whole scalar, an empty container, or a container up
 * to its first element. *more: a value must follow.
 */
static enum tally_err value(struct cursor *c, bool *more)
{
	skip_blanks(c);
	char closing = peek(c) == '{' ? '}' : peek(c) == '[' ? ']' : '\0';

	*more = false;
	if (closing == '\0')
		return scalar(c);
	if (c->depth == TALLY_JSON_MAX_DEPTH)
		return TALLY_ERR_LIMIT;
	c->p++;
	skip_blanks(c);
	if (take(c, closing))
		return TALLY_OK;
	c->closing[c->depth++] = closing;
	*more = true;
	return member_name(c);
}

/* What stands behind a value: a comma, or the ends of containers. */
static enum tally_err behind(struct cursor *c, bool *more)
{
	*more = false;
	while (c->depth > 0) {
		skip_blanks(c);
		if (take(c, ',')) {
			*more = true;
			return member_name(c);
		}
		if (!take(c, c->closing[c->depth - 1]))
			return TALLY_ERR_SYNTAX;
		c->depth--;
	}
	return TALLY_OK;
}

enum tally_err tally_json_check(struct tally_span text)
{
	struct cursor c = { .p = text.p };
	enum tally_err err;
	bool more;

	if (text.n == 0 || !tally_span_is_utf8(text))
		return TALLY_ERR_SYNTAX;
	c.end = text.p + text.n;
	do {
		err = value(&c, &more);
		if (err == TALLY_OK && !more)
			err = behind(&c, &more);
	} while (err == TALLY_OK && more);
	if (err != TALLY_OK)
		return err;
	skip_blanks(&c);
	return c.p == c.end ? TALLY_OK : TALLY_ERR_SYNTAX;
}
