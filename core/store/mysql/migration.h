/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps that lead to the schema that this program wants. They are made from
 * sql/migrations at build time, in the order of their numbers 1, 2, 3, …
 */
#ifndef TALLY_STORE_MYSQL_MIGRATION_H
#define TALLY_STORE_MYSQL_MIGRATION_H

#include "base/err.h"

struct tally_db;

struct tally_migration {
	unsigned int version;
	const char *name;
	const char *const *statements; /* ended by NULL */
};

extern const struct tally_migration tally_migrations[];
extern const unsigned int tally_migration_count;

/*
 * Runs one step and records its version. Running it again after it was cut off
 * anywhere completes it.
 */
enum tally_err tally_migration_run(struct tally_db *db,
				   const struct tally_migration *migration) TALLY_MUST_CHECK;

#endif
