/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The store while its server is killed, stopped, made read-only, or drops its
 * connections. Run by 20-store.sh, which says by variables
 *
 *	TALLY_IT_SERVER    what to call with kill, start, pause and resume
 *	TALLY_IT_ADMIN     the file with the password of the server's user admin
 *	TALLY_IT_PORT      where the server listens on 127.0.0.1
 *	TALLY_IT_CA        the authority of the server's certificate
 *	TALLY_IT_OTHER_CA  another one
 */
#include "config.h"

#include "tests/it/store_help.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

static struct store_help help;

#define OPS (help.store->ops)

static int open_all(void **state)
{
	struct tally_migration_report report;

	(void)state;
	store_help_open(&help);
	assert_int_equal(tally_mysql_migrate(help.store, &report), TALLY_OK);
	store_sql(&help, "DELETE FROM client");
	store_sql(&help, "DELETE FROM signing_key");
	store_add_client(&help, "a", 1);
	store_add_client(&help, "b", 1);
	store_log_begin();
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	store_log_end();
	store_help_close(&help);
	return 0;
}

static enum tally_err find(const char *id)
{
	struct tally_client_record client;
	enum tally_err err = OPS->client_find(help.store, help.arena, tally_span_of(id), &client);

	tally_arena_reset(help.arena);
	return err;
}

static enum tally_err change(void)
{
	return OPS->client_disable(help.store, TALLY_SPAN("a"), 1);
}

static int64_t elapsed_ms(int64_t since)
{
	return tally_clock_ms() - since;
}

static void assert_took(int64_t since, int64_t least, int64_t most)
{
	int64_t ms = elapsed_ms(since);

	if (ms < least || ms > most)
		fail_msg("took %lld ms, not %lld to %lld", (long long)ms, (long long)least,
			 (long long)most);
}

static int64_t timeout_ms(void)
{
	return (int64_t)help.conf->database_timeout * 1000;
}

/* ---- connections ---- */

static void connections_that_were_killed_are_not_noticed(void **state)
{
	(void)state;
	store_kill_connections(&help);
	assert_int_equal(find("a"), TALLY_OK);
	store_kill_connections(&help);
	assert_int_equal(change(), TALLY_OK);
	store_kill_connections(&help);
	assert_int_equal(OPS->client_remove(help.store, TALLY_SPAN("nobody")),
			 TALLY_ERR_NOT_FOUND);
	assert_int_equal(store_count(store_logged(), "error"), 0);
}

/* A connection that ends within the work is seen by the work, not by the pool. */
static void a_connection_lost_within_the_work_is_made_again(void **state)
{
	struct tally_work work = tally_work(help.store, TALLY_WORK_WRITE);
	char text[64];
	int runs = 0;

	(void)state;
	while (tally_work_next(&work)) {
		if (runs++ == 0) {
			snprintf(text, sizeof(text), "KILL %lu", mysql_thread_id(work.db->mysql));
			store_sql(&help, text);
		}
		work.err = tally_db_exec(work.db, "DELETE FROM client WHERE client_id = 'none'");
	}
	assert_int_equal(work.err, TALLY_OK);
	assert_int_equal(runs, 2);
}

/* Nobody knows what became of such a commit: it is reported, not repeated. */
static void a_connection_lost_while_committing_is_reported(void **state)
{
	static const struct {
		enum tally_work_kind kind;
		enum tally_err err;
		int runs;
	} rows[] = {
		{ TALLY_WORK_WRITE, TALLY_ERR_UNAVAILABLE, 1 },
		{ TALLY_WORK_REPEAT, TALLY_OK, 2 },
	};
	char text[64];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct tally_work work = tally_work(help.store, rows[i].kind);
		int runs = 0;

		store_logged();
		while (tally_work_next(&work)) {
			snprintf(text, sizeof(text), "KILL %lu", mysql_thread_id(work.db->mysql));
			if (runs++ == 0)
				store_sql(&help, text);
		}
		assert_int_equal(work.err, rows[i].err);
		assert_int_equal(runs, rows[i].runs);
		assert_int_equal(store_count(store_logged(), "not known whether"), i == 0 ? 1 : 0);
	}
}

