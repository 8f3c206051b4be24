/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "admin/organisation.h"

#include "admin/text.h"
#include "sys/clock.h"
#include "sys/log.h"

void tally_admin_no_organisation(struct tally_span id)
{
	tally_log_error("there is no organisation %.*s; \"tallystick org list\" shows what there is",
			TALLY_SPAN_ARG(id));
}

enum tally_err tally_admin_organisation_add(struct tally_store *store, struct tally_span id,
					    struct tally_span name)
{
	const struct tally_organisation_record organisation = {
		.organisation_id = id,
		.name = name,
		.created_at = tally_clock_now(),
	};
	enum tally_err err = tally_admin_check_id("organisation", id);

	if (err == TALLY_OK && id.n == 0) {
		tally_log_error("organisation: expected at least one character");
		err = TALLY_ERR_USAGE;
	}
	if (err == TALLY_OK)
		err = tally_admin_check_text("name", name, TALLY_NAME_MAX);
	if (err == TALLY_OK)
		err = store->ops->organisation_add(store, &organisation);
	if (err == TALLY_ERR_EXISTS)
		tally_log_error("there is an organisation %.*s already", TALLY_SPAN_ARG(id));
	return err;
}

enum tally_err tally_admin_organisation_remove(struct tally_store *store, struct tally_span id)
{
	enum tally_err err = store->ops->organisation_remove(store, id);

	if (err != TALLY_ERR_STATE)
		return err;
	if (tally_span_eq(id, TALLY_SPAN(TALLY_ORGANISATION_DEFAULT)))
		tally_log_error("organisation %.*s cannot be removed: whoever names none belongs to "
				"it", TALLY_SPAN_ARG(id));
	else
		tally_log_error("organisation %.*s still has clients or users (\"tallystick client "
				"list\" and \"user list\" show whose they are): remove them, or "
				"disable the organisation", TALLY_SPAN_ARG(id));
	return err;
}
