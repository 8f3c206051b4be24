/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory of one request (or of one object that lives and dies as a whole).
 * Allocations are never freed singly; reset wipes what was used, since it may
 * hold secrets, and keeps the first block for the next request. Not shared
 * between threads.
 */
#ifndef TALLY_BASE_ARENA_H
#define TALLY_BASE_ARENA_H

#include <stddef.h>

#include "base/err.h"
#include "base/span.h"

struct tally_arena;

/*
 * first: bytes of the block that is kept across resets. max: bytes that may be
 * in use at once; what goes beyond it fails. NULL: out of memory. Owned.
 */
struct tally_arena *tally_arena_new(size_t first, size_t max);
void tally_arena_free(struct tally_arena *arena);

/* Wipes and takes back everything that was allocated. */
void tally_arena_reset(struct tally_arena *arena);

/*
 * n bytes, aligned for any type, not zeroed; valid until the reset. NULL when
 * memory or the arena's maximum is exhausted. n may be 0.
 */
void *tally_arena_alloc(struct tally_arena *arena, size_t n);

/* The same, zeroed. */
void *tally_arena_zalloc(struct tally_arena *arena, size_t n);

/* count × size with the overflow checked, zeroed. */
void *tally_arena_array(struct tally_arena *arena, size_t count, size_t size);

/* A copy with a NUL behind it that n does not count; p is NULL on failure. */
struct tally_span tally_arena_dup(struct tally_arena *arena, struct tally_span s);

/* A NUL-terminated copy; NULL on failure. */
char *tally_arena_cstr(struct tally_arena *arena, struct tally_span s);

/* Formatted text, NUL terminated; NULL on failure. */
char *tally_arena_printf(struct tally_arena *arena, const char *format, ...)
	TALLY_PRINTF(2, 3);

#endif
