/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store in MySQL 8 (or MariaDB >= 10.6): a bounded pool of connections,
 * each with its prepared statements, opened when first needed and remade after
 * a failure. Opening the store does not connect: a database that is down at the
 * start is only an operation that answers TALLY_ERR_UNAVAILABLE.
 */
#ifndef TALLY_STORE_MYSQL_MYSQL_H
#define TALLY_STORE_MYSQL_MYSQL_H

#include "base/err.h"
#include "store/store.h"
#include "sys/conf.h"

/*
 * conf is borrowed and outlives the store. *out is owned and ended by its close
 * operation.
 */
enum tally_err tally_mysql_open(const struct tally_conf *conf, struct tally_store **out)
	TALLY_MUST_CHECK;

struct tally_migration_report {
	unsigned int before; /* version of the schema that was found; 0: none */
	unsigned int after;
};

/*
 * Creates the schema or brings it to the newest version, under a lock of the
 * server, so that two at once are safe; what is there already stays.
 * TALLY_ERR_STATE: the schema is newer than this program.
 */
enum tally_err tally_mysql_migrate(struct tally_store *store,
				   struct tally_migration_report *report) TALLY_MUST_CHECK;

/*
 * The version of the schema that is there (0: none) and the one that this
 * program wants.
 */
enum tally_err tally_mysql_version(struct tally_store *store, unsigned int *found,
				   unsigned int *wanted) TALLY_MUST_CHECK;

#endif
