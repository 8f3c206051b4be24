/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a request costs inside the process: from the parameters of the web
 * server to the bytes of the answer, over a store in memory, without a web
 * server and without libfcgi. The signature is timed alone in the same run, in
 * turn with the requests, and subtracted where there is one: what is left is ours
 * to answer for. Status lists are in memory, too.
 *
 *   bench_handle [--iterations N] [--rounds N] [--json]
 *   valgrind --tool=callgrind --toggle-collect=send_one bench_handle --once
 */
#include "config.h"

#include "app/app.h"
#include "crypt/digest.h"
#include "crypt/jws.h"
#include "sys/clock.h"
#include "tests/fake/clock.h"
#include "tests/fake/service.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS_MAX 1000u
#define ONCE       200u /* requests of each scenario for a profile */
#define STATUS_CLIENT "status" /* whose tokens carry one */
#define FORM       "grant_type=client_credentials&scope=read"
#define BASIC      "HTTP_AUTHORIZATION=Basic "
#define KEY        "the key of a pool"
#define API_KEY    "HTTP_X_API_KEY=" KEY
#define LIST_START "https://as.example/status-lists/"
#define URI_MAX    384u
#define ENTRIES    50000u /* of the list that is fetched */

/* Adding a scenario is adding a row. '@' stands for the name of a list. */
static const struct scenario {
	const char *name;
	const char *method;
	const char *uri;
	const char *header; /* NULL: none beside the usual */
	const char *body;
	bool signs;
} scenarios[] = {
	{ "client_credentials, Basic", "POST", "/oauth2/token",
	  /* TALLY_FAKE_CLIENT ":" TALLY_FAKE_SECRET */
	  BASIC "ZGVtbzowMTIzNDU2Nzg5YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXpBQkNERUZH", FORM, true },
	/* STATUS_CLIENT ":" TALLY_FAKE_SECRET */
	{ "the same with a status", "POST", "/oauth2/token",
	  BASIC "c3RhdHVzOjAxMjM0NTY3ODlhYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ekFCQ0RFRkc=", FORM,
	  true },
	{ "client_credentials, post", "POST", "/oauth2/token", NULL,
	  FORM "&client_id=" TALLY_FAKE_CLIENT "&client_secret=" TALLY_FAKE_SECRET, true },
	{ "new reference", "POST", "/pools/cards/new-references", API_KEY, "", false },
	{ "100 new references", "POST", "/pools/cards/new-references?amount=100", API_KEY, "",
	  false },
	{ "update", "PATCH", "/status-lists/update", API_KEY,
	  "{\"uri\":\"" LIST_START "@\",\"index\":4711,\"value\":1}", false },
	{ "reading back", "GET", "/status-lists/@/4711", API_KEY, "", false },
	{ "list, JWT", "GET", "/status-lists/@", NULL, "", false },
	{ "list, gzip", "GET", "/status-lists/@", "HTTP_ACCEPT_ENCODING=gzip, deflate", "", false },
	{ "list, 304", "GET", "/status-lists/@", "HTTP_IF_NONE_MATCH=*", "", false },
};

#define SCENARIO_COUNT (sizeof(scenarios) / sizeof(scenarios[0]))

/* What lighttpd 1.4.69 sends beside what the scenario does, in its order. */
static const char *const environment[] = {
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
	char method[32];
	char uri[URI_MAX];
	char length[48];
	char body[URI_MAX];
	const char *envp[ENVIRONMENT_COUNT + 6];
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
	struct tally_span body = tally_span_of(lane->body);
	bool bad = false;

	tally_worker_forget(worker);
	for (const char *const *entry = lane->envp; *entry != NULL; entry++)
		bad |= tally_params_add(&params, *entry) != TALLY_OK;
	return tally_worker_handle(worker, &params, bad, read_body, &body);
}

/* A copy with the list's name in it. */
static void put_list(char out[URI_MAX], const char *start, const char *text, const char *list)
{
	size_t before = strcspn(text, "@");

	snprintf(out, URI_MAX, "%s%.*s%s%s", start, (int)before, text, text[before] ? list : "",
		 text[before] ? text + before + 1 : "");
}