static void a_pool_that_is_empty_refuses_in_time(void **state)
{
	struct tally_links *pool = ((struct tally_mysql *)help.store)->pool;
	struct tally_db *dbs[16];
	size_t n = help.conf->database_connections;

	(void)state;
	for (size_t i = 0; i < n; i++)
		dbs[i] = store_borrow(pool);
	int64_t began = tally_clock_ms();

	assert_int_equal(find("a"), TALLY_ERR_UNAVAILABLE);
	assert_took(began, timeout_ms() - 100, timeout_ms() + 1000);
	assert_int_equal(store_count(store_logged(), "connections were busy"), 1);
	for (size_t i = 0; i < n; i++)
		store_return(pool, dbs[i]);
	assert_int_equal(find("a"), TALLY_OK);
}

static void *find_many(void *ok)
{
	struct tally_arena *arena = tally_arena_new(16u << 10, 64u << 10);
	struct tally_client_record client;

	for (int i = 0; i < 200; i++) {
		if (OPS->client_find(help.store, arena, TALLY_SPAN("b"), &client) == TALLY_OK)
			(*(int *)ok)++;
		tally_arena_reset(arena);
	}
	tally_arena_free(arena);
	return NULL;
}

static void more_threads_than_connections_take_turns(void **state)
{
	pthread_t threads[8];
	int ok[8] = { 0 };

	(void)state;
	for (int i = 0; i < 8; i++)
		pthread_create(&threads[i], NULL, find_many, &ok[i]);
	for (int i = 0; i < 8; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(ok[i], 200);
	}
}

/* A server that has no connection left for us: what we have goes round. */
static void one_connection_is_enough_when_no_more_can_be_had(void **state)
{
	struct tally_conf conf = *help.conf;
	struct tally_store *before = help.store;
	struct tally_links *pool;
	struct tally_db *db;
	pthread_t threads[4];
	int ok[4] = { 0 };

	(void)state;
	assert_int_equal(tally_mysql_open(&conf, &help.store), TALLY_OK);
	pool = ((struct tally_mysql *)help.store)->pool;
	db = store_borrow(pool);
	conf.database_password_file = "/nonexistent/password";
	store_return(pool, db);
	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, find_many, &ok[i]);
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		/* Who tries in vain once a second is refused. */
		assert_true(ok[i] >= 190);
	}
	OPS->close(help.store);
	help.store = before;
	store_logged();
}

/* ---- locks ---- */

struct rival {
	const char *first;
	const char *second;
	pthread_barrier_t *both;
	enum tally_err err;
	int runs;
};

static enum tally_err lock(struct tally_db *db, const char *id)
{
	struct tally_query q;

	tally_query_begin(&q, db, TALLY_STATEMENT_client_lock);
	tally_query_put_bytes(&q, tally_span_of(id));
	tally_query_run(&q);
	return tally_query_end(&q);
}

static void *lock_two(void *context)
{
	struct rival *rival = context;
	struct tally_work work = tally_work(help.store, TALLY_WORK_WRITE);

	while (tally_work_next(&work)) {
		work.err = lock(work.db, rival->first);
		if (rival->runs++ == 0)
			pthread_barrier_wait(rival->both);
		if (work.err == TALLY_OK)
			work.err = lock(work.db, rival->second);
	}
	rival->err = work.err;
	return NULL;
}

static void a_deadlock_is_tried_again(void **state)
{
	pthread_barrier_t both;
	struct rival rivals[2] = { { "a", "b", &both, 0, 0 }, { "b", "a", &both, 0, 0 } };
	pthread_t threads[2];

	(void)state;
	pthread_barrier_init(&both, NULL, 2);
	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, lock_two, &rivals[i]);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&both);
	assert_int_equal(rivals[0].err, TALLY_OK);
	assert_int_equal(rivals[1].err, TALLY_OK);
	assert_int_equal(rivals[0].runs + rivals[1].runs, 3);
}

static void a_lock_that_others_keep_is_given_up(void **state)
{
	struct tally_db *db = store_direct(&help);
	int64_t began = tally_clock_ms();

	(void)state;
	assert_int_equal(tally_db_exec(db, "START TRANSACTION"), TALLY_OK);
	assert_int_equal(lock(db, "a"), TALLY_OK);
	assert_int_equal(change(), TALLY_ERR_UNAVAILABLE);
	assert_took(began, 500, 2 * timeout_ms() + 1000);
	store_direct_end(db);
	assert_int_equal(change(), TALLY_OK);
}

/* ---- the server ---- */

