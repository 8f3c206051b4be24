/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "base/arena.h"

#include "base/secret.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define ALIGN 16u

struct block {
	struct block *next; /* the one before it in time; NULL: the first */
	size_t size;        /* bytes of data */
	size_t used;
	_Alignas(ALIGN) char data[];
};

struct tally_arena {
	struct block *head; /* the block that allocations come from */
	size_t held;        /* data bytes of all blocks */
	size_t max;
};

static struct block *block_new(size_t size)
{
	size_t whole;

	if (__builtin_add_overflow(size, sizeof(struct block), &whole))
		return NULL;
	struct block *block = malloc(whole);

	if (block != NULL)
		*block = (struct block){ .size = size };
	return block;
}

static void block_free(struct block *block)
{
	tally_secret_wipe(block->data, block->used);
	free(block);
}

struct tally_arena *tally_arena_new(size_t first, size_t max)
{
	struct tally_arena *arena = malloc(sizeof(*arena));

	if (arena == NULL)
		return NULL;
	*arena = (struct tally_arena){ block_new(first), first, max };
	if (arena->head == NULL) {
		free(arena);
		return NULL;
	}
	return arena;
}

void tally_arena_reset(struct tally_arena *arena)
{
	while (arena->head->next != NULL) {
		struct block *block = arena->head;

		arena->head = block->next;
		arena->held -= block->size;
		block_free(block);
	}
	tally_secret_wipe(arena->head->data, arena->head->used);
	arena->head->used = 0;
}

void tally_arena_free(struct tally_arena *arena)
{
	if (arena == NULL)
		return;
	tally_arena_reset(arena);
	block_free(arena->head);
	free(arena);
}

/* A block that has room for n bytes in front of the others. */
static struct block *grow(struct tally_arena *arena, size_t n)
{
	size_t size = arena->head->size > n ? arena->head->size : n;

	if (size > arena->max - arena->held)
		size = n;
	if (arena->held >= arena->max || size > arena->max - arena->held)
		return NULL;
	struct block *block = block_new(size);

	if (block == NULL)
		return NULL;
	block->next = arena->head;
	arena->head = block;
	arena->held += size;
	return block;
}

void *tally_arena_alloc(struct tally_arena *arena, size_t n)
{
	struct block *block = arena->head;

	if (n > SIZE_MAX - ALIGN)
		return NULL;
	n = (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	if (n > block->size - block->used)
		block = grow(arena, n);
	if (block == NULL)
		return NULL;
	void *p = block->data + block->used;

	block->used += n;
	return p;
}

void *tally_arena_zalloc(struct tally_arena *arena, size_t n)
{
	void *p = tally_arena_alloc(arena, n);

	if (p != NULL)
		memset(p, 0, n);
	return p;
}

void *tally_arena_array(struct tally_arena *arena, size_t count, size_t size)
{
	size_t n;

	if (__builtin_mul_overflow(count, size, &n))
		return NULL;
	return tally_arena_zalloc(arena, n);
}

char *tally_arena_cstr(struct tally_arena *arena, struct tally_span s)
{
	if (s.n == SIZE_MAX)
		return NULL;
	char *p = tally_arena_alloc(arena, s.n + 1);

	if (p == NULL)
		return NULL;
	if (s.n > 0)
		memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return p;
}

struct tally_span tally_arena_dup(struct tally_arena *arena, struct tally_span s)
{
	const char *p = tally_arena_cstr(arena, s);

	return tally_span(p, p ? s.n : 0);
}

char *tally_arena_printf(struct tally_arena *arena, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	char *p = n < 0 ? NULL : tally_arena_alloc(arena, (size_t)n + 1);

	if (p == NULL)
		return NULL;
	va_start(args, format);
	vsnprintf(p, (size_t)n + 1, format, args);
	va_end(args);
	return p;
}
