/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "store/mysql/work.h"

#include "sys/clock.h"
#include "sys/log.h"

#include <time.h>

#define CONFLICTS_MAX 5u

static bool is_transaction(const struct tally_work *work)
{
	return work->kind == TALLY_WORK_WRITE || work->kind == TALLY_WORK_REPEAT;
}

static enum tally_err start(struct tally_work *work)
{
	work->committing = false;
	work->db->link.failure = (struct tally_link_failure){ 0 };
	return is_transaction(work) ? tally_db_exec(work->db, "START TRANSACTION") : TALLY_OK;
}

/* Ends the transaction according to work->err, which it may change. */
static void finish(struct tally_work *work)
{
	struct tally_db *db = work->db;

	if (!is_transaction(work))
		return;
	if (work->err == TALLY_OK) {
		work->committing = true;
		work->err = tally_db_exec(db, "COMMIT");
		return;
	}
	if (db->link.failure.fate != TALLY_LINK_KEEP)
		return; /* the end of the connection is the end of the transaction */
	struct tally_link_failure first = db->link.failure;

	if (tally_db_exec(db, "ROLLBACK") == TALLY_OK)
		db->link.failure = first;
}

/* The two kinds of outage end at different signs of life. */
static void note_success(struct tally_work *work)
{
	tally_outage_over(&work->mysql->unreachable);
	if (work->kind != TALLY_WORK_READ && work->err == TALLY_OK)
		tally_outage_over(&work->mysql->read_only);
}

static void note_failure(struct tally_work *work, const struct tally_link_failure *failure)
{
	struct tally_mysql *mysql = work->mysql;

	if (failure->fate == TALLY_LINK_WRITE)
		tally_outage_met(&mysql->read_only, failure);
	else
		tally_outage_met(&mysql->unreachable, failure);
	if (work->kind == TALLY_WORK_WRITE && work->committing &&
	    failure->fate == TALLY_LINK_DROP)
		tally_log_error("the database connection was lost during a commit, so it is not "
				"known whether the change was stored: look before repeating it");
}

static void pause_for_conflict(unsigned int conflicts)
{
	/* Unequal waits, so that the same two do not meet again at once. */
	long ms = (long)(conflicts * 2 + (unsigned int)tally_clock_now_us() % 8);
	struct timespec t = { .tv_nsec = ms * 1000000 };

	nanosleep(&t, NULL);
}

/* Whether the work is to be done again. */
static bool again(struct tally_work *work, const struct tally_link_failure *failure)
{
	int64_t limit = (int64_t)work->mysql->conf->database_timeout * 1000;

	if (tally_clock_ms() - work->began >= limit)
		return false;
	if (work->err == TALLY_ERR_CONFLICT && work->conflicts < CONFLICTS_MAX) {
		pause_for_conflict(++work->conflicts);
		return true;
	}
	if (failure->fate == TALLY_LINK_KEEP || work->lost++ > 0)
		return false;
	/* What says that it writes nothing has written nothing. */
	return !work->committing || work->kind == TALLY_WORK_REPEAT ||
	       failure->fate == TALLY_LINK_WRITE;
}

/* Looks at what the body came to; true when it is to run again. */
static bool settle(struct tally_work *work)
{
	struct tally_mysql *mysql = work->mysql;

	finish(work);
	struct tally_link_failure failure = work->db->link.failure;

	tally_links_put(mysql->pool, &work->db->link, failure.fate);
	work->db = NULL;
	if (work->err != TALLY_ERR_UNAVAILABLE && work->err != TALLY_ERR_CONFLICT) {
		note_success(work);
		if (work->kind == TALLY_WORK_READ && work->err == TALLY_ERR_LIMIT)
			tally_log_error("the database: %s", failure.text);
		return false;
	}
	if (again(work, &failure))
		return true;
	work->err = TALLY_ERR_UNAVAILABLE;
	note_failure(work, &failure);
	return false;
}

/* A connection of the pool. */
static enum tally_err get(struct tally_work *work, struct tally_link_failure *failure)
{
	struct tally_link *link = NULL;

	*failure = (struct tally_link_failure){ .err = TALLY_ERR_NOMEM, .text = "out of memory" };
	enum tally_err err = tally_db_thread();

	if (err == TALLY_OK)
		err = tally_links_get(work->mysql->pool, &link, failure);
	/* The link is the first member. */
	work->db = err == TALLY_OK ? (struct tally_db *)link : NULL;
	return err;
}

bool tally_work_next(struct tally_work *work)
{
	struct tally_link_failure failure;

	if (work->began == 0)
		work->began = tally_clock_ms();
	while (work->db == NULL || settle(work)) {
		work->err = get(work, &failure);
		if (work->err != TALLY_OK) {
			note_failure(work, &failure);
			return false;
		}
		work->err = start(work);
		if (work->err == TALLY_OK)
			return true;
	}
	return false;
}
