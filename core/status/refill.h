/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread of a process that keeps the references of all its pools in stock:
 * reserves below prefetch-threshold up to prefetch-capacity, and gives back what
 * has lain there for prefetch-hold. For pool.c, which says which pools there are.
 */
#ifndef TALLY_STATUS_REFILL_H
#define TALLY_STATUS_REFILL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "store/lists.h"
#include "sys/pool_conf.h"

struct tally_refill;
struct tally_references;

/* lists: borrowed, outlives it. Starts no thread. Owned; NULL: out of memory. */
struct tally_refill *tally_refill_new(struct tally_lists *lists);

/* Before that nothing is reserved, and so nothing can be taken. */
enum tally_err tally_refill_start(struct tally_refill *refill) TALLY_MUST_CHECK;

/*
 * What the thread does, again and again; for tests, which have none. Returns the
 * milliseconds after which there may be more to do.
 */
int64_t tally_refill_round(struct tally_refill *refill);

/* Stops the thread, gives everything back, and ends all references. */
void tally_refill_free(struct tally_refill *refill);

/*
 * The references of a pool with this conf and lists of this size; held. NULL: out
 * of memory.
 */
struct tally_references *tally_references_new(struct tally_refill *refill,
					      const struct tally_pool_conf *conf);
struct tally_references *tally_references_ref(struct tally_references *references);

/* The last one to let go gives back what is there. NULL is allowed. */
void tally_references_unref(struct tally_references *references);

/* From now on by this conf. A retired pool gives back what it has. */
void tally_references_set(struct tally_references *references, const struct tally_pool_conf *conf,
			  bool is_retired);

/* What is in stock is of a pool that Redis has lost: drops it, giving nothing back. */
void tally_references_forget(struct tally_references *references);

#endif
