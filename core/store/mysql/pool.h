/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The connections of a process: a fixed number, each opened when first needed.
 * Whoever finds none free waits, but never longer than database.timeout. After
 * a connection could not be made, nobody tries again for a second; in that time
 * one waits for those that are open, and is refused at once when there are none.
 */
#ifndef TALLY_STORE_MYSQL_POOL_H
#define TALLY_STORE_MYSQL_POOL_H

#include "base/err.h"
#include "store/mysql/db.h"

struct tally_dbpool;

/* conf outlives the pool. NULL: out of memory. Owned. */
struct tally_dbpool *tally_dbpool_new(const struct tally_conf *conf);

/* All connections must have been put back. */
void tally_dbpool_free(struct tally_dbpool *pool);

/*
 * A connection that is open and seems usable, for the calling thread alone.
 * TALLY_ERR_UNAVAILABLE: *failure says why.
 */
enum tally_err tally_dbpool_get(struct tally_dbpool *pool, struct tally_db **out,
				struct tally_db_failure *failure) TALLY_MUST_CHECK;

/*
 * Gives it back. When its last failure says so, it is closed, and the others
 * are remade before their next use: what ended one connection (a restart, a
 * fail-over) has most likely ended them all.
 */
void tally_dbpool_put(struct tally_dbpool *pool, struct tally_db *db, enum tally_db_fate fate);

#endif
