/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operations on the status lists in the Redis that a configuration names:
 *
 *	lists_tool CONF check
 *	lists_tool CONF open POOL SIZE BITS LISTS     creates it with published lists
 *	lists_tool CONF publish POOL LIST [HISTORY]   once more
 *	lists_tool CONF retire POOL LIST
 *	lists_tool CONF update POOL LIST INDEX VALUE [FINAL]
 *	lists_tool CONF batch POOL LIST COUNT VALUE   the entries from 0 on
 *	lists_tool CONF read POOL LIST INDEX
 *	lists_tool CONF reserve POOL COUNT
 *	lists_tool CONF lines POOL                    each line: LIST INDEX VALUE to update
 *	lists_tool CONF load POOL THREADS SECONDS     reserves, and sets what it has got to 1
 *	lists_tool CONF verify POOL                   how many positions of the input are not 1
 *	lists_tool CONF bench POOL THREADS SECONDS [BATCH]
 *
 * What came of it is printed in a word. load prints each position that it got and
 * whose update was acknowledged; errors do not stop it.
 */
#include "config.h"

#include "base/arena.h"
#include "store/lists.h"
#include "sys/clock.h"
#include "sys/log.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define THREADS_MAX 256
#define NEVER_MS 9000000000000 /* a day far off */

static struct tally_lists *lists;
static struct tally_span pool;
static char *const *arg;
static int args;

static long number(int i, long otherwise)
{
	return i < args ? strtol(arg[i], NULL, 10) : otherwise;
}

static const char *word(enum tally_err err)
{
	return err == TALLY_OK ? "ok" : tally_err_text(err);
}

/* As large as those of a list that is nearly empty. */
static enum tally_err publish(uint32_t list, uint64_t version, uint32_t history)
{
	char jwt[480], cwt[250];
	const struct tally_list_publication publication = {
		.version = version,
		.iat = tally_clock_now(),
		.exp = tally_clock_now() + 3600,
		.jwt = tally_span(memset(jwt, 'j', sizeof(jwt)), sizeof(jwt)),
		.cwt = tally_span(memset(cwt, 'c', sizeof(cwt)), sizeof(cwt)),
	};
	uint32_t left_ms;
	uint64_t fence;
	enum tally_err err = lists->ops->lease(lists, pool, TALLY_SPAN("tool"), 60000, &fence,
					       &left_ms);

	if (err != TALLY_OK)
		return err;
	return lists->ops->publish(lists, pool, list, fence, &publication, NEVER_MS, history);
}

static enum tally_err run_open(void)
{
	struct tally_list_pool shape = { .size = (uint32_t)number(1, 0),
					 .bits = (unsigned int)number(2, 1) };
	enum tally_err err = lists->ops->pool_open(lists, pool, &shape);

	for (uint32_t i = shape.lists; err == TALLY_OK && i < (uint32_t)number(3, 0); i++)
		err = publish(i, 0, 0);
	return err;
}

static enum tally_err retire(uint32_t list)
{
	uint32_t left_ms;
	uint64_t fence;
	enum tally_err err = lists->ops->lease(lists, pool, TALLY_SPAN("tool"), 60000, &fence,
					       &left_ms);

	return err == TALLY_OK ? lists->ops->retire(lists, pool, list, fence) : err;
}

static enum tally_err update(uint32_t list, uint64_t index, unsigned int value, int final_status)
{
	const struct tally_list_update one = { .index = index, .value = value };
	size_t at;

	return lists->ops->update(lists, pool, list, &one, 1, final_status, NEVER_MS, &at);
}

static enum tally_err batch(uint32_t list, size_t n, unsigned int value)
{
	struct tally_list_update *updates = calloc(n, sizeof(*updates));
	size_t at;

	if (updates == NULL)
		return TALLY_ERR_NOMEM;
	for (size_t i = 0; i < n; i++)
		updates[i] = (struct tally_list_update){ .index = i, .value = value };
	enum tally_err err = lists->ops->update(lists, pool, list, updates, n, -1, NEVER_MS, &at);

