/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that there is not: every allocation of a request for status lists, and of
 * a refresh of pools, fails in turn. Linked with --wrap for what allocates.
 */
#include "config.h"

#include "sys/log.h"
#include "tests/unit/pools.h"
#include "tests/unit/status_seam.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* GNU ld: what calls malloc comes here, and __real_malloc is malloc. */
void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_reallocarray(void *p, size_t n, size_t size);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_reallocarray(void *p, size_t n, size_t size);

/* The nth from now fails, of this thread; 0: none. */
static _Thread_local unsigned int fail_in;

static bool fails(void)
{
	return fail_in > 0 && --fail_in == 0;
}

void *__wrap_malloc(size_t n)
{
	return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_reallocarray(void *p, size_t n, size_t size)
{
	return fails() ? NULL : __real_reallocarray(p, n, size);
}

static struct status_seam seam;
static char uri[SEAM_TEXT_MAX], batch[200000];

/* A batch that does not fit the first block of a request's memory. */
static void make_batch(void)
{
	int n = snprintf(batch, sizeof(batch), "{\"statusListReferences\":[");

	for (int i = 0; i < STATUS_SIZE; i++)
		n += snprintf(batch + n, sizeof(batch) - (size_t)n,
			      "%s{\"uri\":\"%s\",\"index\":%d}", i ? "," : "", uri, i);
	snprintf(batch + n, sizeof(batch) - (size_t)n, "],\"value\":1}");
}

/* With time between, so that nothing is answered from memory alone. */
static struct tally_span ask(const struct tally_fake_request *request)
{
	tally_fake_clock_advance_ms(2000);
	return tally_fake_service_send(&seam.service, request);
}

/* Returns how many allocations there were. */
static unsigned int try_all(const struct tally_fake_request *request)
{
	ask(request); /* makes room for the answer */
	for (unsigned int nth = 1;; nth++) {
		/* So that there is something new to fetch. */
		status_update(&seam, uri, "2", nth % 2 ? "1" : "2");
		status_publish(&seam);
		tally_fake_clock_advance_ms(2000);
		fail_in = nth;
		struct tally_span response = tally_fake_service_send(&seam.service, request);
		bool reached = fail_in == 0;

		fail_in = 0;
		if (!seam_has(response, "Status: 200 ") && !seam_has(response, "Status: 204 ") &&
		    !seam_has(response, "Status: 500 ") && !seam_has(response, "Status: 503 "))
			fail_msg("%s:\n%.*s", request->uri, TALLY_SPAN_ARG(response));
		if (!reached)
			return nth - 1;
		/* What failed for one fails for nobody else. */
		response = ask(request);
		if (!seam_has(response, "Status: 20"))
			fail_msg("%s:\n%.*s", request->uri, TALLY_SPAN_ARG(response));
	}
}

static void no_request_trusts_an_allocation(void **state)
{
	static char list[SEAM_TEXT_MAX], past[SEAM_TEXT_MAX + 32], entry[SEAM_TEXT_MAX + 8];
	unsigned int count = 0;

	(void)state;
	status_open(&seam, "history = 1d\n", NULL);
	status_new(&seam, uri);
	make_batch();
	snprintf(list, sizeof(list), "%s", strstr(uri, "/status-lists/"));
	snprintf(past, sizeof(past), "%s?time=%d", list, TALLY_FAKE_CLOCK_START + 1);
	snprintf(entry, sizeof(entry), "%s/1", list);
	const struct tally_fake_request requests[] = {
		{ .method = "POST", .uri = "/pools/tests/new-references?amount=3",
		  .api_key = STATUS_KEY },
		{ .method = "PATCH", .uri = "/status-lists/batch-update", .api_key = STATUS_KEY,
		  .body = tally_span_of(batch) },
		{ .method = "GET", .uri = entry, .api_key = STATUS_KEY },
		{ .method = "GET", .uri = list, .accept_encoding = "gzip" },
		{ .method = "GET", .uri = past },
		{ .method = "GET", .uri = "/aggregation/all" },
	};

	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		count += try_all(&requests[i]);
	print_message("%u allocations\n", count);
	assert_true(count > 10);
	status_close(&seam);
}

static void no_refresh_trusts_an_allocation(void **state)
{
	struct pools_fixture fixture;
	bool reached = true;
	unsigned int nth;

	(void)state;
	pools_open(&fixture);
	pools_add(&fixture, "m", "size = 2000\n");
	pools_add(&fixture, "n", "size = none\n");
	for (nth = 1; reached; nth++) {
		const char *more = nth % 2 ? "[pool.a]\nttl = 7s\n[tokens]\nstatus = on\n"
					   : "[pool.a]\nttl = 8s\n[pool.b]\n";
		struct tally_conf *conf = pools_conf(more);

		fail_in = nth;
		enum tally_err err = tally_pools_refresh(fixture.pools, conf, fixture.store);

		reached = fail_in == 0;
		fail_in = 0;
		tally_conf_free(conf);
		/* What failed may have been the lists', which then try again. */
		assert_true(err == TALLY_OK || (reached && err == TALLY_ERR_NOMEM));
	}
	assert_true(nth > 10);
	assert_int_equal(pools_refresh(&fixture, fixture.pools, "[pool.a]\n"), TALLY_OK);
	tally_pool_release(pools_get(fixture.pools, "a"));
	tally_pool_release(pools_get(fixture.pools, "m"));
	pools_close(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_request_trusts_an_allocation),
		cmocka_unit_test(no_refresh_trusts_an_allocation),
	};

	if (tally_log_open("/dev/null", TALLY_LOG_TEXT, TALLY_LOG_DEBUG) != TALLY_OK)
		return EXIT_FAILURE;
	return cmocka_run_group_tests_name("status_memory", tests, NULL, NULL);
}
