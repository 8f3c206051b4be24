/* SPDX-License-Identifier: Apache-2.0 */
/* tallystick issuer … */
#include "config.h"

#include "admin/issuer.h"
#include "fcgi/file.h"
#include "fcgi/output.h"
#include "fcgi/session.h"
#include "sys/clock.h"
#include "sys/log.h"

static void print_added(const struct tally_session *session,
			const struct tally_issuer_record *issuer,
			const struct tally_issuer_keys_report *report)
{
	const struct tally_field fields[] = {
		{ "issuer", TALLY_FIELD_TEXT, .text = issuer->issuer },
		{ "keys", TALLY_FIELD_NUMBER, .number = (int64_t)report->usable },
		{ "keys_skipped", TALLY_FIELD_NUMBER, .number = (int64_t)report->skipped },
		{ "audience", TALLY_FIELD_TEXT, .text = issuer->audience },
		{ "subject", TALLY_FIELD_TEXT,
		  .text = tally_span_of(tally_admin_mapping_word(issuer->mapping)) },
		{ .name = NULL },
	};

	tally_output_record(session->json, fields);
}

/* What the options say; without --jwks there is no set. */
static enum tally_err read_issuer(const struct tally_invocation *call,
				  struct tally_issuer_record *out)
{
	const char *jwks = tally_option_value(call, TALLY_OPTION_JWKS);

	*out = (struct tally_issuer_record){
		.issuer = tally_span_of(call->operands[0]),
		.audience = tally_span_of(tally_option_value(call, TALLY_OPTION_AUDIENCE)),
	};
	enum tally_err err =
		tally_admin_mapping_find(tally_option_value(call, TALLY_OPTION_SUBJECT),
					 &out->mapping);

	if (err != TALLY_OK || jwks == NULL)
		return err;
	return tally_file_read(jwks, TALLY_JWKS_MAX, call->arena, &out->jwks);
}

enum tally_err tally_cmd_issuer_add(const struct tally_invocation *call)
{
	struct tally_session session;
	struct tally_issuer_record issuer;
	struct tally_issuer_keys_report report;

	if (!tally_option_given(call, TALLY_OPTION_JWKS)) {
		tally_log_error("--jwks is missing: without its key set nothing that the issuer "
				"signs can be verified");
		return TALLY_ERR_USAGE;
	}
	enum tally_err err = read_issuer(call, &issuer);

	if (err != TALLY_OK)
		return err;
	err = tally_session_open(&session, call, true);
	if (err == TALLY_OK)
		err = tally_admin_issuer_add(session.store, call->arena, &issuer,
					     tally_span_of(session.conf->server_issuer), &report);
	if (err == TALLY_OK)
		print_added(&session, &issuer, &report);
	tally_session_close(&session);
	return err;
}

static enum tally_err print_item(void *context, const struct tally_issuer_record *issuer)
{
	const struct tally_field fields[] = {
		{ "issuer", TALLY_FIELD_TEXT, 32, .text = issuer->issuer },
		{ "subject", TALLY_FIELD_TEXT, 7,
		  .text = tally_span_of(tally_admin_mapping_word(issuer->mapping)) },
		{ "created_at", TALLY_FIELD_TIME, 20, .number = issuer->created_at },
		{ "disabled_at", TALLY_FIELD_TIME, 20, .number = issuer->disabled_at },
		{ "audience", TALLY_FIELD_TEXT, .text = issuer->audience },
		{ .name = NULL },
	};

	tally_output_list_item(context, fields);
	return TALLY_OK;
}

enum tally_err tally_cmd_issuer_list(const struct tally_invocation *call)
{
	struct tally_output_list list;
	struct tally_session session;
	enum tally_err err = tally_session_open(&session, call, true);

	if (err == TALLY_OK) {
		tally_output_list_begin(&list, session.json);
		err = session.store->ops->issuer_list(session.store, print_item, &list);
		tally_output_list_end(&list, "no issuer is trusted; see \"tallystick issuer add\"");
	}
	tally_session_close(&session);
	return err;
}