	free(updates);
	return err;
}

static void run_read(void)
{
	unsigned int value = 0;
	enum tally_err err = lists->ops->read(lists, pool, (uint32_t)number(1, 0),
					      (uint64_t)number(2, 0), &value);

	if (err == TALLY_OK)
		printf("%u\n", value);
	else
		puts(word(err));
}

static void run_reserve(void)
{
	struct tally_list_range ranges[TALLY_LIST_RANGES_MAX];
	size_t n;
	enum tally_err err = lists->ops->reserve(lists, pool, (uint32_t)number(1, 1), 1, ranges, &n);

	if (err != TALLY_OK)
		printf("%s", word(err));
	for (size_t i = 0; i < n; i++)
		printf("%llu+%u ", (unsigned long long)ranges[i].first, ranges[i].count);
	puts("");
}

static void run_lines(void)
{
	unsigned int list, index, value;

	setvbuf(stdout, NULL, _IOLBF, 0);
	while (scanf("%u %u %u", &list, &index, &value) == 3)
		printf("%u %u %u %s\n", list, index, value, word(update(list, index, value, -1)));
}

/* What of the list number list is set, one byte per entry; it is small. */
static const uint8_t *entries_of(uint32_t list, uint32_t size)
{
	static struct tally_arena *arena;
	struct tally_list_snapshot snapshot;
	uint8_t *entries;

	if (arena == NULL)
		arena = tally_arena_new(1u << 16, 64u << 20);
	if (arena == NULL || (entries = tally_arena_alloc(arena, size)) == NULL ||
	    lists->ops->snapshot(lists, pool, list, arena, &snapshot) != TALLY_OK)
		exit(EXIT_FAILURE);
	for (uint32_t i = 0; i < size; i++)
		entries[i] = (uint8_t)snapshot.bits.p[i / 8] >> i % 8 & 1;
	return entries;
}

/* For pools of one bit. */
static void run_verify(void)
{
	const uint8_t *entries[1024] = { NULL };
	struct tally_list_pool shape = { .size = 8, .bits = 1 };
	unsigned long position, missing = 0;

	if (lists->ops->pool_open(lists, pool, &shape) != TALLY_OK)
		exit(EXIT_FAILURE);
	while (scanf("%lu", &position) == 1) {
		unsigned long list = position / shape.size;

		if (list >= shape.lists || list >= 1024)
			exit(EXIT_FAILURE);
		if (entries[list] == NULL)
			entries[list] = entries_of((uint32_t)list, shape.size);
		missing += entries[list][position % shape.size] != 1;
	}
	printf("%lu\n", missing);
}

/* ---- load ---- */

static int64_t load_end;
static uint32_t load_size;

/* One write per line: what is acknowledged stands there whatever happens next. */
static void acknowledge(uint64_t position)
{
	char line[32];
	int n = snprintf(line, sizeof(line), "%llu\n", (unsigned long long)position);

	if (write(STDOUT_FILENO, line, (size_t)n) != n)
		abort();
}

static void use(const struct tally_list_range *range)
{
	for (uint64_t p = range->first; p < range->first + range->count; p++)
		if (update((uint32_t)(p / load_size), p % load_size, 1, 1) == TALLY_OK)
			acknowledge(p);
}

/* Half of each range is given back, unless Redis failed to answer that. */
static void *load(void *unused)
{
	struct tally_list_range ranges[TALLY_LIST_RANGES_MAX];
	size_t n;

	(void)unused;
	while (tally_clock_ms() < load_end) {
		if (lists->ops->reserve(lists, pool, 10, 1, ranges, &n) != TALLY_OK) {
			usleep(100000);
			continue;
		}
		for (size_t i = 0; i < n; i++) {
			struct tally_list_range rest = ranges[i];

			ranges[i].count = (ranges[i].count + 1) / 2;
			rest.first += ranges[i].count;
			rest.count -= ranges[i].count;
			if (lists->ops->give_back(lists, pool, &rest, 1) != TALLY_OK)
				usleep(1000);
			use(&ranges[i]);
		}
	}
	return NULL;
}

