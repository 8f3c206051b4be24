/* SPDX-License-Identifier: Apache-2.0 */
/* tallystick key … */
#include "config.h"

#include "admin/key.h"
#include "fcgi/output.h"
#include "fcgi/session.h"
#include "store/keyset.h"
#include "sys/clock.h"
#include "sys/log.h"

static void print_change(const struct tally_session *session, const struct tally_key_change *change)
{
	const struct tally_field fields[] = {
		{ "kid", TALLY_FIELD_TEXT, .text = tally_span_of(change->kid) },
		{ "signs_from", TALLY_FIELD_TIME, .number = change->activate_at },
		{ .name = NULL },
	};

	tally_output_record(session->json, fields);
	if (!session->json && change->activate_at == 0)
		printf("It is published; let it sign with \"tallystick key activate %s\".\n",
		       change->kid);
	if (!session->json && change->activate_at > tally_clock_now())
		printf("It is published first, so that verifiers know it (keys.publish-before).\n");
}

static enum tally_activation activation_of(const struct tally_invocation *call)
{
	if (tally_option_given(call, TALLY_OPTION_NOW))
		return TALLY_ACTIVATE_NOW;
	if (tally_option_given(call, TALLY_OPTION_ACTIVATE))
		return TALLY_ACTIVATE_IN_TIME;
	return TALLY_ACTIVATE_NOT;
}

/* The algorithm asked for, or else the one that tokens are signed with. */
static enum tally_err choose_alg(const struct tally_invocation *call,
				 const struct tally_conf *conf, const struct tally_alg **out)
{
	const char *asked = tally_option_value(call, TALLY_OPTION_ALG);

	*out = tally_alg_find(tally_span_of(asked ? asked : conf->tokens_algorithm));
	if (*out == NULL) {
		tally_log_error("algorithm \"%s\": expected one of %s",
				asked ? asked : conf->tokens_algorithm, tally_alg_names());
		return TALLY_ERR_USAGE;
	}
	if (asked != NULL && strcmp(asked, conf->tokens_algorithm) != 0)
		tally_log_warn("tokens are signed with %s (tokens.algorithm), so this key will "
			       "only be published", conf->tokens_algorithm);
	return TALLY_OK;
}

enum tally_err tally_cmd_key_add(const struct tally_invocation *call)
{
	struct tally_session session;
	struct tally_key_change change;
	struct tally_new_key key = {
		.uri = tally_option_value(call, TALLY_OPTION_URI),
		.activation = activation_of(call),
	};
	enum tally_err err = tally_session_open(&session, call, true);

	if (err == TALLY_OK)
		err = choose_alg(call, session.conf, &key.alg);
	if (err == TALLY_OK)
		err = tally_admin_key_add(session.store, session.conf,
					  tally_session_wrap_key(&session), &key, &change);
	if (err == TALLY_OK)
		print_change(&session, &change);
	tally_session_close(&session);
	return err;
}

static void print_key(struct tally_output_list *list, const struct tally_key_record *key,
		      enum tally_key_state state)
{
	const struct tally_field fields[] = {
		{ "kid", TALLY_FIELD_TEXT, TALLY_THUMBPRINT_SIZE, .text = key->kid },
		{ "alg", TALLY_FIELD_TEXT, 5, .text = key->alg },
		{ "state", TALLY_FIELD_TEXT, 10,
		  .text = tally_span_of(tally_key_state_word(state)) },
		{ "created_at", TALLY_FIELD_TIME, 20, .number = key->created_at },
		{ "signs_from", TALLY_FIELD_TIME, 20, .number = key->activate_at },
		{ "retired_at", TALLY_FIELD_TIME, 20, .number = key->retired_at },
		{ "uri", TALLY_FIELD_TEXT, .text = key->uri },
		{ .name = NULL },
	};

	tally_output_list_item(list, fields);
}

static enum tally_err print_keys(const struct tally_session *session, struct tally_arena *arena)
{
	struct tally_output_list list;
	struct tally_key_record *records;
	size_t count;
	enum tally_err err = session->store->ops->key_list(session->store, arena, &records, &count);

	if (err != TALLY_OK)
		return err;
	enum tally_key_state *states = tally_arena_array(arena, count, sizeof(*states));

	if (states == NULL)
		return TALLY_ERR_NOMEM;
	tally_key_states(records, count, tally_clock_now(), tally_key_tokens_live(session->conf),
			 states);
	tally_output_list_begin(&list, session->json);
	for (size_t i = 0; i < count; i++)
		print_key(&list, &records[i], states[i]);
	tally_output_list_end(&list, "there are no keys; see \"tallystick key add\"");
	return TALLY_OK;
}

enum tally_err tally_cmd_key_list(const struct tally_invocation *call)
{
	struct tally_session session;
	enum tally_err err = tally_session_open(&session, call, true);

	if (err == TALLY_OK)
		err = print_keys(&session, call->arena);
	tally_session_close(&session);
	return err;
}

enum tally_err tally_cmd_key_activate(const struct tally_invocation *call)
{
	struct tally_session session;
	struct tally_key_change change;
	enum tally_activation activation = tally_option_given(call, TALLY_OPTION_NOW)
						   ? TALLY_ACTIVATE_NOW
						   : TALLY_ACTIVATE_IN_TIME;
	enum tally_err err = tally_session_open(&session, call, true);

	if (err == TALLY_OK)
		err = tally_admin_key_activate(session.store, session.conf,
					       tally_span_of(call->operands[0]), activation,
					       &change);
	if (err == TALLY_OK)
		print_change(&session, &change);
	tally_session_close(&session);
	return err;
}

enum tally_err tally_cmd_key_remove(const struct tally_invocation *call)
{
	struct tally_session session;
	struct tally_span kid = tally_span_of(call->operands[0]);
	enum tally_err err = tally_session_open(&session, call, true);

	if (err == TALLY_OK)
		err = tally_admin_key_remove(session.store, session.conf, kid,
					     tally_option_given(call, TALLY_OPTION_FORCE));
	if (err == TALLY_OK) {
		const struct tally_field fields[] = {
			{ "kid", TALLY_FIELD_TEXT, .text = kid },
			{ "in_force_within", TALLY_FIELD_NUMBER,
			  .number = session.conf->keys_refresh },
			{ .name = NULL },
		};

		tally_output_record(session.json, fields);
	}
	tally_session_close(&session);
	return err;
}

enum tally_err tally_cmd_key_retire(const struct tally_invocation *call)
{
	struct tally_session session;
	enum tally_err err = tally_session_open(&session, call, true);

	if (err == TALLY_OK)
		err = tally_admin_key_retire(session.store, tally_span_of(call->operands[0]),
					     tally_option_given(call, TALLY_OPTION_FORCE));
	if (err == TALLY_OK) {
		const struct tally_field fields[] = {
			{ "kid", TALLY_FIELD_TEXT, .text = tally_span_of(call->operands[0]) },
			{ "published_until", TALLY_FIELD_TIME,
			  .number = tally_clock_now() + tally_key_tokens_live(session.conf) },
			{ .name = NULL },
		};

		tally_output_record(session.json, fields);
	}
	tally_session_close(&session);
	return err;
}
