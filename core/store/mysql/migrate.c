/* SPDX-License-Identifier: Apache-2.0 */
/* The schema: which version is there, and how the newest comes to be. */
#include "config.h"

#include "store/mysql/mysql.h"

#include "store/mysql/migration.h"
#include "store/mysql/work.h"
#include "sys/clock.h"
#include "sys/log.h"

#define STATEMENT_TIMEOUT 3600u /* seconds that one statement of a migration may take */
#define LOCK_TRIES 300u         /* seconds to wait for another one that migrates */
#define BUSY_TRIES 5u           /* attempts while others hold a table's lock */

/* Locks are the server's, not the database's; a name has at most 64 characters. */
#define LOCK_NAME "CONCAT('tallystick.schema.', LEFT(SHA2(DATABASE(), 256), 32))"

/*
 * DDL is not transactional, so a statement may have been carried out by a run
 * that ended before it could say so. What cannot be written IF NOT EXISTS in
 * both MySQL and MariaDB tells it by one of these errors.
 */
static bool was_done(unsigned int code)
{
	return code == 1050    /* the table exists */
	       || code == 1060 /* the column exists */
	       || code == 1061 /* the key exists */
	       || code == 1091 /* what is dropped is gone */
	       || code == 1826; /* the foreign key exists */
}

static enum tally_err found_version(struct tally_db *db, unsigned int *out)
{
	int64_t version;
	enum tally_err err =
		tally_db_number(db, "SELECT MAX(version) FROM schema_version", &version);

	if (err != TALLY_OK && db->link.failure.code == 1146)
		err = TALLY_OK; /* no such table: nothing there yet */
	*out = (unsigned int)version;
	return err;
}

static enum tally_err run_statement(struct tally_db *db, const char *text)
{
	enum tally_err err = tally_db_exec(db, text);

	for (unsigned int i = 1; err == TALLY_ERR_CONFLICT && i < BUSY_TRIES; i++)
		err = tally_db_exec(db, text);
	return err != TALLY_OK && was_done(db->link.failure.code) ? TALLY_OK : err;
}

enum tally_err tally_migration_run(struct tally_db *db, const struct tally_migration *migration)
{
	enum tally_err err = TALLY_OK;
	char text[160];

	for (size_t i = 0; err == TALLY_OK && migration->statements[i] != NULL; i++)
		err = run_statement(db, migration->statements[i]);
	if (err != TALLY_OK)
		return err;
	snprintf(text, sizeof(text),
		 "INSERT IGNORE INTO schema_version (version, applied_at) VALUES (%u, %lld)",
		 migration->version, (long long)tally_clock_now());
	return tally_db_exec(db, text);
}

static enum tally_err lock(struct tally_db *db)
{
	int64_t got = 0;
	enum tally_err err = TALLY_OK;

	for (unsigned int i = 0; i < LOCK_TRIES && err == TALLY_OK && !got; i++)
		err = tally_db_number(db, "SELECT GET_LOCK(" LOCK_NAME ", 1)", &got);
	if (err != TALLY_OK || got)
		return err;
	return tally_db_failed(db, 0, "another program is still migrating the schema");
}

static enum tally_err migrate(struct tally_db *db, struct tally_migration_report *report)
{
	enum tally_err err = found_version(db, &report->before);

	report->after = report->before;
	if (err == TALLY_OK && report->before > tally_migration_count) {
		tally_log_error("the schema has version %u, but this program knows versions up to "
				"%u: use a newer tallystick", report->before, tally_migration_count);
		return TALLY_ERR_STATE;
	}
	while (err == TALLY_OK && report->after < tally_migration_count) {
		const struct tally_migration *next = &tally_migrations[report->after];

		err = tally_migration_run(db, next);
		if (err == TALLY_OK) {
			report->after = next->version;
			tally_log_notice("schema: %s applied", next->name);
		}
	}
	return err;
}

/*
 * On a connection of its own: the lock ends with it whatever happens, and a
 * statement may take longer than a request would wait.
 */
enum tally_err tally_mysql_migrate(struct tally_store *store,
				   struct tally_migration_report *report)
{
	struct tally_mysql *mysql = (struct tally_mysql *)store;
	struct tally_db db = { .conf = mysql->conf };
	char where[TALLY_DB_WHERE_SIZE];
	enum tally_err err = tally_db_thread();

	*report = (struct tally_migration_report){ 0 };
	if (err != TALLY_OK)
		return err;
	err = tally_db_connect(&db, STATEMENT_TIMEOUT);
	if (err == TALLY_OK)
		err = tally_db_exec(&db, "SET SESSION lock_wait_timeout = 10");
	if (err == TALLY_OK)
		err = lock(&db);
	if (err == TALLY_OK)
		err = migrate(&db, report);
	if (err != TALLY_OK && err != TALLY_ERR_STATE) {
		tally_log_error("the schema cannot be brought to version %u: %s (error %u); %s%s%s",
				tally_migration_count, db.link.failure.text, db.link.failure.code,
				tally_db_where(where, db.conf), db.link.failure.advice ? "; " : "",
				db.link.failure.advice ? db.link.failure.advice : "");
		err = TALLY_ERR_UNAVAILABLE;
	}
	tally_db_close(&db);
	return err;
}

enum tally_err tally_mysql_version(struct tally_store *store, unsigned int *found,
				   unsigned int *wanted)
{
	struct tally_work work = tally_work(store, TALLY_WORK_READ);

	*found = 0;
	*wanted = tally_migration_count;
	while (tally_work_next(&work))
		work.err = found_version(work.db, found);
	return work.err;
}
