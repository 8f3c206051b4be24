/* SPDX-License-Identifier: Apache-2.0 */
/* What Redis knows of a pool, and what is done to whole lists. */
#ifndef TALLY_ADMIN_POOL_LISTS_H
#define TALLY_ADMIN_POOL_LISTS_H

#include "base/arena.h"
#include "status/pool.h"
#include "store/lists.h"

/* How far a pool has come. */
struct tally_pool_figures {
	struct tally_list_holder publisher;
	uint64_t reserved; /* handed out, or held by processes to be handed out */
	uint64_t ready;    /* of lists that are published, and not reserved */
	uint32_t due;      /* lists that should have been published by now */
};

/*
 * A pool as its lists are named, and its figures; nothing is created.
 * pool->is_open is false when no process has opened it yet: then there are no
 * lists, and all figures are 0. conf outlives it. Wipe pool->shape.seed.
 */
enum tally_err tally_admin_pool_look(struct tally_lists *lists, const struct tally_conf *conf,
				     const struct tally_pool_conf *of, struct tally_pool *pool,
				     struct tally_pool_figures *figures) TALLY_MUST_CHECK;

/* Calls visit for every list of a pool that was looked at, retired ones too. */
typedef enum tally_err tally_list_state_visit(void *context, const struct tally_pool *pool,
					      const struct tally_list_state *state);
enum tally_err tally_admin_pool_states(const struct tally_pool *pool,
				       tally_list_state_visit *visit, void *context)
	TALLY_MUST_CHECK;

/* Entries of a whole list, or of all lists of a pool, are set. */
struct tally_pool_fill {
	unsigned int value;
	const char *list;  /* its name or URI; NULL: all that are not retired */
	bool is_forced;    /* several lists may be concerned */
	/* Called again and again with the number of entries that are done; may be NULL. */
	void (*progress)(void *context, uint64_t done, uint64_t total);
	void *context;
};

struct tally_pool_filled {
	uint32_t lists;
	uint64_t entries;
	uint64_t changed; /* that were another value before */
};

/*
 * In stretches, so that others can use Redis meanwhile; what has the final status
 * keeps it. Logged: TALLY_ERR_USAGE: the value does not fit, or several lists are
 * concerned and it is not forced; TALLY_ERR_NOT_FOUND: no such list. Of an operation
 * that fails half way, *filled says how far it came; it may be done again.
 */
enum tally_err tally_admin_pool_fill(const struct tally_pool *pool,
				     const struct tally_pool_fill *fill,
				     struct tally_pool_filled *filled) TALLY_MUST_CHECK;

#endif
