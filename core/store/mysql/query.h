/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One run of a prepared statement: put the parameters in their order, run, take
 * the columns of each row in their order. Like a buffer, a query remembers its
 * first failure and does nothing after it, so that it may be asked once:
 *
 *	struct tally_query q;
 *
 *	tally_query_begin(&q, db, TALLY_STATEMENT_client_lock);
 *	tally_query_put_bytes(&q, client_id);
 *	tally_query_run(&q);
 *	if (tally_query_next(&q))
 *		id = tally_query_int(&q);
 *	return tally_query_end(&q);
 *
 * A connection has one query of a statement at a time. What is put is borrowed
 * until the run. The result is read as a whole by the
 * run; after it, nothing can fail but memory and the caps of what is taken.
 */
#ifndef TALLY_STORE_MYSQL_QUERY_H
#define TALLY_STORE_MYSQL_QUERY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"
#include "store/mysql/db.h"

struct tally_query {
	struct tally_db *db;
	struct tally_db_prepared *prepared;
	enum tally_err err;
	unsigned int next; /* parameter or column */
};

void tally_query_begin(struct tally_query *q, struct tally_db *db, enum tally_statement id);

/* For VARBINARY and BINARY columns: no character set touches them. */
void tally_query_put_bytes(struct tally_query *q, struct tally_span value);
/* For text: the server refuses what is not UTF-8, or not ASCII where that is asked. */
void tally_query_put_text(struct tally_query *q, struct tally_span value);
void tally_query_put_int(struct tally_query *q, int64_t value);

void tally_query_run(struct tally_query *q);

/* Rows of the result; rows that were found by a change. */
size_t tally_query_rows(const struct tally_query *q);
size_t tally_query_changed(const struct tally_query *q);

/* The AUTO_INCREMENT value that an INSERT was given. */
int64_t tally_query_inserted(const struct tally_query *q);

/* Goes to the next row; false at the end, and after a failure. */
bool tally_query_next(struct tally_query *q);

/* The next column is NULL; does not step over it. */
bool tally_query_is_null(const struct tally_query *q);

/* Goes to a column of the same row, by its number. */
static inline void tally_query_seek(struct tally_query *q, unsigned int column)
{
	q->next = column;
}

/*
 * The next column. NULL is the empty span and 0. A value that is longer than
 * max, or not within 32 bits, is a failure: TALLY_ERR_LIMIT.
 */
struct tally_span tally_query_span(struct tally_query *q, struct tally_arena *arena, size_t max);
int64_t tally_query_int(struct tally_query *q);
uint32_t tally_query_u32(struct tally_query *q);

/* Exactly size bytes; anything else is TALLY_ERR_LIMIT. */
void tally_query_exact(struct tally_query *q, void *out, size_t size);

/* The next column as in tally_query_span, in the caller's memory of max bytes. */
struct tally_span tally_query_copy(struct tally_query *q, void *out, size_t max);

/* A failure to take what a row holds is no failure of the query, which goes on. */
void tally_query_forgive(struct tally_query *q);

/* A failure of the caller: no memory for what the row holds. */
void tally_query_no_memory(struct tally_query *q);

/* Gives back the result and returns the first failure. */
enum tally_err tally_query_end(struct tally_query *q) TALLY_MUST_CHECK;

/* The same for a change that must have found a row: TALLY_ERR_NOT_FOUND. */
enum tally_err tally_query_end_found(struct tally_query *q) TALLY_MUST_CHECK;

#endif
