/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store against the real server that the configuration named by
 * TALLYSTICK_CONF leads to. Its database is emptied first. 20-store.sh runs
 * this against MySQL and MariaDB; what needs the server to be killed or changed
 * is in store_fault_test.c.
 */
#include "config.h"

#include "base/buf.h"
#include "store/mysql/ops.h"
#include "tests/it/store_help.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

static struct store_help help;

#define OPS (help.store->ops)

static void assert_span(struct tally_span got, const char *want)
{
	assert_int_equal(got.n, strlen(want));
	assert_memory_equal(got.p ? got.p : "", want, got.n);
}

static void empty_database(void)
{
	static const char *const tables[] = {
		"client_secret", "client_key", "client", "organisation", "signing_key", "pool",
		"user_key", "user", "trusted_issuer", "access_token", "refresh_token",
		"refresh_use", "revocation", "watermark", "schema_version",
	};
	char text[128];

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		snprintf(text, sizeof(text), "DROP VIEW IF EXISTS %s_view", tables[i]);
		store_sql(&help, text);
		snprintf(text, sizeof(text), "DROP TABLE IF EXISTS %s", tables[i]);
		store_sql(&help, text);
	}
}

static int open_all(void **state)
{
	(void)state;
	store_help_open(&help);
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	store_help_close(&help);
	return 0;
}

static enum tally_err find(const char *id, struct tally_client_record *out)
{
	return OPS->client_find(help.store, help.arena, tally_span_of(id), out);
}

/* ---- the schema ---- */

static void without_a_schema_it_is_unavailable(void **state)
{
	struct tally_client_record client;
	unsigned int found = 9, wanted = 0;

	(void)state;
	empty_database();
	assert_int_equal(find("a", &client), TALLY_ERR_UNAVAILABLE);
	assert_int_equal(tally_mysql_version(help.store, &found, &wanted), TALLY_OK);
	assert_int_equal(found, 0);
	assert_int_equal(wanted, tally_migration_count);
}

static void *migrate_in_a_thread(void *report)
{
	struct tally_store *own;
	enum tally_err err = tally_mysql_open(help.conf, &own);

	if (err == TALLY_OK) {
		err = tally_mysql_migrate(own, report);
		own->ops->close(own);
	}
	return err == TALLY_OK ? report : NULL;
}

static void two_migrations_at_once_and_one_again(void **state)
{
	struct tally_migration_report reports[2] = { { 0, 0 }, { 0, 0 } };
	pthread_t threads[2];
	void *result;

	(void)state;
	empty_database();
	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, migrate_in_a_thread, &reports[i]);
	for (int i = 0; i < 2; i++) {
		pthread_join(threads[i], &result);
		assert_non_null(result);
		assert_int_equal(reports[i].after, tally_migration_count);
	}
	/* One found nothing and the other everything. */
	assert_int_equal(reports[0].before + reports[1].before, tally_migration_count);
	assert_int_equal(tally_mysql_migrate(help.store, &reports[0]), TALLY_OK);
	assert_int_equal(reports[0].before, tally_migration_count);
	assert_int_equal(store_number(&help, "SELECT COUNT(*) FROM organisation"), 1);
}

/* Every prefix of the statements is a state that a crash may leave behind. */
static void a_migration_cut_off_anywhere_is_completed(void **state)
{
	struct tally_migration_report report;

	(void)state;
	for (unsigned int m = 0; m < tally_migration_count; m++) {
		const char *const *statements = tally_migrations[m].statements;
		struct tally_db *db = store_direct(&help);

		for (size_t cut = 0; statements[cut] != NULL; cut++) {
			empty_database();
			for (unsigned int before = 0; before < m; before++)
				assert_int_equal(tally_migration_run(db, &tally_migrations[before]), 0);
			for (size_t i = 0; i <= cut; i++)
				assert_int_equal(tally_db_exec(db, statements[i]), TALLY_OK);
			assert_int_equal(tally_mysql_migrate(help.store, &report), TALLY_OK);
			assert_int_equal(report.before, m);
			assert_int_equal(report.after, tally_migration_count);
		}
		store_direct_end(db);
	}
}

