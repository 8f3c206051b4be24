/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "codec/json_out.h"

#include "base/b64.h"

void tally_json_begin(struct tally_json_out *out, struct tally_buf *buf)
{
	*out = (struct tally_json_out){ .buf = buf };
}

static bool is_plain(char c)
{
	unsigned char byte = (unsigned char)c;

	return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\';
}

/* A byte below 0x20, a quote or a backslash (RFC 8259 §7). */
static void add_escape(struct tally_buf *buf, char c)
{
	static const char hex[] = "0123456789abcdef";
	static const char letters[0x20] = {
		['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r',
	};
	unsigned char byte = (unsigned char)c;
	char letter = byte < sizeof(letters) ? letters[byte] : c;

	if (letter != 0) {
		tally_buf_add(buf, (const char[]){ '\\', letter }, 2);
		return;
	}
	tally_buf_add(buf, (const char[]){ '\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15] },
		      6);
}

/* What is not plain at the front of s; returns how many bytes that was. */
static size_t add_special(struct tally_buf *buf, struct tally_span s)
{
	size_t size = tally_span_utf8_size(s);

	if (size > 1) {
		tally_buf_add(buf, s.p, size);
		return size;
	}
	if (size == 1)
		add_escape(buf, s.p[0]);
	else
		tally_buf_add(buf, "\xef\xbf\xbd", 3); /* U+FFFD */
	return 1;
}

static void add_quoted(struct tally_buf *buf, struct tally_span s)
{
	size_t from = 0;
	size_t at = 0;

	tally_buf_add_char(buf, '"');
	while (at < s.n) {
		if (is_plain(s.p[at])) {
			at++;
			continue;
		}
		if (at > from)
			tally_buf_add(buf, s.p + from, at - from);
		at += add_special(buf, tally_span(s.p + at, s.n - at));
		from = at;
	}
	if (at > from)
		tally_buf_add(buf, s.p + from, at - from);
	tally_buf_add_char(buf, '"');
}

/* What stands before every value. */
static void lead(struct tally_json_out *out, const char *name)
{
	if (out->comma)
		tally_buf_add_char(out->buf, ',');
	out->comma = true;
	if (name == NULL)
		return;
	add_quoted(out->buf, tally_span_of(name));
	tally_buf_add_char(out->buf, ':');
}

static void open_with(struct tally_json_out *out, const char *name, char bracket)
{
	lead(out, name);
	tally_buf_add_char(out->buf, bracket);
	out->comma = false;
}

static void close_with(struct tally_json_out *out, char bracket)
{
	tally_buf_add_char(out->buf, bracket);
	out->comma = true;
}

void tally_json_object(struct tally_json_out *out, const char *name)
{
	open_with(out, name, '{');
}

void tally_json_object_end(struct tally_json_out *out)
{
	close_with(out, '}');
}

void tally_json_array(struct tally_json_out *out, const char *name)
{
	open_with(out, name, '[');
}

void tally_json_array_end(struct tally_json_out *out)
{
	close_with(out, ']');
}

void tally_json_add_span(struct tally_json_out *out, const char *name, struct tally_span value)
{
	lead(out, name);
	add_quoted(out->buf, value);
}

void tally_json_add_str(struct tally_json_out *out, const char *name, const char *value)
{
	tally_json_add_span(out, name, tally_span_of(value));
}

void tally_json_add_i64(struct tally_json_out *out, const char *name, int64_t value)
{
	lead(out, name);
	if (value < 0)
		tally_buf_add_char(out->buf, '-');
	/* 0 - x instead of -x: INT64_MIN has no positive counterpart. */
	tally_buf_add_u64(out->buf, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void tally_json_string_begin(struct tally_json_out *out, const char *name)
{
	lead(out, name);
	tally_buf_add_char(out->buf, '"');
}

void tally_json_string_end(struct tally_json_out *out)
{
	tally_buf_add_char(out->buf, '"');
}

void tally_json_add_raw(struct tally_json_out *out, const char *name, struct tally_span text)
{
	lead(out, name);
	tally_buf_add_span(out->buf, text);
}

void tally_json_add_bool(struct tally_json_out *out, const char *name, bool value)
{
	tally_json_add_raw(out, name, value ? TALLY_SPAN("true") : TALLY_SPAN("false"));
}

void tally_json_add_null(struct tally_json_out *out, const char *name)
{
	tally_json_add_raw(out, name, TALLY_SPAN("null"));
}

void tally_json_add_b64url(struct tally_json_out *out, const char *name, const void *bytes,
			   size_t n)
{
	tally_json_string_begin(out, name);
	tally_b64url_add(out->buf, bytes, n);
	tally_json_string_end(out);
}
