/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection to the database, and what its last failure means. Used by one
 * thread at a time. Nothing here logs: whoever decides what follows from a
 * failure does.
 */
#ifndef TALLY_STORE_MYSQL_DB_H
#define TALLY_STORE_MYSQL_DB_H

#include <stdbool.h>
#include <stdint.h>

#include <mysql.h>

#include "base/err.h"
#include "store/link.h"
#include "store/mysql/statement.h"
#include "sys/conf.h"

/* The type of MYSQL_BIND.is_null: it differs between the client libraries. */
#ifdef HAVE_MY_BOOL
typedef my_bool tally_db_bool;
#else
typedef bool tally_db_bool;
#endif

/* A parameter or a column of a prepared statement. */
struct tally_db_cell {
	int64_t number;
	unsigned long size;  /* of a column's bytes */
	tally_db_bool null;
	bool is_number;
};

/*
 * A statement as the server knows it on this connection, with the memory that
 * it is bound to: first the parameters, behind them the columns. It is kept as
 * long as the statement, because MySQL's client writes to what the columns were
 * bound to when the statement is executed the next time.
 */
struct tally_db_prepared {
	MYSQL_STMT *stmt; /* NULL: not prepared yet */
	unsigned int params;
	unsigned int columns;
	MYSQL_BIND *binds;
	struct tally_db_cell *cells;
};

struct tally_db {
	struct tally_link link;
	const struct tally_conf *conf;
	MYSQL *mysql;          /* NULL: not connected */
	struct tally_db_prepared prepared[TALLY_STATEMENT_COUNT];
};

/*
 * To be called by every thread before it uses a connection. Gives the client
 * library what it keeps per thread, and takes it back when the thread ends.
 */
enum tally_err tally_db_thread(void) TALLY_MUST_CHECK;

/*
 * Connects with the session as we need it: names resolved anew, the
 * password got anew. timeout, in seconds, bounds each read and write. On failure
 * db->link.failure says why. db must not be connected.
 */
enum tally_err tally_db_connect(struct tally_db *db, unsigned int timeout) TALLY_MUST_CHECK;

void tally_db_close(struct tally_db *db);

/* Takes back what was prepared of a statement. */
void tally_db_forget(struct tally_db *db, enum tally_statement id);

/*
 * Whether an idle connection looks usable: the server did not close it. Costs
 * one poll(2). With ask, also asks the server.
 */
bool tally_db_alive(struct tally_db *db, bool ask);

/* Runs a statement that has no parameters and no result. */
enum tally_err tally_db_exec(struct tally_db *db, const char *text) TALLY_MUST_CHECK;

/* Runs a statement whose result is one number; 0 for none or NULL. */
enum tally_err tally_db_number(struct tally_db *db, const char *text, int64_t *out)
	TALLY_MUST_CHECK;

/* Notes a failure of the library in db->link.failure and returns what it means. */
enum tally_err tally_db_failed(struct tally_db *db, unsigned int code, const char *text);

/* "server, database, user" for messages. */
#define TALLY_DB_WHERE_SIZE 512u
const char *tally_db_where(char out[TALLY_DB_WHERE_SIZE], const struct tally_conf *conf);

#endif