static void a_migration_may_alter_twice(void **state)
{
	static const char *const statements[] = {
		"ALTER TABLE client ADD COLUMN extra INT NOT NULL DEFAULT 0,"
		" ADD KEY extra (extra)",
		"ALTER TABLE client DROP KEY extra", "ALTER TABLE client DROP COLUMN extra", NULL
	};
	static const struct tally_migration alter = { 99, "0099_test", statements };
	struct tally_db *db = store_direct(&help);

	(void)state;
	assert_int_equal(tally_db_exec(db, statements[0]), TALLY_OK);
	assert_int_equal(tally_migration_run(db, &alter), TALLY_OK);
	assert_int_equal(tally_migration_run(db, &alter), TALLY_OK);
	assert_int_equal(store_number(&help, "SELECT COUNT(*) FROM schema_version WHERE version = 99"), 1);
	store_direct_end(db);
}

static void a_newer_schema_is_left_alone(void **state)
{
	struct tally_migration_report report;

	(void)state;
	assert_int_equal(tally_mysql_migrate(help.store, &report), TALLY_ERR_STATE);
	assert_int_equal(report.before, 99);
	store_sql(&help, "DELETE FROM schema_version WHERE version = 99");
	assert_int_equal(tally_mysql_migrate(help.store, &report), TALLY_OK);
}

static void views_show_times_to_people(void **state)
{
	(void)state;
	store_sql(&help, "DELETE FROM client");
	store_add_client(&help, "viewed", 2);
	assert_int_equal(store_number(&help, "SELECT COUNT(*) FROM client_view WHERE client_id = 'viewed'"
				" AND created_at = '2023-11-14 22:13:20' AND disabled_at IS NULL"
				" AND organisation = 'default'"), 1);
	assert_int_equal(store_number(&help, "SELECT COUNT(*) FROM client_secret_view WHERE"
				" client_id = 'viewed' AND secret_id = 's1' AND"
				" expires_at = '2027-01-15 08:00:00'"), 1);
	assert_int_equal(store_number(&help, "SELECT COUNT(*) FROM schema_version_view"),
			 tally_migration_count);
	assert_int_equal(store_number(&help, "SELECT COUNT(*) FROM signing_key_view"), 0);
}

/* ---- clients ---- */

static void a_client_comes_back_as_it_was_added(void **state)
{
	struct tally_client_record got;
	uint8_t digest[32];

	(void)state;
	store_sql(&help, "DELETE FROM client");
	store_add_client(&help, "c1", 3);
	memset(digest, 'b', sizeof(digest));
	assert_int_equal(find("c1", &got), TALLY_OK);
	assert_span(got.client_id, "c1");
	assert_span(got.name, "Zähler \xf0\x9f\x8c\xb3");
	assert_span(got.grants, "client_credentials");
	assert_span(got.scopes, "read write device_*");
	assert_span(got.default_scopes, "read");
	assert_span(got.audience, "https://api.example");
	assert_int_equal(got.access_lifetime, 600);
	assert_true(got.number > 0);
	assert_int_equal(got.refresh_lifetime, 86400);
	assert_int_equal(got.persistence, TALLY_PERSIST_REFRESH);
	assert_int_equal(got.format, TALLY_FORMAT_OPAQUE);
	assert_int_equal(got.status, TALLY_STATUS_OFF);
	assert_false(got.is_public);
	assert_true(got.may_introspect);
	assert_int_equal(got.key_count, 0);
	assert_span(got.secrets[0].wrapped, "");
	assert_span(got.secrets[1].wrapped, "sealed");
	assert_int_equal(got.created_at, 1700000000);
	assert_int_equal(got.disabled_at, 0);
	assert_int_equal(got.secret_count, 3);
	assert_span(got.secrets[1].secret_id, "s1");
	assert_memory_equal(got.secrets[1].digest, digest, 32);
	assert_int_equal(got.secrets[0].expires_at, 0);
	assert_int_equal(got.secrets[1].expires_at, 1800000000);
	store_add_client(&help, "bare", 0);
	assert_int_equal(find("bare", &got), TALLY_OK);
	assert_int_equal(got.secret_count, 0);
}

