/* SPDX-License-Identifier: Apache-2.0 */
/* tallystick org … */
#include "config.h"

#include "admin/organisation.h"
#include "fcgi/output.h"
#include "fcgi/session.h"
#include "sys/clock.h"

static void print_organisation(const struct tally_session *session,
			       const struct tally_organisation_record *organisation)
{
	const struct tally_field fields[] = {
		{ "organisation", TALLY_FIELD_TEXT, .text = organisation->organisation_id },
		{ "name", TALLY_FIELD_TEXT, .text = organisation->name },
		{ "created_at", TALLY_FIELD_TIME, .number = organisation->created_at },
		{ "disabled_at", TALLY_FIELD_TIME, .number = organisation->disabled_at },
		{ .name = NULL },
	};

	tally_output_record(session->json, fields);
}

static enum tally_err print_item(void *context,
				 const struct tally_organisation_record *organisation)
{
	const struct tally_field fields[] = {
		{ "organisation", TALLY_FIELD_TEXT, 24, .text = organisation->organisation_id },
		{ "created_at", TALLY_FIELD_TIME, 20, .number = organisation->created_at },
		{ "disabled_at", TALLY_FIELD_TIME, 20, .number = organisation->disabled_at },
		{ "name", TALLY_FIELD_TEXT, .text = organisation->name },
		{ .name = NULL },
	};

	tally_output_list_item(context, fields);
	return TALLY_OK;
}

enum tally_err tally_cmd_org_list(const struct tally_invocation *call)
{
	struct tally_output_list list;
	struct tally_session session;
	enum tally_err err = tally_session_open(&session, call, true);

	if (err == TALLY_OK) {
		tally_output_list_begin(&list, session.json);
		err = session.store->ops->organisation_list(session.store, print_item, &list);
		tally_output_list_end(&list, "there are no organisations");
	}
	tally_session_close(&session);
	return err;
}

static enum tally_err show(const struct tally_session *session, const struct tally_invocation *call,
			   struct tally_span id)
{
	struct tally_organisation_record organisation;
	enum tally_err err = session->store->ops->organisation_find(session->store, call->arena, id,
								    &organisation);

	if (err == TALLY_OK)
		print_organisation(session, &organisation);
	return err;
}

/* When every process knows: both caches may have what belongs to it. */
static void print_done(const struct tally_session *session, struct tally_span id, const char *what)
{
	uint32_t clients = session->conf->clients_cache, users = session->conf->users_cache;
	uint32_t within = clients > users ? clients : users;
	const struct tally_field fields[] = {
		{ "organisation", TALLY_FIELD_TEXT, .text = id },
		{ "result", TALLY_FIELD_TEXT, .text = tally_span_of(what) },
		{ "in_force_within", TALLY_FIELD_NUMBER, .number = within },
		{ .name = NULL },
	};

	if (session->json)
		tally_output_record(true, fields);
	else
		printf("organisation %.*s is %s; in force everywhere within %u s (clients.cache, "
		       "users.cache)\n",
		       TALLY_SPAN_ARG(id), what, within);
}

static enum tally_err add(const struct tally_session *session, const struct tally_invocation *call,
			  struct tally_span id)
{
	struct tally_span name = tally_span_of(tally_option_value(call, TALLY_OPTION_NAME));
	enum tally_err err = tally_admin_organisation_add(session->store, id, name);

	return err == TALLY_OK ? show(session, call, id) : err;
}

static enum tally_err disable(const struct tally_session *session,
			      const struct tally_invocation *call, struct tally_span id)
{
	(void)call;
	enum tally_err err = session->store->ops->organisation_disable(session->store, id,
								       tally_clock_now());

	if (err == TALLY_OK)
		print_done(session, id, "disabled");
	return err;
}

static enum tally_err enable(const struct tally_session *session,
			     const struct tally_invocation *call, struct tally_span id)
{
	(void)call;
	enum tally_err err = session->store->ops->organisation_disable(session->store, id, 0);

	if (err == TALLY_OK)
		print_done(session, id, "enabled");
	return err;
}

static enum tally_err remove_organisation(const struct tally_session *session,
					  const struct tally_invocation *call, struct tally_span id)
{
	(void)call;
	enum tally_err err = tally_admin_organisation_remove(session->store, id);

	if (err == TALLY_OK)
		print_done(session, id, "removed");
	return err;
}

typedef enum tally_err org_work(const struct tally_session *session,
				const struct tally_invocation *call, struct tally_span id);

static enum tally_err with_org(const struct tally_invocation *call, org_work *work)
{
	struct tally_session session;
	struct tally_span id = tally_span_of(call->operands[0]);
	enum tally_err err = tally_session_open(&session, call, true);

	if (err == TALLY_OK)
		err = work(&session, call, id);
	if (err == TALLY_ERR_NOT_FOUND)
		tally_admin_no_organisation(id);
	tally_session_close(&session);
	return err;
}

enum tally_err tally_cmd_org_add(const struct tally_invocation *call)
{
	return with_org(call, add);
}

enum tally_err tally_cmd_org_show(const struct tally_invocation *call)
{
	return with_org(call, show);
}

enum tally_err tally_cmd_org_disable(const struct tally_invocation *call)
{
	return with_org(call, disable);
}

enum tally_err tally_cmd_org_enable(const struct tally_invocation *call)
{
	return with_org(call, enable);
}

enum tally_err tally_cmd_org_remove(const struct tally_invocation *call)
{
	return with_org(call, remove_organisation);
}
