/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a request costs inside the process: from the parameters of the web
 * server to the bytes of the answer, over a store in memory, without a web
 * server and without libfcgi. The signature is timed alone in the same run, in
 * turn with the requests, and subtracted: what is left is ours to answer for.
 *
 *   bench_handle [--iterations N] [--rounds N] [--json]
 *   valgrind --tool=callgrind --toggle-collect=send_one bench_handle --once
 */
#include "config.h"

#include "app/app.h"
#include "crypt/jws.h"
#include "tests/fake/service.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS_MAX 1000u
#define ONCE       200u /* requests of each scenario for a profile */
#define STATUS_CLIENT "status" /* whose tokens carry one */
#define FORM       "grant_type=client_credentials&scope=read"

/* Adding a scenario is adding a row. */
static const struct scenario {
	const char *name;
	const char *uri;
	const char *authorization; /* NULL: none is sent */
	const char *body;
} scenarios[] = {
	{ "client_credentials, Basic", "/oauth2/token",
	  /* TALLY_FAKE_CLIENT ":" TALLY_FAKE_SECRET */
	  "Basic ZGVtbzowMTIzNDU2Nzg5YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXpBQkNERUZH", FORM },
	/* STATUS_CLIENT ":" TALLY_FAKE_SECRET */
	{ "the same with a status", "/oauth2/token",
	  "Basic c3RhdHVzOjAxMjM0NTY3ODlhYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ekFCQ0RFRkc=", FORM },
	{ "client_credentials, post", "/oauth2/token", NULL,
	  FORM "&client_id=" TALLY_FAKE_CLIENT "&client_secret=" TALLY_FAKE_SECRET },
};

#define SCENARIO_COUNT (sizeof(scenarios) / sizeof(scenarios[0]))

/* What lighttpd 1.4.69 sends beside what the scenario does, in its order. */
static const char *const environment[] = {
	"REQUEST_METHOD=POST",
	"CONTENT_TYPE=application/x-www-form-urlencoded",
	"QUERY_STRING=",
	"FCGI_ROLE=RESPONDER",
	"SCRIPT_NAME=/oauth2/token",
	"PATH_INFO=",
	"SCRIPT_FILENAME=/var/www/html/oauth2/token",
	"DOCUMENT_ROOT=/var/www/html",
	"REDIRECT_STATUS=200",
	"SERVER_PROTOCOL=HTTP/1.1",
	"SERVER_SOFTWARE=lighttpd/1.4.69",
	"GATEWAY_INTERFACE=CGI/1.1",
	"REQUEST_SCHEME=http",
	"SERVER_PORT=8080",
	"SERVER_ADDR=127.0.0.1",
	"SERVER_NAME=127.0.0.1",
	"REMOTE_ADDR=127.0.0.1",
	"REMOTE_PORT=41234",
	"HTTP_HOST=127.0.0.1:8080",
	"HTTP_USER_AGENT=bench/1.0",
	"HTTP_ACCEPT=*/*",
};

#define ENVIRONMENT_COUNT (sizeof(environment) / sizeof(environment[0]))

/* One scenario, ready to be sent, and the times of its rounds. */
struct lane {
	const struct scenario *scenario;
	char uri[64];
	char length[48];
	char authorization[128];
	const char *envp[ENVIRONMENT_COUNT + 4];
	double us[ROUNDS_MAX];
};

struct bench {
	struct tally_fake_service service;
	struct lane lanes[SCENARIO_COUNT];
	struct tally_signer *signer;
	struct tally_span signed_part; /* as many bytes as a token's */
	double us[ROUNDS_MAX];         /* of the signature alone */
	unsigned long iterations;
	unsigned long rounds;
	bool json;
	bool once;
};

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "bench_handle: %s\n", what);
	exit(EXIT_FAILURE);
}

