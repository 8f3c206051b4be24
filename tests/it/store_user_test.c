/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Users, their keys and trusted issuers, against the real server that the configuration named by TALLYSTICK_CONF leads to. The tables
 * are there already, from store_test.c; their rows are removed.
 */
#include "config.h"

#include "tests/it/store_help.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define NOW INT64_C(1800000000)
#define NOW_US (NOW * 1000000)
#define HOUR 3600

static struct store_help help;

#define OPS (help.store->ops)

static void assert_span(struct tally_span got, const char *want)
{
	assert_int_equal(got.n, strlen(want));
	assert_memory_equal(got.p ? got.p : "", want, got.n);
}

static int open_all(void **state)
{
	struct tally_migration_report report;

	(void)state;
	store_help_open(&help);
	assert_int_equal(tally_mysql_migrate(help.store, &report), TALLY_OK);
	store_empty(&help);
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	store_empty(&help);
	store_help_close(&help);
	return 0;
}

/* ---- users ---- */

static struct tally_user_record make_user(const char *id, const char *login)
{
	return (struct tally_user_record){
		.user_id = tally_span_of(id),
		.login = tally_span_of(login),
		.name = TALLY_SPAN("Jürgen"),
		.kind = login[0] ? TALLY_USER_HUMAN : TALLY_USER_MACHINE,
		.password = login[0] ? TALLY_SPAN("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA")
				     : TALLY_SPAN(""),
		.created_at = NOW,
	};
}

static void add_user(const char *id, const char *login)
{
	struct tally_user_record user = make_user(id, login);

	assert_int_equal(OPS->user_add(help.store, &user), TALLY_OK);
}

static enum tally_err find_user(const char *id, struct tally_user_record *out)
{
	return OPS->user_find(help.store, help.arena, tally_span_of(id), out);
}

static enum tally_err find_login(const char *login, struct tally_user_record *out)
{
	return OPS->user_find_login(help.store, help.arena, tally_span_of(login), out);
}

static void users_come_back_as_they_were_added(void **state)
{
	struct tally_user_record got, again = make_user("u1", "other");

	(void)state;
	add_user("u1", "jürgen");
	add_user("m1", "");
	add_user("m2", ""); /* no login is no login twice */
	assert_int_equal(OPS->user_add(help.store, &again), TALLY_ERR_EXISTS);
	again = make_user("u2", "jürgen");
	assert_int_equal(OPS->user_add(help.store, &again), TALLY_ERR_EXISTS);
	assert_int_equal(find_user("u1", &got), TALLY_OK);
	assert_span(got.login, "jürgen");
	assert_span(got.name, "Jürgen");
	assert_span(got.password, "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA");
	assert_int_equal(got.kind, TALLY_USER_HUMAN);
	assert_true(got.number > 0);
	assert_int_equal(find_login("jürgen", &got), TALLY_OK);
	assert_span(got.user_id, "u1");
	assert_int_equal(find_user("m1", &got), TALLY_OK);
	assert_span(got.login, "");
	assert_int_equal(got.kind, TALLY_USER_MACHINE);
	assert_int_equal(find_login("", &got), TALLY_ERR_NOT_FOUND);
	assert_int_equal(find_login("JÜRGEN", &got), TALLY_ERR_NOT_FOUND);
	assert_int_equal(find_login("jürgen ", &got), TALLY_ERR_NOT_FOUND);
	assert_int_equal(find_user("U1", &got), TALLY_ERR_NOT_FOUND);
}

static void users_change(void **state)
{
	struct tally_span u1 = TALLY_SPAN("u1"), nobody = TALLY_SPAN("nobody");
	struct tally_user_record got;

	(void)state;
	assert_int_equal(OPS->user_set_password(help.store, u1, TALLY_SPAN("$new")), TALLY_OK);
	assert_int_equal(OPS->user_set_password(help.store, nobody, TALLY_SPAN("$new")),
			 TALLY_ERR_NOT_FOUND);
	assert_int_equal(OPS->user_disable(help.store, u1, 7), TALLY_OK);
	assert_int_equal(OPS->user_disable(help.store, nobody, 7), TALLY_ERR_NOT_FOUND);
	assert_int_equal(find_user("u1", &got), TALLY_OK);
	assert_span(got.password, "$new");
	assert_int_equal(got.disabled_at, 7);
	assert_int_equal(OPS->user_remove(help.store, u1), TALLY_OK);
	assert_int_equal(OPS->user_remove(help.store, u1), TALLY_ERR_NOT_FOUND);
	assert_int_equal(find_user("u1", &got), TALLY_ERR_NOT_FOUND);
}

