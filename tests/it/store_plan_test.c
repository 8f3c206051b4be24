/* SPDX-License-Identifier: Apache-2.0 */
/*
 * That the server reads rows by their keys, by its own plan of each statement.
 * After store_test, which makes the tables.
 */
#include "config.h"

#include "base/buf.h"
#include "store/mysql/ops.h"
#include "tests/it/store_help.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct store_help help;

#define OPS (help.store->ops)

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

#define PLAN_ID "x'31000000000000000000000000000000'" /* of the parameters, all '1' */

#define TEXT_ROWS 2048 /* who asks for most rows of a table may well be given all */
#define TEXT_USES 64   /* refresh tokens that are used in one batch */

static bool ends_with(const struct tally_buf *text, const char *end)
{
	size_t n = strlen(end);

	return text->n >= n && memcmp(text->p + text->n - n, end, n) == 0;
}

/* Several look for rows that fill_table made, each for another one. */
static const char *key_of_many(unsigned int i, bool is_id)
{
	return tally_arena_printf(help.arena, is_id ? "x'0001%028x'" : "'%028x'", i);
}

/* The statement with a value in the place of each parameter. */
static const char *explain(const struct tally_statement_row *s)
{
	struct tally_buf filled;
	bool many = s->access == TALLY_ACCESS_KEYS;
	unsigned int i = 0;

	tally_buf_in(&filled, help.arena, 16384 + strlen(s->text));
	tally_buf_add_str(&filled, "EXPLAIN FORMAT=TRADITIONAL ");
	for (const char *p = s->text; *p; p++) {
		bool is_id = ends_with(&filled, " AND id = ") || ends_with(&filled, " AND t.id = ") ||
			     ends_with(&filled, " AND x.id = ");

		if (*p != '?')
			tally_buf_add_char(&filled, *p);
		else if (many && !ends_with(&filled, "day = "))
			tally_buf_add_str(&filled, key_of_many(i++ % TALLY_LOOKUP_SLOTS, is_id));
		else
			tally_buf_add_str(&filled, is_id ? PLAN_ID : "'1'");
	}
	assert_int_equal(tally_buf_err(&filled), TALLY_OK);
	return tally_buf_cstr(&filled);
}

static const char *column(MYSQL_RES *result, MYSQL_ROW row, const char *name)
{
	for (unsigned int i = 0; i < mysql_num_fields(result); i++)
		if (strcmp(mysql_fetch_field_direct(result, i)->name, name) == 0)
			return row[i] ? row[i] : "";
	fail_msg("EXPLAIN has no column %s", name);
	return "";
}

/* Every table of the plan is reached by a key that bounds what is read. */
static void assert_rows(const struct tally_statement_row *s, MYSQL_RES *result)
{
	MYSQL_ROW row;

	while ((row = mysql_fetch_row(result)) != NULL) {
		const char *table = column(result, row, "table");
		const char *type = column(result, row, "type");
		const char *extra = column(result, row, "Extra");
		bool page = s->access == TALLY_ACCESS_RANGE && table[0] == '<';

		if (s->access == TALLY_ACCESS_LIST || page)
			continue; /* small by themselves: 256 keys, 1024 pools, a page */
		if (strcmp(type, "ALL") == 0 || strcmp(type, "index") == 0 || type[0] == '\0' ||
		    column(result, row, "key")[0] == '\0')
			fail_msg("%s: table %s is read by type '%s' key '%s' (%s)", s->name, table,
				 type, column(result, row, "key"), extra);
		if (s->access == TALLY_ACCESS_KEY && strcmp(type, "range") == 0)
			fail_msg("%s: table %s is read by a range", s->name, table);
		/* What it says of a join by keys is of statistics, which may be old. */
		if (s->access == TALLY_ACCESS_KEYS && strcmp(type, "range") == 0 &&
		    strtoul(column(result, row, "rows"), NULL, 10) > TALLY_LOOKUP_SLOTS)
			fail_msg("%s: reads %s rows of table %s", s->name,
				 column(result, row, "rows"), table);
		if ((s->access == TALLY_ACCESS_KEY || s->access == TALLY_ACCESS_KEYS) &&
		    strstr(extra, "filesort") != NULL)
			fail_msg("%s: sorts (%s)", s->name, extra);
	}
}

static void assert_plan(struct tally_db *db, const struct tally_statement_row *s)
{
	if (tally_db_exec(db, explain(s)) != TALLY_OK)
		fail_msg("%s: %s", s->name, db->link.failure.text);
	MYSQL_RES *result = mysql_store_result(db->mysql);

	assert_non_null(result);
	assert_rows(s, result);
	mysql_free_result(result);
}

/*
 * Rows of each table that the parameters, all '1', find; ids have 16 bytes.
 */
