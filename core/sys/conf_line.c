/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our own reader rather than inih: the inih of the distributions cuts lines at
 * 200 bytes in silence, where an issuer alone may have 255, and does not tell
 * its caller the number of the line.
 */
#include "config.h"

#include "sys/conf_parts.h"

/* Wider than the names that exist, so that a near miss gets its suggestion. */
static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_' || c == '.';
}

static bool is_name(struct tally_span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_name_char(s.p[i]))
			return false;
	return s.n > 0;
}

static bool is_comment(struct tally_span s)
{
	return s.n > 0 && (s.p[0] == ';' || s.p[0] == '#');
}

/* A comment behind a value begins with ';' or '#' after a blank. */
static struct tally_span without_comment(struct tally_span s)
{
	for (size_t i = 0; i < s.n; i++) {
		bool start = i == 0 || s.p[i - 1] == ' ' || s.p[i - 1] == '\t';

		if (start && is_comment(tally_span(s.p + i, s.n - i)))
			return tally_span_trim(tally_span(s.p, i));
	}
	return s;
}

static bool has_control(struct tally_span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (((unsigned char)s.p[i] < 0x20 && s.p[i] != '\t') || s.p[i] == 0x7f)
			return true;
	return false;
}

bool tally_conf_line_is_empty(struct tally_span text)
{
	text = tally_span_trim(text);
	return text.n == 0 || is_comment(text);
}

static const char *read_section(struct tally_span text, struct tally_conf_line *out)
{
	struct tally_span rest = tally_span(text.p + 1, text.n - 1);

	out->kind = TALLY_CONF_LINE_SECTION;
	out->name = tally_span_trim(tally_span_cut(&rest, ']'));
	if (rest.p == NULL)
		return "expected ']' behind the name of a section";
	if (!tally_conf_line_is_empty(rest))
		return "expected nothing behind [section]";
	return NULL;
}

static const char *read_directive(struct tally_span text, struct tally_conf_line *out)
{
	struct tally_span rest = text;

	out->name = tally_span_trim(tally_span_cut(&rest, '='));
	if (rest.p == NULL)
		return "expected [section] or name = value (a value does not go on "
		       "in the next line)";
	out->value = without_comment(tally_span_trim(rest));
	if (out->value.n > 0 && (out->value.p[0] == '"' || out->value.p[0] == '\''))
		return "expected a value without quotes";
	return NULL;
}

const char *tally_conf_line_read(struct tally_span text, struct tally_conf_line *out)
{
	*out = (struct tally_conf_line){ .kind = TALLY_CONF_LINE_DIRECTIVE };
	if (!tally_span_is_utf8(text))
		return "expected UTF-8 without NUL";
	if (has_control(text))
		return "expected no control characters";
	text = tally_span_trim(text);
	const char *why = text.p[0] == '[' ? read_section(text, out) : read_directive(text, out);

	if (why == NULL && !is_name(out->name))
		why = "expected a name of letters, digits and '-'";
	return why;
}
