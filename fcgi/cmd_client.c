/* SPDX-License-Identifier: Apache-2.0 */
/* tallystick client … */
#include "config.h"

#include "admin/client.h"
#include "base/secret.h"
#include "fcgi/output.h"
#include "fcgi/session.h"
#include "store/redis/redis.h"
#include "sys/clock.h"
#include "sys/log.h"

static struct tally_span option_text(const struct tally_invocation *call, enum tally_option_id id)
{
	return tally_span_of(tally_option_value(call, id));
}

static void print_secret(bool json, struct tally_span client_id,
			 const struct tally_new_secret *secret)
{
	const struct tally_field fields[] = {
		{ "client_id", TALLY_FIELD_TEXT, .text = client_id },
		{ "client_secret", TALLY_FIELD_TEXT, .text = tally_span_of(secret->text) },
		{ "secret_id", TALLY_FIELD_TEXT, .text = tally_span_of(secret->id) },
		{ "expires_at", TALLY_FIELD_TIME, .number = secret->expires_at },
		{ .name = NULL },
	};

	tally_output_record(json, fields);
	if (!json)
		printf("Keep the secret now: it is not stored, and cannot be shown again.\n");
}

static void print_public(bool json, struct tally_span client_id)
{
	const struct tally_field fields[] = {
		{ "client_id", TALLY_FIELD_TEXT, .text = client_id },
		{ .name = NULL },
	};

	tally_output_record(json, fields);
}

/* All but the key that seals it. */
static enum tally_err read_secret_use(const struct tally_invocation *call,
				      struct tally_secret_use *use)
{
	*use = (struct tally_secret_use){ .for_jwt = tally_option_given(call, TALLY_OPTION_FOR_JWT) };
	if (!tally_option_given(call, TALLY_OPTION_PUBLIC))
		return tally_option_seconds(call, TALLY_OPTION_EXPIRES, &use->lifetime);
	if (!use->for_jwt && !tally_option_given(call, TALLY_OPTION_EXPIRES))
		return TALLY_OK;
	tally_log_error("a --public client has no secret: --expires and --for-jwt mean nothing");
	return TALLY_ERR_USAGE;
}

static const char *const persistences[] = {
	[TALLY_PERSIST_DEFAULT] = "as configured", [TALLY_PERSIST_NONE] = "none",
	[TALLY_PERSIST_REFRESH] = "refresh",       [TALLY_PERSIST_ALL] = "all",
	NULL,
};

static const char *const formats[] = {
	[TALLY_FORMAT_DEFAULT] = "as configured", [TALLY_FORMAT_JWT] = "jwt",
	[TALLY_FORMAT_OPAQUE] = "opaque",         NULL,
};

static const char *const statuses[] = {
	[TALLY_STATUS_DEFAULT] = "as configured", [TALLY_STATUS_OFF] = "off",
	[TALLY_STATUS_ON] = "on",                 NULL,
};

/* "default": as configured; it is only for changing what was given before. */
static bool is_default(const struct tally_invocation *call, enum tally_option_id id)
{
	const char *value = tally_option_value(call, id);

	return value != NULL && strcmp(value, "default") == 0;
}

static enum tally_err read_seconds(const struct tally_invocation *call, enum tally_option_id id,
				   uint32_t *out)
{
	*out = 0;
	return is_default(call, id) ? TALLY_OK : tally_option_seconds(call, id, out);
}

static enum tally_err read_word(const struct tally_invocation *call, enum tally_option_id id,
				const char *const words[], unsigned int *out)
{
	*out = 0;
	return is_default(call, id) ? TALLY_OK : tally_option_word(call, id, words, out);
}

static enum tally_err read_client(const struct tally_invocation *call,
				  struct tally_client_record *client)
{
	unsigned int persistence = 0, format = 0, status = 0;

