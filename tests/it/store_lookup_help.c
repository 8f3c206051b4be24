/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/it/store_lookup_help.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define NOW INT64_C(1800000000)
#define NOW_US (NOW * 1000000)
#define HOUR 3600

struct store_help help;

#define OPS (help.store->ops)

/* ---- what there is, of every number that is_there ---- */

static struct tally_token_id access_ids[LOOKUP_NUMBERS], refresh_ids[LOOKUP_NUMBERS];

static bool is_there(int number)
{
	return number % 4 != 3;
}

static struct tally_span name_of(struct tally_arena *arena, const char *prefix, int number)
{
	return tally_span_of(tally_arena_printf(arena, "%s%d", prefix, number));
}

static void add_client(int number)
{
	struct tally_span id = name_of(help.arena, "c", number);
	struct tally_public_key_record key = {
		.owner = id, .alg = TALLY_SPAN("ES256"), .public_der = id, .created_at = number,
	};

	store_add_client(&help, id.p, (size_t)number % (TALLY_SECRETS_MAX + 1));
	for (int i = 0; i < number % 5; i++) {
		key.key_id = name_of(help.arena, "k", i);
		assert_int_equal(OPS->client_key_add(help.store, &key), TALLY_OK);
	}
}

static void add_user(int number)
{
	const struct tally_user_record user = {
		.user_id = name_of(help.arena, "u", number),
		.login = name_of(help.arena, "login-", number),
		.name = name_of(help.arena, "User ", number),
		.created_at = number,
	};
	const struct tally_public_key_record key = {
		.key_id = name_of(help.arena, "k", number), .owner = user.user_id,
		.alg = TALLY_SPAN("ES256"), .public_der = user.name,
	};

	assert_int_equal(OPS->user_add(help.store, &user), TALLY_OK);
	assert_int_equal(OPS->user_key_add(help.store, &key), TALLY_OK);
}

static struct tally_token_owner owner_of(int number)
{
	struct tally_client_record client;

	assert_int_equal(OPS->client_find(help.store, help.arena,
					  name_of(help.arena, "c", number), &client), TALLY_OK);
	return (struct tally_token_owner){
		.client = client.number,
		.client_id = client.client_id,
		.subject = name_of(help.arena, "subject-", number),
		.scope = name_of(help.arena, "scope-", number),
	};
}

static void write_token(struct tally_token_job *job)
{
	assert_int_equal(OPS->token_write(help.store, &job, 1), TALLY_OK);
	assert_int_equal(job->err, TALLY_OK);
}

static void make_ids(int number, struct tally_token_id *family)
{
	assert_int_equal(tally_token_id_make(&access_ids[number], NOW_US, NOW + HOUR), TALLY_OK);
	assert_int_equal(tally_token_id_make(&refresh_ids[number], NOW_US, NOW + TALLY_DAY), TALLY_OK);
	assert_int_equal(tally_token_id_make(family, NOW_US, NOW + 9 * TALLY_DAY), TALLY_OK);
}

/* Ended in each of the ways, used up, or neither. */
static void end_tokens(int number, const struct tally_token_id *family,
		       const struct tally_refresh_record *refresh)
{
	struct tally_token_job use = { .use = refresh, .now_us = NOW_US + number };

	switch (number % 8) {
	case 1:
		assert_int_equal(OPS->revoke(help.store, &access_ids[number], NOW), TALLY_OK);
		assert_int_equal(OPS->revoke(help.store, &refresh_ids[number], NOW), TALLY_OK);
		break;
	case 2:
		assert_int_equal(OPS->revoke(help.store, family, NOW), TALLY_OK);
		break;
	case 4:
		assert_int_equal(OPS->revoke_all(help.store, TALLY_WATERMARK_CLIENT,
						 refresh->owner.client_id, NOW_US), TALLY_OK);
		break;
	case 5:
		assert_int_equal(OPS->revoke_all(help.store, TALLY_WATERMARK_SUBJECT,
						 refresh->owner.subject, NOW_US), TALLY_OK);
		break;
	case 6:
		write_token(&use);
		break;
	}
}

static void add_tokens(int number)
{
	struct tally_token_id family;
	struct tally_access_record access = { .expires_at = NOW + HOUR };
	struct tally_refresh_record refresh = {
		.expires_at = NOW + TALLY_DAY, .family_expires_at = NOW + 9 * TALLY_DAY,
	};
	struct tally_token_job job = { .access = &access, .refresh = &refresh, .now_us = NOW_US };

	make_ids(number, &family);
	if (!is_there(number))
		return;
	access.id = access_ids[number];
	refresh.id = refresh_ids[number];
	access.family = refresh.family = family;
	access.owner = refresh.owner = owner_of(number);
	memset(access.digest, number, sizeof(access.digest));
	memset(refresh.digest, number, sizeof(refresh.digest));
	write_token(&job);
	end_tokens(number, &family, &refresh);
}

/* ---- questions, and their answers as text ---- */

static void say(struct tally_buf *text, struct tally_span s)
{
	tally_buf_add_u64(text, s.n);
	tally_buf_add_char(text, ':');
	tally_buf_add_span(text, s);
	tally_buf_add_char(text, '\n');
}

static void say_number(struct tally_buf *text, int64_t value)
{
	tally_buf_add_u64(text, (uint64_t)value);
	tally_buf_add_char(text, '\n');
}

static void say_token(struct tally_buf *text, const struct tally_token_id *id,
		      const struct tally_token_id *family, const struct tally_token_owner *owner)
{
	say(text, tally_span(id->bytes, sizeof(id->bytes)));
	say(text, tally_span(family->bytes, sizeof(family->bytes)));
	say_number(text, (int64_t)owner->client);
	say(text, owner->client_id);
	say(text, owner->subject);
	say(text, owner->scope);
}