static void keys_of_a_client_come_with_it(void **state)
{
	struct tally_public_key_record key = {
		.key_id = TALLY_SPAN("k1"), .owner = TALLY_SPAN("c1"), .alg = TALLY_SPAN("ES256"),
		.public_der = TALLY_SPAN("\x30\x00\xff"), .created_at = 5, .expires_at = 6,
	};
	struct tally_client_record got;
	char id[16];

	(void)state;
	assert_int_equal(OPS->client_key_add(help.store, &key), TALLY_OK);
	assert_int_equal(OPS->client_key_add(help.store, &key), TALLY_ERR_EXISTS);
	key.owner = TALLY_SPAN("bare");
	assert_int_equal(OPS->client_key_add(help.store, &key), TALLY_OK);
	key.owner = TALLY_SPAN("nobody");
	assert_int_equal(OPS->client_key_add(help.store, &key), TALLY_ERR_NOT_FOUND);
	assert_int_equal(find("c1", &got), TALLY_OK);
	assert_int_equal(got.secret_count, 3);
	assert_int_equal(got.key_count, 1);
	assert_span(got.keys[0].key_id, "k1");
	assert_span(got.keys[0].owner, "c1");
	assert_span(got.keys[0].alg, "ES256");
	assert_int_equal(got.keys[0].public_der.n, 3);
	assert_int_equal(got.keys[0].expires_at, 6);
	assert_int_equal(find("bare", &got), TALLY_OK);
	assert_int_equal(got.secret_count, 0);
	assert_int_equal(got.key_count, 1);
	key.owner = TALLY_SPAN("bare");
	for (unsigned int i = 1; i <= TALLY_PUBLIC_KEYS_MAX; i++) {
		key.key_id = tally_span(id, (size_t)snprintf(id, sizeof(id), "m%u", i));
		assert_int_equal(OPS->client_key_add(help.store, &key),
				 i < TALLY_PUBLIC_KEYS_MAX ? TALLY_OK : TALLY_ERR_LIMIT);
	}
	assert_int_equal(OPS->client_key_remove(help.store, TALLY_SPAN("c1"), TALLY_SPAN("k1")),
			 TALLY_OK);
	assert_int_equal(OPS->client_key_remove(help.store, TALLY_SPAN("c1"), TALLY_SPAN("k1")),
			 TALLY_ERR_NOT_FOUND);
	assert_int_equal(OPS->client_remove(help.store, TALLY_SPAN("bare")), TALLY_OK);
	assert_int_equal(store_number(&help, "SELECT COUNT(*) FROM client_key"), 0);
	store_add_client(&help, "bare", 0);
}