	*client = (struct tally_client_record){
		.client_id = option_text(call, TALLY_OPTION_ID),
		.name = option_text(call, TALLY_OPTION_NAME),
		.grants = tally_option_words(call, TALLY_OPTION_GRANT),
		.scopes = tally_option_words(call, TALLY_OPTION_SCOPE),
		.default_scopes = tally_option_words(call, TALLY_OPTION_DEFAULT_SCOPE),
		.audience = option_text(call, TALLY_OPTION_AUDIENCE),
		.organisation = option_text(call, TALLY_OPTION_ORG),
		.may_introspect = tally_option_given(call, TALLY_OPTION_INTROSPECT),
		.is_public = tally_option_given(call, TALLY_OPTION_PUBLIC),
	};
	enum tally_err err =
		read_seconds(call, TALLY_OPTION_LIFETIME, &client->access_lifetime);

	if (err == TALLY_OK)
		err = read_seconds(call, TALLY_OPTION_REFRESH_LIFETIME, &client->refresh_lifetime);
	if (err == TALLY_OK)
		err = read_word(call, TALLY_OPTION_PERSISTENCE, persistences, &persistence);
	if (err == TALLY_OK)
		err = read_word(call, TALLY_OPTION_FORMAT, formats, &format);
	if (err == TALLY_OK)
		err = read_word(call, TALLY_OPTION_STATUS, statuses, &status);
	client->persistence = (enum tally_persistence)persistence;
	client->format = (enum tally_token_format)format;
	client->status = (enum tally_client_status)status;
	return err;
}

/* Whether the service, as it is configured, can do what is asked of it. */
static enum tally_err check_conf(const struct tally_client_record *client,
				 const struct tally_conf *conf)
{
	if (client->access_lifetime > conf->tokens_max_lifetime)
		tally_log_warn("its tokens will live no longer than tokens.max-lifetime (%u s)",
			       conf->tokens_max_lifetime);
	if (client->status != TALLY_STATUS_ON)
		return TALLY_OK;
	if (!tally_redis_is_configured(conf)) {
		tally_log_error("status lists are kept in Redis, and none is configured: set "
				"redis.host or redis.socket before a client is to have --status on");
		return TALLY_ERR_CONFIG;
	}
	if (client->format == TALLY_FORMAT_DEFAULT && conf->tokens_format == TALLY_CONF_OPAQUE)
		tally_log_warn("its tokens will carry no status as long as tokens.format is opaque");
	return TALLY_OK;
}

enum tally_err tally_cmd_client_add(const struct tally_invocation *call)
{
	struct tally_session session;
	struct tally_new_secret secret = { 0 };
	struct tally_span client_id;
	struct tally_secret_use use;
	struct tally_client_record client;
	enum tally_err err = read_client(call, &client);

	if (err == TALLY_OK)
		err = read_secret_use(call, &use);
	if (err != TALLY_OK)
		return err;
	err = tally_session_open(&session, call, true);
	if (err == TALLY_OK)
		err = check_conf(&client, session.conf);
	use.wrap = tally_session_wrap_key(&session);
	if (err == TALLY_OK)
		err = tally_admin_client_add(session.store, call->arena, &client, &use, &client_id,
					     &secret);
	if (err == TALLY_OK && client.is_public)
		print_public(session.json, client_id);
	else if (err == TALLY_OK)
		print_secret(session.json, client_id, &secret);
	tally_secret_wipe(&secret, sizeof(secret));
	tally_session_close(&session);
	return err;
}

static enum tally_err explain(enum tally_err err, const char *client_id)
{
	if (err == TALLY_ERR_NOT_FOUND)
		tally_log_error("there is no client %s; \"tallystick client list\" shows what there "
				"is", client_id);
	return err;
}

