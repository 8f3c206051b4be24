/* SPDX-License-Identifier: Apache-2.0 */
/* What reference.c and refill.c share: the buffer of one pool. */
#ifndef TALLY_STATUS_REFERENCE_PRIV_H
#define TALLY_STATUS_REFERENCE_PRIV_H

#include "status/reference.h"
#include "status/refill.h"

#include <pthread.h>
#include <stdatomic.h>

#define BLOCKS_MAX 4096u /* of a pool; with more pieces than that it counts as full */

/* Positions that are ours, in one piece. */
struct block {
	uint64_t first;
	uint32_t count;
	int64_t at_ms; /* when they were reserved */
};

/* Someone who waits; lives on the stack of its thread. */
struct waiter {
	struct waiter *next;
	struct tally_reference *out; /* gets places; see tally_references_take */
	size_t n;
	bool done;
	enum tally_err err;
};

struct tally_references {
	struct tally_references *next; /* of the refill; guarded by its lock */
	struct tally_refill *refill;
	_Atomic unsigned int refs; /* 0: the thread ends it */
	char id[TALLY_POOL_ID_MAX + 1];
	struct tally_span pool; /* id */

	pthread_mutex_t lock; /* guards all that follows */
	pthread_cond_t served;
	uint32_t size; /* of a list */
	uint32_t threshold;
	uint32_t capacity;
	int64_t hold_ms;
	bool is_retired;
	bool waits;      /* on-underflow = delay */
	bool is_idle;    /* nothing has been asked for since it was last filled */
	bool is_resting; /* it was given back idle: filled again when somebody asks */

	/*
	 * A ring, oldest first: dead blocks (used up, or held for too long), then
	 * live ones.
	 */
	struct block *blocks;
	size_t room, head, dead, live;
	uint64_t stock; /* positions in live blocks */

	struct waiter *first; /* those who wait */
	struct waiter **last;
	uint64_t wanted;     /* by all of them */
	uint32_t missed;     /* by the largest that did not wait */
	bool is_down;        /* Redis did not answer */
	int64_t empty_at_ms; /* when it last had nothing for us; 0: it had */
};

/* Tells the thread that there is something to do. */
void tally_refill_wake(struct tally_refill *refill);

/* ---- with the lock held ---- */

struct block *tally_references_block(struct tally_references *references, size_t i);

/* Adds a block; false: there is no room for it. */
bool tally_references_put(struct tally_references *references, struct block block);

/* Makes blocks dead that have been held for too long, or all of them; whether there were any. */
bool tally_references_expire(struct tally_references *references, int64_t now_ms, bool all);

/* Hands out to those who wait as far as the stock goes. */
void tally_references_serve(struct tally_references *references);

/* Sends all who wait away. */
void tally_references_fail(struct tally_references *references, enum tally_err err);

/* Whether positions are to be reserved, and how many at the most. */
bool tally_references_are_low(const struct tally_references *references);
uint32_t tally_references_lack(const struct tally_references *references);

#endif