static enum tally_err count_user(void *context, const struct tally_user_record *user)
{
	uint64_t *last = context;

	assert_true(user->number > last[1]);
	last[0]++;
	last[1] = user->number;
	return TALLY_OK;
}

static void users_are_listed_in_pages(void **state)
{
	uint64_t seen[2] = { 0, 0 };
	char id[16];

	(void)state;
	store_sql(&help, "DELETE FROM user");
	for (int i = 0; i < 250; i++) {
		snprintf(id, sizeof(id), "user-%03d", i);
		add_user(id, i % 2 ? id : "");
	}
	assert_int_equal(OPS->user_list(help.store, count_user, seen), TALLY_OK);
	assert_int_equal(seen[0], 250);
}

static void keys_of_users(void **state)
{
	struct tally_public_key_record *list, got, key = {
		.key_id = TALLY_SPAN("k1"), .owner = TALLY_SPAN("user-000"), .alg = TALLY_SPAN("RS256"),
		.public_der = TALLY_SPAN("\x30\x00\xff"), .created_at = 5, .expires_at = 6,
	};
	struct tally_user_record user;
	size_t count;

	(void)state;
	assert_int_equal(OPS->user_key_add(help.store, &key), TALLY_OK);
	assert_int_equal(OPS->user_key_add(help.store, &key), TALLY_ERR_EXISTS);
	key.owner = TALLY_SPAN("user-001");
	assert_int_equal(OPS->user_key_add(help.store, &key), TALLY_ERR_EXISTS);
	key.owner = TALLY_SPAN("nobody");
	assert_int_equal(OPS->user_key_add(help.store, &key), TALLY_ERR_NOT_FOUND);
	assert_int_equal(OPS->user_key_find(help.store, help.arena, TALLY_SPAN("k1"), &got, &user),
			 TALLY_OK);
	assert_span(got.owner, "user-000");
	assert_span(got.alg, "RS256");
	assert_int_equal(got.public_der.n, 3);
	assert_int_equal(got.expires_at, 6);
	assert_span(user.user_id, "user-000");
	assert_int_equal(OPS->user_key_list(help.store, help.arena, TALLY_SPAN("user-000"), &list,
					    &count), TALLY_OK);
	assert_int_equal(count, 1);
	assert_span(list[0].key_id, "k1");
	assert_int_equal(OPS->user_key_list(help.store, help.arena, TALLY_SPAN("user-001"), &list,
					    &count), TALLY_OK);
	assert_int_equal(count, 0);
	assert_int_equal(OPS->user_key_list(help.store, help.arena, TALLY_SPAN("x"), &list, &count),
			 TALLY_ERR_NOT_FOUND);
	assert_int_equal(OPS->user_key_remove(help.store, TALLY_SPAN("user-001"), TALLY_SPAN("k1")),
			 TALLY_ERR_NOT_FOUND);
	assert_int_equal(OPS->user_remove(help.store, TALLY_SPAN("user-000")), TALLY_OK);
	assert_int_equal(OPS->user_key_find(help.store, help.arena, TALLY_SPAN("k1"), &got, &user),
			 TALLY_ERR_NOT_FOUND);
}

static enum tally_err count_issuer(void *context, const struct tally_issuer_record *issuer)
{
	(void)issuer;
	++*(size_t *)context;
	return TALLY_OK;
}

