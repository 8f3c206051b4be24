/* SPDX-License-Identifier: Apache-2.0 */
/* tallystick init-db, check-config */
#include "config.h"

#include "app/app.h"
#include "fcgi/output.h"
#include "fcgi/session.h"
#include "store/mysql/mysql.h"
#include "sys/clock.h"
#include "sys/log.h"

/* Days for which the first partitions of tokens are made; a timer does the rest. */
#define AHEAD 7u

static enum tally_err make_partitions(struct tally_store *store)
{
	struct tally_purge_report report;

	return store->ops->purge(store, tally_clock_now(), AHEAD, false, NULL, NULL, &report);
}

enum tally_err tally_cmd_init_db(const struct tally_invocation *call)
{
	struct tally_session session;
	struct tally_migration_report report = { 0 };
	enum tally_err err = tally_session_open(&session, call, false);

	if (err == TALLY_OK)
		err = tally_mysql_migrate(session.store, &report);
	if (err == TALLY_OK)
		err = make_partitions(session.store);
	if (err == TALLY_OK && session.json) {
		const struct tally_field fields[] = {
			{ "version_before", TALLY_FIELD_NUMBER, .number = report.before },
			{ "version", TALLY_FIELD_NUMBER, .number = report.after },
			{ .name = NULL },
		};

		tally_output_record(true, fields);
	} else if (err == TALLY_OK && report.before == report.after) {
		printf("the tables are there, version %u\n", report.after);
	} else if (err == TALLY_OK) {
		printf("the tables were %s, now version %u\n",
		       report.before ? "brought up to date" : "created", report.after);
	}
	tally_session_close(&session);
	return err;
}

enum tally_err tally_cmd_check_config(const struct tally_invocation *call)
{
	struct tally_conf *conf = NULL;
	struct tally_app *app = NULL;
	enum tally_err err = tally_conf_load(call->conf_path, &conf);

	if (err == TALLY_OK)
		err = tally_app_open(conf, (struct tally_app_stores){ .store = NULL }, &app);
	if (err == TALLY_OK)
		err = tally_app_check(app);
	if (err == TALLY_OK)
		printf("%s is correct\n", call->conf_path);
	tally_app_close(app);
	return err;
}
