/* SPDX-License-Identifier: Apache-2.0 */
/* tallystick purge */
#include "config.h"

#include "fcgi/output.h"
#include "fcgi/session.h"
#include "sys/clock.h"

#include <inttypes.h>

#define AHEAD     "7" /* days: as many a timer may fail for */
#define AHEAD_MAX 366u

static enum tally_err read_ahead(const struct tally_invocation *call, unsigned int *out)
{
	const char *text = tally_option_value(call, TALLY_OPTION_AHEAD);
	uint64_t value;

	if (tally_span_to_u64(tally_span_of(text ? text : AHEAD), AHEAD_MAX, &value) != TALLY_OK) {
		fprintf(stderr, "tallystick: --ahead: expected a number of days up to %u\n",
			AHEAD_MAX);
		return TALLY_ERR_USAGE;
	}
	*out = (unsigned int)value;
	return TALLY_OK;
}

/* What is about to be done; a table with many rows may take its time. */
static void show_step(void *context, const char *what, const char *table, const char *partition,
		      uint64_t rows)
{
	(void)context;
	if (rows > 0)
		printf("%s %s %s (about %" PRIu64 " rows)\n", what, table, partition, rows);
	else
		printf("%s %s %s\n", what, table, partition);
	fflush(stdout);
}

static void show_report(const struct tally_session *session, bool dry_run,
			const struct tally_purge_report *report)
{
	const struct tally_field fields[] = {
		{ "dry_run", TALLY_FIELD_NUMBER, .number = dry_run },
		{ "partitions_added", TALLY_FIELD_NUMBER, .number = report->added },
		{ "partitions_dropped", TALLY_FIELD_NUMBER, .number = report->dropped },
		{ "rows_dropped", TALLY_FIELD_NUMBER, .number = (int64_t)report->rows },
		{ .name = NULL },
	};

	if (session->json)
		tally_output_record(true, fields);
	else
		printf("%s%u partitions added, %u dropped, with about %" PRIu64 " rows\n",
		       dry_run ? "would be: " : "", report->added, report->dropped, report->rows);
}

enum tally_err tally_cmd_purge(const struct tally_invocation *call)
{
	bool dry_run = tally_option_given(call, TALLY_OPTION_DRY_RUN);
	struct tally_session session;
	struct tally_purge_report report;
	unsigned int ahead = 0;
	enum tally_err err = tally_session_open(&session, call, true);

	if (err == TALLY_OK)
		err = read_ahead(call, &ahead);
	if (err == TALLY_OK)
		err = session.store->ops->purge(session.store, tally_clock_now(), ahead, dry_run,
						session.json ? NULL : show_step, NULL, &report);
	if (err == TALLY_OK)
		show_report(&session, dry_run, &report);
	tally_session_close(&session);
	return err;
}
