/* SPDX-License-Identifier: Apache-2.0 */
/* tallystick rewrap */
#include "config.h"

#include "admin/rewrap.h"
#include "fcgi/output.h"
#include "fcgi/session.h"

static void print_report(bool json, const struct tally_rewrap_report *report)
{
	const struct tally_field fields[] = {
		{ "keys", TALLY_FIELD_NUMBER, .number = (int64_t)report->keys },
		{ "secrets", TALLY_FIELD_NUMBER, .number = (int64_t)report->secrets },
		{ "sealed_before", TALLY_FIELD_NUMBER, .number = (int64_t)report->present },
		{ "unopened", TALLY_FIELD_NUMBER, .number = (int64_t)report->unopened },
		{ .name = NULL },
	};

	tally_output_record(json, fields);
}

enum tally_err tally_cmd_rewrap(const struct tally_invocation *call)
{
	struct tally_session session;
	struct tally_rewrap_report report;
	enum tally_err err = tally_session_open(&session, call, true);

	if (err == TALLY_OK) {
		err = tally_admin_rewrap(session.store, call->arena, &session.wrap, &report);
		/* As far as it came, when something stopped it. */
		print_report(session.json, &report);
	}
	tally_session_close(&session);
	return err;
}
