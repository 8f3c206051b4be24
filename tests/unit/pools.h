/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What tests of pools share: lists and a database in memory, and one or more
 * processes that open the pools of a configuration. Everything that fails fails
 * the test.
 */
#ifndef TALLY_TESTS_POOLS_H
#define TALLY_TESTS_POOLS_H

#include "status/pool.h"
#include "tests/fake/clock.h"
#include "tests/fake/lists.h"
#include "tests/fake/store.h"

struct pools_fixture {
	struct tally_lists *lists;
	struct tally_store *store;
	struct tally_pools *pools; /* of one process */
};

void pools_open(struct pools_fixture *fixture);
void pools_close(struct pools_fixture *fixture);

/* A configuration with this behind [server], [database] and [redis]. Owned. */
struct tally_conf *pools_conf(const char *more);

/* Refreshes with one of these. */
enum tally_err pools_refresh(struct pools_fixture *fixture, struct tally_pools *pools,
			     const char *more);

/* A pool of the database. */
void pools_add(struct pools_fixture *fixture, const char *id, const char *definition);

/* Publishes so many lists of a pool, without signing them. */
void pools_publish(struct pools_fixture *fixture, const char *id, uint32_t count);

/* How the pool is in the lists; false: it is not there. */
bool pools_look(struct pools_fixture *fixture, const char *id, struct tally_list_pool *out);

/* Held; fails when there is none. */
struct tally_pool *pools_get(struct tally_pools *pools, const char *id);

#endif
