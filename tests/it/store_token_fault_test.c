/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens are kept all the time while the server is killed, made read-only, or
 * drops its connections: what was answered as kept is there afterwards, and
 * whoever got no such answer got one that says so. Variables as for
 * store_fault_test.c.
 */
#include "config.h"

#include "tests/it/store_help.h"

#include "store/token_writer.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

#define THREADS 8
#define KEPT_MAX 20000u

static struct store_help help;
static struct tally_token_writer *writer;
static _Atomic bool running;

#define OPS (help.store->ops)

/* One client that refreshes again and again, and what it was answered. */
struct holder {
	pthread_t thread;
	struct tally_refresh_record last; /* its refresh token */
	bool has_last;
	struct tally_token_id access[KEPT_MAX];
	struct tally_token_id used[KEPT_MAX];
	size_t kept;
	size_t uses;
	unsigned int refused; /* TALLY_ERR_UNAVAILABLE */
	unsigned int wrong;   /* anything else */
};

static struct holder *holders;

static int open_all(void **state)
{
	struct tally_migration_report report;

	(void)state;
	store_help_open(&help);
	assert_int_equal(tally_mysql_migrate(help.store, &report), TALLY_OK);
	store_empty(&help);
	holders = calloc(THREADS, sizeof(*holders));
	writer = tally_token_writer_new(help.store, 64, 2);
	store_log_begin();
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	store_log_end();
	tally_token_writer_free(writer);
	free(holders);
	store_empty(&help);
	store_help_close(&help);
	return 0;
}

static struct tally_token_owner somebody(void)
{
	return (struct tally_token_owner){ .subject = TALLY_SPAN("s"), .scope = TALLY_SPAN("read") };
}

static struct tally_access_record make_access(int64_t now_us)
{
	struct tally_access_record access = { .owner = somebody(), .expires_at = now_us / 1000000 + 600 };

	assert_int_equal(tally_token_id_make(&access.id, now_us, access.expires_at), TALLY_OK);
	return access;
}

static struct tally_refresh_record make_refresh(int64_t now_us)
{
	struct tally_refresh_record refresh = {
		.owner = somebody(),
		.expires_at = now_us / 1000000 + TALLY_DAY,
		.family_expires_at = now_us / 1000000 + 2 * TALLY_DAY,
	};

	assert_int_equal(tally_token_id_make(&refresh.id, now_us, refresh.expires_at), TALLY_OK);
	assert_int_equal(tally_token_id_make(&refresh.family, now_us, refresh.family_expires_at),
			 TALLY_OK);
	return refresh;
}

static void note_kept(struct holder *holder, const struct tally_access_record *access,
		      const struct tally_refresh_record *refresh)
{
	holder->access[holder->kept++] = access->id;
	if (holder->has_last)
		holder->used[holder->uses++] = holder->last.id;
	holder->last = *refresh;
	holder->has_last = true;
}

/*
 * Uses its refresh token for the next one. After an answer that leaves it
 * unknown whether that was used up, it begins anew.
 */
static void refresh_once(struct holder *holder)
{
	int64_t now_us = tally_clock_now_us();
	struct tally_access_record access = make_access(now_us);
	struct tally_refresh_record refresh = make_refresh(now_us);
	struct tally_token_job job = {
		.use = holder->has_last ? &holder->last : NULL,
		.access = &access,
		.refresh = &refresh,
		.now_us = now_us,
	};
	enum tally_err err = tally_token_writer_put(writer, &job);

	if (err == TALLY_OK) {
		note_kept(holder, &access, &refresh);
		return;
	}
	holder->has_last = false;
	holder->refused += err == TALLY_ERR_UNAVAILABLE;
	holder->wrong += err != TALLY_ERR_UNAVAILABLE;
	usleep(10000);
}

static void *hold(void *arg)
{
	struct holder *holder = arg;

	while (running && holder->kept < KEPT_MAX)
		refresh_once(holder);
	return NULL;
}

static void begin_load(void)
{
	memset(holders, 0, THREADS * sizeof(*holders));
	running = true;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&holders[i].thread, NULL, hold, &holders[i]), 0);
}

