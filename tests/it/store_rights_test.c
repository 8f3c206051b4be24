/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every operation as the user who has no more rights than sql/grants.sql gives
 * to the one that serves. Run by 20-store.sh.
 */
#include "config.h"

#include "tests/it/store_help.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct store_help help;

#define OPS (help.store->ops)
#define DO(operation, ...) assert_int_equal(OPS->operation(help.store, __VA_ARGS__), TALLY_OK)
#define WHO TALLY_SPAN("rights")

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

static enum tally_err pass_client(void *context, const struct tally_client_record *client)
{
	(void)context;
	(void)client;
	return TALLY_OK;
}

static void clients_and_keys(void **state)
{
	struct tally_secret_record secret = { .secret_id = WHO };
	struct tally_public_key_record public = {
		.key_id = WHO, .owner = WHO, .alg = TALLY_SPAN("ES256"), .public_der = TALLY_SPAN("x"),
	};
	struct tally_key_record *list, key = {
		.kid = WHO, .alg = TALLY_SPAN("ES256"), .uri = TALLY_SPAN("x"),
	};
	struct tally_client_record client;
	size_t count;

	(void)state;
	store_add_client(&help, "rights", 1);
	DO(client_secret_add, WHO, &secret, 1);
	DO(client_secret_remove, WHO, WHO);
	DO(client_key_add, &public);
	DO(client_find, help.arena, WHO, &client);
	DO(client_list, pass_client, NULL);
	DO(client_key_remove, WHO, WHO);
	DO(client_disable, WHO, 1);
	DO(client_remove, WHO);
	DO(key_add, &key);
	DO(key_list, help.arena, &list, &count);
	DO(key_activate, WHO, 1);
	DO(key_retire, WHO, 1);
	DO(key_remove, WHO);
}

static enum tally_err keep_client(void *context, struct tally_client_record *client)
{
	(void)context;
	(void)client;
	return TALLY_OK;
}

static enum tally_err
pass_organisation(void *context, const struct tally_organisation_record *organisation)
{
	(void)context;
	(void)organisation;
	return TALLY_OK;
}

static void organisations(void **state)
{
	struct tally_secret_record secret = { .secret_id = WHO, .wrapped = TALLY_SPAN("a") };
	struct tally_key_record key = {
		.kid = WHO, .alg = TALLY_SPAN("ES256"), .wrapped = TALLY_SPAN("a"),
	};
	struct tally_organisation_record organisation = { .organisation_id = WHO };
	struct tally_client_record client = {
		.client_id = WHO, .organisation = WHO, .secrets = &secret, .secret_count = 1,
	};

	(void)state;
	DO(organisation_add, &organisation);
	DO(organisation_find, help.arena, WHO, &organisation);
	DO(organisation_list, pass_organisation, NULL);
	DO(organisation_disable, WHO, 1);
	DO(client_add, &client);
	DO(client_set, help.arena, WHO, keep_client, NULL);
	DO(client_find, help.arena, WHO, &client);
	DO(client_secret_rewrap, client.number, &secret, TALLY_SPAN("b"));
	DO(client_remove, WHO);
	DO(organisation_remove, WHO);
	DO(key_add, &key);
	DO(key_rewrap, &key, TALLY_SPAN("b"));
	DO(key_remove, WHO);
}

static enum tally_err pass_user(void *context, const struct tally_user_record *user)
{
	(void)context;
	(void)user;
	return TALLY_OK;
}

static enum tally_err pass_issuer(void *context, const struct tally_issuer_record *issuer)
{
	(void)context;
	(void)issuer;
	return TALLY_OK;
}

