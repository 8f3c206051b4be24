/* SPDX-License-Identifier: Apache-2.0 */
/* tallystick user key … */
#include "config.h"

#include "admin/machine.h"
#include "base/secret.h"
#include "fcgi/file.h"
#include "fcgi/output.h"
#include "fcgi/session.h"
#include "sys/clock.h"
#include "sys/log.h"

/* What was asked for, checked before the database is. */
struct key_add {
	const char *out; /* file for the private key; NULL: standard output */
	struct tally_key *key;
	bool is_made;    /* the key; else it was given, and has no private part */
	int64_t expires_at;
	struct tally_file file;
};

static enum tally_err get_key(const struct tally_invocation *call, struct key_add *add)
{
	const char *path = tally_option_value(call, TALLY_OPTION_PUBLIC_KEY);
	const struct tally_alg *alg;
	struct tally_span pem;
	enum tally_err err = tally_option_alg(call, &alg);

	add->is_made = path == NULL;
	if (err == TALLY_OK && add->is_made)
		return tally_key_generate(alg ? alg : tally_alg(TALLY_ALG_RS256), &add->key);
	if (err == TALLY_OK)
		err = tally_file_read(path, TALLY_PUBLIC_KEY_FILE_MAX, call->arena, &pem);
	return err == TALLY_OK ? tally_admin_read_pem(alg, pem, &add->key) : err;
}

static enum tally_err prepare(const struct tally_invocation *call, struct key_add *add)
{
	*add = (struct key_add){ .out = tally_option_value(call, TALLY_OPTION_OUT),
				 .file = { .fd = -1 } };
	enum tally_err err = tally_option_expiry(call, TALLY_OPTION_EXPIRES, &add->expires_at);

	if (err == TALLY_OK)
		err = tally_admin_check_expiry(add->expires_at, tally_clock_now());
	if (err == TALLY_OK)
		err = get_key(call, add);
	if (err == TALLY_OK && add->out != NULL && !add->is_made) {
		tally_log_error("--out is for a private key, which does not exist here when the "
				"public one is given");
		err = TALLY_ERR_USAGE;
	}
	/* Before the key is registered, so that it is not lost for want of a file. */
	if (err == TALLY_OK && add->out != NULL)
		err = tally_file_create(add->out, &add->file);
	return err;
}

static void finish(struct key_add *add)
{
	tally_file_abandon(&add->file);
	tally_key_free(add->key);
}

/* Fields of a key, for a record and for a list. */
#define KEY_FIELDS(record)                                                      \
	{ "key_id", TALLY_FIELD_TEXT, 24, .text = (record)->key_id },           \
	{ "user_id", TALLY_FIELD_TEXT, 24, .text = (record)->owner },           \
	{ "alg", TALLY_FIELD_TEXT, 5, .text = (record)->alg },                  \
	{ "created_at", TALLY_FIELD_TIME, 20, .number = (record)->created_at }, \
	{ "expires_at", TALLY_FIELD_TIME, 20, .number = (record)->expires_at }

/* The private key to its file, or to standard output; either only this once. */
static enum tally_err give_key(const struct tally_session *session, struct key_add *add,
			       const struct tally_public_key_record *record)
{
	const struct tally_field fields[] = {
		KEY_FIELDS(record),
		{ add->out ? "file" : NULL, TALLY_FIELD_TEXT, .text = tally_span_of(add->out) },
		{ .name = NULL },
	};
	char bytes[TALLY_KEY_FILE_MAX];
	struct tally_buf text;
	enum tally_err err = TALLY_OK;

	tally_buf_over(&text, bytes, sizeof(bytes));
	if (add->is_made)
		err = tally_admin_add_key_file(add->key, record, &text);
	if (err == TALLY_OK && add->out != NULL)
		err = tally_file_finish(&add->file, tally_buf_span(&text));
	if (err == TALLY_OK && add->is_made && add->out == NULL)
		fwrite(text.p, 1, text.n, stdout);
	else if (err == TALLY_OK)
		tally_output_record(session->json, fields);
	tally_buf_free(&text);
	return err;
}