/* Until it works again, for at most 30 s; the number of attempts that did not. */
static int wait_for(enum tally_err (*work)(void))
{
	int64_t began = tally_clock_ms();
	int failed = 0;

	while (work() != TALLY_OK) {
		assert_true(elapsed_ms(began) < 30000);
		failed++;
		usleep(50000);
	}
	return failed;
}

static enum tally_err find_a(void)
{
	return find("a");
}

static void a_killed_server_is_unavailable_until_it_is_back(void **state)
{
	(void)state;
	store_fill_pool(&help);
	store_logged();
	store_server("kill");
	int64_t began = tally_clock_ms();

	for (int i = 0; i < 50; i++)
		assert_int_equal(find("a"), TALLY_ERR_UNAVAILABLE);
	assert_int_equal(change(), TALLY_ERR_UNAVAILABLE);
	assert_int_equal(OPS->ping(help.store), TALLY_ERR_UNAVAILABLE);
	/* Nobody tries to connect more than once a second. */
	assert_true(elapsed_ms(began) < 2000);
	assert_int_equal(store_count(store_logged(), "the database cannot be used"), 1);
	store_server("start");
	wait_for(find_a);
	assert_int_equal(change(), TALLY_OK);
	assert_int_equal(store_count(store_logged(), " again, after "), 1);
}

static void a_restart_between_two_requests_is_not_noticed(void **state)
{
	(void)state;
	store_fill_pool(&help);
	store_server("kill");
	store_server("start");
	assert_int_equal(find("a"), TALLY_OK);
	assert_int_equal(change(), TALLY_OK);
	assert_int_equal(store_count(store_logged(), " error "), 0);
}

static void a_server_that_hangs_is_unavailable_in_time(void **state)
{
	(void)state;
	store_fill_pool(&help);
	store_server("pause");
	int64_t began = tally_clock_ms();

	assert_int_equal(find("a"), TALLY_ERR_UNAVAILABLE);
	assert_took(began, timeout_ms() - 100, 2 * timeout_ms() + 1000);
	store_server("resume");
	wait_for(find_a);
	assert_int_equal(change(), TALLY_OK);
	store_logged();
}

static unsigned long connection_id(void)
{
	struct tally_links *pool = ((struct tally_mysql *)help.store)->pool;
	struct tally_db *db;

	db = store_borrow(pool);
	unsigned long id = mysql_thread_id(db->mysql);

	store_return(pool, db);
	return id;
}

/* In the ways that servers have to say so: 1290, 1792. */
static void a_read_only_server_has_its_connections_remade(void **state)
{
	static const char *const rows[][2] = {
		{ "SET GLOBAL read_only = 1", "SET GLOBAL read_only = 0" },
		{ "SET GLOBAL TRANSACTION READ ONLY", "SET GLOBAL TRANSACTION READ WRITE" },
	};

	(void)state;
	for (size_t way = 0; way < 2; way++) {
		store_admin(&help, rows[way][0]);
		store_kill_connections(&help); /* a session keeps the transactions that it began with */
		unsigned long before = connection_id();

		for (int i = 0; i < 10; i++) {
			assert_int_equal(change(), TALLY_ERR_UNAVAILABLE);
			assert_int_equal(find("a"), TALLY_OK);
		}
		assert_true(connection_id() != before);
		assert_int_equal(store_count(store_logged(), "is it the primary?"), 1);
		store_admin(&help, rows[way][1]);
		/* The next failure has the connection made anew; that one may write. */
		assert_int_equal(change(), TALLY_OK);
		assert_int_equal(store_count(store_logged(), " again, after "), 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(connections_that_were_killed_are_not_noticed),
		cmocka_unit_test(a_connection_lost_within_the_work_is_made_again),
		cmocka_unit_test(a_connection_lost_while_committing_is_reported),
		cmocka_unit_test(a_pool_that_is_empty_refuses_in_time),
		cmocka_unit_test(more_threads_than_connections_take_turns),
		cmocka_unit_test(one_connection_is_enough_when_no_more_can_be_had),
		cmocka_unit_test(a_deadlock_is_tried_again),
		cmocka_unit_test(a_lock_that_others_keep_is_given_up),
		cmocka_unit_test(a_killed_server_is_unavailable_until_it_is_back),
		cmocka_unit_test(a_restart_between_two_requests_is_not_noticed),
		cmocka_unit_test(a_server_that_hangs_is_unavailable_in_time),
		cmocka_unit_test(a_read_only_server_has_its_connections_remade),
	};

	return cmocka_run_group_tests_name("store-fault", tests, open_all, close_all);
}
