/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The partitions of the tables of tokens: made before they are needed, dropped
 * when all that is in them has expired. To drop one costs the same however many
 * rows it has. sql/event.sql does the same within the server.
 */
#include "config.h"

#include "store/mysql/ops.h"
#include "store/mysql/work.h"

#include "base/buf.h"
#include "sys/clock.h"
#include "sys/log.h"

#define STATEMENT_TIMEOUT 3600u /* seconds that one statement may take */
#define LOCK_TRIES        60u   /* seconds to wait for another purge */
#define BUSY_TRIES        60u   /* attempts while others hold a table's lock */
#define BUSY_PAUSE_MS     200
#define SKEW              3600  /* seconds that a clock somewhere may be behind */
#define PARTITIONS_MAX    4096u /* MySQL takes 8192 */
#define STATEMENT_MAX     (1u << 20)

#define LOCK_NAME "CONCAT('tallystick.purge.', LEFT(SHA2(DATABASE(), 256), 32))"

enum { LIFE_ACCESS, LIFE_FAMILY, LIFE_BOTH };

/*
 * width: days in one partition. life: how far ahead of today rows may be. What
 * ends a family must be there as long as the access tokens made from it.
 */
static const struct purge_table {
	const char *name;
	unsigned int width;
	int life;
} tables[] = {
	{ "access_token", 1, LIFE_ACCESS },
	{ "refresh_token", 7, LIFE_FAMILY },
	{ "refresh_use", 7, LIFE_FAMILY },
	{ "revocation", 7, LIFE_BOTH },
};

struct partition {
	char name[65];
	int64_t end; /* its days are less than this; INT64_MAX: all that is left */
	uint64_t rows;
};

struct purge {
	const struct tally_conf *conf;
	struct tally_db db;
	int64_t today; /* days since 1970 */
	int64_t past;  /* days before this one have expired everywhere */
	unsigned int ahead;
	bool dry_run;
	tally_purge_step *step;
	void *context;
	struct tally_purge_report *report;
	struct partition *partitions; /* of the table in hand */
	size_t count;
};

static int64_t days(uint32_t seconds)
{
	return ((int64_t)seconds + TALLY_DAY - 1) / TALLY_DAY;
}

/* The last day for which rows are expected until the next purge. */
static int64_t last_day(const struct purge *purge, const struct purge_table *table)
{
	int64_t access = days(purge->conf->tokens_max_lifetime);
	int64_t family = days(purge->conf->tokens_refresh_max_lifetime);
	int64_t life = table->life == LIFE_ACCESS || access > family ? access : family;

	return purge->today + purge->ahead + life;
}

static void tell(const struct purge *purge, const char *what, const struct purge_table *table,
		 const struct partition *partition)
{
	if (purge->step != NULL)
		purge->step(purge->context, what, table->name, partition->name, partition->rows);
}

/* A statement that needs a table's lock for a moment; those who work go first. */
static enum tally_err run_patiently(struct tally_db *db, const char *text)
{
	const struct timespec pause = { .tv_nsec = BUSY_PAUSE_MS * 1000000 };
	enum tally_err err = tally_db_exec(db, text);

	for (unsigned int i = 1; err == TALLY_ERR_CONFLICT && i < BUSY_TRIES; i++) {
		nanosleep(&pause, NULL);
		err = tally_db_exec(db, text);
	}
	return err;
}

/* ---- what is there ---- */

static void read_partition(MYSQL_ROW row, struct partition *out)
{
	const char *end = row[1] ? row[1] : "MAXVALUE";

	snprintf(out->name, sizeof(out->name), "%s", row[0] ? row[0] : "");
	out->end = strcmp(end, "MAXVALUE") == 0 ? INT64_MAX : strtoll(end, NULL, 10);
	out->rows = row[2] ? strtoull(row[2], NULL, 10) : 0;
}

static enum tally_err read_partitions(struct purge *purge, const struct purge_table *table)
{
	struct tally_db *db = &purge->db;
	char text[320];
	MYSQL_ROW row;

	snprintf(text, sizeof(text),
		 "SELECT PARTITION_NAME, PARTITION_DESCRIPTION, TABLE_ROWS"
		 " FROM information_schema.PARTITIONS WHERE TABLE_SCHEMA = DATABASE()"
		 " AND TABLE_NAME = '%s' ORDER BY PARTITION_ORDINAL_POSITION",
		 table->name);
	enum tally_err err = tally_db_exec(db, text);
	MYSQL_RES *result = err == TALLY_OK ? mysql_store_result(db->mysql) : NULL;

	if (err == TALLY_OK && result == NULL)
		err = tally_db_failed(db, mysql_errno(db->mysql), mysql_error(db->mysql));
	purge->count = 0;
	while (result != NULL && purge->count < PARTITIONS_MAX &&
	       (row = mysql_fetch_row(result)) != NULL)
		read_partition(row, &purge->partitions[purge->count++]);
	mysql_free_result(result);
	if (err == TALLY_OK && purge->count == 0)
		err = tally_db_failed(db, 1146, "the tables of tokens are not there");
	return err;
}

/* ---- adding ---- */

/* Where the last partition but the one for all the rest ends; 0: there is none. */
static int64_t present_end(const struct purge *purge)
{
	int64_t end = 0;

	for (size_t i = 0; i < purge->count; i++)
		if (purge->partitions[i].end != INT64_MAX)
			end = purge->partitions[i].end;
	return end;
}

/* Named after the last of its days. */
static void name_partition(struct partition *partition)
{
	char time[TALLY_TIME_SIZE];

	tally_clock_format(time, (partition->end - 1) * TALLY_DAY);
	snprintf(partition->name, sizeof(partition->name), "p%.4s%.2s%.2s", time, time + 5,
		 time + 8);
}