static void print_done(const struct tally_session *session, const char *issuer, const char *what)
{
	const struct tally_field fields[] = {
		{ "issuer", TALLY_FIELD_TEXT, .text = tally_span_of(issuer) },
		{ "result", TALLY_FIELD_TEXT, .text = tally_span_of(what) },
		{ "in_force_within", TALLY_FIELD_NUMBER, .number = session->conf->clients_cache },
		{ .name = NULL },
	};

	if (session->json)
		tally_output_record(true, fields);
	else
		printf("issuer %s is %s; in force everywhere within %u s (clients.cache)\n", issuer,
		       what, session->conf->clients_cache);
}

static enum tally_err explain(enum tally_err err, const char *issuer)
{
	if (err == TALLY_ERR_NOT_FOUND)
		tally_log_error(
			"there is no issuer %s; \"tallystick issuer list\" shows what there "
			"is",
			issuer);
	return err;
}

static enum tally_err read_parts(const struct tally_invocation *call, unsigned int *parts)
{
	*parts = 0;
	if (tally_option_given(call, TALLY_OPTION_JWKS))
		*parts |= TALLY_ISSUER_JWKS;
	if (tally_option_given(call, TALLY_OPTION_AUDIENCE))
		*parts |= TALLY_ISSUER_AUDIENCE;
	if (tally_option_given(call, TALLY_OPTION_SUBJECT))
		*parts |= TALLY_ISSUER_MAPPING;
	if (*parts != 0)
		return TALLY_OK;
	tally_log_error("nothing is to be changed: give an option, such as --jwks");
	return TALLY_ERR_USAGE;
}

enum tally_err tally_cmd_issuer_set(const struct tally_invocation *call)
{
	struct tally_session session;
	struct tally_issuer_record issuer;
	struct tally_issuer_keys_report report;
	unsigned int parts;
	enum tally_err err = read_parts(call, &parts);

	if (err == TALLY_OK)
		err = read_issuer(call, &issuer);
	if (err != TALLY_OK)
		return err;
	err = tally_session_open(&session, call, true);
	if (err == TALLY_OK)
		err = tally_admin_issuer_set(session.store, call->arena, &issuer, parts, &report);
	if (err == TALLY_OK && report.skipped > 0)
		tally_log_warn("%zu keys of the set are passed over: they are no public signature "
			       "keys for %s", report.skipped, tally_alg_names());
	if (err == TALLY_OK)
		print_done(&session, call->operands[0], "changed");
	tally_session_close(&session);
	return explain(err, call->operands[0]);
}

static enum tally_err set_disabled(const struct tally_invocation *call, int64_t at,
				   const char *what)
{
	struct tally_session session;
	const char *issuer = call->operands[0];
	enum tally_err err = tally_session_open(&session, call, true);

	if (err == TALLY_OK)
		err = session.store->ops->issuer_disable(session.store, tally_span_of(issuer), at);
	if (err == TALLY_OK)
		print_done(&session, issuer, what);
	tally_session_close(&session);
	return explain(err, issuer);
}

enum tally_err tally_cmd_issuer_disable(const struct tally_invocation *call)
{
	return set_disabled(call, tally_clock_now(), "disabled");
}

enum tally_err tally_cmd_issuer_enable(const struct tally_invocation *call)
{
	return set_disabled(call, 0, "enabled");
}

enum tally_err tally_cmd_issuer_remove(const struct tally_invocation *call)
{
	struct tally_session session;
	const char *issuer = call->operands[0];
	enum tally_err err = tally_session_open(&session, call, true);

	if (err == TALLY_OK)
		err = session.store->ops->issuer_remove(session.store, tally_span_of(issuer));
	if (err == TALLY_OK)
		print_done(&session, issuer, "removed");
	tally_session_close(&session);
	return explain(err, issuer);
}