/* How soon every process knows of a change. */
static void print_done(const struct tally_session *session, const char *client_id,
		       const char *what)
{
	const struct tally_field fields[] = {
		{ "client_id", TALLY_FIELD_TEXT, .text = tally_span_of(client_id) },
		{ "result", TALLY_FIELD_TEXT, .text = tally_span_of(what) },
		{ "in_force_within", TALLY_FIELD_NUMBER, .number = session->conf->clients_cache },
		{ .name = NULL },
	};

	if (session->json)
		tally_output_record(true, fields);
	else
		printf("client %s is %s; in force everywhere within %u s (clients.cache)\n",
		       client_id, what, session->conf->clients_cache);
}

/* Which part of a client an option is about. */
static const struct {
	enum tally_option_id option;
	enum tally_client_part part;
} parts_of_options[] = {
	{ TALLY_OPTION_NAME, TALLY_CLIENT_NAME },
	{ TALLY_OPTION_GRANT, TALLY_CLIENT_GRANTS },
	{ TALLY_OPTION_SCOPE, TALLY_CLIENT_SCOPES },
	{ TALLY_OPTION_DEFAULT_SCOPE, TALLY_CLIENT_DEFAULT_SCOPES },
	{ TALLY_OPTION_AUDIENCE, TALLY_CLIENT_AUDIENCE },
	{ TALLY_OPTION_LIFETIME, TALLY_CLIENT_ACCESS_LIFETIME },
	{ TALLY_OPTION_REFRESH_LIFETIME, TALLY_CLIENT_REFRESH_LIFETIME },
	{ TALLY_OPTION_PERSISTENCE, TALLY_CLIENT_PERSISTENCE },
	{ TALLY_OPTION_FORMAT, TALLY_CLIENT_FORMAT },
	{ TALLY_OPTION_STATUS, TALLY_CLIENT_STATUS },
	{ TALLY_OPTION_INTROSPECT, TALLY_CLIENT_INTROSPECTS },
	{ TALLY_OPTION_NO_INTROSPECT, TALLY_CLIENT_INTROSPECTS },
	{ TALLY_OPTION_ORG, TALLY_CLIENT_ORGANISATION },
};

static enum tally_err read_parts(const struct tally_invocation *call, unsigned int *parts)
{
	*parts = 0;
	for (size_t i = 0; i < sizeof(parts_of_options) / sizeof(parts_of_options[0]); i++)
		if (tally_option_given(call, parts_of_options[i].option))
			*parts |= parts_of_options[i].part;
	if (tally_option_given(call, TALLY_OPTION_INTROSPECT) &&
	    tally_option_given(call, TALLY_OPTION_NO_INTROSPECT))
		tally_log_error("--introspect and --no-introspect: one of the two");
	else if (*parts == 0)
		tally_log_error("nothing is to be changed: give an option, such as --scope");
	else
		return TALLY_OK;
	return TALLY_ERR_USAGE;
}

enum tally_err tally_cmd_client_set(const struct tally_invocation *call)
{
	struct tally_session session;
	struct tally_client_record client;
	unsigned int parts;
	enum tally_err err = read_parts(call, &parts);

	if (err == TALLY_OK)
		err = read_client(call, &client);
	if (err != TALLY_OK)
		return err;
	client.client_id = tally_span_of(call->operands[0]);
	err = tally_session_open(&session, call, true);
	if (err == TALLY_OK)
		err = check_conf(&client, session.conf);
	if (err == TALLY_OK)
		err = tally_admin_client_set(session.store, call->arena, &client, parts);
	if (err == TALLY_OK)
		print_done(&session, call->operands[0], "changed");
	tally_session_close(&session);
	return explain(err, call->operands[0]);
}

static enum tally_err print_list_item(void *context, const struct tally_client_record *client)
{
	const struct tally_field fields[] = {
		{ "client_id", TALLY_FIELD_TEXT, 24, .text = client->client_id },
		{ "disabled_at", TALLY_FIELD_TIME, 20, .number = client->disabled_at },
		{ "organisation", TALLY_FIELD_TEXT, 16, .text = client->organisation },
		{ "status", TALLY_FIELD_TEXT, 13,
		  .text = tally_span_of(statuses[client->status]) },
		{ "grants", TALLY_FIELD_WORDS, 20, .text = client->grants },
		{ "name", TALLY_FIELD_TEXT, .text = client->name },
		{ .name = NULL },
	};