/* ---- bench ---- */

static unsigned long done[THREADS_MAX];
static size_t bench_batch;
static uint32_t bench_lists;

static void *bench(void *context)
{
	unsigned long *count = context;
	unsigned int seed = (unsigned int)(count - done) + 1;
	struct tally_list_update *updates = calloc(bench_batch, sizeof(*updates));
	size_t at;

	while (updates != NULL && tally_clock_ms() < load_end) {
		for (size_t i = 0; i < bench_batch; i++) {
			seed = seed * 1664525u + 1013904223u;
			updates[i].index = (seed >> 8) % load_size;
			updates[i].value = seed >> 31;
		}
		if (lists->ops->update(lists, pool, (seed >> 4) % bench_lists, updates, bench_batch, -1,
				       NEVER_MS, &at) == TALLY_OK)
			*count += bench_batch;
	}
	free(updates);
	return NULL;
}

static enum tally_err run_threads(void *(*work)(void *))
{
	struct tally_list_pool shape = { .size = 8, .bits = 1 };
	enum tally_err err = lists->ops->pool_open(lists, pool, &shape);
	pthread_t threads[THREADS_MAX];
	long n = number(1, 1);

	if (err != TALLY_OK)
		return err;
	load_size = shape.size;
	bench_lists = shape.lists;
	bench_batch = (size_t)number(3, 1);
	load_end = tally_clock_ms() + number(2, 1) * 1000;
	for (long i = 0; i < n && i < THREADS_MAX; i++)
		pthread_create(&threads[i], NULL, work, &done[i]);
	for (long i = 0; i < n && i < THREADS_MAX; i++)
		pthread_join(threads[i], NULL);
	return TALLY_OK;
}

static void run_bench(void)
{
	enum tally_err err = run_threads(bench);
	unsigned long sum = 0;

	for (size_t i = 0; i < THREADS_MAX; i++)
		sum += done[i];
	printf("%s %lu/s\n", word(err), sum / (unsigned long)number(2, 1));
}

static int run(const char *verb)
{
	uint32_t list = (uint32_t)number(1, 0);

	if (strcmp(verb, "check") == 0)
		puts(word(lists->ops->check(lists)));
	else if (strcmp(verb, "open") == 0)
		puts(word(run_open()));
	else if (strcmp(verb, "publish") == 0)
		puts(word(publish(list, 0, (uint32_t)number(2, 0))));
	else if (strcmp(verb, "retire") == 0)
		puts(word(retire(list)));
	else if (strcmp(verb, "update") == 0)
		puts(word(update(list, (uint64_t)number(2, 0), (unsigned int)number(3, 0),
				 (int)number(4, -1))));
	else if (strcmp(verb, "batch") == 0)
		puts(word(batch(list, (size_t)number(2, 1), (unsigned int)number(3, 1))));
	else if (strcmp(verb, "read") == 0)
		run_read();
	else if (strcmp(verb, "reserve") == 0)
		run_reserve();
	else if (strcmp(verb, "lines") == 0)
		run_lines();
	else if (strcmp(verb, "load") == 0)
		return run_threads(load) == TALLY_OK ? EXIT_SUCCESS : EXIT_FAILURE;
	else if (strcmp(verb, "verify") == 0)
		run_verify();
	else if (strcmp(verb, "bench") == 0)
		run_bench();
	else
		return EXIT_FAILURE;
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct tally_conf *conf = NULL;

	if (argc < 3 || tally_conf_load(argv[1], &conf) != TALLY_OK ||
	    tally_lists_open(conf, &lists) != TALLY_OK)
		return EXIT_FAILURE;
	signal(SIGPIPE, SIG_IGN);
	arg = argv + 3;
	args = argc - 3;
	pool = tally_span_of(args > 0 ? arg[0] : "");
	int status = run(argv[2]);

	lists->ops->close(lists);
	tally_conf_free(conf);
	return status;
}
