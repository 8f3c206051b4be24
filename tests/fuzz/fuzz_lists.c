/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole requests for status lists. An input is a line of method and URI, lines of
 * headers, an empty line, and then the body. '@' in URI and body stands for the
 * name of a list that there is.
 */
#include "config.h"

#include "crypt/digest.h"
#include "sys/log.h"
#include "tests/fake/clock.h"
#include "tests/fake/service.h"
#include "tests/fuzz/answer.h"

#include <unistd.h>

#define KEY "the key of the pool"
#define SIZE 100000u
#define TEXT_MAX 8192u
#define NAME_START "https://as.example/status-lists/"

static struct tally_fake_service service;
static char name[64];       /* of the first list */
static uint8_t seen[SIZE];  /* its references that were handed out */

static struct tally_span send(const struct tally_fake_request *request)
{
	return tally_fake_service_send(&service, request);
}

/* The service with a publisher of its own, which needs a moment. */
static void open_service(void)
{
	const struct tally_fake_request first = {
		.method = "POST", .uri = "/pools/tests/new-references", .api_key = KEY,
	};
	char digest[65], more[512];
	uint8_t bytes[TALLY_SHA256_SIZE];
	const char *at = NULL;

	FUZZ_ASSERT(tally_log_open("/dev/null", TALLY_LOG_TEXT, TALLY_LOG_DEBUG) == TALLY_OK);
	FUZZ_ASSERT(tally_sha256(TALLY_SPAN(KEY), bytes) == TALLY_OK);
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(digest + 2 * i, 3, "%02x", bytes[i]);
	snprintf(more, sizeof(more),
		 "[redis]\nsocket = /nowhere\n[failures]\nper-address = 0\n[pool.tests]\nsize = %u\n"
		 "bits = 2\nfinal-status = 3\nhistory = 1h\naggregation-id = all\n"
		 "prefetch-on-underflow = fail\napi-keys = one:%s\n", SIZE, digest);
	tally_fake_service_open_with_lists(&service, "ES256", more);
	for (int tries = 0; at == NULL && tries < 1000; tries++) {
		struct tally_span response = send(&first);

		at = memmem(response.p, response.n, NAME_START, sizeof(NAME_START) - 1);
		if (at != NULL)
			snprintf(name, sizeof(name), "%.*s", (int)sizeof("tests-0123456789ab") - 1,
				 at + sizeof(NAME_START) - 1);
		tally_fake_clock_advance_ms(100);
		usleep(5000);
	}
	FUZZ_ASSERT(at != NULL);
}

/* A copy as a C string, with the name for each '@'; NULL: there is nothing. */
static const char *copy(struct tally_span text, char out[TEXT_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < text.n && text.p[i] != '\0' && n + sizeof(name) < TEXT_MAX; i++)
		if (text.p[i] == '@')
			n += (size_t)snprintf(out + n, TEXT_MAX - n, "%s", name);
		else
			out[n++] = text.p[i];
	out[n] = '\0';
	return n > 0 ? out : NULL;
}

static void read_header(struct tally_span line, struct tally_fake_request *request,
			char room[TEXT_MAX])
{
	const struct {
		struct tally_span name;
		const char **member;
	} rows[] = {
		{ TALLY_SPAN("key"), &request->api_key },
		{ TALLY_SPAN("authorization"), &request->authorization },
		{ TALLY_SPAN("accept"), &request->accept },
		{ TALLY_SPAN("accept-encoding"), &request->accept_encoding },
		{ TALLY_SPAN("if-none-match"), &request->if_none_match },
		{ TALLY_SPAN("if-modified-since"), &request->if_modified_since },
		{ TALLY_SPAN("content-type"), &request->content_type },
	};
	struct tally_span rest = line;
	struct tally_span header = tally_span_cut(&rest, ':');

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (tally_span_eq(header, rows[i].name))
			*rows[i].member = copy(tally_span_trim(rest), room);
}

/* No reference of the first list comes twice. */
static void check_references(struct tally_span response)
{
	const char *end = response.p + response.n;
	const char *at = memmem(response.p, response.n, "{\"references\":[", 15);

	while (at != NULL && (at = memmem(at, (size_t)(end - at), name, strlen(name))) != NULL) {
		const char *number = at + strlen(name) + sizeof("\",\"index\":") - 1;
		unsigned long index = strtoul(number, NULL, 10);

		FUZZ_ASSERT(index < SIZE && !seen[index]);
		seen[index] = 1;
		at = number;
	}
}

static void check(const struct tally_fake_request *request, struct tally_span response)
{
	bool is_good = tally_span_starts_with(response, TALLY_SPAN("Status: 20"));
	bool may = request->api_key && strcmp(request->api_key, KEY) == 0;
	const char *method = request->method ? request->method : "";
	bool is_read = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;

	fuzz_check_answer(response, strcmp(method, "HEAD") == 0);
	FUZZ_ASSERT(!is_good || is_read || may);
	FUZZ_ASSERT(may || memmem(response.p, response.n, "\"value\":", 8) == NULL);
	FUZZ_ASSERT(may || memmem(response.p, response.n, "{\"references\":", 14) == NULL);
	FUZZ_ASSERT(!tally_span_starts_with(response, TALLY_SPAN("Status: 500 ")));
	check_references(response);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char method[TEXT_MAX], uri[TEXT_MAX], body[TEXT_MAX], headers[16][TEXT_MAX];
	struct tally_span rest = tally_span(data, size), line = tally_span_cut(&rest, '\n');
	struct tally_fake_request request = { 0 };
	size_t n = 0;

	if (service.app == NULL)
		open_service();
	request.method = copy(tally_span_cut(&line, ' '), method);
	request.uri = copy(line, uri);
	while (rest.p != NULL && n < 16 && (line = tally_span_cut(&rest, '\n')).n > 0)
		read_header(line, &request, headers[n++]);
	request.body = tally_span_of(copy(rest, body));
	tally_fake_clock_advance_ms(10);
	check(&request, send(&request));
	return 0;
}
