/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Organisations, against the real server that the configuration named by
 * TALLYSTICK_CONF leads to. The tables are there already, from store_test.c; their
 * rows are removed.
 */
#include "config.h"

#include "tests/it/store_help.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define ACME TALLY_SPAN("acme")

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

static enum tally_err add(const char *id)
{
	const struct tally_organisation_record organisation = {
		.organisation_id = tally_span_of(id), .name = TALLY_SPAN("Äcme"), .created_at = 5,
	};

	return OPS->organisation_add(help.store, &organisation);
}

static enum tally_err add_client(const char *id, const char *organisation)
{
	struct tally_client_record client = store_make_client(&help, id, NULL, 0);

	client.organisation = tally_span_of(organisation);
	return OPS->client_add(help.store, &client);
}

static enum tally_err add_user(const char *id, const char *organisation)
{
	const struct tally_user_record user = {
		.user_id = tally_span_of(id),
		.login = tally_span_of(id),
		.kind = TALLY_USER_MACHINE,
		.created_at = 5,
		.organisation = tally_span_of(organisation),
	};

	return OPS->user_add(help.store, &user);
}

static void one_comes_back_as_it_was_added(void **state)
{
	struct tally_organisation_record got;

	(void)state;
	assert_int_equal(add("acme"), TALLY_OK);
	assert_int_equal(add("acme"), TALLY_ERR_EXISTS);
	assert_int_equal(add(""), TALLY_ERR_LIMIT);
	assert_int_equal(OPS->organisation_find(help.store, help.arena, ACME, &got), TALLY_OK);
	assert_span(got.organisation_id, "acme");
	assert_span(got.name, "Äcme");
	assert_int_equal(got.created_at, 5);
	assert_int_equal(got.disabled_at, 0);
	assert_int_equal(OPS->organisation_find(help.store, help.arena, TALLY_SPAN("ACME"), &got),
			 TALLY_ERR_NOT_FOUND);
	assert_int_equal(OPS->organisation_find(help.store, help.arena, TALLY_SPAN(""), &got),
			 TALLY_ERR_NOT_FOUND);
}

static void its_members_know_it(void **state)
{
	struct tally_client_record client;
	struct tally_user_record user;

	(void)state;
	assert_int_equal(add_client("c1", "acme"), TALLY_OK);
	assert_int_equal(add_client("c2", ""), TALLY_OK);
	assert_int_equal(add_client("c3", "nowhere"), TALLY_ERR_STATE);
	assert_int_equal(add_user("u1", "acme"), TALLY_OK);
	assert_int_equal(add_user("u2", ""), TALLY_OK);
	assert_int_equal(add_user("u3", "nowhere"), TALLY_ERR_STATE);
	assert_int_equal(OPS->client_find(help.store, help.arena, TALLY_SPAN("c1"), &client), TALLY_OK);
	assert_span(client.organisation, "acme");
	assert_int_equal(OPS->client_find(help.store, help.arena, TALLY_SPAN("c2"), &client), TALLY_OK);
	assert_span(client.organisation, "default");
	assert_int_equal(OPS->user_find(help.store, help.arena, TALLY_SPAN("u1"), &user), TALLY_OK);
	assert_span(user.organisation, "acme");
	assert_int_equal(OPS->user_find(help.store, help.arena, TALLY_SPAN("u2"), &user), TALLY_OK);
	assert_span(user.organisation, "default");
	assert_int_equal(store_number(&help, "SELECT COUNT(*) FROM user_view WHERE user_id = 'u1'"
					     " AND organisation = 'acme'"), 1);
}

/* Every way to a client or a user, with the organisation disabled at this time. */
static void assert_members(int64_t disabled_at)
{
	struct tally_client_record client;
	struct tally_public_key_record key;
	struct tally_user_record user;

	assert_int_equal(OPS->client_find(help.store, help.arena, TALLY_SPAN("c1"), &client), TALLY_OK);
	assert_int_equal(client.organisation_disabled_at, disabled_at);
	assert_int_equal(tally_client_is_disabled(&client), disabled_at != 0);
	assert_int_equal(OPS->client_find(help.store, help.arena, TALLY_SPAN("c2"), &client), TALLY_OK);
	assert_false(tally_client_is_disabled(&client));
	assert_int_equal(OPS->user_find(help.store, help.arena, TALLY_SPAN("u1"), &user), TALLY_OK);
	assert_int_equal(user.organisation_disabled_at, disabled_at);
	assert_int_equal(OPS->user_find_login(help.store, help.arena, TALLY_SPAN("u1"), &user),
			 TALLY_OK);
	assert_int_equal(user.organisation_disabled_at, disabled_at);
	assert_int_equal(OPS->user_key_find(help.store, help.arena, TALLY_SPAN("k1"), &key, &user),
			 TALLY_OK);
	assert_int_equal(tally_user_is_disabled(&user), disabled_at != 0);
	assert_int_equal(OPS->user_find(help.store, help.arena, TALLY_SPAN("u2"), &user), TALLY_OK);
	assert_false(tally_user_is_disabled(&user));
}

