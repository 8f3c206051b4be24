/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "base/buf.h"

#include "base/secret.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST_CAP 256u

void tally_buf_over(struct tally_buf *buf, void *p, size_t size)
{
	*buf = (struct tally_buf){ .p = p, .cap = size, .max = size };
}

void tally_buf_in(struct tally_buf *buf, struct tally_arena *arena, size_t size)
{
	tally_buf_over(buf, tally_arena_alloc(arena, size), size);
	if (buf->p == NULL) {
		buf->cap = buf->max = 0;
		buf->err = TALLY_ERR_NOMEM;
	}
}

void tally_buf_grow(struct tally_buf *buf, size_t max)
{
	*buf = (struct tally_buf){ .max = max, .owned = true };
}

void tally_buf_reserve(struct tally_buf *buf, size_t max)
{
	tally_buf_grow(buf, max);
	if (tally_buf_room(buf, max) != NULL)
		buf->n = 0;
}

void tally_buf_free(struct tally_buf *buf)
{
	if (buf->owned)
		tally_secret_free(buf->p, buf->n);
	else
		tally_secret_wipe(buf->p, buf->n);
	*buf = (struct tally_buf){ 0 };
}

/* Moves an owned buffer to cap bytes; the old bytes are wiped. */
static bool move_to(struct tally_buf *buf, size_t cap)
{
	char *p = malloc(cap);

	if (p == NULL)
		return false;
	if (buf->n > 0)
		memcpy(p, buf->p, buf->n);
	tally_secret_free(buf->p, buf->n);
	buf->p = p;
	buf->cap = cap;
	return true;
}

static bool ensure(struct tally_buf *buf, size_t n)
{
	if (buf->err != TALLY_OK)
		return false;
	if (n <= buf->cap - buf->n)
		return true;
	if (n > buf->max - buf->n) {
		buf->err = TALLY_ERR_LIMIT;
		return false;
	}
	size_t cap = buf->cap ? buf->cap : FIRST_CAP;

	while (cap < buf->n + n && cap <= buf->max / 2)
		cap *= 2;
	if (cap < buf->n + n || cap > buf->max)
		cap = buf->max;
	if (!move_to(buf, cap))
		buf->err = TALLY_ERR_NOMEM;
	return buf->err == TALLY_OK;
}

char *tally_buf_room(struct tally_buf *buf, size_t n)
{
	if (!ensure(buf, n))
		return NULL;
	char *p = buf->p + buf->n;

	buf->n += n;
	return p;
}

void tally_buf_add(struct tally_buf *buf, const void *p, size_t n)
{
	char *to = n ? tally_buf_room(buf, n) : NULL;

	if (to != NULL)
		memcpy(to, p, n);
}

void tally_buf_add_span(struct tally_buf *buf, struct tally_span s)
{
	tally_buf_add(buf, s.p, s.n);
}

void tally_buf_add_str(struct tally_buf *buf, const char *s)
{
	tally_buf_add(buf, s, strlen(s));
}

void tally_buf_add_char(struct tally_buf *buf, char c)
{
	tally_buf_add(buf, &c, 1);
}

void tally_buf_add_u64(struct tally_buf *buf, uint64_t value)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	tally_buf_add(buf, digits + at, sizeof(digits) - at);
}

void tally_buf_printf(struct tally_buf *buf, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	/* vsnprintf writes a NUL behind the text; it is taken back. */
	char *p = n < 0 ? NULL : tally_buf_room(buf, (size_t)n + 1);

	if (p == NULL)
		return;
	va_start(args, format);
	vsnprintf(p, (size_t)n + 1, format, args);
	va_end(args);
	buf->n--;
}

const char *tally_buf_cstr(struct tally_buf *buf)
{
	char *end = tally_buf_room(buf, 1);

	if (end == NULL)
		return "";
	*end = '\0';
	buf->n--;
	return buf->p;
}
