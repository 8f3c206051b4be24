/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Look-ups that share statements: whoever asks together with others gets the
 * answer that he gets alone, whatever becomes of the others, and while the
 * server is killed, hangs, or drops its connections. After store_test, which
 * makes the tables. Variables as for store_fault_test.c.
 */
#include "config.h"

#include "tests/it/store_lookup_help.h"

#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

#define THREADS 48
#define TURNS   150
#define POOR    32u /* bytes; no record fits in */

static int open_all(void **state)
{
	struct tally_migration_report report;

	(void)state;
	store_help_open(&help);
	assert_int_equal(tally_mysql_migrate(help.store, &report), TALLY_OK);
	lookup_help_fill();
	store_log_begin();
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	store_log_end();
	store_empty(&help);
	store_help_close(&help);
	return 0;
}

/* ---- those who ask ---- */

struct asker {
	pthread_t thread;
	size_t which;         /* question; LOOKUP_QUESTIONS: one after the other */
	unsigned int turns;
	unsigned int seed;
	bool is_poor;         /* has no memory for what it is told */
	unsigned int right;
	unsigned int refused; /* TALLY_ERR_UNAVAILABLE */
	unsigned int wrong;
};

static struct asker askers[THREADS];
static _Atomic bool running;
static _Atomic unsigned int answered; /* rightly */

/* What somebody without memory is to be told, whoever asks beside him. */
static enum tally_err expected(const struct asker *asker, size_t i,
			       const struct lookup_answer *answer)
{
	if (asker->is_poor && i != LOOKUP_REVOKED && answer->err == TALLY_OK)
		return TALLY_ERR_NOMEM;
	return answer->err;
}

static void ask_once(struct asker *asker, struct tally_arena *arena, struct tally_buf *text)
{
	size_t i = asker->which < LOOKUP_QUESTIONS ? asker->which : asker->seed / 64 % LOOKUP_QUESTIONS;
	int number = (int)(asker->seed / 1024 % LOOKUP_NUMBERS);
	const struct lookup_answer *answer = &lookup_answers[i][number];

	asker->seed = asker->seed * 1103515245u + 12345u;
	text->n = 0;
	enum tally_err err = lookup_questions[i](arena, number, text);

	if (err == TALLY_ERR_UNAVAILABLE) {
		asker->refused++;
		usleep(1000);
	} else if (err == expected(asker, i, answer) &&
		 (err != TALLY_OK || tally_span_eq(tally_span(text->p, text->n), answer->text))) {
		asker->right++;
		answered++;
	} else {
		asker->wrong++;
	}
	tally_arena_reset(arena);
}

static void *ask(void *arg)
{
	struct asker *asker = arg;
	const size_t room = asker->is_poor ? POOR : 64u << 10;
	struct tally_arena *arena = tally_arena_new(room, room);
	struct tally_buf text;

	tally_buf_grow(&text, 64u << 10);
	while (running && asker->right + asker->refused + asker->wrong < asker->turns)
		ask_once(asker, arena, &text);
	tally_buf_free(&text);
	tally_arena_free(arena);
	return NULL;
}

/* poor: every so many-th thread has no memory; 0: all have. */
static void begin(size_t which, unsigned int turns, int poor)
{
	running = true;
	for (int i = 0; i < THREADS; i++) {
		askers[i] = (struct asker){
			.which = which,
			.turns = turns,
			.seed = (unsigned int)i * 7919u,
			.is_poor = poor != 0 && i % poor == 0,
		};
		assert_int_equal(pthread_create(&askers[i].thread, NULL, ask, &askers[i]), 0);
	}
}

static struct asker end(void)
{
	struct asker sum = { 0 };

	for (int i = 0; i < THREADS; i++) {
		pthread_join(askers[i].thread, NULL);
		sum.right += askers[i].right;
		sum.refused += askers[i].refused;
		sum.wrong += askers[i].wrong;
	}
	return sum;
}

/* Prepared ones, since the server was started. */
static long statements_run(void)
{
	struct tally_db *db = store_direct(&help);

	assert_int_equal(tally_db_exec(db, "SHOW GLOBAL STATUS LIKE 'Com_stmt_execute'"), TALLY_OK);
	MYSQL_RES *result = mysql_store_result(db->mysql);
	MYSQL_ROW row = result ? mysql_fetch_row(result) : NULL;

	assert_non_null(row);
	long count = strtol(row[1], NULL, 10);

	mysql_free_result(result);
	store_direct_end(db);
	return count;
}

static void everybody_gets_his_own_answer(void **state)
{
	(void)state;
	for (size_t i = 0; i <= LOOKUP_QUESTIONS; i++) {
		begin(i, TURNS, 0);
		struct asker sum = end();

		assert_int_equal(sum.wrong, 0);
		assert_int_equal(sum.refused, 0);
		assert_int_equal(sum.right, THREADS * TURNS);
	}
}

static void statements_are_shared(void **state)
{
	(void)state;
	for (size_t i = 0; i < LOOKUP_REVOKED; i++) {
		long before = statements_run();

		begin(i, TURNS, 0);
		assert_int_equal(end().wrong, 0);
		assert_true(statements_run() - before < THREADS * TURNS);
	}
}

static void who_has_no_memory_fails_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i <= LOOKUP_QUESTIONS; i++) {
		begin(i, TURNS, 5);
		struct asker sum = end();

		assert_int_equal(sum.wrong, 0);
		assert_int_equal(sum.refused, 0);
	}
	/* A lack of our own is no outage of the database. */
	assert_int_equal(store_count(store_logged(), "cannot be used"), 0);
}

/* ---- faults ---- */

/* Until this many more were answered; fails after 20 seconds. */
static void let_it_run(unsigned int more)
{
	unsigned int goal = answered + more;

	for (int i = 0; i < 2000 && answered < goal; i++)
		usleep(10000);
	assert_true(answered >= goal);
}

static void assert_none_wrong(bool some_refused)
{
	running = false;
	struct asker sum = end();

	assert_int_equal(sum.wrong, 0);
	if (some_refused)
		assert_true(sum.refused > 0);
}

static void a_server_that_is_killed(void **state)
{
	(void)state;
	begin(LOOKUP_QUESTIONS, UINT_MAX, 0);
	for (int i = 0; i < 2; i++) {
		let_it_run(1000);
		store_server("kill");
		usleep(300000);
		store_server("start");
	}
	let_it_run(1000);
	assert_none_wrong(true);
}

/* A statement that many wait for is asked again on another connection. */
static void connections_that_end_at_any_time(void **state)
{
	(void)state;
	begin(LOOKUP_QUESTIONS, UINT_MAX, 7);
	for (int i = 0; i < 30; i++) {
		let_it_run(50);
		store_end_connections(&help);
	}
	let_it_run(1000);
	assert_none_wrong(false);
}

static void a_server_that_hangs(void **state)
{
	(void)state;
	begin(LOOKUP_QUESTIONS, UINT_MAX, 0);
	let_it_run(1000);
	store_server("pause");
	sleep(2 * help.conf->database_timeout);
	store_server("resume");
	let_it_run(1000);
	assert_none_wrong(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everybody_gets_his_own_answer),
		cmocka_unit_test(statements_are_shared),
		cmocka_unit_test(who_has_no_memory_fails_alone),
		cmocka_unit_test(a_server_that_is_killed),
		cmocka_unit_test(connections_that_end_at_any_time),
		cmocka_unit_test(a_server_that_hangs),
	};

	return cmocka_run_group_tests_name("look-ups", tests, open_all, close_all);
}
