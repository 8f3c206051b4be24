/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "store/mysql/lookup.h"

#include "store/mysql/work.h"

#define RUNS 2u      /* statements of a kind under way at once; each takes a connection */
#define PATIENCE 1000u /* microseconds; see gather.h */
#define COMPANY 4u
#define KEY_MAX 255u /* bytes; a login is the longest */

/* ---- rows ---- */

/* A slot that nobody needs asks again for what the first one asks for. */
static void put_keys(struct tally_query *q, struct tally_lookup *const lookups[], size_t n)
{
	const struct tally_lookup_kind *kind = lookups[0]->kind;
	const size_t slots = n == 1 ? 1 : TALLY_LOOKUP_SLOTS;

	for (unsigned int select = 0; select < kind->selects; select++)
		for (size_t i = 0; i < slots; i++)
			kind->put(q, lookups[i < n ? i : 0]->key);
}

static void read_row(struct tally_query *q, struct tally_lookup *lookup)
{
	tally_query_seek(q, 0);
	lookup->kind->read(q, lookup);
	lookup->found = true;
}

/*
 * For everybody who asked for this row. The result is in our memory: what fails
 * here is the memory or the caps of the one it is read for.
 */
static void share_row(struct tally_query *q, struct tally_lookup *const lookups[], size_t n)
{
	char bytes[KEY_MAX];

	tally_query_seek(q, q->prepared->columns - 1);
	struct tally_span key = tally_query_copy(q, bytes, sizeof(bytes));

	for (size_t i = 0; i < n && q->err == TALLY_OK; i++) {
		if (lookups[i]->failed || !tally_span_eq(lookups[i]->key, key))
			continue;
		read_row(q, lookups[i]);
		lookups[i]->failed = q->err != TALLY_OK;
		if (lookups[i]->failed)
			tally_query_forgive(q);
	}
}

enum tally_err tally_lookup_rows(struct tally_db *db, struct tally_lookup *const lookups[],
				 size_t n)
{
	const struct tally_lookup_kind *kind = lookups[0]->kind;
	struct tally_query q;

	tally_query_begin(&q, db, n == 1 ? kind->one : kind->many);
	put_keys(&q, lookups, n);
	tally_query_run(&q);
	while (tally_query_next(&q)) {
		if (n == 1)
			read_row(&q, lookups[0]);
		else
			share_row(&q, lookups, n);
	}
	return tally_query_end(&q);
}

/* ---- statements ---- */

/* They may be asked for a second time, on another connection. */
static enum tally_err ask(struct tally_db *db, struct tally_lookup *const lookups[], size_t n)
{
	for (size_t i = 0; i < n; i++)
		lookups[i]->found = lookups[i]->failed = false;
	return lookups[0]->kind->ask(db, lookups, n);
}

static void settle(struct tally_lookup *lookup, enum tally_err err)
{
	lookup->err = err == TALLY_OK && !lookup->found ? TALLY_ERR_NOT_FOUND : err;
}

static enum tally_err ask_store(struct tally_mysql *mysql, struct tally_lookup *const lookups[],
				size_t n)
{
	struct tally_work work = tally_work(&mysql->store, TALLY_WORK_READ);

	while (tally_work_next(&work))
		work.err = ask(work.db, lookups, n);
	return work.err;
}

/* In as few statements as they need; after a failure none is tried in vain. */
static void ask_all(void *context, void *const items[], size_t n)
{
	struct tally_lookup *lookups[TALLY_LOOKUP_BATCH];
	enum tally_err err = TALLY_OK;
	size_t end;

	for (size_t i = 0; i < n; i++)
		lookups[i] = items[i];
	for (size_t i = 0; i < n; i = end) {
		size_t most = lookups[i]->kind->most;

		end = n - i < most ? n : i + most;
		if (err == TALLY_OK)
			err = ask_store(context, &lookups[i], end - i);
		for (size_t k = i; k < end; k++)
			settle(lookups[k], err);
	}
}

enum tally_err tally_lookup(struct tally_store *store, struct tally_lookup *lookup)
{
	/* The store is the first member. */
	struct tally_mysql *mysql = (struct tally_mysql *)store;

	if (!tally_gather_put(mysql->lookups[lookup->kind->id], lookup))
		return TALLY_ERR_UNAVAILABLE;
	if (lookup->failed)
		settle(lookup, ask_store(mysql, &lookup, 1));
	return lookup->err;
}

enum tally_err tally_lookup_on(struct tally_db *db, struct tally_lookup *lookup)
{
	settle(lookup, ask(db, &lookup, 1));
	return lookup->err;
}

/* ---- the whole ---- */

/* As many may wait as there are threads: what they hold up is themselves. */
bool tally_lookups_begin(struct tally_mysql *mysql)
{
	const struct tally_gather_limits limits = {
		.queue = SIZE_MAX, .batch = TALLY_LOOKUP_BATCH, .runs = RUNS,
		.patience = PATIENCE, .company = COMPANY,
	};
	bool all = true;

	for (size_t i = 0; i < TALLY_LOOKUP_COUNT; i++) {
		mysql->lookups[i] = tally_gather_new(ask_all, mysql, limits);
		all = all && mysql->lookups[i] != NULL;
	}
	return all;
}

void tally_lookups_end(struct tally_mysql *mysql)
{
	for (size_t i = 0; i < TALLY_LOOKUP_COUNT; i++)
		tally_gather_free(mysql->lookups[i]);
}
