/* SPDX-License-Identifier: Apache-2.0 */
/* tallystick pool …, but for what is done to lists: cmd_pool_lists.c */
#include "config.h"

#include "base/secret.h"
#include "fcgi/output.h"
#include "fcgi/pool_output.h"
#include "sys/clock.h"

/* What every command here begins with; closed by tally_session_close. */
static enum tally_err open_admin(const struct tally_invocation *call, struct tally_session *session,
				 struct tally_pool_admin *admin)
{
	enum tally_err err = tally_session_open(session, call, true);

	*admin = (struct tally_pool_admin){ session->store, session->conf, call->arena };
	return err;
}

static struct tally_pool_settings settings_of(const struct tally_invocation *call)
{
	return (struct tally_pool_settings){ call->values[TALLY_OPTION_SET],
					     call->counts[TALLY_OPTION_SET] };
}

static void print_done(const struct tally_session *session, const char *pool, const char *what)
{
	const struct tally_field fields[] = {
		{ "pool", TALLY_FIELD_TEXT, .text = tally_span_of(pool) },
		{ "result", TALLY_FIELD_TEXT, .text = tally_span_of(what) },
		{ "in_force_within", TALLY_FIELD_NUMBER, .number = session->conf->keys_refresh },
		{ .name = NULL },
	};

	if (session->json)
		tally_output_record(true, fields);
	else
		printf("pool %s is %s; in force everywhere within %u s (keys.refresh)\n", pool,
		       what, session->conf->keys_refresh);
}

/* A key is shown together with what it was made for, for it is shown only once. */
static void print_key(const struct tally_session *session, const char *pool,
		      const struct tally_new_api_key *key, bool is_for_file)
{
	const struct tally_field fields[] = {
		{ "pool", TALLY_FIELD_TEXT, .text = tally_span_of(pool) },
		{ "key_id", TALLY_FIELD_TEXT, .text = key->id },
		{ "api_key", TALLY_FIELD_TEXT, .text = tally_span_of(key->text) },
		{ is_for_file ? "word" : "in_force_within",
		  is_for_file ? TALLY_FIELD_TEXT : TALLY_FIELD_NUMBER,
		  .text = key->word, .number = session->conf->keys_refresh },
		{ .name = NULL },
	};

	tally_output_record(session->json, fields);
	if (session->json)
		return;
	printf("Keep the key now: it is not stored, and cannot be shown again.\n");
	if (is_for_file)
		printf("The pool is defined in %s: put the word into its api-keys, and reload.\n",
		       session->conf->path);
}

enum tally_err tally_cmd_pool_add(const struct tally_invocation *call)
{
	const struct tally_pool_settings settings = settings_of(call);
	bool with_key = !tally_option_given(call, TALLY_OPTION_NO_KEY);
	const char *name = call->operands[0];
	struct tally_new_api_key key = { .text = "" };
	struct tally_pool_admin admin;
	struct tally_session session;
	enum tally_err err = open_admin(call, &session, &admin);

	if (err == TALLY_OK)
		err = tally_admin_pool_add(&admin, tally_span_of(name), &settings, with_key, &key);
	if (err == TALLY_OK && with_key)
		print_key(&session, name, &key, false);
	else if (err == TALLY_OK)
		print_done(&session, name, "added");
	tally_secret_wipe(&key, sizeof(key));
	tally_session_close(&session);
	return err;
}

static void print_item(struct tally_output_list *list, const struct tally_session *session,
		       const struct tally_admin_pool *pool, struct tally_arena *arena)
{
	const struct tally_field fields[] = {
		{ "pool", TALLY_FIELD_TEXT, 16, .text = pool->conf.id },
		{ "size", TALLY_FIELD_NUMBER, 9, .number = pool->conf.size },
		{ "bits", TALLY_FIELD_NUMBER, 4, .number = pool->conf.bits },
		{ "keys", TALLY_FIELD_NUMBER, 4, .number = (int64_t)pool->conf.key_count },
		{ "state", TALLY_FIELD_TEXT, 7, .text = tally_span_of(tally_pool_state_word(pool)) },
		{ "created_at", TALLY_FIELD_TIME, 20, .number = pool->created_at },
		{ "retired_at", TALLY_FIELD_TIME, 20, .number = pool->retired_at },
		{ "defined_in", TALLY_FIELD_TEXT,
		  .text = tally_pool_place_text(session, pool, arena) },
		{ .name = NULL },
	};

	tally_output_list_item(list, fields);
}

enum tally_err tally_cmd_pool_list(const struct tally_invocation *call)
{
	struct tally_output_list list;
	struct tally_pool_admin admin;
	struct tally_admin_pool *pools;
	struct tally_session session;
	size_t count;
	enum tally_err err = open_admin(call, &session, &admin);

	if (err == TALLY_OK)
		err = tally_admin_pools(&admin, &pools, &count);
	if (err == TALLY_OK) {
		tally_output_list_begin(&list, session.json);
		for (size_t i = 0; i < count; i++)
			print_item(&list, &session, &pools[i], call->arena);
		tally_output_list_end(&list, "there are no pools; see \"tallystick pool add\"");
	}
	tally_session_close(&session);
	return err;
}

enum tally_err tally_cmd_pool_set(const struct tally_invocation *call)
{
	const struct tally_pool_settings settings = settings_of(call);
	struct tally_pool_admin admin;
	struct tally_session session;
	enum tally_err err = open_admin(call, &session, &admin);

	if (err == TALLY_OK)
		err = tally_admin_pool_set(&admin, tally_span_of(call->operands[0]), &settings);
	if (err == TALLY_OK)
		print_done(&session, call->operands[0], "changed");
	tally_session_close(&session);
	return err;
}

enum tally_err tally_cmd_pool_retire(const struct tally_invocation *call)
{
	bool undo = tally_option_given(call, TALLY_OPTION_UNDO);
	struct tally_pool_admin admin;
	struct tally_session session;
	enum tally_err err = open_admin(call, &session, &admin);

	if (err == TALLY_OK)
		err = tally_admin_pool_retire(&admin, tally_span_of(call->operands[0]),
					      undo ? 0 : tally_clock_now());
	if (err == TALLY_OK)
		print_done(&session, call->operands[0], undo ? "no longer retired" : "retired");
	tally_session_close(&session);
	return err;
}

enum tally_err tally_cmd_pool_key_add(const struct tally_invocation *call)
{
	enum tally_pool_place place = TALLY_POOL_IN_DATABASE;
	struct tally_new_api_key key = { .text = "" };
	struct tally_pool_admin admin;
	struct tally_session session;
	enum tally_err err = open_admin(call, &session, &admin);

	if (err == TALLY_OK)
		err = tally_admin_pool_key_add(&admin, tally_span_of(call->operands[0]), &key,
					       &place);
	if (err == TALLY_OK)
		print_key(&session, call->operands[0], &key, place == TALLY_POOL_IN_FILE);
	tally_secret_wipe(&key, sizeof(key));
	tally_session_close(&session);
	return err;
}

enum tally_err tally_cmd_pool_key_remove(const struct tally_invocation *call)
{
	struct tally_pool_admin admin;
	struct tally_session session;
	enum tally_err err = open_admin(call, &session, &admin);

	if (err == TALLY_OK)
		err = tally_admin_pool_key_remove(&admin, tally_span_of(call->operands[0]),
						  tally_span_of(call->operands[1]));
	if (err == TALLY_OK)
		print_done(&session, call->operands[0], "without that key");
	tally_session_close(&session);
	return err;
}