static enum tally_err add_one(const struct tally_session *session, struct tally_arena *arena,
			      struct tally_span who, struct key_add *add)
{
	struct tally_public_key_record record;
	enum tally_err err = tally_admin_user_key_add(session->store, arena, who, add->key,
						      add->expires_at, &record);

	return err == TALLY_OK ? give_key(session, add, &record) : err;
}

/* What add_next needs with each user. */
struct many {
	const struct tally_session *session;
	struct tally_arena *arena;
	const struct key_add *add;
	struct tally_output_list list;
};

static enum tally_err add_next(void *context, struct tally_span who)
{
	struct many *many = context;
	struct tally_public_key_record record;
	enum tally_err err = tally_admin_user_key_add(many->session->store, many->arena, who,
						      many->add->key, many->add->expires_at,
						      &record);

	if (err == TALLY_OK)
		tally_output_list_item(&many->list, (struct tally_field[]){
			KEY_FIELDS(&record), { .name = NULL } });
	return err;
}

/* One public key for every user that standard input names, one in a line. */
static enum tally_err add_many(const struct tally_session *session,
			       const struct tally_invocation *call, const struct key_add *add)
{
	struct many many = { .session = session, .arena = call->arena, .add = add };

	tally_output_list_begin(&many.list, session->json);
	enum tally_err err = tally_file_each_line(call->arena, add_next, &many);

	tally_output_list_end(&many.list, "there was no user in the list");
	return err;
}

enum tally_err tally_cmd_user_key_add(const struct tally_invocation *call)
{
	struct tally_session session = { .conf = NULL };
	bool many = strcmp(call->operands[0], "-") == 0;
	struct key_add add;
	enum tally_err err = prepare(call, &add);

	if (err == TALLY_OK && many && add.is_made) {
		tally_log_error("for several users at once a --public-key is wanted: each of them "
				"would need a private key of its own otherwise");
		err = TALLY_ERR_USAGE;
	}
	if (err == TALLY_OK) {
		err = tally_session_open(&session, call, true);
		if (err == TALLY_OK)
			err = many ? add_many(&session, call, &add)
				   : add_one(&session, call->arena,
					     tally_span_of(call->operands[0]), &add);
		tally_session_close(&session);
	}
	finish(&add);
	return err;
}

static enum tally_err list_keys(const struct tally_session *session, struct tally_arena *arena,
				struct tally_span who)
{
	struct tally_public_key_record *keys;
	struct tally_output_list list;
	struct tally_user_record user;
	size_t count = 0;
	enum tally_err err = tally_admin_user_find(session->store, arena, who, &user);

	if (err == TALLY_OK)
		err = session->store->ops->user_key_list(session->store, arena, user.user_id,
							 &keys, &count);
	if (err != TALLY_OK)
		return err;
	tally_output_list_begin(&list, session->json);
	for (size_t i = 0; i < count; i++)
		tally_output_list_item(&list, (struct tally_field[]){ KEY_FIELDS(&keys[i]),
								      { .name = NULL } });
	tally_output_list_end(&list, "the user has no keys; see \"tallystick user key add\"");
	return TALLY_OK;
}

enum tally_err tally_cmd_user_key_list(const struct tally_invocation *call)
{
	struct tally_session session;
	enum tally_err err = tally_session_open(&session, call, true);

	if (err == TALLY_OK)
		err = list_keys(&session, call->arena, tally_span_of(call->operands[0]));
	tally_session_close(&session);
	return err;
}

enum tally_err tally_cmd_user_key_remove(const struct tally_invocation *call)
{
	struct tally_session session;
	enum tally_err err = tally_session_open(&session, call, true);

	if (err == TALLY_OK)
		err = tally_admin_user_key_remove(session.store, call->arena,
						  tally_span_of(call->operands[0]),
						  tally_span_of(call->operands[1]));
	if (err == TALLY_OK) {
		const struct tally_field fields[] = {
			{ "key_id", TALLY_FIELD_TEXT, .text = tally_span_of(call->operands[1]) },
			{ "result", TALLY_FIELD_TEXT, .text = TALLY_SPAN("removed") },
			{ "in_force_within", TALLY_FIELD_NUMBER,
			  .number = session.conf->users_cache },
			{ .name = NULL },
		};

		tally_output_record(session.json, fields);
	}
	tally_session_close(&session);
	return err;
}
