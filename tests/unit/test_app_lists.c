/* SPDX-License-Identifier: Apache-2.0 */
/* With which status lists a process starts, and with which it does not. */
#include "config.h"

#include "app/app.h"
#include "sys/log.h"
#include "tests/fake/marks.h"
#include "tests/unit/logged.h"
#include "tests/unit/pools.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define A "[status]\npublisher = off\n[pool.a]\nsize = 1000\n"

static struct tally_lists *lists;
static struct tally_store *store;
static struct tally_app *app;

static int open_stores(void **state)
{
	(void)state;
	lists = tally_fake_lists_new();
	store = tally_fake_store_new();
	logged_start();
	return lists != NULL && store != NULL ? 0 : -1;
}

static int close_app(void **state)
{
	(void)state;
	tally_app_close(app);
	return 0;
}

static void open_app(const char *more)
{
	const struct tally_app_stores stores = {
		.store = store,
		.marks = tally_fake_marks_new(),
		.lists = lists,
	};

	assert_int_equal(tally_app_open(pools_conf(more), stores, &app), TALLY_OK);
}

static void create_pool(uint32_t size)
{
	struct tally_list_pool shape = { .size = size, .bits = 1 };

	assert_int_equal(lists->ops->pool_open(lists, TALLY_SPAN("a"), &shape), TALLY_OK);
}

static size_t no_body(void *context, char *out, size_t n)
{
	(void)context;
	(void)out;
	(void)n;
	return 0;
}

static struct tally_span ask(const char *method, const char *uri)
{
	static char head[1024];
	struct tally_worker *worker = tally_worker_new(app);
	const struct tally_params params = {
		.method = tally_span_of(method),
		.uri = tally_span_of(uri),
		.api_key = TALLY_SPAN("x"),
	};

	assert_non_null(worker);
	struct tally_answer answer = tally_worker_handle(worker, &params, false, no_body, NULL);

	snprintf(head, sizeof(head), "%.*s%.*s", TALLY_SPAN_ARG(answer.head),
		 TALLY_SPAN_ARG(answer.body));
	tally_worker_free(worker);
	return tally_span_of(head);
}

/* draft-ietf-oauth-status-list §13.3: what is forgotten is handed out again. */
static void lists_that_could_be_forgotten_are_refused(void **state)
{
	(void)state;
	tally_fake_lists_forgetful(lists, true);
	open_app(A);
	assert_int_equal(tally_app_start(app), TALLY_ERR_CONFIG);
}

static void another_size_is_refused(void **state)
{
	(void)state;
	create_pool(2000);
	open_app(A);
	assert_int_equal(tally_app_check(app), TALLY_ERR_CONFIG);
	assert_int_equal(tally_app_start(app), TALLY_ERR_CONFIG);
	assert_non_null(strstr(logged(), "pool.a.size: the lists of this pool were created with "
					 "2000 entries of 1 bits"));
}

static void a_check_creates_nothing(void **state)
{
	struct tally_list_holder holder;
	struct tally_list_pool shape;

	(void)state;
	open_app(A);
	assert_int_equal(tally_app_check(app), TALLY_OK);
	assert_int_equal(lists->ops->pool_look(lists, TALLY_SPAN("a"), &shape, &holder),
			 TALLY_ERR_NOT_FOUND);
	assert_int_equal(tally_app_start(app), TALLY_OK);
	assert_int_equal(lists->ops->pool_look(lists, TALLY_SPAN("a"), &shape, &holder), TALLY_OK);
	assert_int_equal(shape.size, 1000);
}

/* It comes back; until then nobody is told that there is no such thing. */
static void an_outage_is_no_reason_not_to_start(void **state)
{
	(void)state;
	tally_fake_lists_down(lists, true);
	tally_fake_store_down(store, true);
	open_app(A);
	assert_int_equal(tally_app_check(app), TALLY_OK);
	assert_int_equal(tally_app_start(app), TALLY_OK);
	static const char *const rows[][2] = {
		{ "POST", "/pools/a/new-references" }, { "POST", "/pools/x/new-references" },
		{ "PATCH", "/status-lists/update" },   { "GET", "/status-lists/a-0123456789ab" },
		{ "GET", "/status-lists/x-0123456789ab" },
		{ "GET", "/status-lists/a-0123456789ab/1" }, { "GET", "/aggregation/all" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!tally_span_starts_with(ask(rows[i][0], rows[i][1]), TALLY_SPAN("Status: 503 ")))
			fail_msg("%s: %s", rows[i][1], ask(rows[i][0], rows[i][1]).p);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_stores, close_app)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lists_that_could_be_forgotten_are_refused),
		TEST(another_size_is_refused),
		TEST(a_check_creates_nothing),
		TEST(an_outage_is_no_reason_not_to_start),
	};

	return cmocka_run_group_tests_name("app_lists", tests, logged_make_dir, logged_remove_dir);
}