static void users_and_issuers(void **state)
{
	struct tally_user_record user = { .user_id = WHO, .login = WHO };
	struct tally_public_key_record *list, key = {
		.key_id = WHO, .owner = WHO, .alg = TALLY_SPAN("ES256"), .public_der = TALLY_SPAN("x"),
	};
	struct tally_issuer_record issuer = { .issuer = WHO, .jwks = TALLY_SPAN("{}") };
	size_t count;

	(void)state;
	DO(user_add, &user);
	DO(user_find, help.arena, WHO, &user);
	DO(user_find_login, help.arena, WHO, &user);
	DO(user_list, pass_user, NULL);
	DO(user_set_password, WHO, WHO);
	DO(user_disable, WHO, 1);
	DO(user_key_add, &key);
	DO(user_key_find, help.arena, WHO, &key, &user);
	DO(user_key_list, help.arena, WHO, &list, &count);
	DO(user_key_remove, WHO, WHO);
	DO(user_remove, WHO);
	DO(issuer_add, &issuer);
	DO(issuer_find, help.arena, WHO, &issuer);
	DO(issuer_list, pass_issuer, NULL);
	DO(issuer_set, &issuer, TALLY_ISSUER_JWKS);
	DO(issuer_disable, WHO, 1);
	DO(issuer_remove, WHO);
}

static void pools(void **state)
{
	struct tally_pool_record *list, pool = { .pool_id = WHO, .definition = TALLY_SPAN("a") };
	size_t count;

	(void)state;
	DO(pool_add, &pool);
	DO(pool_list, help.arena, &list, &count);
	DO(pool_set, WHO, TALLY_SPAN("a"), TALLY_SPAN("b"));
	DO(pool_retire, WHO, 1);
}

static void tokens(void **state)
{
	struct tally_access_record access = { .expires_at = 1800000000 };
	struct tally_refresh_record refresh = { .expires_at = 1800000000 };
	struct tally_token_job job = { .use = &refresh, .access = &access, .refresh = &refresh };
	struct tally_token_job *jobs[] = { &job };
	struct tally_revocation_query query = { .client_id = WHO };
	struct tally_access_found found;
	struct tally_refresh_found found_refresh;
	bool revoked;

	(void)state;
	assert_int_equal(tally_token_id_make(&access.id, 1, access.expires_at), TALLY_OK);
	assert_int_equal(tally_token_id_make(&refresh.id, 1, refresh.expires_at), TALLY_OK);
	DO(token_write, jobs, 1);
	assert_int_equal(job.err, TALLY_OK);
	DO(token_write, jobs, 1); /* asks who was faster */
	assert_int_equal(job.err, TALLY_ERR_CONFLICT);
	DO(access_find, help.arena, &access.id, &found);
	DO(refresh_find, help.arena, &refresh.id, &found_refresh);
	DO(revoked, &query, &revoked);
	DO(revoke, &access.id, 1);
	DO(revoke, &access.id, 1);
	DO(revoke_all, TALLY_WATERMARK_CLIENT, WHO, 1);
	DO(revoke_all, TALLY_WATERMARK_CLIENT, WHO, 2);
	/* What token_write adds when it does not know what became of a batch. */
	store_sql(&help, "INSERT INTO access_token SELECT * FROM access_token AS t LIMIT 1"
		  " ON DUPLICATE KEY UPDATE day = access_token.day");
	store_sql(&help, "INSERT INTO refresh_token SELECT * FROM refresh_token AS t LIMIT 1"
		  " ON DUPLICATE KEY UPDATE day = refresh_token.day");
}

static void and_no_more(void **state)
{
	static const char *const refused[] = {
		"DELETE FROM access_token", "DELETE FROM refresh_use", "DELETE FROM revocation", "DELETE FROM watermark",
		"ALTER TABLE revocation DROP PARTITION pmax", "DROP TABLE client",
		"UPDATE client_secret SET expires_at = 0", "DELETE FROM schema_version",
		"DELETE FROM pool",
	};
	struct tally_db *db = store_direct(&help);

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		assert_int_not_equal(tally_db_exec(db, refused[i]), TALLY_OK);
		/* The table, the column. */
		if (db->link.failure.code != 1142 && db->link.failure.code != 1143)
			fail_msg("%s: %s", refused[i], db->link.failure.text);
	}
	store_direct_end(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clients_and_keys),
		cmocka_unit_test(organisations),
		cmocka_unit_test(users_and_issuers),
		cmocka_unit_test(pools),
		cmocka_unit_test(tokens),
		cmocka_unit_test(and_no_more),
	};

	return cmocka_run_group_tests_name("rights", tests, open_all, close_all);
}
