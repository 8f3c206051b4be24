/* SPDX-License-Identifier: Apache-2.0 */
/* tallystick user add, passwd, list, show, disable, enable, remove; cmd_user_key.c has the keys. */
#include "config.h"

#include "admin/machine.h"
#include "admin/user.h"
#include "base/secret.h"
#include "fcgi/file.h"
#include "fcgi/output.h"
#include "fcgi/session.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/log.h"

#include <errno.h>

/* With a NUL, the end of its line, and one more to notice that it is too long. */
#define PASSWORD_SIZE (TALLY_PASSWORD_MAX + 4)

/* A password from a file, or made up; then it is to be shown. */
struct password {
	char text[PASSWORD_SIZE];
	bool is_made;
};

static enum tally_err get_password(const struct tally_invocation *call, struct password *out)
{
	const char *path = tally_option_value(call, TALLY_OPTION_PASSWORD_FILE);

	out->is_made = path == NULL;
	if (out->is_made)
		return tally_admin_make_password(out->text);
	if (tally_file_line(path, out->text, sizeof(out->text)) == TALLY_OK)
		return TALLY_OK;
	tally_log_error("--password-file %s: %s", path, strerror(errno));
	return TALLY_ERR_USAGE;
}

static struct tally_password_cost cost_of(const struct tally_session *session)
{
	return (struct tally_password_cost){ session->conf->passwords_memory,
					     session->conf->passwords_passes };
}

static void print_user(bool json, struct tally_span user_id, struct tally_span login,
		       const struct password *password)
{
	bool shown = password != NULL && password->is_made;
	const struct tally_field fields[] = {
		{ "user_id", TALLY_FIELD_TEXT, .text = user_id },
		{ "login", TALLY_FIELD_TEXT, .text = login },
		{ shown ? "password" : NULL, TALLY_FIELD_TEXT,
		  .text = tally_span_of(shown ? password->text : NULL) },
		{ .name = NULL },
	};

	tally_output_record(json, fields);
	if (shown && !json)
		printf("Give the password to its user now: it is not stored, and cannot be shown "
		       "again.\n");
}

static enum tally_err add_person(const struct tally_session *session,
				 const struct tally_invocation *call,
				 const struct tally_user_record *names)
{
	struct password password;
	struct tally_span user_id;
	enum tally_err err = get_password(call, &password);

	if (err == TALLY_OK)
		err = tally_admin_user_add(session->store, call->arena, names,
					   tally_span_of(password.text), cost_of(session),
					   &user_id);
	if (err == TALLY_OK)
		print_user(session->json, user_id, names->login, &password);
	tally_secret_wipe(&password, sizeof(password));
	return err;
}

static enum tally_err add_machine(const struct tally_session *session,
				  const struct tally_invocation *call,
				  const struct tally_user_record *names)
{
	struct tally_span user_id;
	enum tally_err err =
		tally_admin_machine_add(session->store, call->arena, names, &user_id);

	if (err == TALLY_OK)
		print_user(session->json, user_id, names->login, NULL);
	return err;
}

/* What is done with each user that standard input names. */
struct many {
	const struct tally_session *session;
	struct tally_arena *arena;
	struct tally_user_record names; /* of those that are added, but for the login */
	struct tally_output_list list;
};

static void list_one(struct many *many, struct tally_span user_id, struct tally_span login)
{
	const struct tally_field fields[] = {
		{ "user_id", TALLY_FIELD_TEXT, 20, .text = user_id },
		{ "login", TALLY_FIELD_TEXT, .text = login },
		{ .name = NULL },
	};

	tally_output_list_item(&many->list, fields);
}

static enum tally_err add_next(void *context, struct tally_span login)
{
	struct many *many = context;
	struct tally_span user_id;

	many->names.login = login;
	enum tally_err err = tally_admin_machine_add(many->session->store, many->arena,
						     &many->names, &user_id);

	if (err == TALLY_OK)
		list_one(many, user_id, login);
	return err;
}

static enum tally_err remove_next(void *context, struct tally_span who)
{
	struct many *many = context;
	struct tally_store *store = many->session->store;
	struct tally_user_record user;
	enum tally_err err = tally_admin_user_find(store, many->arena, who, &user);

	if (err == TALLY_OK)
		err = store->ops->user_remove(store, user.user_id);
	if (err == TALLY_OK)
		list_one(many, user.user_id, user.login);
	return err;
}

