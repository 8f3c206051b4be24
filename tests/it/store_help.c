/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/it/store_help.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

void store_help_open(struct store_help *help)
{
	const char *path = getenv("TALLYSTICK_CONF");

	if (path == NULL)
		fail_msg("TALLYSTICK_CONF names no configuration");
	help->arena = tally_arena_new(64u << 10, 16u << 20);
	assert_int_equal(tally_conf_load(path, &help->conf), TALLY_OK);
	assert_int_equal(tally_mysql_open(help->conf, &help->store), TALLY_OK);
}

void store_help_close(struct store_help *help)
{
	help->store->ops->close(help->store);
	tally_conf_free(help->conf);
	tally_arena_free(help->arena);
}

struct tally_db *store_direct(struct store_help *help)
{
	struct tally_db *db = calloc(1, sizeof(*db));

	db->conf = help->conf;
	assert_int_equal(tally_db_connect(db, help->conf->database_timeout), TALLY_OK);
	return db;
}

void store_direct_end(struct tally_db *db)
{
	tally_db_close(db);
	free(db);
}

void store_sql(struct store_help *help, const char *text)
{
	struct tally_db *db = store_direct(help);
	enum tally_err err = tally_db_exec(db, text);

	if (err != TALLY_OK)
		fail_msg("%s: %s", text, db->failure.text);
	store_direct_end(db);
}

int64_t store_number(struct store_help *help, const char *text)
{
	struct tally_db *db = store_direct(help);
	int64_t value = -1;

	assert_int_equal(tally_db_number(db, text, &value), TALLY_OK);
	store_direct_end(db);
	return value;
}

struct tally_client_record store_make_client(struct store_help *help, const char *id,
					     struct tally_secret_record *secrets, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		secrets[i] = (struct tally_secret_record){
			.secret_id = tally_span_of(tally_arena_printf(help->arena, "s%zu", i)),
			.created_at = 1700000000 + (int64_t)i,
			.expires_at = i ? 1800000000 : 0,
		};
		memset(secrets[i].digest, (int)('a' + i), sizeof(secrets[i].digest));
	}
	return (struct tally_client_record){
		.client_id = tally_span_of(id),
		.name = TALLY_SPAN("Zähler \xf0\x9f\x8c\xb3"),
		.grants = TALLY_SPAN("client_credentials"),
		.scopes = TALLY_SPAN("read write device_*"),
		.default_scopes = TALLY_SPAN("read"),
		.audience = TALLY_SPAN("https://api.example"),
		.access_lifetime = 600,
		.created_at = 1700000000,
		.secrets = secrets,
		.secret_count = count,
	};
}

void store_add_client(struct store_help *help, const char *id, size_t count)
{
	struct tally_secret_record secrets[TALLY_SECRETS_MAX];
	struct tally_client_record client = store_make_client(help, id, secrets, count);

	assert_int_equal(help->store->ops->client_add(help->store, &client), TALLY_OK);
}