static void prepare_lane(struct lane *lane, const struct scenario *scenario, const char *list)
{
	size_t n = 0;

	lane->scenario = scenario;
	put_list(lane->body, "", scenario->body, list);
	put_list(lane->uri, "REQUEST_URI=", scenario->uri, list);
	snprintf(lane->length, sizeof(lane->length), "CONTENT_LENGTH=%zu", strlen(lane->body));
	snprintf(lane->method, sizeof(lane->method), "REQUEST_METHOD=%s", scenario->method);
	lane->envp[n++] = lane->length;
	lane->envp[n++] = lane->uri;
	lane->envp[n++] = lane->method;
	if (scenario->signs)
		lane->envp[n++] = "CONTENT_TYPE=application/x-www-form-urlencoded";
	for (size_t i = 0; i < ENVIRONMENT_COUNT; i++)
		lane->envp[n++] = environment[i];
	if (scenario->header != NULL)
		lane->envp[n++] = scenario->header;
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

/* With a pool to take references from, one with a list to fetch, and a publisher. */
static void open_service(struct tally_fake_service *service)
{
	char digest[65], more[1024];
	uint8_t bytes[TALLY_SHA256_SIZE];

	if (tally_sha256(TALLY_SPAN(KEY), bytes) != TALLY_OK)
		fail("no SHA-256");
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(digest + 2 * i, 3, "%02x", bytes[i]);
	snprintf(more, sizeof(more),
		 "[redis]\nsocket = /nowhere\n[pool.tokens]\nsize = 10000000\n"
		 "[pool.cards]\nsize = 20000000\napi-keys = one:%s\n"
		 "[pool.lists]\nsize = %u\npublish = immediate\napi-keys = one:%s\n",
		 digest, ENTRIES, digest);
	tally_fake_service_open_with_lists(service, "ES256", more);
	add_status_client(service->store);
}

/* Time for the publisher and for who fetches references: theirs, and ours by the clock. */
static void nap(void)
{
	tally_fake_clock_advance_ms(100);
	usleep(10000);
}

/* The name of a list of the pool, as soon as there is one. */
static void find_list(struct tally_fake_service *service, char out[64])
{
	const struct tally_fake_request request = {
		.method = "POST", .uri = "/pools/lists/new-references", .api_key = KEY,
	};
	const char *at = NULL;

	for (int tries = 0; at == NULL && tries < 1000; tries++) {
		struct tally_span answer = tally_fake_service_send(service, &request);

		at = memmem(answer.p, answer.n, LIST_START, sizeof(LIST_START) - 1);
		if (at != NULL)
			snprintf(out, 64, "%.*s", (int)sizeof("lists-0123456789ab") - 1,
				 at + sizeof(LIST_START) - 1);
		nap();
	}
	if (at == NULL)
		fail("there is no list");
}

/* Half of its entries, so that the list is as long as it can be; then it is published. */
static void fill_list(struct tally_lists *lists)
{
	const struct tally_span pool = TALLY_SPAN("lists");
	struct tally_list_state state = { .version = 1 };
	uint32_t changed;
	size_t n;

	for (uint32_t i = 0; i < ENTRIES; i++)
		if (i * 2654435761u >> 31 &&
		    lists->ops->fill(lists, pool, 0, i, 1, 1, TALLY_LIST_NO_FINAL, 0, &changed) !=
			    TALLY_OK)
			fail("a list cannot be filled");
	for (int tries = 0; state.published != state.version && tries < 1000; tries++) {
		nap();
		if (lists->ops->states(lists, pool, 0, &state, 1, &n) != TALLY_OK || n != 1)
			fail("the list is gone");
	}
}

/* Until it is answered well, which takes a moment where references are needed. */
static struct tally_answer try_lane(struct tally_worker *worker, const struct lane *lane)
{
	struct tally_answer answer;

	for (int tries = 0; tries < 1000; tries++) {
		answer = send_one(worker, lane);
		if (tally_span_starts_with(answer.head, TALLY_SPAN("Status: 20")) ||
		    tally_span_starts_with(answer.head, TALLY_SPAN("Status: 304 ")))
			return answer;
		nap();
	}
	fail(lane->scenario->name);
}

static void prepare(struct bench *bench)
{
	static char zeros[8192];
	struct tally_key *key = NULL;
	char list[64];

	open_service(&bench->service);
	find_list(&bench->service, list);
	fill_list(bench->service.lists);
	for (size_t i = 0; i < SCENARIO_COUNT; i++) {
		struct lane *lane = &bench->lanes[i];

		prepare_lane(lane, &scenarios[i], list);
		size_t n = signed_size(try_lane(bench->service.worker, lane).body);

		if (scenarios[i].signs && (n == 0 || n > sizeof(zeros)))
			fail("a scenario does not get its token");
		if (scenarios[i].signs)
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
		rest[i] = lane->us[i] - (lane->scenario->signs ? bench->us[i] : 0);
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
		double part = lane->scenario->signs ? signature : 0;

		if (bench->json)
			printf("%s\n {\"scenario\":\"%s\",\"request_us\":%.2f,"
			       "\"signature_us\":%.2f,\"rest_us\":%.2f}",
			       i ? "," : "", lane->scenario->name, whole, part, rest[i]);
		else
			printf("%-28s %10.2f %10.2f %10.2f   %.2f to %.2f\n", lane->scenario->name,
			       whole, part, rest[i], lane->us[0], lane->us[bench->rounds - 1]);
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