static void issuers_come_and_go(void **state)
{
	static char jwks[TALLY_JWKS_MAX + 1];
	struct tally_issuer_record got, issuer = {
		.issuer = TALLY_SPAN("https://other.example"), .jwks = { jwks, TALLY_JWKS_MAX },
		.audience = TALLY_SPAN("us"), .mapping = TALLY_SUBJECT_LOGIN, .created_at = 3,
	};
	size_t count = 0;
	char name[32];

	(void)state;
	memset(jwks, ' ', sizeof(jwks));
	assert_int_equal(OPS->issuer_add(help.store, &issuer), TALLY_OK);
	assert_int_equal(OPS->issuer_add(help.store, &issuer), TALLY_ERR_EXISTS);
	assert_int_equal(OPS->issuer_find(help.store, help.arena, issuer.issuer, &got), TALLY_OK);
	assert_int_equal(got.jwks.n, TALLY_JWKS_MAX);
	assert_span(got.audience, "us");
	assert_int_equal(got.mapping, TALLY_SUBJECT_LOGIN);
	assert_int_equal(OPS->issuer_disable(help.store, issuer.issuer, 9), TALLY_OK);
	assert_int_equal(OPS->issuer_find(help.store, help.arena, issuer.issuer, &got), TALLY_OK);
	assert_int_equal(got.disabled_at, 9);
	issuer.jwks.n = 3;
	issuer.mapping = TALLY_SUBJECT_USER;
	issuer.audience = TALLY_SPAN("");
	assert_int_equal(OPS->issuer_set(help.store, &issuer, TALLY_ISSUER_JWKS), TALLY_OK);
	/* What is there already is found as well. */
	assert_int_equal(OPS->issuer_set(help.store, &issuer, TALLY_ISSUER_JWKS), TALLY_OK);
	assert_int_equal(OPS->issuer_find(help.store, help.arena, issuer.issuer, &got), TALLY_OK);
	assert_int_equal(got.jwks.n, 3);
	assert_span(got.audience, "us");
	assert_int_equal(got.mapping, TALLY_SUBJECT_LOGIN);
	assert_int_equal(got.disabled_at, 9);
	assert_int_equal(OPS->issuer_set(help.store, &issuer,
					 TALLY_ISSUER_AUDIENCE | TALLY_ISSUER_MAPPING), TALLY_OK);
	assert_int_equal(OPS->issuer_find(help.store, help.arena, issuer.issuer, &got), TALLY_OK);
	assert_int_equal(got.audience.n, 0);
	assert_int_equal(got.mapping, TALLY_SUBJECT_USER);
	issuer.jwks.n = TALLY_JWKS_MAX + 1;
	assert_int_equal(OPS->issuer_set(help.store, &issuer, TALLY_ISSUER_JWKS), TALLY_ERR_LIMIT);
	issuer.issuer = TALLY_SPAN("big");
	assert_int_equal(OPS->issuer_add(help.store, &issuer), TALLY_ERR_LIMIT);
	issuer.jwks.n = 2;
	for (int i = 0; i < 45; i++) {
		issuer.issuer = tally_span(name, (size_t)snprintf(name, sizeof(name), "iss-%d", i));
		assert_int_equal(OPS->issuer_add(help.store, &issuer), TALLY_OK);
	}
	assert_int_equal(OPS->issuer_list(help.store, count_issuer, &count), TALLY_OK);
	assert_int_equal(count, 46);
	assert_int_equal(OPS->issuer_remove(help.store, issuer.issuer), TALLY_OK);
	assert_int_equal(OPS->issuer_remove(help.store, issuer.issuer), TALLY_ERR_NOT_FOUND);
	assert_int_equal(OPS->issuer_disable(help.store, issuer.issuer, 9), TALLY_ERR_NOT_FOUND);
	assert_int_equal(OPS->issuer_set(help.store, &issuer, TALLY_ISSUER_JWKS),
			 TALLY_ERR_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(users_come_back_as_they_were_added),
		cmocka_unit_test(users_change),
		cmocka_unit_test(users_are_listed_in_pages),
		cmocka_unit_test(keys_of_users),
		cmocka_unit_test(issuers_come_and_go),
	};

	return cmocka_run_group_tests_name("store-user", tests, open_all, close_all);
}