/* One statement for all new partitions of a table. */
static enum tally_err add_partitions(struct purge *purge, const struct purge_table *table)
{
	struct partition next = { .end = present_end(purge) };
	struct tally_buf text;
	unsigned int added = 0;

	/* After a long rest, what has passed needs no partitions of its own. */
	if (next.end < purge->today)
		next.end = purge->today;
	tally_buf_grow(&text, STATEMENT_MAX);
	tally_buf_printf(&text, "ALTER TABLE %s REORGANIZE PARTITION pmax INTO (", table->name);
	while (next.end <= last_day(purge, table) && added < PARTITIONS_MAX - purge->count) {
		next.end += table->width;
		name_partition(&next);
		tell(purge, "add", table, &next);
		tally_buf_printf(&text, "PARTITION %s VALUES LESS THAN (%lld), ", next.name,
				 (long long)next.end);
		added++;
	}
	tally_buf_add_str(&text, "PARTITION pmax VALUES LESS THAN MAXVALUE)");
	enum tally_err err = tally_buf_err(&text);

	if (err == TALLY_OK && added > 0 && !purge->dry_run)
		err = run_patiently(&purge->db, tally_buf_cstr(&text));
	if (err == TALLY_OK)
		purge->report->added += added;
	tally_buf_free(&text);
	return err;
}

/* ---- dropping ---- */

static enum tally_err drop_partition(struct purge *purge, const struct purge_table *table,
				     const struct partition *partition)
{
	char text[192];
	enum tally_err err = TALLY_OK;

	tell(purge, "drop", table, partition);
	snprintf(text, sizeof(text), "ALTER TABLE %s DROP PARTITION %s", table->name,
		 partition->name);
	if (!purge->dry_run)
		err = run_patiently(&purge->db, text);
	if (err == TALLY_OK) {
		purge->report->dropped++;
		purge->report->rows += partition->rows;
	}
	return err;
}

static enum tally_err drop_partitions(struct purge *purge, const struct purge_table *table)
{
	int64_t past = purge->past;
	enum tally_err err = TALLY_OK;

	if (table->life == LIFE_BOTH)
		past -= days(purge->conf->tokens_max_lifetime);
	for (size_t i = 0; err == TALLY_OK && i < purge->count; i++)
		if (purge->partitions[i].end <= past)
			err = drop_partition(purge, table, &purge->partitions[i]);
	return err;
}

/* ---- all of it ---- */

static enum tally_err lock(struct tally_db *db)
{
	int64_t got = 0;
	enum tally_err err = TALLY_OK;

	for (unsigned int i = 0; i < LOCK_TRIES && err == TALLY_OK && !got; i++)
		err = tally_db_number(db, "SELECT GET_LOCK(" LOCK_NAME ", 1)", &got);
	if (err != TALLY_OK || got)
		return err;
	return tally_db_failed(db, 0, "another program is still purging");
}

static enum tally_err prepare(struct tally_db *db)
{
	/*
	 * Statements of others wait behind one that waits for a table's lock:
	 * rather give up soon, and try again.
	 */
	enum tally_err err = tally_db_exec(db, "SET SESSION lock_wait_timeout = 1");

	if (err == TALLY_OK)
		err = lock(db);
	if (err != TALLY_OK)
		return err;
	/* MySQL would count rows as of yesterday; MariaDB does not know the name. */
	err = tally_db_exec(db, "SET SESSION information_schema_stats_expiry = 0");
	return err != TALLY_OK && db->link.failure.code == 1193 ? TALLY_OK : err;
}

static enum tally_err purge_tables(struct purge *purge)
{
	enum tally_err err = prepare(&purge->db);

	for (size_t i = 0; err == TALLY_OK && i < sizeof(tables) / sizeof(tables[0]); i++) {
		err = read_partitions(purge, &tables[i]);
		if (err == TALLY_OK)
			err = add_partitions(purge, &tables[i]);
		if (err == TALLY_OK)
			err = drop_partitions(purge, &tables[i]);
	}
	return err;
}

static enum tally_err fail(const struct purge *purge)
{
	const struct tally_link_failure *failure = &purge->db.link.failure;
	char where[TALLY_DB_WHERE_SIZE];

	tally_log_error("the tables of tokens cannot be purged: %s (error %u); %s%s%s",
			failure->text, failure->code, tally_db_where(where, purge->conf),
			failure->advice ? "; " : "", failure->advice ? failure->advice : "");
	return TALLY_ERR_UNAVAILABLE;
}

/*
 * On a connection of its own: the lock ends with it whatever happens, and a
 * statement may take longer than a request would wait.
 */
enum tally_err tally_mysql_purge(struct tally_store *store, int64_t now, unsigned int ahead,
				 bool dry_run, tally_purge_step *step, void *context,
				 struct tally_purge_report *report)
{
	const struct tally_conf *conf = ((struct tally_mysql *)store)->conf;
	struct purge purge = {
		.conf = conf,
		.db = { .conf = conf },
		.today = now / TALLY_DAY,
		.past = (now - SKEW) / TALLY_DAY,
		.ahead = ahead,
		.dry_run = dry_run,
		.step = step,
		.context = context,
		.report = report,
		.partitions = calloc(PARTITIONS_MAX, sizeof(*purge.partitions)),
	};
	enum tally_err err = purge.partitions ? tally_db_thread() : TALLY_ERR_NOMEM;

	*report = (struct tally_purge_report){ 0 };
	if (err == TALLY_OK) {
		err = tally_db_connect(&purge.db, STATEMENT_TIMEOUT);
		if (err == TALLY_OK)
			err = purge_tables(&purge);
		if (err != TALLY_OK)
			err = fail(&purge);
		tally_db_close(&purge.db);
	}
	free(purge.partitions);
	return err;
}
