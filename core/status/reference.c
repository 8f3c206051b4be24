/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "status/reference.h"

#include "status/reference_priv.h"
#include "sys/clock.h"

#include <stdlib.h>
#include <time.h>

#define FIRST_ROOM 16u

/* ---- the ring ---- */

struct block *tally_references_block(struct tally_references *references, size_t i)
{
	return &references->blocks[(references->head + i) % references->room];
}

static bool grow(struct tally_references *references)
{
	size_t count = references->dead + references->live;
	size_t room = references->room > 0 ? references->room * 2 : FIRST_ROOM;
	struct block *blocks = room <= BLOCKS_MAX ? calloc(room, sizeof(*blocks)) : NULL;

	if (blocks == NULL)
		return false;
	for (size_t i = 0; i < count; i++)
		blocks[i] = *tally_references_block(references, i);
	free(references->blocks);
	references->blocks = blocks;
	references->room = room;
	references->head = 0;
	return true;
}

bool tally_references_put(struct tally_references *references, struct block block)
{
	size_t count = references->dead + references->live;

	if (count == references->room && !grow(references))
		return false;
	*tally_references_block(references, count) = block;
	references->live++;
	references->stock += block.count;
	return true;
}

/* The first live block is live no more. */
static void bury(struct tally_references *references)
{
	struct block *block = tally_references_block(references, references->dead);

	references->stock -= block->count;
	references->live--;
	references->dead++;
	/* Nothing to give back, and nothing before it: it is gone. */
	if (block->count == 0 && references->dead == 1) {
		references->head = (references->head + 1) % references->room;
		references->dead = 0;
	}
}

bool tally_references_expire(struct tally_references *references, int64_t now_ms, bool all)
{
	size_t before = references->live;

	while (references->live > 0) {
		const struct block *oldest = tally_references_block(references, references->dead);

		if (!all && now_ms - oldest->at_ms < references->hold_ms)
			break;
		bury(references);
	}
	return references->live < before;
}

/* There are n. What goes out is the place in the list; its index is worked out without the lock. */
static void pop(struct tally_references *references, struct tally_reference *out, size_t n)
{
	while (n > 0) {
		struct block *block = tally_references_block(references, references->dead);
		uint32_t count = block->count < n ? block->count : (uint32_t)n;

		for (uint32_t i = 0; i < count; i++) {
			uint64_t position = block->first + i;

			*out++ = (struct tally_reference){
				.list = (uint32_t)(position / references->size),
				.index = (uint32_t)(position % references->size),
			};
		}
		block->first += count;
		block->count -= count;
		references->stock -= count;
		n -= count;
		if (block->count == 0)
			bury(references);
	}
}

/* ---- those who wait ---- */

static void enqueue(struct tally_references *references, struct waiter *waiter)
{
	*references->last = waiter;
	references->last = &waiter->next;
	references->wanted += waiter->n;
}

static void dequeue(struct tally_references *references, struct waiter *waiter)
{
	struct waiter **link = &references->first;

	while (*link != waiter)
		link = &(*link)->next;
	*link = waiter->next;
	if (waiter->next == NULL)
		references->last = link;
	references->wanted -= waiter->n;
}

static void finish(struct tally_references *references, enum tally_err err)
{
	struct waiter *waiter = references->first;

	dequeue(references, waiter);
	waiter->err = err;
	waiter->done = true;
}

void tally_references_serve(struct tally_references *references)
{
	bool any = false;

	while (references->first != NULL && references->first->n <= references->stock) {
		pop(references, references->first->out, references->first->n);
		finish(references, TALLY_OK);
		any = true;
	}
	if (any)
		pthread_cond_broadcast(&references->served);
}

void tally_references_fail(struct tally_references *references, enum tally_err err)
{
	while (references->first != NULL)
		finish(references, err);
	pthread_cond_broadcast(&references->served);
}

bool tally_references_are_low(const struct tally_references *references)
{
	if (references->is_retired || (references->is_resting && references->first == NULL))
		return false;
	return references->first != NULL || references->missed > references->stock ||
	       references->stock < references->threshold || references->stock == 0;
}

/* Those who wait are served first, and then the stock is full. */
uint32_t tally_references_lack(const struct tally_references *references)
{
	uint64_t target = references->capacity;

	if (target < references->missed)
		target = references->missed;
	target += references->wanted;
	if (target <= references->stock)
		return 0;
	return target - references->stock < UINT32_MAX ? (uint32_t)(target - references->stock)
						       : UINT32_MAX;
}

/* ---- taking ---- */

static enum tally_err wait_for(struct tally_references *references, struct waiter *waiter,
			       uint32_t seconds)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += seconds;
	enqueue(references, waiter);
	tally_refill_wake(references->refill);
	while (!waiter->done)
		if (pthread_cond_timedwait(&references->served, &references->lock, &until) != 0)
			break;
	if (!waiter->done) {
		dequeue(references, waiter);
		return TALLY_ERR_LIMIT;
	}
	return waiter->err;
}

/*
 * Who does not wait is remembered: so many are to be there when it comes again, also
 * where the stock is above the threshold, or nobody would ask Redis until it is below.
 */
static enum tally_err miss(struct tally_references *references, size_t n)
{
	if (references->missed < n)
		references->missed = (uint32_t)n;
	tally_refill_wake(references->refill);
	return references->is_down ? TALLY_ERR_UNAVAILABLE : TALLY_ERR_LIMIT;
}

static enum tally_err take_places(struct tally_references *references,
				  const struct tally_pool_conf *conf, struct tally_reference *out,
				  size_t n)
{
	if (references->is_retired)
		return TALLY_ERR_STATE;
	references->is_idle = false;
	tally_references_expire(references, tally_clock_ms(), false);
	if (references->first == NULL && references->stock >= n) {
		pop(references, out, n);
		if (references->stock < references->threshold)
			tally_refill_wake(references->refill);
		return TALLY_OK;
	}
	if (references->is_down || conf->prefetch_on_underflow == TALLY_POOL_FAIL)
		return miss(references, n);
	struct waiter waiter = { .out = out, .n = n };

	return wait_for(references, &waiter, conf->prefetch_timeout);
}

enum tally_err tally_references_take(struct tally_pool *pool, struct tally_reference *out, size_t n)
{
	struct tally_references *references = pool->references;
	struct tally_permutation permutation;

	pthread_mutex_lock(&references->lock);
	enum tally_err err = take_places(references, &pool->conf, out, n);

	pthread_mutex_unlock(&references->lock);
	if (err != TALLY_OK)
		return err;
	for (size_t i = 0; i < n; i++) {
		if (i == 0 || out[i].list != out[i - 1].list)
			tally_permutation_of_list(&permutation, pool->shape.seed, out[i].list,
						  pool->shape.size);
		out[i].index = (uint32_t)tally_permute(&permutation, out[i].index);
	}
	return TALLY_OK;
}
