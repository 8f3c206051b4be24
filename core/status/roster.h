/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Something that is kept for each pool, for as long as there is that pool,
 * however often it is opened anew. Belongs to one thread.
 */
#ifndef TALLY_STATUS_ROSTER_H
#define TALLY_STATUS_ROSTER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "status/pool.h"

/* The first member of what is kept. */
struct tally_seat {
	char id[TALLY_POOL_ID_MAX + 1];
	struct tally_pool *pool; /* held by the roster */
	bool seen;               /* in this round */
};

struct tally_roster_type {
	/* For a pool that is new; id and pool are set by the roster. NULL: out of memory. */
	struct tally_seat *(*enter)(void);
	/* seat->pool is another opening of the pool. */
	void (*changed)(struct tally_seat *seat);
	/* Ends it. is_gone: there is no such pool any more; else the roster ends. */
	void (*leave)(void *context, struct tally_seat *seat, bool is_gone);
};

struct tally_roster {
	const struct tally_roster_type *type;
	void *context; /* of leave */
	struct tally_seat **seats;
	size_t count;
};

/*
 * Brings it in line with the pools there are, or with the one called only ("":
 * all). TALLY_ERR_NOMEM: some have no seat.
 */
enum tally_err tally_roster_update(struct tally_roster *roster, struct tally_pools *pools,
				   const char *only) TALLY_MUST_CHECK;
void tally_roster_end(struct tally_roster *roster);

/* NULL: there is none. near: where to look first. */
struct tally_seat *tally_roster_find(const struct tally_roster *roster, struct tally_span id,
				     size_t near);

#endif