static void its_members_are_disabled_with_it(void **state)
{
	const struct tally_public_key_record key = {
		.key_id = TALLY_SPAN("k1"), .owner = TALLY_SPAN("u1"), .alg = TALLY_SPAN("ES256"),
		.public_der = TALLY_SPAN("\x30"), .created_at = 5,
	};

	(void)state;
	assert_int_equal(OPS->user_key_add(help.store, &key), TALLY_OK);
	assert_members(0);
	assert_int_equal(OPS->organisation_disable(help.store, ACME, 77), TALLY_OK);
	assert_members(77);
	assert_int_equal(OPS->organisation_disable(help.store, ACME, 0), TALLY_OK);
	assert_members(0);
	assert_int_equal(OPS->organisation_disable(help.store, TALLY_SPAN("nowhere"), 1),
			 TALLY_ERR_NOT_FOUND);
}

/* By hand, past what the operations allow: nobody becomes free by it. */
static void without_its_organisation_one_is_disabled(void **state)
{
	struct tally_client_record client;
	struct tally_user_record user;

	(void)state;
	store_sql(&help, "UPDATE client SET organisation = 4711 WHERE client_id = 'c1'");
	store_sql(&help, "UPDATE user SET organisation = 4711 WHERE user_id = 'u1'");
	assert_int_equal(OPS->client_find(help.store, help.arena, TALLY_SPAN("c1"), &client), TALLY_OK);
	assert_true(tally_client_is_disabled(&client));
	assert_span(client.organisation, "");
	assert_int_equal(OPS->user_find(help.store, help.arena, TALLY_SPAN("u1"), &user), TALLY_OK);
	assert_true(tally_user_is_disabled(&user));
	store_sql(&help, "UPDATE client SET organisation = (SELECT id FROM organisation WHERE"
			 " organisation_id = 'acme') WHERE client_id = 'c1'");
	store_sql(&help, "UPDATE user SET organisation = (SELECT id FROM organisation WHERE"
			 " organisation_id = 'acme') WHERE user_id = 'u1'");
	assert_members(0);
}

static enum tally_err edit_scopes(void *context, struct tally_client_record *client)
{
	const struct tally_client_record *wanted = context;

	client->scopes = wanted->scopes;
	client->organisation = wanted->organisation;
	client->access_lifetime++;
	client->client_id = TALLY_SPAN("another"); /* not looked at, like the secrets */
	return wanted->disabled_at == 0 ? TALLY_OK : TALLY_ERR_USAGE;
}

static enum tally_err edit_client(const char *id, struct tally_client_record *wanted)
{
	return OPS->client_set(help.store, help.arena, tally_span_of(id), edit_scopes, wanted);
}

static void a_client_is_changed_as_a_whole_or_not(void **state)
{
	struct tally_client_record client, wanted = {
		.scopes = TALLY_SPAN("other"), .organisation = TALLY_SPAN("acme"),
	};

	(void)state;
	assert_int_equal(edit_client("c2", &wanted), TALLY_OK);
	wanted.scopes = TALLY_SPAN("more");
	wanted.disabled_at = 1;
	assert_int_equal(edit_client("c2", &wanted), TALLY_ERR_USAGE);
	wanted.disabled_at = 0;
	wanted.organisation = TALLY_SPAN("nowhere");
	assert_int_equal(edit_client("c2", &wanted), TALLY_ERR_STATE);
	wanted.organisation = TALLY_SPAN("");
	assert_int_equal(edit_client("c2", &wanted), TALLY_ERR_STATE);
	wanted.organisation = TALLY_SPAN("default");
	wanted.scopes = TALLY_SPAN("caf\xc3\xa9");
	assert_int_equal(edit_client("c2", &wanted), TALLY_ERR_SYNTAX);
	assert_int_equal(edit_client("nobody", &wanted), TALLY_ERR_NOT_FOUND);
	assert_int_equal(edit_client("", &wanted), TALLY_ERR_NOT_FOUND);
	assert_int_equal(OPS->client_find(help.store, help.arena, TALLY_SPAN("c2"), &client), TALLY_OK);
	assert_span(client.scopes, "other");
	assert_span(client.organisation, "acme");
	assert_int_equal(client.access_lifetime, 601);
	wanted.scopes = TALLY_SPAN("other");
	assert_int_equal(edit_client("c2", &wanted), TALLY_OK);
}