static struct tally_user_record names_of(const struct tally_invocation *call)
{
	return (struct tally_user_record){
		.login = tally_span_of(call->operands[0]),
		.name = tally_span_of(tally_option_value(call, TALLY_OPTION_NAME)),
		.organisation = tally_span_of(tally_option_value(call, TALLY_OPTION_ORG)),
	};
}

/* In one process, and one line of standard input for each of them. */
static enum tally_err with_many(const struct tally_session *session,
				const struct tally_invocation *call,
				enum tally_err (*work)(void *context, struct tally_span line))
{
	struct many many = {
		.session = session,
		.arena = call->arena,
		.names = names_of(call),
	};

	tally_output_list_begin(&many.list, session->json);
	enum tally_err err = tally_file_each_line(call->arena, work, &many);

	tally_output_list_end(&many.list, "there was no user in the list");
	return err;
}

static bool is_many(const struct tally_invocation *call)
{
	return strcmp(call->operands[0], "-") == 0;
}

static enum tally_err add(const struct tally_session *session, const struct tally_invocation *call,
			  const struct tally_user_record *names)
{
	if (!tally_option_given(call, TALLY_OPTION_MACHINE))
		return add_person(session, call, names);
	if (tally_option_given(call, TALLY_OPTION_PASSWORD_FILE)) {
		tally_log_error("a --machine has keys instead of a password: --password-file means "
				"nothing");
		return TALLY_ERR_USAGE;
	}
	if (!is_many(call))
		return add_machine(session, call, names);
	return with_many(session, call, add_next);
}

enum tally_err tally_cmd_user_add(const struct tally_invocation *call)
{
	struct tally_session session;
	const struct tally_user_record names = names_of(call);

	if (is_many(call) && !tally_option_given(call, TALLY_OPTION_MACHINE)) {
		tally_log_error("several users at once are machines (--machine): each person has a "
				"password of its own");
		return TALLY_ERR_USAGE;
	}
	enum tally_err err = tally_session_open(&session, call, true);

	if (err == TALLY_OK)
		err = add(&session, call, &names);
	tally_session_close(&session);
	return err;
}

/* How soon every process knows of a change. */
static void print_done(const struct tally_session *session, const struct tally_user_record *user,
		       const char *what)
{
	const struct tally_field fields[] = {
		{ "user_id", TALLY_FIELD_TEXT, .text = user->user_id },
		{ "login", TALLY_FIELD_TEXT, .text = user->login },
		{ "result", TALLY_FIELD_TEXT, .text = tally_span_of(what) },
		{ "in_force_within", TALLY_FIELD_NUMBER, .number = session->conf->users_cache },
		{ .name = NULL },
	};

	if (session->json)
		tally_output_record(true, fields);
	else
		printf("user %.*s %s; in force everywhere within %u s (users.cache)\n",
		       TALLY_SPAN_ARG(user->login), what, session->conf->users_cache);
}

static enum tally_err set_password(const struct tally_session *session,
				   const struct tally_invocation *call,
				   const struct tally_user_record *user)
{
	struct password password;
	enum tally_err err = get_password(call, &password);

	if (err == TALLY_OK)
		err = tally_admin_user_set_password(session->store, user,
						    tally_span_of(password.text),
						    cost_of(session));
	if (err == TALLY_OK && password.is_made)
		print_user(session->json, user->user_id, user->login, &password);
	else if (err == TALLY_OK)
		print_done(session, user, "has another password");
	tally_secret_wipe(&password, sizeof(password));
	return err;
}

static enum tally_err disable(const struct tally_session *session,
			      const struct tally_invocation *call,
			      const struct tally_user_record *user)
{
	enum tally_err err = session->store->ops->user_disable(session->store, user->user_id,
							       tally_clock_now());

	(void)call;
	if (err == TALLY_OK)
		print_done(session, user, "is disabled");
	return err;
}

static enum tally_err enable(const struct tally_session *session,
			     const struct tally_invocation *call,
			     const struct tally_user_record *user)
{
	enum tally_err err =
		session->store->ops->user_disable(session->store, user->user_id, 0);

	(void)call;
	if (err == TALLY_OK)
		print_done(session, user, "is enabled");
	return err;
}

static enum tally_err remove_user(const struct tally_session *session,
				  const struct tally_invocation *call,
				  const struct tally_user_record *user)
{
	enum tally_err err = session->store->ops->user_remove(session->store, user->user_id);

	(void)call;
	if (err == TALLY_OK)
		print_done(session, user, "is removed");
	return err;
}

