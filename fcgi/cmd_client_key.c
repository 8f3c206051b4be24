/* SPDX-License-Identifier: Apache-2.0 */
/* tallystick client key … */
#include "config.h"

#include "admin/client_key.h"
#include "fcgi/file.h"
#include "fcgi/output.h"
#include "fcgi/session.h"
#include "sys/log.h"

/* The content of the file that an option names; empty: it is not given. */
static enum tally_err read_option(const struct tally_invocation *call, enum tally_option_id id,
				  struct tally_span *out)
{
	const char *path = tally_option_value(call, id);

	*out = tally_span(NULL, 0);
	return path ? tally_file_read(path, TALLY_PUBLIC_KEY_FILE_MAX, call->arena, out) : TALLY_OK;
}

static enum tally_err read_wanted(const struct tally_invocation *call,
				  struct tally_new_client_key *out)
{
	*out = (struct tally_new_client_key){ .client_id = tally_span_of(call->operands[0]) };
	enum tally_err err = tally_option_alg(call, &out->alg);

	if (err == TALLY_OK)
		err = tally_option_expiry(call, TALLY_OPTION_EXPIRES, &out->expires_at);
	if (err == TALLY_OK)
		err = read_option(call, TALLY_OPTION_PUBLIC_KEY, &out->pem);
	if (err == TALLY_OK)
		err = read_option(call, TALLY_OPTION_JWK, &out->jwk);
	if (err == TALLY_OK && (out->pem.n > 0) == (out->jwk.n > 0)) {
		tally_log_error("expected either --public-key or --jwk");
		err = TALLY_ERR_USAGE;
	}
	return err;
}

static void print_added(bool json, const struct tally_public_key_record *record)
{
	const struct tally_field fields[] = {
		{ "client_id", TALLY_FIELD_TEXT, .text = record->owner },
		{ "kid", TALLY_FIELD_TEXT, .text = record->key_id },
		{ "alg", TALLY_FIELD_TEXT, .text = record->alg },
		{ "expires_at", TALLY_FIELD_TIME, .number = record->expires_at },
		{ .name = NULL },
	};

	tally_output_record(json, fields);
}

enum tally_err tally_cmd_client_key_add(const struct tally_invocation *call)
{
	struct tally_session session;
	struct tally_new_client_key wanted;
	struct tally_public_key_record record;
	enum tally_err err = read_wanted(call, &wanted);

	if (err != TALLY_OK)
		return err;
	err = tally_session_open(&session, call, true);
	if (err == TALLY_OK)
		err = tally_admin_client_key_add(session.store, call->arena, &wanted, &record);
	if (err == TALLY_OK)
		print_added(session.json, &record);
	if (err == TALLY_ERR_NOT_FOUND)
		tally_log_error("there is no client %s", call->operands[0]);
	tally_session_close(&session);
	return err;
}

enum tally_err tally_cmd_client_key_remove(const struct tally_invocation *call)
{
	struct tally_session session;
	enum tally_err err = tally_session_open(&session, call, true);

	if (err == TALLY_OK)
		err = session.store->ops->client_key_remove(session.store,
							    tally_span_of(call->operands[0]),
							    tally_span_of(call->operands[1]));
	if (err == TALLY_OK) {
		const struct tally_field fields[] = {
			{ "kid", TALLY_FIELD_TEXT, .text = tally_span_of(call->operands[1]) },
			{ "result", TALLY_FIELD_TEXT, .text = TALLY_SPAN("removed") },
			{ "in_force_within", TALLY_FIELD_NUMBER,
			  .number = session.conf->clients_cache },
			{ .name = NULL },
		};

		tally_output_record(session.json, fields);
	}
	if (err == TALLY_ERR_NOT_FOUND)
		tally_log_error("client %s has no key %s; \"tallystick client show\" lists them",
				call->operands[0], call->operands[1]);
	tally_session_close(&session);
	return err;
}
