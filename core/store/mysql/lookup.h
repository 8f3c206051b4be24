/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows that requests look up by their keys. A look-up that is alone is a
 * statement of its own; those that come while one of their kind is under way
 * wait for it and then share the next one, which costs server and network
 * little more than one question would.
 *
 * They share nothing but the statement: each has its own memory, which its rows
 * are read into by the same functions, and its own answer. Who fails to read in
 * company what is his asks again alone, and so fails alone.
 */
#ifndef TALLY_STORE_MYSQL_LOOKUP_H
#define TALLY_STORE_MYSQL_LOOKUP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"
#include "store/mysql/query.h"

struct tally_lookup;
struct tally_mysql;
struct tally_store;

#define TALLY_LOOKUP_BATCH 64u /* that wait are answered together */

enum tally_lookup_id {
	TALLY_LOOKUP_ACCESS, TALLY_LOOKUP_REFRESH, TALLY_LOOKUP_REVOKED, TALLY_LOOKUP_CLIENT,
	TALLY_LOOKUP_USER, TALLY_LOOKUP_LOGIN, TALLY_LOOKUP_USER_KEY, TALLY_LOOKUP_COUNT
};

struct tally_lookup_kind {
	enum tally_lookup_id id;
	size_t most; /* of one statement, at most TALLY_LOOKUP_BATCH */

	/* Sets `found` of 1 to `most`. What it returns is everybody's failure. */
	enum tally_err (*ask)(struct tally_db *db, struct tally_lookup *const lookups[], size_t n);

	/* The rest is for tally_lookup_rows; see statement.def for `many`. */
	enum tally_statement one;
	enum tally_statement many;
	unsigned int selects; /* each of them takes all keys */
	void (*put)(struct tally_query *q, struct tally_span key);
	/* Takes the columns of a row; `found`: it is not the first one. */
	void (*read)(struct tally_query *q, struct tally_lookup *lookup);
};

struct tally_lookup {
	const struct tally_lookup_kind *kind;
	struct tally_span key;
	struct tally_arena *arena;
	void *context; /* of the kind: what it reads into */

	bool found;
	bool failed;   /* among others */
	enum tally_err err;
};

/* Each of them, of 1 to kind->most, by prepared statements that find rows by keys. */
enum tally_err tally_lookup_rows(struct tally_db *db, struct tally_lookup *const lookups[],
				 size_t n) TALLY_MUST_CHECK;

/* Alone or in company. TALLY_ERR_NOT_FOUND: there is no row. */
enum tally_err tally_lookup(struct tally_store *store, struct tally_lookup *lookup)
	TALLY_MUST_CHECK;

/* The same, alone, on a connection that is at work. */
enum tally_err tally_lookup_on(struct tally_db *db, struct tally_lookup *lookup)
	TALLY_MUST_CHECK;

/* False: out of memory; to be ended all the same. */
bool tally_lookups_begin(struct tally_mysql *mysql) TALLY_MUST_CHECK;
void tally_lookups_end(struct tally_mysql *mysql);

#endif