static void fill_for_plans(void)
{
	static const char *const rows[] = {
		"INSERT INTO organisation (id, organisation_id, name, created_at)"
		" VALUES (11, '1', '', 0), (12, '2', '', 0)",
		"INSERT INTO client_key VALUES (1, '1', 'ES256', '', 0, 0), (1, '2', 'ES256', '', 0, 0)",
		"INSERT INTO user (id, user_id, login, name, password, created_at)"
		" VALUES (1, '1', '1', '', '', 0), (2, '2', '2', '', '', 0)",
		"INSERT INTO user_key VALUES ('1', 1, 'ES256', '', 0, 0), ('2', 1, 'ES256', '', 0, 0)",
		"INSERT INTO trusted_issuer (issuer, jwks, audience, created_at)"
		" VALUES ('1', '', '', 0), ('2', '', '', 0), ('3', '', '', 0)",
		"INSERT INTO pool VALUES ('1', '1', 0, 0), ('2', '', 0, 0), ('3', '', 0, 0)",
		"INSERT INTO access_token VALUES (1, " PLAN_ID ", " PLAN_ID ", 1, 1, '1', '', '',"
		" '', 0, 1, 1)",
		/* The second one is what came of the first, whose day is in its id. */
		"INSERT INTO refresh_token VALUES (1, " PLAN_ID ", " PLAN_ID ", 1, 1, '1', '', '',"
		" REPEAT('x', 32), 0, 0, ''), (12544, " PLAN_ID ", " PLAN_ID ", 1, 1, '1', '', '',"
		" REPEAT('x', 32), 0, 0, '')",
		"INSERT INTO refresh_use VALUES (1, " PLAN_ID ", 1, 1, " PLAN_ID ")",
		/* The second one is a family, whose day is in its id. */
		"INSERT INTO revocation VALUES (1, " PLAN_ID ", 1), (12544, " PLAN_ID ", 1)",
		"INSERT INTO watermark VALUES (0, '1', 1), (1, '1', 1)",
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		store_sql(&help, rows[i]);
}

static void every_statement_uses_its_keys(void **state)
{
	struct tally_key_record key = {
		.kid = TALLY_SPAN("1"), .alg = TALLY_SPAN("ES256"), .uri = TALLY_SPAN("x"),
	};
	struct tally_db *db = store_direct(&help);
	char id[16];

	(void)state;
	/* What the parameters find: a server plans nothing for what is not there. */
	store_sql(&help, "INSERT INTO client (id, client_id, name, grants, scopes, default_scopes,"
		  " audience, created_at) VALUES (1, '1', '', '', '', '', '', 0)");
	store_sql(&help, "INSERT INTO client_secret (client, secret_id, digest, created_at)"
		  " VALUES (1, '1', REPEAT('x', 32), 0), (1, '2', REPEAT('x', 32), 0)");
	fill_for_plans();
	for (int i = 1; i < 300; i++) {
		snprintf(id, sizeof(id), "%d", i);
		if (i > 1)
			store_add_client(&help, id, 2);
		key.kid = tally_span_of(id);
		if (i < 100)
			assert_int_equal(OPS->key_add(help.store, &key), TALLY_OK);
	}
	for (size_t i = 0; i < TALLY_STATEMENT_COUNT; i++) {
		if (strncmp(tally_statements[i].text, "INSERT", 6) != 0 &&
		    tally_statements[i].access != TALLY_ACCESS_KEYS)
			assert_plan(db, &tally_statements[i]);
	}
	store_direct_end(db);
	store_sql(&help, "DELETE FROM client");
	store_sql(&help, "DELETE FROM signing_key");
	store_sql(&help, "DELETE FROM user");
	store_sql(&help, "DELETE FROM trusted_issuer");
	store_sql(&help, "DELETE FROM pool");
	store_sql(&help, "DELETE FROM organisation WHERE id > 1");
}

/* What is put together as text reads the rows that it names, one by one. */
static void assert_text_plan(struct tally_db *db, const char *name, struct tally_buf *text)
{
	const struct tally_statement_row s = {
		.name = name, .access = TALLY_ACCESS_RANGE, .text = tally_buf_cstr(text),
	};

	assert_int_equal(tally_buf_err(text), TALLY_OK);
	assert_plan(db, &s);
}

/* The id of a row that fill_texts made on this day; i is below 256. */
static struct tally_token_id text_id(uint8_t day, size_t i)
{
	struct tally_token_id id = { .bytes = { 0, day } };

	id.bytes[15] = (uint8_t)i;
	return id;
}

/* A table of many rows: in each its number of 28 digits, between these. */
static void fill_table(const char *table, const char *before, const char *after)
{
	struct tally_buf text;
	const char *end = " VALUES ";

	tally_buf_in(&text, help.arena, 256u << 10);
	tally_buf_add_str(&text, "INSERT INTO ");
	tally_buf_add_str(&text, table);
	for (unsigned int i = 0; i < TEXT_ROWS; i++, end = ",") {
		tally_buf_add_str(&text, end);
		tally_buf_add_str(&text, before);
		tally_buf_add_str(&text, tally_arena_printf(help.arena, "%028x", i));
		tally_buf_add_str(&text, after);
	}
	assert_int_equal(tally_buf_err(&text), TALLY_OK);
	store_sql(&help, tally_buf_cstr(&text));
}

static void fill_texts(void)
{
	store_empty(&help);
	fill_table("revocation", "(1, x'0001", "', 1)");
	fill_table("revocation", "(2, x'0002", "', 1)");
	fill_table("refresh_use", "(1, x'0001", "', 1, 1, '')");
	fill_table("watermark", "(0, 'c", "', 1)");
	fill_table("watermark", "(1, 's", "', 1)");
}

static void assert_revoked_plan(struct tally_db *db, size_t n)
{
	struct tally_revocation_query all[TALLY_LOOKUP_BATCH];
	const struct tally_revocation_query *queries[TALLY_LOOKUP_BATCH];
	char names[TALLY_LOOKUP_BATCH][2][32];
	struct tally_buf text;

	for (size_t i = 0; i < n; i++) {
		snprintf(names[i][0], sizeof(names[i][0]), "c%028zx", i);
		snprintf(names[i][1], sizeof(names[i][1]), "s%028zx", i);
		all[i] = (struct tally_revocation_query){
			.id = text_id(1, i), .family = text_id(2, i),
			.client_id = tally_span_of(names[i][0]),
			.subject = tally_span_of(names[i][1]),
		};
		queries[i] = &all[i];
	}
	tally_buf_in(&text, help.arena, 64u << 10);
	tally_mysql_revoked_text(&text, queries, n);
	assert_text_plan(db, "revoked, several", &text);
}

static void assert_uses_plan(struct tally_db *db, size_t n)
{
	struct tally_refresh_record uses[TEXT_USES];
	struct tally_token_job all[TEXT_USES], *jobs[TEXT_USES];
	size_t order[TEXT_USES];
	struct tally_buf text;

	for (size_t i = 0; i < n; i++) {
		uses[i] = (struct tally_refresh_record){ .id = text_id(1, i) };
		all[i] = (struct tally_token_job){ .use = &uses[i] };
		jobs[i] = &all[i];
		order[i] = i;
	}
	tally_buf_in(&text, help.arena, 64u << 10);
	tally_mysql_uses_text(&text, jobs, order, n);
	assert_text_plan(db, "uses of refresh tokens", &text);
}

/* One or two, and as many as come together. */
static void every_text_uses_its_keys(void **state)
{
	struct tally_db *db = store_direct(&help);

	(void)state;
	fill_texts();
	assert_revoked_plan(db, 2);
	assert_revoked_plan(db, TALLY_LOOKUP_BATCH);
	assert_uses_plan(db, 1);
	assert_uses_plan(db, TEXT_USES);
	store_direct_end(db);
	store_empty(&help);
}

/* The rows of 1 to TEXT_ROWS users, and so on; what is joined is there as well. */
static void fill_for_many(void)
{
	store_empty(&help);
	fill_table("client (client_id, name, grants, scopes, default_scopes, audience, created_at)",
		   "('", "', '', '', '', '', '', 0)");
	store_sql(&help, "INSERT INTO client_secret (client, secret_id, digest, created_at)"
		  " SELECT id, 's', REPEAT('x', 32), 0 FROM client");
	store_sql(&help, "INSERT INTO client_key SELECT id, 'k', 'ES256', '', 0, 0 FROM client");
	fill_table("user (user_id, name, password, created_at)", "('", "', '', '', 0)");
	store_sql(&help, "UPDATE user SET login = user_id");
	store_sql(&help, "INSERT INTO user_key SELECT user_id, id, 'ES256', '', 0, 0 FROM user");
	fill_table("access_token", "(1, x'0001", "', '', 1, 1, '1', '', '', '', 0, 1, 1)");
	fill_table("refresh_token", "(1, x'0001", "', " PLAN_ID ", 1, 1, '1', '', '',"
		   " REPEAT('x', 32), 0, 0, '')");
	fill_table("refresh_use", "(1, x'0001", "', 1, 1, '')");
	fill_table("revocation", "(1, x'0001", "', 1)");
	fill_table("watermark", "(0, '", "', 1)");
	fill_table("watermark", "(1, '", "', 1)");
}

static void assert_plans_of_many(void)
{
	struct tally_db *db = store_direct(&help);

	for (size_t i = 0; i < TALLY_STATEMENT_COUNT; i++)
		if (tally_statements[i].access == TALLY_ACCESS_KEYS)
			assert_plan(db, &tally_statements[i]);
	store_direct_end(db);
}

/* Of large tables, and of tables that have hardly a row, which a server likes to read whole. */
static void every_statement_of_many_uses_its_keys(void **state)
{
	(void)state;
	fill_for_many();
	assert_plans_of_many();
	store_empty(&help);
	store_add_client(&help, "0000000000000000000000000001", 1);
	assert_plans_of_many();
	store_empty(&help);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_statement_uses_its_keys),
		cmocka_unit_test(every_statement_of_many_uses_its_keys),
		cmocka_unit_test(every_text_uses_its_keys),
	};

	return cmocka_run_group_tests_name("plans", tests, open_all, close_all);
}