static void a_client_id_is_matched_byte_for_byte(void **state)
{
	static const struct tally_span others[] = {
		TALLY_SPAN("C1"), TALLY_SPAN("c1 "), TALLY_SPAN(" c1"), TALLY_SPAN("c1\0"),
		TALLY_SPAN("c"), TALLY_SPAN(""), TALLY_SPAN("\xff\xfe"), TALLY_SPAN("c1\x80"),
		TALLY_SPAN("\xc3\xa4"), TALLY_SPAN("c\xcc\xa7" "1"), TALLY_SPAN("%"), TALLY_SPAN("c_"),
		TALLY_SPAN("' OR 1=1 -- "), TALLY_SPAN("0"), TALLY_SPAN("\0"),
	};
	struct tally_client_record got;
	char huge[TALLY_ID_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_int_equal(OPS->client_find(help.store, help.arena, others[i], &got),
				 TALLY_ERR_NOT_FOUND);
	memset(huge, 'c', sizeof(huge));
	assert_int_equal(OPS->client_find(help.store, help.arena, tally_span(huge, sizeof(huge)), &got),
			 TALLY_ERR_NOT_FOUND);
	assert_int_equal(OPS->client_find(help.store, help.arena, tally_span(huge, TALLY_ID_MAX), &got),
			 TALLY_ERR_NOT_FOUND);
}

static void what_does_not_fit_is_refused(void **state)
{
	struct tally_secret_record secrets[TALLY_SECRETS_MAX];
	struct tally_client_record got, client = store_make_client(&help, "bad", secrets, 0);
	char text[TALLY_SCOPE_TEXT_MAX + 1];

	(void)state;
	memset(text, 'x', sizeof(text));
	client.scopes = tally_span(text, sizeof(text));
	assert_int_equal(OPS->client_add(help.store, &client), TALLY_ERR_LIMIT);
	client.scopes = TALLY_SPAN("caf\xc3\xa9");
	assert_int_equal(OPS->client_add(help.store, &client), TALLY_ERR_SYNTAX);
	client.scopes = TALLY_SPAN("");
	client.name = TALLY_SPAN("\xff\xfe");
	assert_int_equal(OPS->client_add(help.store, &client), TALLY_ERR_SYNTAX);
	client.name = tally_span(text, TALLY_NAME_MAX + 1);
	assert_int_equal(OPS->client_add(help.store, &client), TALLY_ERR_LIMIT);
	client.name = tally_span(text, TALLY_NAME_MAX);
	client.client_id = tally_span(text, TALLY_ID_MAX + 1);
	assert_int_equal(OPS->client_add(help.store, &client), TALLY_ERR_LIMIT);
	client.client_id = TALLY_SPAN("");
	assert_int_equal(OPS->client_add(help.store, &client), TALLY_ERR_LIMIT);
	assert_int_equal(find("bad", &got), TALLY_ERR_NOT_FOUND);
}

static void a_row_larger_than_allowed_is_refused(void **state)
{
	struct tally_client_record got;

	(void)state;
	store_sql(&help, "INSERT INTO client (client_id, name, grants, scopes, default_scopes, audience,"
	    " created_at) VALUES ('long', REPEAT('\xc3\xa4', 200), '', '', '', '', 0)");
	assert_int_equal(find("long", &got), TALLY_ERR_LIMIT);
	store_sql(&help, "DELETE FROM client WHERE client_id = 'long'");
}

static void a_client_is_added_whole_or_not_at_all(void **state)
{
	struct tally_secret_record secrets[TALLY_SECRETS_MAX];
	struct tally_client_record got, client = store_make_client(&help, "c2", secrets, 2);

	(void)state;
	secrets[1].secret_id = secrets[0].secret_id;
	assert_int_equal(OPS->client_add(help.store, &client), TALLY_ERR_EXISTS);
	assert_int_equal(find("c2", &got), TALLY_ERR_NOT_FOUND);
	client = store_make_client(&help, "c1", secrets, 1);
	assert_int_equal(OPS->client_add(help.store, &client), TALLY_ERR_EXISTS);
}

static void a_client_is_disabled_enabled_and_removed(void **state)
{
	struct tally_client_record got;

	(void)state;
	assert_int_equal(OPS->client_disable(help.store, TALLY_SPAN("c1"), 5), TALLY_OK);
	assert_int_equal(OPS->client_disable(help.store, TALLY_SPAN("c1"), 5), TALLY_OK);
	assert_int_equal(find("c1", &got), TALLY_OK);
	assert_int_equal(got.disabled_at, 5);
	assert_int_equal(OPS->client_disable(help.store, TALLY_SPAN("c1"), 0), TALLY_OK);
	assert_int_equal(find("c1", &got), TALLY_OK);
	assert_int_equal(got.disabled_at, 0);
	assert_int_equal(OPS->client_disable(help.store, TALLY_SPAN("c9"), 5), TALLY_ERR_NOT_FOUND);
	assert_int_equal(OPS->client_remove(help.store, TALLY_SPAN("c1")), TALLY_OK);
	assert_int_equal(OPS->client_remove(help.store, TALLY_SPAN("c1")), TALLY_ERR_NOT_FOUND);
	assert_int_equal(find("c1", &got), TALLY_ERR_NOT_FOUND);
	assert_int_equal(store_number(&help, "SELECT COUNT(*) FROM client_secret s LEFT JOIN client c"
				" ON c.id = s.client WHERE c.id IS NULL"), 0);
}

static void secrets_are_bounded_and_expire(void **state)
{
	struct tally_secret_record secret = { .secret_id = TALLY_SPAN("new"), .created_at = 1 };
	struct tally_span id = TALLY_SPAN("full");
	struct tally_client_record got;

	(void)state;
	store_add_client(&help, "full", TALLY_SECRETS_MAX);
	assert_int_equal(OPS->client_secret_add(help.store, id, &secret, 1750000000), TALLY_ERR_LIMIT);
	secret.secret_id = TALLY_SPAN("s1");
	assert_int_equal(OPS->client_secret_add(help.store, id, &secret, 1750000000), TALLY_ERR_EXISTS);
	assert_int_equal(OPS->client_secret_remove(help.store, id, TALLY_SPAN("s7")), TALLY_OK);
	assert_int_equal(OPS->client_secret_remove(help.store, id, TALLY_SPAN("s7")),
			 TALLY_ERR_NOT_FOUND);
	assert_int_equal(OPS->client_secret_remove(help.store, TALLY_SPAN("who"), TALLY_SPAN("s1")),
			 TALLY_ERR_NOT_FOUND);
	secret.secret_id = TALLY_SPAN("new");
	assert_int_equal(OPS->client_secret_add(help.store, id, &secret, 1750000000), TALLY_OK);
	/* All but s0, which has no end, and the new one have expired now. */
	secret.secret_id = TALLY_SPAN("newer");
	assert_int_equal(OPS->client_secret_add(help.store, id, &secret, 1800000000), TALLY_OK);
	assert_int_equal(find("full", &got), TALLY_OK);
	assert_int_equal(got.secret_count, 3);
	assert_int_equal(OPS->client_secret_add(help.store, TALLY_SPAN("who"), &secret, 1),
			 TALLY_ERR_NOT_FOUND);
}

struct seen {
	size_t count;
	size_t secrets;
	char last[TALLY_ID_MAX + 1];
	size_t stop_at;
};

static enum tally_err see(void *context, const struct tally_client_record *client)
{
	struct seen *seen = context;
	struct tally_client_record again;

	assert_true(tally_span_cmp(tally_span_of(seen->last), client->client_id) < 0);
	snprintf(seen->last, sizeof(seen->last), "%.*s", TALLY_SPAN_ARG(client->client_id));
	seen->secrets += client->secret_count;
	/* A visitor may use the store, even when it has one connection only. */
	if (seen->count == 0)
		assert_int_equal(find(seen->last, &again), TALLY_OK);
	return ++seen->count == seen->stop_at ? TALLY_ERR_NOT_FOUND : TALLY_OK;
}

static void all_clients_are_listed_in_pages(void **state)
{
	struct seen seen = { 0 }, part = { .stop_at = 150 };
	char id[16];

	(void)state;
	store_sql(&help, "DELETE FROM client");
	for (int i = 0; i < 250; i++) {
		snprintf(id, sizeof(id), "client-%03d", i);
		store_add_client(&help, id, (size_t)i % 3);
	}
	assert_int_equal(OPS->client_list(help.store, see, &seen), TALLY_OK);
	assert_int_equal(seen.count, 250);
	assert_int_equal(seen.secrets, 249);
	assert_int_equal(OPS->client_list(help.store, see, &part), TALLY_ERR_NOT_FOUND);
	assert_int_equal(part.count, 150);
	store_sql(&help, "DELETE FROM client");
	seen = (struct seen){ 0 };
	assert_int_equal(OPS->client_list(help.store, see, &seen), TALLY_OK);
	assert_int_equal(seen.count, 0);
}

/* ---- keys ---- */

static void keys_live_and_retire(void **state)
{
	struct tally_key_record *list, key = {
		.kid = TALLY_SPAN("k2"), .alg = TALLY_SPAN("ES256"),
		.public_der = TALLY_SPAN("\x30\x00\xff"), .wrapped = TALLY_SPAN("\0sealed\0"),
		.created_at = 2,
	};
	size_t count;

	(void)state;
	store_sql(&help, "DELETE FROM signing_key");
	assert_int_equal(OPS->key_list(help.store, help.arena, &list, &count), TALLY_OK);
	assert_int_equal(count, 0);
	assert_int_equal(OPS->key_add(help.store, &key), TALLY_OK);
	assert_int_equal(OPS->key_add(help.store, &key), TALLY_ERR_EXISTS);
	key.kid = TALLY_SPAN("k1");
	key.wrapped = TALLY_SPAN("");
	key.uri = TALLY_SPAN("pkcs11:object=schlüssel");
	assert_int_equal(OPS->key_add(help.store, &key), TALLY_OK);
	key.kid = TALLY_SPAN("k3");
	key.created_at = 1;
	assert_int_equal(OPS->key_add(help.store, &key), TALLY_OK);
	assert_int_equal(OPS->key_activate(help.store, TALLY_SPAN("k1"), 7), TALLY_OK);
	assert_int_equal(OPS->key_retire(help.store, TALLY_SPAN("k1"), 9), TALLY_OK);
	assert_int_equal(OPS->key_retire(help.store, TALLY_SPAN("k1"), 9), TALLY_ERR_STATE);
	assert_int_equal(OPS->key_activate(help.store, TALLY_SPAN("k1"), 9), TALLY_ERR_STATE);
	assert_int_equal(OPS->key_activate(help.store, TALLY_SPAN("K1"), 9), TALLY_ERR_NOT_FOUND);
	assert_int_equal(OPS->key_retire(help.store, TALLY_SPAN("no"), 9), TALLY_ERR_NOT_FOUND);
	assert_int_equal(OPS->key_list(help.store, help.arena, &list, &count), TALLY_OK);
	assert_int_equal(count, 3);
	assert_span(list[0].kid, "k3");
	assert_span(list[1].kid, "k1");
	assert_span(list[1].uri, "pkcs11:object=schlüssel");
	assert_int_equal(list[1].activate_at, 7);
	assert_int_equal(list[1].retired_at, 9);
	assert_span(list[2].kid, "k2");
	assert_int_equal(list[2].wrapped.n, 8);
	assert_memory_equal(list[2].wrapped.p, "\0sealed\0", 8);
	assert_int_equal(list[2].activate_at, 0);
	assert_int_equal(OPS->key_remove(help.store, TALLY_SPAN("k1")), TALLY_OK);
	assert_int_equal(OPS->key_remove(help.store, TALLY_SPAN("k1")), TALLY_ERR_NOT_FOUND);
	assert_int_equal(OPS->key_list(help.store, help.arena, &list, &count), TALLY_OK);
	assert_int_equal(count, 2);
}

static void keys_are_bounded(void **state)
{
	struct tally_key_record *list, key = { .alg = TALLY_SPAN("ES256"), .uri = TALLY_SPAN("x") };
	char kid[16];
	size_t count;

	(void)state;
	store_sql(&help, "DELETE FROM signing_key");
	for (unsigned int i = 0; i <= TALLY_KEYS_MAX; i++) {
		key.kid = tally_span(kid, (size_t)snprintf(kid, sizeof(kid), "%u", i));
		assert_int_equal(OPS->key_add(help.store, &key),
				 i < TALLY_KEYS_MAX ? TALLY_OK : TALLY_ERR_LIMIT);
	}
	assert_int_equal(OPS->key_list(help.store, help.arena, &list, &count), TALLY_OK);
	assert_int_equal(count, TALLY_KEYS_MAX);
	store_sql(&help, "DELETE FROM signing_key");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_schema_it_is_unavailable),
		cmocka_unit_test(two_migrations_at_once_and_one_again),
		cmocka_unit_test(a_migration_cut_off_anywhere_is_completed),
		cmocka_unit_test(a_migration_may_alter_twice),
		cmocka_unit_test(a_newer_schema_is_left_alone),
		cmocka_unit_test(views_show_times_to_people),
		cmocka_unit_test(a_client_comes_back_as_it_was_added),
		cmocka_unit_test(keys_of_a_client_come_with_it),
		cmocka_unit_test(a_client_id_is_matched_byte_for_byte),
		cmocka_unit_test(what_does_not_fit_is_refused),
		cmocka_unit_test(a_row_larger_than_allowed_is_refused),
		cmocka_unit_test(a_client_is_added_whole_or_not_at_all),
		cmocka_unit_test(a_client_is_disabled_enabled_and_removed),
		cmocka_unit_test(secrets_are_bounded_and_expire),
		cmocka_unit_test(all_clients_are_listed_in_pages),
		cmocka_unit_test(keys_live_and_retire),
		cmocka_unit_test(keys_are_bounded),
	};

	return cmocka_run_group_tests_name("store", tests, open_all, close_all);
}
