/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests that want the same kind of work done wait together: one of them does
 * it for all that wait at that moment, while the next ones gather. No thread of
 * its own. Alone, a request does its own work at once.
 *
 * Where a run costs much whatever its size (a commit), batches that are as large
 * as the load allows leave more of the processor for everything else. So who is
 * about to begin a run may wait for company, for `patience` at most: only when
 * the runs before had some, and no longer than until as many are there again.
 */
#ifndef TALLY_STORE_GATHER_H
#define TALLY_STORE_GATHER_H

#include <stdbool.h>
#include <stddef.h>

/* The most items of one batch. */
#define TALLY_GATHER_MAX 256u

/*
 * So many must wait before another run begins beside the one under way: before
 * that, what a run costs is better shared by more.
 */
#define TALLY_GATHER_WORTH_A_RUN 32u

struct tally_gather;

/* Does the work of 1 to TALLY_GATHER_MAX items, each of which then has its answer. */
typedef void tally_gather_run(void *context, void *const items[], size_t n);

struct tally_gather_limits {
	size_t queue;          /* how many may wait */
	size_t batch;          /* the most items of a run, at most TALLY_GATHER_MAX */
	unsigned int runs;     /* how many may be under way at once */
	unsigned int patience; /* microseconds; 0: a run begins at once */
	size_t company;        /* fewer than this in one run are not worth waiting for */
};

/* Owned, ended when no put is under way; NULL: out of memory. */
struct tally_gather *tally_gather_new(tally_gather_run *run, void *context,
				      struct tally_gather_limits limits);
void tally_gather_free(struct tally_gather *gather);

/* Returns when the work of item is done; false: the queue is full, and it is not. */
bool tally_gather_put(struct tally_gather *gather, void *item)
	__attribute__((warn_unused_result));

/* How many wait. */
size_t tally_gather_waiting(struct tally_gather *gather);

#endif
