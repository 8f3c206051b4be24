/* SPDX-License-Identifier: Apache-2.0 */
/* What pool.c and pool_refresh.c share: how pools are held. */
#ifndef TALLY_STATUS_POOL_PRIV_H
#define TALLY_STATUS_POOL_PRIV_H

#include "status/pool.h"
#include "status/refill.h"

#include <pthread.h>
#include <stdatomic.h>

/* A definition has 8 KiB at most. */
#define BOX_FIRST 2048u
#define BOX_MAX   (64u * 1024)

/* A pool with the count of its holders. */
struct tally_pool_box {
	struct tally_pool pool; /* the first member */
	_Atomic unsigned int refs;
	struct tally_arena *arena; /* of pool.conf and definition */
	bool from_database;
	struct tally_span definition; /* of the database, when it is refused */
};

/* In the order of their ids; each held. */
struct tally_pool_set {
	struct tally_pool_box **boxes;
	size_t count;
};

struct tally_pools {
	struct tally_lists *lists;
	struct tally_refill *refill;
	bool looks_only;         /* creates nothing in Redis */
	_Atomic bool own_wanted; /* a token was to have a status */
	pthread_rwlock_t lock;   /* guards the three that follow */
	struct tally_pool_set set;
	bool database_seen;
	char own[TALLY_POOL_ID_MAX + 1]; /* tokens.status-pool */
	/* Definitions that could not be used, so that each is logged once; of who refreshes. */
	struct tally_pool_set refused;
};

struct tally_pool_box *tally_pool_box_new(void);
struct tally_pool *tally_pool_hold(struct tally_pool *pool);
struct tally_pool_box *tally_pool_set_find(const struct tally_pool_set *set, struct tally_span id);
void tally_pool_set_clear(struct tally_pool_set *set);

#endif