	tally_output_list_item(context, fields);
	return TALLY_OK;
}

enum tally_err tally_cmd_client_list(const struct tally_invocation *call)
{
	struct tally_output_list list;
	struct tally_session session;
	enum tally_err err = tally_session_open(&session, call, true);

	if (err == TALLY_OK) {
		tally_output_list_begin(&list, session.json);
		err = session.store->ops->client_list(session.store, print_list_item, &list);
		tally_output_list_end(&list, "there are no clients; see \"tallystick client add\"");
	}
	tally_session_close(&session);
	return err;
}

/* The secrets in words: id, and when it ends. */
static struct tally_span describe_secrets(const struct tally_client_record *client,
					  struct tally_arena *arena)
{
	struct tally_buf buf;
	char time[TALLY_TIME_SIZE];

	tally_buf_in(&buf, arena, 1 + client->secret_count * (TALLY_ID_MAX + TALLY_TIME_SIZE + 2));
	for (size_t i = 0; i < client->secret_count; i++) {
		const struct tally_secret_record *secret = &client->secrets[i];

		if (i > 0)
			tally_buf_add_char(&buf, ' ');
		tally_buf_add_span(&buf, secret->secret_id);
		if (secret->expires_at != 0)
			tally_buf_printf(&buf, "@%s", tally_clock_format(time, secret->expires_at));
	}
	return tally_buf_span(&buf);
}

/* The same of public keys. */
static struct tally_span describe_keys(const struct tally_client_record *client,
				       struct tally_arena *arena)
{
	struct tally_buf buf;
	char time[TALLY_TIME_SIZE];

	tally_buf_in(&buf, arena, 1 + client->key_count * (TALLY_ID_MAX + TALLY_TIME_SIZE + 2));
	for (size_t i = 0; i < client->key_count; i++) {
		const struct tally_public_key_record *key = &client->keys[i];

		if (i > 0)
			tally_buf_add_char(&buf, ' ');
		tally_buf_add_span(&buf, key->key_id);
		if (key->expires_at != 0)
			tally_buf_printf(&buf, "@%s", tally_clock_format(time, key->expires_at));
	}
	return tally_buf_span(&buf);
}

static void print_client(bool json, const struct tally_client_record *client,
			 struct tally_arena *arena)
{
	const struct tally_field fields[] = {
		{ "client_id", TALLY_FIELD_TEXT, .text = client->client_id },
		{ "name", TALLY_FIELD_TEXT, .text = client->name },
		{ "grants", TALLY_FIELD_WORDS, .text = client->grants },
		{ "scopes", TALLY_FIELD_WORDS, .text = client->scopes },
		{ "default_scopes", TALLY_FIELD_WORDS, .text = client->default_scopes },
		{ "audience", TALLY_FIELD_TEXT, .text = client->audience },
		{ "access_lifetime", TALLY_FIELD_NUMBER, .number = client->access_lifetime },
		{ "refresh_lifetime", TALLY_FIELD_NUMBER, .number = client->refresh_lifetime },
		{ "persistence", TALLY_FIELD_TEXT,
		  .text = tally_span_of(persistences[client->persistence]) },
		{ "format", TALLY_FIELD_TEXT, .text = tally_span_of(formats[client->format]) },
		{ "status", TALLY_FIELD_TEXT, .text = tally_span_of(statuses[client->status]) },
		{ "introspects", TALLY_FIELD_TEXT,
		  .text = client->may_introspect ? TALLY_SPAN("yes") : TALLY_SPAN("no") },
		{ "public", TALLY_FIELD_TEXT,
		  .text = client->is_public ? TALLY_SPAN("yes") : TALLY_SPAN("no") },
		{ "secrets", TALLY_FIELD_WORDS, .text = describe_secrets(client, arena) },
		{ "keys", TALLY_FIELD_WORDS, .text = describe_keys(client, arena) },
		{ "organisation", TALLY_FIELD_TEXT, .text = client->organisation },
		{ "created_at", TALLY_FIELD_TIME, .number = client->created_at },
		{ "disabled_at", TALLY_FIELD_TIME, .number = client->disabled_at },
		{ "organisation_disabled_at", TALLY_FIELD_TIME,
		  .number = client->organisation_disabled_at },
		{ .name = NULL },
	};