static enum tally_err ask_access(struct tally_arena *arena, int number, struct tally_buf *text)
{
	struct tally_access_found got;
	enum tally_err err = OPS->access_find(help.store, arena, &access_ids[number], &got);

	if (err != TALLY_OK)
		return err;
	say_token(text, &got.token.id, &got.token.family, &got.token.owner);
	say(text, tally_span(got.token.digest, sizeof(got.token.digest)));
	say_number(text, got.token.expires_at);
	say_number(text, got.is_revoked);
	return TALLY_OK;
}

static enum tally_err ask_refresh(struct tally_arena *arena, int number, struct tally_buf *text)
{
	struct tally_refresh_found got;
	enum tally_err err = OPS->refresh_find(help.store, arena, &refresh_ids[number], &got);

	if (err != TALLY_OK)
		return err;
	say_token(text, &got.token.id, &got.token.family, &got.token.owner);
	say(text, tally_span(got.token.digest, sizeof(got.token.digest)));
	say_number(text, got.token.expires_at);
	say_number(text, got.token.family_expires_at);
	say_number(text, got.used_at_us);
	say_number(text, got.is_revoked);
	return TALLY_OK;
}

/* Needs no memory of the arena. */
static enum tally_err ask_revoked(struct tally_arena *arena, int number, struct tally_buf *text)
{
	const struct tally_revocation_query query = { .id = access_ids[number] };
	bool revoked = false;
	enum tally_err err = OPS->revoked(help.store, &query, &revoked);

	(void)arena;
	say_number(text, revoked);
	return err;
}

static enum tally_err ask_client(struct tally_arena *arena, int number, struct tally_buf *text)
{
	char id[16];
	struct tally_client_record got;

	snprintf(id, sizeof(id), "c%d", number);
	enum tally_err err = OPS->client_find(help.store, arena, tally_span_of(id), &got);

	if (err != TALLY_OK)
		return err;
	say_number(text, (int64_t)got.number);
	say(text, got.client_id);
	say(text, got.scopes);
	say(text, got.organisation);
	for (size_t i = 0; i < got.secret_count; i++) {
		say(text, got.secrets[i].secret_id);
		say(text, tally_span(got.secrets[i].digest, sizeof(got.secrets[i].digest)));
		say(text, got.secrets[i].wrapped);
	}
	for (size_t i = 0; i < got.key_count; i++) {
		say(text, got.keys[i].owner);
		say(text, got.keys[i].key_id);
		say(text, got.keys[i].public_der);
	}
	return TALLY_OK;
}

static void say_user(struct tally_buf *text, const struct tally_user_record *user)
{
	say_number(text, (int64_t)user->number);
	say(text, user->user_id);
	say(text, user->login);
	say(text, user->name);
	say(text, user->organisation);
	say_number(text, user->created_at);
}

static enum tally_err ask_user(struct tally_arena *arena, int number, struct tally_buf *text)
{
	char id[16];
	struct tally_user_record got;

	snprintf(id, sizeof(id), "u%d", number);
	enum tally_err err = OPS->user_find(help.store, arena, tally_span_of(id), &got);

	if (err == TALLY_OK)
		say_user(text, &got);
	return err;
}

static enum tally_err ask_login(struct tally_arena *arena, int number, struct tally_buf *text)
{
	char login[16];
	struct tally_user_record got;

	snprintf(login, sizeof(login), "login-%d", number);
	enum tally_err err = OPS->user_find_login(help.store, arena, tally_span_of(login), &got);

	if (err == TALLY_OK)
		say_user(text, &got);
	return err;
}

static enum tally_err ask_key(struct tally_arena *arena, int number, struct tally_buf *text)
{
	char id[16];
	struct tally_public_key_record key;
	struct tally_user_record user;

	snprintf(id, sizeof(id), "k%d", number);
	enum tally_err err = OPS->user_key_find(help.store, arena, tally_span_of(id), &key, &user);

	if (err != TALLY_OK)
		return err;
	say(text, key.owner);
	say(text, key.key_id);
	say(text, key.public_der);
	say_user(text, &user);
	return TALLY_OK;
}

lookup_question *const lookup_questions[LOOKUP_QUESTIONS] = {
	ask_refresh, ask_access, ask_client, ask_user, ask_login, ask_key,
	[LOOKUP_REVOKED] = ask_revoked,
};

struct lookup_answer lookup_answers[LOOKUP_QUESTIONS][LOOKUP_NUMBERS];

static void ask_each_alone(void)
{
	for (size_t i = 0; i < LOOKUP_QUESTIONS; i++) {
		for (int number = 0; number < LOOKUP_NUMBERS; number++) {
			struct lookup_answer *answer = &lookup_answers[i][number];
			struct tally_buf text;

			tally_buf_in(&text, help.arena, 8192);
			answer->err = lookup_questions[i](help.arena, number, &text);
			assert_int_equal(answer->err, is_there(number) || i == LOOKUP_REVOKED ?
						      TALLY_OK : TALLY_ERR_NOT_FOUND);
			assert_int_equal(tally_buf_err(&text), TALLY_OK);
			answer->text = tally_span(text.p, text.n);
		}
	}
}

void lookup_help_fill(void)
{
	store_empty(&help);
	for (int number = 0; number < LOOKUP_NUMBERS; number++) {
		if (is_there(number)) {
			add_client(number);
			add_user(number);
		}
		add_tokens(number);
	}
	ask_each_alone();
}
