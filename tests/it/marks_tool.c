/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One operation on the marks in the Redis that a configuration names:
 *
 *	marks_tool CONF check
 *	marks_tool CONF use WHAT [TTL]
 *	marks_tool CONF refresh TOKEN FAMILY NOW_MS GRACE_MS [MADE EXPIRES_AT]
 *	marks_tool CONF made FAMILY       what uses have made, newest first
 *	marks_tool CONF used TOKEN FAMILY
 *	marks_tool CONF count WHAT WINDOW [AGAIN...]
 *	marks_tool CONF race TOKEN THREADS
 *	marks_tool CONF lines             each line of standard input is a WHAT to use
 *
 * TOKEN and FAMILY are single letters. What came of it is printed in a word.
 */
#include "config.h"

#include "store/redis/redis.h"
#include "sys/log.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#define THREADS_MAX 128

static struct tally_marks *marks;
static char *const *arg;
static int args;

static long number(int i, long otherwise)
{
	return i < args ? strtol(arg[i], NULL, 10) : otherwise;
}

static struct tally_token_id id_of(const char *text)
{
	struct tally_token_id id;

	memset(id.bytes, text[0], sizeof(id.bytes));
	return id;
}

static const char *word(enum tally_err err)
{
	switch ((int)err) {
	case TALLY_OK:
		return "ok";
	case TALLY_ERR_EXISTS:
		return "exists";
	case TALLY_ERR_UNAVAILABLE:
		return "unavailable";
	case TALLY_ERR_CONFIG:
		return "config";
	default:
		return tally_err_text(err);
	}
}

static const char *use_refresh(const char *token, const char *family, long now, long grace)
{
	static const char *const verdicts[] = {
		[TALLY_REFRESH_FIRST] = "first", [TALLY_REFRESH_GRACE] = "grace",
		[TALLY_REFRESH_REUSED] = "reused", [TALLY_REFRESH_ENDED] = "ended",
	};
	struct tally_refresh_use use = {
		.id = id_of(token),
		.family = id_of(family),
		.now_ms = now,
		.grace_ms = (uint32_t)grace,
		.token_ttl = 3600,
		.family_ttl = 7200,
		.made = { .ref.index = (uint32_t)number(4, 0), .expires_at = number(5, 0) },
	};
	enum tally_err err = marks->ops->use_refresh(marks, &use);

	return err == TALLY_OK ? verdicts[use.verdict] : word(err);
}

static void run_made(void)
{
	struct tally_token_id family = id_of(arg[0]);
	struct tally_live_refs made;
	enum tally_err err = marks->ops->refresh_made(marks, &family, &made);

	for (size_t i = 0; err == TALLY_OK && i < made.count; i++)
		printf("%s%u@%lld", i ? " " : "", made.items[i].ref.index,
		       (long long)made.items[i].expires_at);
	puts(err == TALLY_OK ? "" : word(err));
}

static void *race(void *result)
{
	*(const char **)result = use_refresh(arg[0], arg[0], 1000, 0);
	return NULL;
}

static void run_race(int n)
{
	pthread_t threads[THREADS_MAX];
	const char *results[THREADS_MAX];
	int first = 0;

	for (int i = 0; i < n; i++)
		pthread_create(&threads[i], NULL, race, &results[i]);
	for (int i = 0; i < n; i++) {
		pthread_join(threads[i], NULL);
		first += strcmp(results[i], "first") == 0;
	}
	printf("%d\n", first);
}

static void run_used(void)
{
	struct tally_token_id id = id_of(arg[0]), of = id_of(arg[1]);
	bool used = false;
	enum tally_err err = marks->ops->refresh_used(marks, &id, &of, &used);

	puts(err != TALLY_OK ? word(err) : used ? "yes" : "no");
}

/* Two counters at once: that of WHAT, and that of WHAT as an address. */
static void run_count(void)
{
	struct tally_mark_counter counters[] = {
		{ .kind = TALLY_MARK_LOGIN_ACCOUNT, .what = tally_span_of(arg[0]) },
		{ .kind = TALLY_MARK_LOGIN_ADDRESS, .what = tally_span_of(arg[0]) },
	};
	enum tally_err err = marks->ops->count(marks, counters, 2, (uint32_t)number(1, 60));

	if (err == TALLY_OK)
		printf("%u %u %u\n", counters[0].count, counters[1].count, counters[0].ends_in);
	else
		puts(word(err));
}

static const char *use(struct tally_span what, long ttl)
{
	return word(marks->ops->use(marks, TALLY_MARK_ASSERTION, what, (uint32_t)ttl));
}

static void run_lines(void)
{
	char line[256];

	setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		printf("%s %s\n", line, use(tally_span_of(line), 3600));
	}
}

static int run(const char *verb)
{
	if (strcmp(verb, "check") == 0)
		puts(word(marks->ops->check(marks)));
	else if (strcmp(verb, "use") == 0)
		puts(use(tally_span_of(arg[0]), number(1, 60)));
	else if (strcmp(verb, "refresh") == 0)
		puts(use_refresh(arg[0], arg[1], number(2, 0), number(3, 0)));
	else if (strcmp(verb, "made") == 0)
		run_made();
	else if (strcmp(verb, "used") == 0)
		run_used();
	else if (strcmp(verb, "count") == 0)
		run_count();
	else if (strcmp(verb, "race") == 0)
		run_race((int)number(1, 1));
	else if (strcmp(verb, "lines") == 0)
		run_lines();
	else
		return EXIT_FAILURE;
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct tally_conf *conf = NULL;

	if (argc < 3 || tally_conf_load(argv[1], &conf) != TALLY_OK ||
	    tally_redis_open(conf, &marks) != TALLY_OK)
		return EXIT_FAILURE;
	signal(SIGPIPE, SIG_IGN);
	arg = argv + 3;
	args = argc - 3;
	int status = run(argv[2]);

	marks->ops->close(marks);
	tally_conf_free(conf);
	return status;
}
