/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One operation on a connection of the pool, done again where that is safe:
 *
 *	struct tally_work work = tally_work(store, TALLY_WORK_READ);
 *
 *	while (tally_work_next(&work))
 *		work.err = find(work.db, arena, client_id, out);
 *	return work.err;
 *
 * The body may run several times. It is repeated after a deadlock, and once on a
 * new connection after the old one was lost, as long as database.timeout since
 * the beginning is not over. WRITE and REPEAT are transactions, committed
 * when the body says TALLY_OK and rolled back when it says anything else; when
 * the connection is lost while committing, nobody knows whether the change was
 * stored, so only work that may be done twice (REPEAT) is done again. ONE is a
 * single statement that may be done twice: it commits itself, which saves two
 * round trips. work->lost tells the body that what it did before may be there.
 */
#ifndef TALLY_STORE_MYSQL_WORK_H
#define TALLY_STORE_MYSQL_WORK_H

#include <stdbool.h>
#include <stdint.h>

#include "store/gather.h"
#include "store/mysql/db.h"
#include "store/mysql/lookup.h"
#include "store/outage.h"
#include "store/store.h"

struct tally_mysql {
	struct tally_store store;
	const struct tally_conf *conf;
	struct tally_db *dbs;       /* conf->database_connections of them */
	struct tally_links *pool;   /* of dbs */
	struct tally_gather *lookups[TALLY_LOOKUP_COUNT];
	struct tally_outage unreachable;
	struct tally_outage read_only;
	char where[TALLY_DB_WHERE_SIZE];
};

enum tally_work_kind {
	TALLY_WORK_READ, TALLY_WORK_WRITE, TALLY_WORK_REPEAT, TALLY_WORK_ONE
};

struct tally_work {
	struct tally_mysql *mysql;
	enum tally_work_kind kind;
	struct tally_db *db;    /* for the body */
	enum tally_err err;     /* set by the body; at last the result */
	bool committing;
	unsigned int lost;
	unsigned int conflicts;
	int64_t began;          /* ms; 0: not yet */
};

static inline struct tally_work tally_work(struct tally_store *store, enum tally_work_kind kind)
{
	/* The store is the first member. */
	return (struct tally_work){ .mysql = (struct tally_mysql *)store, .kind = kind };
}

/* True: run the body. False: it is over, and work->err is the result. */
bool tally_work_next(struct tally_work *work) TALLY_MUST_CHECK;

#endif