struct sum {
	size_t kept;
	size_t refused;
	size_t wrong;
};

static struct sum end_load(void)
{
	struct sum sum = { 0 };

	running = false;
	for (int i = 0; i < THREADS; i++) {
		pthread_join(holders[i].thread, NULL);
		sum.kept += holders[i].kept;
		sum.refused += holders[i].refused;
		sum.wrong += holders[i].wrong;
	}
	return sum;
}

static size_t total_kept(void)
{
	size_t kept = 0;

	for (int i = 0; i < THREADS; i++)
		kept += ((volatile struct holder *)&holders[i])->kept;
	return kept;
}

/* Until this many more were kept; fails after 20 seconds. */
static void let_it_run(size_t more)
{
	size_t goal = total_kept() + more;

	for (int i = 0; i < 2000 && total_kept() < goal; i++)
		usleep(10000);
	assert_true(total_kept() >= goal);
}

static void assert_all_kept(const struct holder *holder)
{
	struct tally_access_found access;
	struct tally_refresh_found refresh;

	for (size_t i = 0; i < holder->kept; i++) {
		tally_arena_reset(help.arena);
		assert_int_equal(OPS->access_find(help.store, help.arena, &holder->access[i], &access),
				 TALLY_OK);
	}
	for (size_t i = 0; i < holder->uses; i++) {
		tally_arena_reset(help.arena);
		assert_int_equal(OPS->refresh_find(help.store, help.arena, &holder->used[i], &refresh),
				 TALLY_OK);
		assert_true(refresh.used_at_us != 0);
	}
	if (!holder->has_last)
		return;
	assert_int_equal(OPS->refresh_find(help.store, help.arena, &holder->last.id, &refresh),
			 TALLY_OK);
	assert_int_equal(refresh.used_at_us, 0);
}

static void assert_nothing_lost(void)
{
	for (int i = 0; i < THREADS; i++)
		assert_all_kept(&holders[i]);
}

static void what_was_answered_survives_a_kill(void **state)
{
	(void)state;
	begin_load();
	for (int i = 0; i < 3; i++) {
		let_it_run(200);
		store_server("kill");
		usleep(300000);
		store_server("start");
	}
	let_it_run(200);
	struct sum sum = end_load();

	assert_true(sum.refused > 0);
	assert_int_equal(sum.wrong, 0);
	assert_nothing_lost();
}

/* The outcome of a commit is unknown again and again; nothing is kept twice. */
static void connections_that_end_at_any_time(void **state)
{
	(void)state;
	begin_load();
	for (int i = 0; i < 100; i++) {
		let_it_run(3);
		store_end_connections(&help);
	}
	struct sum sum = end_load();

	assert_int_equal(sum.wrong, 0);
	assert_nothing_lost();
}

static void a_server_that_is_read_only_for_a_while(void **state)
{
	(void)state;
	begin_load();
	let_it_run(100);
	store_admin(&help, "SET GLOBAL read_only = 1");
	usleep(1500000);
	store_admin(&help, "SET GLOBAL read_only = 0");
	let_it_run(100);
	struct sum sum = end_load();

	assert_true(sum.refused > 0);
	assert_int_equal(sum.wrong, 0);
	assert_nothing_lost();
}

/* A server that hangs: everybody gets an answer in time. */
static void a_server_that_hangs(void **state)
{
	(void)state;
	begin_load();
	let_it_run(100);
	store_server("pause");
	sleep(2 * help.conf->database_timeout);
	store_server("resume");
	let_it_run(100);
	struct sum sum = end_load();

	assert_true(sum.refused > 0);
	assert_int_equal(sum.wrong, 0);
	assert_nothing_lost();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_answered_survives_a_kill),
		cmocka_unit_test(connections_that_end_at_any_time),
		cmocka_unit_test(a_server_that_is_read_only_for_a_while),
		cmocka_unit_test(a_server_that_hangs),
	};

	return cmocka_run_group_tests_name("token-fault", tests, open_all, close_all);
}
