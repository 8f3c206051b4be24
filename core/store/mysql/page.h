/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A walk over all records of a kind, a page at a time: between two pages the
 * connection is free for others, and for whoever is visited with a record.
 */
#ifndef TALLY_STORE_MYSQL_PAGE_H
#define TALLY_STORE_MYSQL_PAGE_H

#include "store/mysql/query.h"
#include "store/store.h"

/* What the page before ended with; all zero before the first. */
struct tally_page_key {
	char text[TALLY_NAME_MAX];
	size_t size;    /* of text */
	int64_t number; /* where the order is by number */
};

struct tally_page_kind {
	enum tally_statement statement;
	size_t record_size;
	size_t bytes; /* cap of a page, in memory */
	/* The statement's parameters. */
	void (*put)(struct tally_query *q, const struct tally_page_key *after);
	/* The row into a record that is not set yet. */
	void (*read)(struct tally_query *q, struct tally_arena *arena, void *record);
	/* The row when it is one more of the record before, or false. NULL: it never is. */
	bool (*read_more)(struct tally_query *q, struct tally_arena *arena, void *record);
	void (*keep)(struct tally_page_key *key, const void *record);
};

/* What it returns other than TALLY_OK ends the walk. */
typedef enum tally_err tally_page_visit(void *context, const void *record);

enum tally_err tally_page_walk(struct tally_store *store, const struct tally_page_kind *kind,
			       tally_page_visit *visit, void *context) TALLY_MUST_CHECK;

/* put and keep of a kind whose order is by a name. */
void tally_page_put_name(struct tally_query *q, const struct tally_page_key *after);
void tally_page_keep_name(struct tally_page_key *key, struct tally_span name);

#endif