/* What is known of the password: nothing that would help to guess it. */
static const char *describe_password(const struct tally_session *session,
				     const struct tally_user_record *user)
{
	if (user->password.n == 0)
		return "none";
	return tally_password_is_weak(user->password, cost_of(session))
		       ? "set, at less cost than configured now"
		       : "set";
}

static enum tally_err show(const struct tally_session *session,
			   const struct tally_invocation *call,
			   const struct tally_user_record *user)
{
	bool is_machine = user->kind == TALLY_USER_MACHINE;
	const struct tally_field fields[] = {
		{ "user_id", TALLY_FIELD_TEXT, .text = user->user_id },
		{ "login", TALLY_FIELD_TEXT, .text = user->login },
		{ "name", TALLY_FIELD_TEXT, .text = user->name },
		{ "kind", TALLY_FIELD_TEXT,
		  .text = is_machine ? TALLY_SPAN("machine") : TALLY_SPAN("person") },
		{ "password", TALLY_FIELD_TEXT,
		  .text = tally_span_of(describe_password(session, user)) },
		{ "organisation", TALLY_FIELD_TEXT, .text = user->organisation },
		{ "created_at", TALLY_FIELD_TIME, .number = user->created_at },
		{ "disabled_at", TALLY_FIELD_TIME, .number = user->disabled_at },
		{ "organisation_disabled_at", TALLY_FIELD_TIME,
		  .number = user->organisation_disabled_at },
		{ .name = NULL },
	};

	(void)call;
	tally_output_record(session->json, fields);
	return TALLY_OK;
}

/* Does something with the user that the first operand names, by login or user_id. */
static enum tally_err with_user(const struct tally_invocation *call,
				enum tally_err (*work)(const struct tally_session *session,
						       const struct tally_invocation *call,
						       const struct tally_user_record *user))
{
	struct tally_session session;
	struct tally_user_record user;
	enum tally_err err = tally_session_open(&session, call, true);

	if (err == TALLY_OK)
		err = tally_admin_user_find(session.store, call->arena,
					    tally_span_of(call->operands[0]), &user);
	if (err == TALLY_OK)
		err = work(&session, call, &user);
	tally_session_close(&session);
	return err;
}

enum tally_err tally_cmd_user_passwd(const struct tally_invocation *call)
{
	return with_user(call, set_password);
}

enum tally_err tally_cmd_user_show(const struct tally_invocation *call)
{
	return with_user(call, show);
}

enum tally_err tally_cmd_user_disable(const struct tally_invocation *call)
{
	return with_user(call, disable);
}

enum tally_err tally_cmd_user_enable(const struct tally_invocation *call)
{
	return with_user(call, enable);
}

enum tally_err tally_cmd_user_remove(const struct tally_invocation *call)
{
	struct tally_session session;

	if (!is_many(call))
		return with_user(call, remove_user);
	enum tally_err err = tally_session_open(&session, call, true);

	if (err == TALLY_OK)
		err = with_many(&session, call, remove_next);
	tally_session_close(&session);
	return err;
}

static enum tally_err print_list_item(void *context, const struct tally_user_record *user)
{
	bool is_machine = user->kind == TALLY_USER_MACHINE;
	const struct tally_field fields[] = {
		{ "user_id", TALLY_FIELD_TEXT, 20, .text = user->user_id },
		{ "login", TALLY_FIELD_TEXT, 24, .text = user->login },
		{ "kind", TALLY_FIELD_TEXT, 7,
		  .text = is_machine ? TALLY_SPAN("machine") : TALLY_SPAN("person") },
		{ "disabled_at", TALLY_FIELD_TIME, 20, .number = user->disabled_at },
		{ "organisation", TALLY_FIELD_TEXT, 16, .text = user->organisation },
		{ "name", TALLY_FIELD_TEXT, .text = user->name },
		{ .name = NULL },
	};

	tally_output_list_item(context, fields);
	return TALLY_OK;
}

enum tally_err tally_cmd_user_list(const struct tally_invocation *call)
{
	struct tally_output_list list;
	struct tally_session session;
	enum tally_err err = tally_session_open(&session, call, true);

	if (err == TALLY_OK) {
		tally_output_list_begin(&list, session.json);
		err = session.store->ops->user_list(session.store, print_list_item, &list);
		tally_output_list_end(&list, "there are no users; see \"tallystick user add\"");
	}
	tally_session_close(&session);
	return err;
}