static enum tally_err remove_acme(void)
{
	return OPS->organisation_remove(help.store, ACME);
}

static void only_an_empty_one_is_removed(void **state)
{
	(void)state;
	assert_int_equal(remove_acme(), TALLY_ERR_STATE);
	assert_int_equal(OPS->client_remove(help.store, TALLY_SPAN("c1")), TALLY_OK);
	assert_int_equal(remove_acme(), TALLY_ERR_STATE);
	assert_int_equal(OPS->user_remove(help.store, TALLY_SPAN("u1")), TALLY_OK);
	assert_int_equal(remove_acme(), TALLY_OK);
	assert_int_equal(remove_acme(), TALLY_ERR_NOT_FOUND);
	assert_int_equal(OPS->organisation_remove(help.store, TALLY_SPAN("default")),
			 TALLY_ERR_STATE);
	assert_int_equal(store_number(&help, "SELECT COUNT(*) FROM organisation"), 1);
}

#define RACES 20

static void *join(void *result)
{
	char id[16];
	static int n;

	snprintf(id, sizeof(id), "r%d", n++);
	*(enum tally_err *)result = add_client(id, "acme");
	return NULL;
}

/* Whoever comes first, nobody is left in an organisation that is gone. */
static void nobody_joins_what_is_being_removed(void **state)
{
	(void)state;
	for (int i = 0; i < RACES; i++) {
		enum tally_err joined, removed;
		pthread_t thread;

		assert_int_equal(add("acme"), TALLY_OK);
		assert_int_equal(pthread_create(&thread, NULL, join, &joined), 0);
		removed = remove_acme();
		assert_int_equal(pthread_join(thread, NULL), 0);
		assert_int_equal(joined, removed == TALLY_OK ? TALLY_ERR_STATE : TALLY_OK);
		if (removed != TALLY_OK) {
			assert_int_equal(removed, TALLY_ERR_STATE);
			store_sql(&help, "DELETE FROM client");
			assert_int_equal(remove_acme(), TALLY_OK);
		}
	}
}

struct seen {
	size_t count;
	char last[TALLY_ID_MAX + 1];
};

static enum tally_err see(void *context, const struct tally_organisation_record *organisation)
{
	struct seen *seen = context;
	char id[TALLY_ID_MAX + 1];

	snprintf(id, sizeof(id), "%.*s", TALLY_SPAN_ARG(organisation->organisation_id));
	assert_true(strcmp(id, seen->last) > 0);
	snprintf(seen->last, sizeof(seen->last), "%s", id);
	seen->count++;
	return TALLY_OK;
}

static enum tally_err refuse(void *context, const struct tally_organisation_record *organisation)
{
	(void)organisation;
	++*(size_t *)context;
	return TALLY_ERR_CONFLICT;
}

static void all_are_listed_in_pages(void **state)
{
	struct seen seen = { .count = 0 };
	size_t calls = 0;
	char id[16];

	(void)state;
	for (int i = 0; i < 250; i++) {
		snprintf(id, sizeof(id), "o%03d", i);
		assert_int_equal(add(id), TALLY_OK);
	}
	assert_int_equal(OPS->organisation_list(help.store, see, &seen), TALLY_OK);
	assert_int_equal(seen.count, 251);
	assert_int_equal(OPS->organisation_list(help.store, refuse, &calls), TALLY_ERR_CONFLICT);
	assert_int_equal(calls, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_comes_back_as_it_was_added),
		cmocka_unit_test(its_members_know_it),
		cmocka_unit_test(its_members_are_disabled_with_it),
		cmocka_unit_test(without_its_organisation_one_is_disabled),
		cmocka_unit_test(a_client_is_changed_as_a_whole_or_not),
		cmocka_unit_test(only_an_empty_one_is_removed),
		cmocka_unit_test(nobody_joins_what_is_being_removed),
		cmocka_unit_test(all_are_listed_in_pages),
	};

	return cmocka_run_group_tests_name("store_org", tests, open_all, close_all);
}
