/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pools of status lists, against the real server that the configuration named by
 * TALLYSTICK_CONF leads to. The tables are there. Run by 20-store.sh.
 */
#include "config.h"

#include "tests/it/store_help.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct store_help help;

#define OPS (help.store->ops)
#define NAME TALLY_SPAN("cards")
#define SMALL TALLY_SPAN("size = 800\n")
#define LARGE TALLY_SPAN("size = 80000\n")
#define DIGEST "0123456789abcdef0123456789abcdef0123456789ABCDEF0123456789abcdef"

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

static int empty(void **state)
{
	(void)state;
	store_sql(&help, "DELETE FROM pool");
	return 0;
}

static void add(struct tally_span pool_id, struct tally_span definition, enum tally_err want)
{
	struct tally_pool_record pool = {
		.pool_id = pool_id, .definition = definition, .created_at = 1700000000,
	};

	assert_int_equal(OPS->pool_add(help.store, &pool), want);
}

/* The only pool that there is. */
static struct tally_pool_record only(void)
{
	struct tally_pool_record *list;
	size_t count;

	assert_int_equal(OPS->pool_list(help.store, help.arena, &list, &count), TALLY_OK);
	assert_int_equal(count, 1);
	return list[0];
}

static void pools_come_back_as_they_were_added(void **state)
{
	struct tally_pool_record *list, got;
	size_t count;

	(void)state;
	assert_int_equal(OPS->pool_list(help.store, help.arena, &list, &count), TALLY_OK);
	assert_int_equal(count, 0);
	add(NAME, TALLY_SPAN("a = \xc3\xa4\n\0b"), TALLY_OK);
	add(NAME, SMALL, TALLY_ERR_EXISTS);
	got = only();
	assert_true(tally_span_eq(got.pool_id, NAME));
	assert_true(tally_span_eq(got.definition, TALLY_SPAN("a = \xc3\xa4\n\0b")));
	assert_int_equal(got.created_at, 1700000000);
	assert_int_equal(got.retired_at, 0);
	add(TALLY_SPAN("cards "), SMALL, TALLY_OK); /* byte for byte */
	add(TALLY_SPAN("bards"), SMALL, TALLY_OK);
	assert_int_equal(OPS->pool_list(help.store, help.arena, &list, &count), TALLY_OK);
	assert_int_equal(count, 3);
	assert_true(tally_span_eq(list[0].pool_id, TALLY_SPAN("bards")));
}

static void what_does_not_fit_is_refused(void **state)
{
	static char text[TALLY_POOL_TEXT_MAX + 1];

	(void)state;
	memset(text, 'x', sizeof(text));
	add(tally_span(text, 0), SMALL, TALLY_ERR_LIMIT);
	add(tally_span(text, TALLY_POOL_ID_MAX + 1), SMALL, TALLY_ERR_LIMIT);
	add(NAME, tally_span(text, sizeof(text)), TALLY_ERR_LIMIT);
	add(tally_span(text, TALLY_POOL_ID_MAX), tally_span(text, TALLY_POOL_TEXT_MAX), TALLY_OK);
	assert_int_equal(only().definition.n, TALLY_POOL_TEXT_MAX);
	assert_int_equal(OPS->pool_set(help.store, only().pool_id, only().definition,
				       tally_span(text, sizeof(text))), TALLY_ERR_LIMIT);
}

/* Of two who have read the same, the second is told that it has changed. */
static void a_definition_is_replaced_by_who_knows_it(void **state)
{
	(void)state;
	add(NAME, SMALL, TALLY_OK);
	assert_int_equal(OPS->pool_set(help.store, NAME, SMALL, LARGE), TALLY_OK);
	assert_true(tally_span_eq(only().definition, LARGE));
	assert_int_equal(OPS->pool_set(help.store, NAME, SMALL, SMALL), TALLY_ERR_CONFLICT);
	assert_true(tally_span_eq(only().definition, LARGE));
	assert_int_equal(OPS->pool_set(help.store, NAME, LARGE, LARGE), TALLY_OK);
	assert_int_equal(OPS->pool_set(help.store, TALLY_SPAN("Cards"), LARGE, SMALL),
			 TALLY_ERR_NOT_FOUND);
	assert_int_equal(OPS->pool_set(help.store, TALLY_SPAN(""), LARGE, SMALL),
			 TALLY_ERR_NOT_FOUND);
}

static void pools_retire_and_come_back(void **state)
{
	(void)state;
	add(NAME, SMALL, TALLY_OK);
	assert_int_equal(OPS->pool_retire(help.store, NAME, 1700000001), TALLY_OK);
	assert_int_equal(only().retired_at, 1700000001);
	assert_int_equal(OPS->pool_retire(help.store, NAME, 1700000001), TALLY_OK);
	assert_int_equal(OPS->pool_retire(help.store, NAME, 0), TALLY_OK);
	assert_int_equal(only().retired_at, 0);
	assert_int_equal(OPS->pool_retire(help.store, TALLY_SPAN("other"), 1), TALLY_ERR_NOT_FOUND);
}

static void pools_are_bounded(void **state)
{
	struct tally_pool_record *list;
	char name[16];
	size_t count;

	(void)state;
	store_sql(&help, "INSERT INTO pool (pool_id, definition, created_at)"
		  " SELECT CONCAT('p', (a.n * 16 + b.n) * 4 + c.n), '', 0 FROM"
		  " (WITH RECURSIVE r AS (SELECT 0 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 15)"
		  "  SELECT n FROM r) AS a,"
		  " (WITH RECURSIVE r AS (SELECT 0 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 15)"
		  "  SELECT n FROM r) AS b,"
		  " (WITH RECURSIVE r AS (SELECT 0 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 3)"
		  "  SELECT n FROM r) AS c");
	store_sql(&help, "DELETE FROM pool WHERE pool_id IN ('p5', 'p7')");
	for (unsigned int i = 0; i < 3; i++)
		add(tally_span(name, (size_t)snprintf(name, sizeof(name), "q%u", i)), SMALL,
		    i < 2 ? TALLY_OK : TALLY_ERR_LIMIT);
	assert_int_equal(OPS->pool_list(help.store, help.arena, &list, &count), TALLY_OK);
	assert_int_equal(count, TALLY_POOLS_MAX);
}

static void the_view_leaves_out_digests(void **state)
{
	(void)state;
	add(NAME, TALLY_SPAN("api-keys = k1:" DIGEST " k2:" DIGEST "\nbits = 2\n"), TALLY_OK);
	assert_int_equal(store_number(&help, "SELECT COUNT(*) FROM pool_view WHERE pool_id = 'cards'"
				      " AND definition = 'api-keys = k1 k2\nbits = 2\n'"
				      " AND created_at = '2023-11-14 22:13:20'"
				      " AND retired_at IS NULL"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(pools_come_back_as_they_were_added, empty),
		cmocka_unit_test_setup(what_does_not_fit_is_refused, empty),
		cmocka_unit_test_setup(a_definition_is_replaced_by_who_knows_it, empty),
		cmocka_unit_test_setup(pools_retire_and_come_back, empty),
		cmocka_unit_test_setup(pools_are_bounded, empty),
		cmocka_unit_test_setup_teardown(the_view_leaves_out_digests, empty, empty),
	};

	return cmocka_run_group_tests_name("store-pool", tests, open_all, close_all);
}
