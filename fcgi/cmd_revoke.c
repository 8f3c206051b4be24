/* SPDX-License-Identifier: Apache-2.0 */
/* tallystick revoke */
#include "config.h"

#include "admin/revoke.h"
#include "fcgi/file.h"
#include "fcgi/output.h"
#include "fcgi/session.h"
#include "sys/clock.h"
#include "sys/log.h"

#include <inttypes.h>
#include <unistd.h>

#define TOKEN_MAX 16384u

/* For who waits at a terminal; to scripts the result says enough. */
static void show_progress(void *context, uint64_t rows)
{
	(void)context;
	fprintf(stderr, "\rlooking for tokens with a status: %" PRIu64 " looked at", rows);
}

static void print_all(const struct tally_session *session, const char *name, struct tally_span who,
		      const struct tally_revoked_all *revoked)
{
	char time[TALLY_TIME_SIZE];
	const struct tally_field fields[] = {
		{ name, TALLY_FIELD_TEXT, .text = who },
		{ "revoked_until", TALLY_FIELD_TEXT,
		  .text = tally_span_of(tally_clock_format_ms(time, revoked->until_us)) },
		{ "entries_marked", TALLY_FIELD_NUMBER, .number = (int64_t)revoked->entries },
		{ .name = NULL },
	};

	tally_output_record(session->json, fields);
}

static enum tally_err revoke_client(const struct tally_session *session,
				    const struct tally_revoker *revoker, const char *client_id)
{
	struct tally_revoked_all revoked;
	enum tally_err err =
		tally_admin_revoke_client(revoker, tally_span_of(client_id), &revoked);

	if (err == TALLY_OK)
		print_all(session, "client_id", tally_span_of(client_id), &revoked);
	return err;
}

static enum tally_err revoke_user(const struct tally_session *session,
				  const struct tally_revoker *revoker, const char *name)
{
	struct tally_revoked_all revoked;
	struct tally_span user_id;
	enum tally_err err =
		tally_admin_revoke_user(revoker, tally_span_of(name), &user_id, &revoked);

	if (err == TALLY_OK)
		print_all(session, "user_id", user_id, &revoked);
	return err;
}

/* "-": the first line of standard input, which nobody sees in a list of processes. */
static enum tally_err read_token(struct tally_arena *arena, const char *value,
				 struct tally_span *out)
{
	enum tally_err err = TALLY_OK;

	*out = tally_span_of(value);
	if (strcmp(value, "-") == 0)
		err = tally_file_read(value, TOKEN_MAX, arena, out);
	if (err == TALLY_OK)
		*out = tally_span_trim(tally_span_cut(out, '\n'));
	return err;
}

static enum tally_err revoke_token(const struct tally_session *session,
				   const struct tally_revoker *revoker, const char *value)
{
	struct tally_token token;
	struct tally_span text;
	enum tally_err err = read_token(revoker->arena, value, &text);

	if (err == TALLY_OK)
		err = tally_admin_revoke_token(revoker, session->conf, &session->wrap, text,
					       &token);
	if (err != TALLY_OK)
		return err;
	const struct tally_field fields[] = {
		{ "revoked", TALLY_FIELD_TEXT,
		  .text = token.kind == TALLY_TOKEN_REFRESH
				  ? TALLY_SPAN("a refresh token and all that came from it")
				  : TALLY_SPAN("an access token") },
		{ "client_id", TALLY_FIELD_TEXT, .text = token.owner.client_id },
		{ "subject", TALLY_FIELD_TEXT, .text = token.owner.subject },
		{ .name = NULL },
	};

	tally_output_record(session->json, fields);
	return TALLY_OK;
}

enum tally_err tally_cmd_revoke(const struct tally_invocation *call)
{
	const char *token = tally_option_value(call, TALLY_OPTION_TOKEN);
	const char *client = tally_option_value(call, TALLY_OPTION_CLIENT);
	const char *user = tally_option_value(call, TALLY_OPTION_USER);
	struct tally_session session;

	if ((token != NULL) + (client != NULL) + (user != NULL) != 1) {
		tally_log_error("revoke: expected one of --token, --client and --user");
		return TALLY_ERR_USAGE;
	}
	enum tally_err err = tally_session_open(&session, call, true);

	if (err == TALLY_OK)
		err = tally_session_open_status(&session);
	const struct tally_revoker revoker = {
		.store = session.store,
		.marks = session.marks,
		.token_status = session.token_status,
		.arena = call->arena,
		.progress = isatty(STDERR_FILENO) ? show_progress : NULL,
	};

	if (err == TALLY_OK && token != NULL)
		err = revoke_token(&session, &revoker, token);
	else if (err == TALLY_OK && client != NULL)
		err = revoke_client(&session, &revoker, client);
	else if (err == TALLY_OK)
		err = revoke_user(&session, &revoker, user);
	if (revoker.progress != NULL && revoker.token_status != NULL)
		fputs("\r\033[K", stderr);
	tally_session_close(&session);
	return err;
}
