/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "codec/form.h"

/* What a byte means to the scanner; plain bytes are 0. */
enum {
	AMPERSAND = 1,
	EQUALS = 2,
	ESCAPE = 4,
	HIGH = 8, /* not ASCII: needs a look at the UTF-8 */
	NUL = 16,
};

static const uint8_t kinds[256] = {
	['\0'] = NUL,   ['&'] = AMPERSAND, ['='] = EQUALS,
	['%'] = ESCAPE, ['+'] = ESCAPE,    [0x80 ... 0xff] = HIGH,
};

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The byte of an escape "%41"; -1: it is none, or NUL. */
static int escaped_byte(const char *p, const char *end)
{
	if (end - p < 3)
		return -1;
	int high = hex_value(p[1]);
	int low = hex_value(p[2]);

	return high < 0 || low < 0 || high + low == 0 ? -1 : high << 4 | low;
}

enum tally_err tally_form_decode(struct tally_span text, char *out, size_t *n)
{
	const char *p = text.p;
	const char *end = text.n ? text.p + text.n : text.p;
	char *to = out;

	while (p < end) {
		char c = *p;
		int byte = c == '+' ? ' ' : (unsigned char)c;

		if (c == '%') {
			byte = escaped_byte(p, end);
			if (byte < 0)
				return TALLY_ERR_SYNTAX;
			p += 2;
		}
		*to++ = (char)byte;
		p++;
	}
	*n = (size_t)(to - out);
	return tally_span_is_utf8(tally_span(out, *n)) ? TALLY_OK : TALLY_ERR_SYNTAX;
}

struct parser {
	const char *p;
	const char *end;
	struct tally_arena *arena;
	char *room; /* for decoded bytes; NULL until the first escape */
	const char *why;
};

/* Up to a byte of the kinds in stop; *seen gathers the kinds passed. */
static struct tally_span scan(struct parser *in, unsigned int stop, unsigned int *seen)
{
	const char *from = in->p;
	const char *p = from;
	unsigned int kind = 0;

	*seen = 0;
	while (p < in->end && !((kind = kinds[(unsigned char)*p]) & stop)) {
		*seen |= kind;
		p++;
	}
	in->p = p;
	return tally_span(from, (size_t)(p - from));
}

static enum tally_err refuse(struct parser *in, enum tally_err err, const char *why)
{
	in->why = why;
	return err;
}

/* The decoded bytes; what needs no decoding stays where it is. */
static enum tally_err decode(struct parser *in, unsigned int seen, struct tally_span *s)
{
	if (!(seen & (ESCAPE | HIGH | NUL)))
		return TALLY_OK;
	if (!(seen & ESCAPE)) {
		if (tally_span_is_utf8(*s))
			return TALLY_OK;
		return refuse(in, TALLY_ERR_SYNTAX, "NUL or ill-formed UTF-8");
	}
	/* Decoding never lengthens: what is left of the text holds all of it. */
	if (in->room == NULL)
		in->room = tally_arena_alloc(in->arena, (size_t)(in->end - s->p));
	if (in->room == NULL)
		return refuse(in, TALLY_ERR_NOMEM, "out of memory");
	size_t n;
	enum tally_err err = tally_form_decode(*s, in->room, &n);

	if (err != TALLY_OK)
		return refuse(in, err, "a bad %-escape, NUL or ill-formed UTF-8");
	*s = tally_span(in->room, n);
	in->room += n;
	return TALLY_OK;
}

/* One field; the cursor ends behind its '&'. */
static enum tally_err field(struct parser *in, struct tally_form_field *out)
{
	unsigned int seen;

	out->name = scan(in, EQUALS | AMPERSAND, &seen);
	enum tally_err err = decode(in, seen, &out->name);

	if (err != TALLY_OK)
		return err;
	out->value = tally_span(in->p, 0);
	if (in->p < in->end && *in->p == '=') {
		in->p++;
		out->value = scan(in, AMPERSAND, &seen);
		err = decode(in, seen, &out->value);
	}
	if (in->p < in->end)
		in->p++;
	return err;
}

static bool has(const struct tally_form *form, struct tally_span name)
{
	for (size_t i = 0; i < form->count; i++)
		if (tally_span_eq(form->fields[i].name, name))
			return true;
	return false;
}

static enum tally_err add(struct parser *in, struct tally_form *form,
			  const struct tally_form_field *one)
{
	if (one->name.n == 0) {
		if (one->value.n == 0)
			return TALLY_OK;
		return refuse(in, TALLY_ERR_SYNTAX, "a value without a name");
	}
	if (form->count == TALLY_FORM_MAX_FIELDS)
		return refuse(in, TALLY_ERR_LIMIT, "too many parameters");
	if (has(form, one->name))
		return refuse(in, TALLY_ERR_SYNTAX, "a parameter is given twice");
	form->fields[form->count++] = *one;
	return TALLY_OK;
}

enum tally_err tally_form_parse(struct tally_form *form, struct tally_arena *arena,
				struct tally_span text, const char **why)
{
	struct parser in = { .p = text.p, .end = text.p, .arena = arena };
	enum tally_err err = TALLY_OK;

	if (text.n > 0)
		in.end += text.n;
	form->count = 0;
	while (err == TALLY_OK && in.p < in.end) {
		struct tally_form_field one;

		err = field(&in, &one);
		if (err == TALLY_OK)
			err = add(&in, form, &one);
	}
	*why = in.why;
	return err;
}

struct tally_span tally_form_get(const struct tally_form *form, struct tally_span name)
{
	for (size_t i = 0; i < form->count; i++) {
		const struct tally_form_field *one = &form->fields[i];

		if (one->value.n > 0 && tally_span_eq(one->name, name))
			return one->value;
	}
	return tally_span(NULL, 0);
}
