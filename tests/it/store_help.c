/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/it/store_help.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

#define LOG_MAX (64u << 10)

static char log_path[] = "/tmp/store-log-XXXXXX";

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
		fail_msg("%s: %s", text, db->link.failure.text);
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

static const char *const token_tables[] = {
	"access_token", "refresh_token", "refresh_use", "revocation",
};

void store_partition_afresh(struct store_help *help)
{
	char text[192];

	for (size_t i = 0; i < sizeof(token_tables) / sizeof(token_tables[0]); i++) {
		snprintf(text, sizeof(text), "DELETE FROM %s", token_tables[i]);
		store_sql(help, text);
		snprintf(text, sizeof(text), "ALTER TABLE %s PARTITION BY RANGE (day)"
			 " (PARTITION pmax VALUES LESS THAN MAXVALUE)", token_tables[i]);
		store_sql(help, text);
	}
}

void store_empty(struct store_help *help)
{
	store_partition_afresh(help);
	store_sql(help, "DELETE FROM watermark");
	store_sql(help, "DELETE FROM user");
	store_sql(help, "DELETE FROM trusted_issuer");
	store_sql(help, "DELETE FROM client");
	store_sql(help, "DELETE FROM organisation WHERE organisation_id <> 'default'");
}

struct tally_client_record store_make_client(struct store_help *help, const char *id,
					     struct tally_secret_record *secrets, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		secrets[i] = (struct tally_secret_record){
			.secret_id = tally_span_of(tally_arena_printf(help->arena, "s%zu", i)),
			.created_at = 1700000000 + (int64_t)i,
			.expires_at = i ? 1800000000 : 0,
			.wrapped = i ? TALLY_SPAN("sealed") : TALLY_SPAN(""),
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
		.refresh_lifetime = 86400,
		.persistence = TALLY_PERSIST_REFRESH,
		.format = TALLY_FORMAT_OPAQUE,
		.status = TALLY_STATUS_OFF,
		.may_introspect = true,
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

void store_log_begin(void)
{
	int fd = mkstemp(log_path);

	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(tally_log_open(log_path, TALLY_LOG_TEXT, TALLY_LOG_DEBUG), TALLY_OK);
}

void store_log_end(void)
{
	assert_int_equal(tally_log_open("stderr", TALLY_LOG_TEXT, TALLY_LOG_DEBUG), TALLY_OK);
	unlink(log_path);
}

const char *store_logged(void)
{
	static char text[LOG_MAX];
	FILE *f = fopen(log_path, "r");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

	text[n] = '\0';
	if (f != NULL)
		fclose(f);
	assert_int_equal(truncate(log_path, 0), 0);
	return text;
}

size_t store_count(const char *text, const char *what)
{
	size_t n = 0;

	while ((text = strstr(text, what)) != NULL) {
		text += strlen(what);
		n++;
	}
	return n;
}

const char *store_given(const char *name)
{
	const char *value = getenv(name);

	if (value == NULL)
		fail_msg("%s is not set", name);
	return value;
}

void store_server(const char *verb)
{
	char command[600];

	snprintf(command, sizeof(command), "%s %s", store_given("TALLY_IT_SERVER"), verb);
	assert_int_equal(system(command), 0);
}

void store_admin(struct store_help *help, const char *text)
{
	struct tally_conf conf = *help->conf;
	struct tally_db db = { .conf = &conf };

	conf.database_user = "admin";
	conf.database_password_file = store_given("TALLY_IT_ADMIN");
	assert_int_equal(tally_db_connect(&db, 10), TALLY_OK);
	if (tally_db_exec(&db, text) != TALLY_OK)
		fail_msg("%s: %s", text, db.link.failure.text);
	tally_db_close(&db);
}

struct tally_db *store_borrow(struct tally_links *pool)
{
	struct tally_link_failure failure;
	struct tally_link *link;

	assert_int_equal(tally_links_get(pool, &link, &failure), TALLY_OK);
	return (struct tally_db *)link;
}

void store_return(struct tally_links *pool, struct tally_db *db)
{
	tally_links_put(pool, &db->link, TALLY_LINK_KEEP);
}

void store_fill_pool(struct store_help *help)
{
	struct tally_links *pool = ((struct tally_mysql *)help->store)->pool;
	struct tally_db *dbs[16];
	size_t n = help->conf->database_connections;

	for (size_t i = 0; i < n; i++)
		dbs[i] = store_borrow(pool);
	for (size_t i = 0; i < n; i++)
		store_return(pool, dbs[i]);
}

void store_kill_connections(struct store_help *help)
{
	struct tally_db *db = store_direct(help);
	struct tally_links *pool = ((struct tally_mysql *)help->store)->pool;
	struct tally_db *dbs[16];
	size_t n = help->conf->database_connections;
	char text[64];

	store_fill_pool(help);
	for (size_t i = 0; i < n; i++) {
		dbs[i] = store_borrow(pool);
		snprintf(text, sizeof(text), "KILL %lu", mysql_thread_id(dbs[i]->mysql));
		assert_int_equal(tally_db_exec(db, text), TALLY_OK);
	}
	for (size_t i = 0; i < n; i++)
		store_return(pool, dbs[i]);
	store_direct_end(db);
}

/* MySQL's information_schema fails on the bytes that are in statements at work. */
void store_end_connections(struct store_help *help)
{
	struct tally_db *db = store_direct(help);
	MYSQL_RES *result;
	MYSQL_ROW row;
	char text[64];

	assert_int_equal(tally_db_exec(db, "SHOW PROCESSLIST"), TALLY_OK);
	result = mysql_store_result(db->mysql);
	if (result == NULL)
		fail_msg("the list of connections: %s", mysql_error(db->mysql));
	while ((row = mysql_fetch_row(result)) != NULL) {
		if (strcmp(row[1], "tallystick") != 0 ||
		    strtoul(row[0], NULL, 10) == mysql_thread_id(db->mysql))
			continue;
		snprintf(text, sizeof(text), "KILL %s", row[0]);
		/* It may have ended meanwhile: error 1094. */
		if (tally_db_exec(db, text) != TALLY_OK)
			assert_int_equal(db->link.failure.code, 1094);
	}
	mysql_free_result(result);
	store_direct_end(db);
}