static size_t read_body(void *context, char *out, size_t n)
{
	struct tally_span *rest = context;
	size_t got = n < rest->n ? n : rest->n;

	memcpy(out, rest->p, got);
	*rest = tally_span(rest->p + got, rest->n - got);
	return got;
}

/* One request, as fcgi/front.c has it. Not inlined, for callgrind to find. */
static __attribute__((noinline)) struct tally_answer send_one(struct tally_worker *worker,
							      const struct lane *lane)
{
	struct tally_params params = { 0 };
	struct tally_span body = tally_span_of(lane->scenario->body);
	bool bad = false;

	tally_worker_forget(worker);
	for (const char *const *entry = lane->envp; *entry != NULL; entry++)
		bad |= tally_params_add(&params, *entry) != TALLY_OK;
	return tally_worker_handle(worker, &params, bad, read_body, &body);
}

static void prepare_lane(struct lane *lane, const struct scenario *scenario)
{
	size_t n = 0;

	lane->scenario = scenario;
	snprintf(lane->length, sizeof(lane->length), "CONTENT_LENGTH=%zu", strlen(scenario->body));
	snprintf(lane->uri, sizeof(lane->uri), "REQUEST_URI=%s", scenario->uri);
	lane->envp[n++] = lane->length;
	lane->envp[n++] = lane->uri;
	for (size_t i = 0; i < ENVIRONMENT_COUNT; i++)
		lane->envp[n++] = environment[i];
	if (scenario->authorization == NULL)
		return;
	snprintf(lane->authorization, sizeof(lane->authorization), "HTTP_AUTHORIZATION=%s",
		 scenario->authorization);
	lane->envp[n++] = lane->authorization;
}

/* What of an answer's token was signed: all up to its last dot. */
static size_t signed_size(struct tally_span answer)
{
	static const char name[] = "\"access_token\":\"";
	const char *token = memmem(answer.p, answer.n, name, sizeof(name) - 1);

	if (token == NULL)
		return 0;
	token += sizeof(name) - 1;
	const char *end = memchr(token, '"', answer.n - (size_t)(token - answer.p));
	const char *dot = end ? memrchr(token, '.', (size_t)(end - token)) : NULL;

	return dot ? (size_t)(dot - token) : 0;
}

/* As the usual client is, but for its status. */
static void add_status_client(struct tally_store *store)
{
	struct tally_arena *arena = tally_arena_new(4096, 65536);
	struct tally_client_record client;

	if (arena == NULL || store->ops->client_find(store, arena, TALLY_SPAN(TALLY_FAKE_CLIENT),
						     &client) != TALLY_OK)
		fail("there is no client");
	client.client_id = TALLY_SPAN(STATUS_CLIENT);
	client.status = TALLY_STATUS_ON;
	if (store->ops->client_add(store, &client) != TALLY_OK)
		fail("no client with a status");
	tally_arena_free(arena);
}

static void prepare(struct bench *bench)
{
	static char zeros[8192];
	struct tally_key *key = NULL;

	tally_fake_service_open(&bench->service, "ES256", NULL);
	add_status_client(bench->service.store);
	for (size_t i = 0; i < SCENARIO_COUNT; i++) {
		prepare_lane(&bench->lanes[i], &scenarios[i]);
		size_t n = signed_size(send_one(bench->service.worker, &bench->lanes[i]).body);

		if (n == 0 || n > sizeof(zeros))
			fail("a scenario does not get its token");
		bench->signed_part = tally_span(zeros, n);
	}
	if (tally_key_generate(tally_alg_find(TALLY_SPAN("ES256")), &key) != TALLY_OK ||
	    tally_signer_new(key, NULL, NULL, &bench->signer) != TALLY_OK)
		fail("no signer");
	tally_key_free(key);
}

/* Processor time, so that what else runs on the machine counts for little. */
static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double time_lane(struct bench *bench, const struct lane *lane)
{
	double start = now_us();

	for (unsigned long i = 0; i < bench->iterations; i++)
		(void)send_one(bench->service.worker, lane);
	return (now_us() - start) / (double)bench->iterations;
}

