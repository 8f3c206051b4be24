/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What durability costs: commits of a single row per second, by connections at
 * work and by how often the server flushes. perf/durability starts a server for
 * it; the user of the database must be allowed to SET GLOBAL.
 *
 * TALLYSTICK_CONF=… perf/bench_commit [milliseconds per figure [rounds]]
 */
#include "config.h"

#include "store/mysql/db.h"
#include "sys/clock.h"
#include "sys/rand.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define THREADS_MAX 32u
#define ROUNDS_MAX  15u
#define TIMEOUT     60u

static const struct {
	const char *name, *set;
} settings[] = {
	{ "1, 1", "SET GLOBAL innodb_flush_log_at_trx_commit = 1, GLOBAL sync_binlog = 1" },
	{ "1, 0", "SET GLOBAL innodb_flush_log_at_trx_commit = 1, GLOBAL sync_binlog = 0" },
	{ "2, 0", "SET GLOBAL innodb_flush_log_at_trx_commit = 2, GLOBAL sync_binlog = 0" },
};

static const unsigned int connections[] = { 1, 8, THREADS_MAX };

#define SETTINGS (sizeof(settings) / sizeof(settings[0]))
#define COUNTS   (sizeof(connections) / sizeof(connections[0]))

struct worker {
	pthread_t thread;
	struct tally_db db;
	const atomic_bool *stop;
	unsigned long commits;
};

static void give_up(const struct tally_db *db)
{
	fprintf(stderr, "bench_commit: %s\n", db->failure.text);
	exit(EXIT_FAILURE);
}

static void run_sql(struct tally_db *db, const char *text)
{
	if (tally_db_exec(db, text) != TALLY_OK)
		give_up(db);
}

static void *work(void *context)
{
	struct worker *worker = context;
	unsigned char id[16];
	char text[160];

	while (!atomic_load_explicit(worker->stop, memory_order_relaxed)) {
		if (tally_db_thread() != TALLY_OK || tally_rand_bytes(id, sizeof(id)) != TALLY_OK)
			exit(EXIT_FAILURE);
		int n = snprintf(text, sizeof(text), "INSERT INTO bench_commit VALUES (x'");

		for (size_t i = 0; i < sizeof(id); i++)
			n += snprintf(text + n, sizeof(text) - (size_t)n, "%02x", id[i]);
		snprintf(text + n, sizeof(text) - (size_t)n, "', REPEAT('x', 200))");
		run_sql(&worker->db, text);
		worker->commits++;
	}
	return NULL;
}

/* Commits per second, of count connections together. */
static double measure(struct worker *workers, unsigned int count, unsigned int ms)
{
	struct timespec nap = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };
	atomic_bool stop = false;
	unsigned long commits = 0;
	int64_t began = tally_clock_ms();

	for (unsigned int i = 0; i < count; i++) {
		workers[i].stop = &stop;
		workers[i].commits = 0;
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
			exit(EXIT_FAILURE);
	}
	nanosleep(&nap, NULL);
	atomic_store(&stop, true);
	for (unsigned int i = 0; i < count; i++) {
		pthread_join(workers[i].thread, NULL);
		commits += workers[i].commits;
	}
	return (double)commits * 1000 / (double)(tally_clock_ms() - began);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void print(double results[SETTINGS][COUNTS][ROUNDS_MAX], size_t rounds)
{
	printf("innodb_flush_log_at_trx_commit, sync_binlog: median commits per second "
	       "(times the first row)\n%-6s",
	       "");
	for (size_t c = 0; c < COUNTS; c++)
		printf("  %8u at once   ", connections[c]);
	for (size_t s = 0; s < SETTINGS; s++) {
		printf("\n%-6s", settings[s].name);
		for (size_t c = 0; c < COUNTS; c++) {
			qsort(results[s][c], rounds, sizeof(double), by_value);
			printf("  %8.0f (%5.2f)   ", results[s][c][rounds / 2],
			       results[s][c][rounds / 2] / results[0][c][rounds / 2]);
		}
	}
	putchar('\n');
}

static unsigned int argument(int argc, char **argv, int at, unsigned int preset, unsigned int most)
{
	unsigned long n = argc > at ? strtoul(argv[at], NULL, 10) : preset;

	return n > 0 && n <= most ? (unsigned int)n : preset;
}

int main(int argc, char **argv)
{
	static struct worker workers[THREADS_MAX];
	static double results[SETTINGS][COUNTS][ROUNDS_MAX];
	unsigned int ms = argument(argc, argv, 1, 2000, 60000);
	unsigned int rounds = argument(argc, argv, 2, 3, ROUNDS_MAX);
	const char *path = getenv("TALLYSTICK_CONF");
	struct tally_conf *conf;

	if (path == NULL || tally_conf_load(path, &conf) != TALLY_OK ||
	    tally_db_thread() != TALLY_OK)
		return EXIT_FAILURE;
	for (unsigned int i = 0; i < THREADS_MAX; i++) {
		workers[i].db.conf = conf;
		if (tally_db_connect(&workers[i].db, TIMEOUT) != TALLY_OK)
			give_up(&workers[i].db);
	}
	struct tally_db *db = &workers[0].db;

	run_sql(db, "CREATE TABLE IF NOT EXISTS bench_commit (id BINARY(16) NOT NULL,"
		    " data VARBINARY(255) NOT NULL, PRIMARY KEY (id)) ENGINE=InnoDB");
	for (unsigned int r = 0; r < rounds; r++)
		for (size_t s = 0; s < SETTINGS; s++) {
			run_sql(db, settings[s].set);
			for (size_t c = 0; c < COUNTS; c++)
				results[s][c][r] = measure(workers, connections[c], ms);
		}
	run_sql(db, settings[0].set);
	run_sql(db, "DROP TABLE bench_commit");
	print(results, rounds);
	for (unsigned int i = 0; i < THREADS_MAX; i++)
		tally_db_close(&workers[i].db);
	tally_conf_free(conf);
	return EXIT_SUCCESS;
}
