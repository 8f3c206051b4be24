/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A buffer to append to, with an upper bound that is never passed. An append
 * that does not fit, or finds no memory, appends nothing and makes the buffer
 * failed; so does every later one. A writer appends without looking and asks
 * once, at the end: tally_buf_err.
 */
#ifndef TALLY_BASE_BUF_H
#define TALLY_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"

struct tally_buf {
	char *p;
	size_t n;            /* bytes appended */
	size_t cap;          /* bytes that p has */
	size_t max;          /* cap never grows beyond it */
	enum tally_err err;  /* the first failure */
	bool owned;          /* p is from malloc and may grow */
};

/* Over size bytes that the caller keeps alive; does not grow. */
void tally_buf_over(struct tally_buf *buf, void *p, size_t size);

/* Over size bytes of the arena; does not grow. Failed when there are none. */
void tally_buf_in(struct tally_buf *buf, struct tally_arena *arena, size_t size);

/* Grows as needed up to max bytes; ended by tally_buf_free. */
void tally_buf_grow(struct tally_buf *buf, size_t max);

/* The same with room for all of them taken at once, for what is large and known. */
void tally_buf_reserve(struct tally_buf *buf, size_t max);

/* Wipes what it holds; frees it when it is owned. */
void tally_buf_free(struct tally_buf *buf);

void tally_buf_add(struct tally_buf *buf, const void *p, size_t n);
void tally_buf_add_span(struct tally_buf *buf, struct tally_span s);
void tally_buf_add_str(struct tally_buf *buf, const char *s);
void tally_buf_add_char(struct tally_buf *buf, char c);
void tally_buf_add_u64(struct tally_buf *buf, uint64_t value); /* decimal */
void tally_buf_printf(struct tally_buf *buf, const char *format, ...)
	TALLY_PRINTF(2, 3);

/*
 * Room for n bytes at the end, counted as appended; the caller fills them.
 * NULL when they do not fit.
 */
char *tally_buf_room(struct tally_buf *buf, size_t n);

static inline enum tally_err tally_buf_err(const struct tally_buf *buf)
{
	return buf->err;
}

/* What was appended; valid until the next append or the end of the buffer. */
static inline struct tally_span tally_buf_span(const struct tally_buf *buf)
{
	return (struct tally_span){ buf->p, buf->n };
}

/* The same as a C string, "" when the buffer has failed. Appends a NUL. */
const char *tally_buf_cstr(struct tally_buf *buf);

#endif