static double time_signature(struct bench *bench)
{
	char room[128];
	struct tally_buf out;
	double start = now_us();

	for (unsigned long i = 0; i < bench->iterations; i++) {
		tally_buf_over(&out, room, sizeof(room));
		if (tally_signer_sign_raw(bench->signer, bench->signed_part, &out) != TALLY_OK)
			fail("a signature failed");
	}
	return (now_us() - start) / (double)bench->iterations;
}

static void run(struct bench *bench)
{
	for (unsigned long round = 0; round < bench->rounds; round++) {
		bench->us[round] = time_signature(bench);
		for (size_t i = 0; i < SCENARIO_COUNT; i++)
			bench->lanes[i].us[round] = time_lane(bench, &bench->lanes[i]);
	}
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Also sorts: the least is the first, the most is the last. */
static double median(double *values, size_t n)
{
	qsort(values, n, sizeof(*values), compare);
	return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

/* The medians of what each round took more than its own signature. */
static double rest_of(const struct bench *bench, const struct lane *lane)
{
	static double rest[ROUNDS_MAX];

	for (unsigned long i = 0; i < bench->rounds; i++)
		rest[i] = lane->us[i] - bench->us[i];
	return median(rest, bench->rounds);
}

static void report(struct bench *bench)
{
	double rest[SCENARIO_COUNT];

	for (size_t i = 0; i < SCENARIO_COUNT; i++)
		rest[i] = rest_of(bench, &bench->lanes[i]);
	double signature = median(bench->us, bench->rounds);

	printf(bench->json ? "[" : "%-28s %10s %10s %10s   (µs of processor time, medians)\n",
	       "scenario", "request", "signature", "the rest");
	for (size_t i = 0; i < SCENARIO_COUNT; i++) {
		struct lane *lane = &bench->lanes[i];
		double whole = median(lane->us, bench->rounds);

		if (bench->json)
			printf("%s\n {\"scenario\":\"%s\",\"request_us\":%.2f,"
			       "\"signature_us\":%.2f,\"rest_us\":%.2f}",
			       i ? "," : "", lane->scenario->name, whole, signature, rest[i]);
		else
			printf("%-28s %10.2f %10.2f %10.2f   %.2f to %.2f\n", lane->scenario->name,
			       whole, signature, rest[i], lane->us[0], lane->us[bench->rounds - 1]);
	}
	if (bench->json)
		printf("\n]\n");
}

static unsigned long number(const char *text, unsigned long max)
{
	uint64_t n = 0;

	if (tally_span_to_u64(tally_span_of(text), max, &n) != TALLY_OK || n == 0)
		fail("expected: bench_handle [--iterations N] [--rounds N] [--json] [--once]");
	return (unsigned long)n;
}

static void parse(struct bench *bench, char **argv)
{
	for (char **arg = argv + 1; *arg != NULL; arg++) {
		if (strcmp(*arg, "--json") == 0)
			bench->json = true;
		else if (strcmp(*arg, "--once") == 0)
			bench->once = true;
		else if (strcmp(*arg, "--iterations") == 0)
			bench->iterations = number(*++arg, 100000000);
		else if (strcmp(*arg, "--rounds") == 0)
			bench->rounds = number(*++arg, ROUNDS_MAX);
		else
			number(NULL, 0);
	}
}

int main(int argc, char **argv)
{
	static struct bench bench = { .iterations = 4000, .rounds = 25 };

	(void)argc;
	parse(&bench, argv);
	prepare(&bench);
	if (bench.once) {
		bench.iterations = ONCE;
		for (size_t i = 0; i < SCENARIO_COUNT; i++)
			(void)time_lane(&bench, &bench.lanes[i]);
	} else {
		run(&bench);
		report(&bench);
	}
	tally_signer_free(bench.signer);
	tally_fake_service_close(&bench.service);
	return EXIT_SUCCESS;
}