	tally_output_record(json, fields);
}

enum tally_err tally_cmd_client_show(const struct tally_invocation *call)
{
	struct tally_session session;
	struct tally_client_record client;
	enum tally_err err = tally_session_open(&session, call, true);

	if (err == TALLY_OK)
		err = session.store->ops->client_find(session.store, call->arena,
						      tally_span_of(call->operands[0]), &client);
	if (err == TALLY_OK)
		print_client(session.json, &client, call->arena);
	tally_session_close(&session);
	return explain(err, call->operands[0]);
}

static enum tally_err set_disabled(const struct tally_invocation *call, int64_t at,
				   const char *what)
{
	struct tally_session session;
	enum tally_err err = tally_session_open(&session, call, true);

	if (err == TALLY_OK)
		err = session.store->ops->client_disable(session.store,
							 tally_span_of(call->operands[0]), at);
	if (err == TALLY_OK)
		print_done(&session, call->operands[0], what);
	tally_session_close(&session);
	return explain(err, call->operands[0]);
}

enum tally_err tally_cmd_client_disable(const struct tally_invocation *call)
{
	return set_disabled(call, tally_clock_now(), "disabled");
}

enum tally_err tally_cmd_client_enable(const struct tally_invocation *call)
{
	return set_disabled(call, 0, "enabled");
}

enum tally_err tally_cmd_client_remove(const struct tally_invocation *call)
{
	struct tally_session session;
	enum tally_err err = tally_session_open(&session, call, true);

	if (err == TALLY_OK)
		err = session.store->ops->client_remove(session.store,
							tally_span_of(call->operands[0]));
	if (err == TALLY_OK)
		print_done(&session, call->operands[0], "removed");
	tally_session_close(&session);
	return explain(err, call->operands[0]);
}

enum tally_err tally_cmd_client_secret_add(const struct tally_invocation *call)
{
	struct tally_session session;
	struct tally_new_secret secret = { 0 };
	struct tally_span client_id = tally_span_of(call->operands[0]);
	struct tally_secret_use use;
	enum tally_err err = read_secret_use(call, &use);

	if (err != TALLY_OK)
		return err;
	err = tally_session_open(&session, call, true);
	use.wrap = tally_session_wrap_key(&session);
	if (err == TALLY_OK)
		err = tally_admin_client_secret_add(session.store, client_id, &use, &secret);
	if (err == TALLY_OK)
		print_secret(session.json, client_id, &secret);
	tally_secret_wipe(&secret, sizeof(secret));
	tally_session_close(&session);
	return explain(err, call->operands[0]);
}

enum tally_err tally_cmd_client_secret_remove(const struct tally_invocation *call)
{
	struct tally_session session;
	enum tally_err err = tally_session_open(&session, call, true);

	if (err == TALLY_OK)
		err = session.store->ops->client_secret_remove(session.store,
							       tally_span_of(call->operands[0]),
							       tally_span_of(call->operands[1]));
	if (err == TALLY_OK)
		print_done(&session, call->operands[0], "without that secret");
	else if (err == TALLY_ERR_NOT_FOUND)
		tally_log_error("client %s has no secret %s; \"tallystick client show\" lists them",
				call->operands[0], call->operands[1]);
	tally_session_close(&session);
	return err;
}
