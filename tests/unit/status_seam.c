/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/unit/status_seam.h"

#include "codec/json_in.h"
#include "crypt/digest.h"
#include "sys/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define LIVE 3600

static const char *digest_of(const char *key, char out[65])
{
	uint8_t digest[TALLY_SHA256_SIZE];

	assert_int_equal(tally_sha256(tally_span_of(key), digest), TALLY_OK);
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(out + 2 * i, 3, "%02x", digest[i]);
	return out;
}

static void add_client(struct tally_store *store)
{
	struct tally_secret_record secret = { .secret_id = TALLY_SPAN("one"), .created_at = 1 };
	struct tally_client_record client = {
		.client_id = TALLY_SPAN(STATUS_CLIENT),
		.name = TALLY_SPAN("Wallet"),
		.grants = TALLY_SPAN("client_credentials"),
		.scopes = TALLY_SPAN("status:issue status:update other"),
		.created_at = 1,
		.secrets = &secret,
		.secret_count = 1,
	};

	assert_int_equal(tally_sha256(TALLY_SPAN(TALLY_FAKE_SECRET), secret.digest), TALLY_OK);
	assert_int_equal(store->ops->client_add(store, &client), TALLY_OK);
}

static struct tally_keyset *find_keys(void *context)
{
	struct status_seam *seam = context;

	return tally_keyset_ref(seam->keys);
}

static void open_other_process(struct status_seam *seam)
{
	const struct tally_wrap_keys wrap = { .keys = { tally_fake_wrap_key }, .count = 1 };
	const struct tally_conf *conf = tally_app_conf(seam->service.app);
	struct tally_lists *lists = seam->service.lists;

	assert_int_equal(tally_keyset_load(seam->service.store, &wrap, tally_clock_now(), LIVE, NULL,
					   &seam->keys), TALLY_OK);
	seam->pools = tally_pools_new(lists);
	assert_non_null(seam->pools);
	seam->publisher = tally_publisher_new(conf, seam->pools, lists, find_keys, seam);
	assert_non_null(seam->publisher);
}

void status_open(struct status_seam *seam, const char *of_tests, const char *more)
{
	static char text[4096];
	char one[65], two[65], other[65];
	int n = snprintf(text, sizeof(text),
			 "[redis]\nsocket = /nowhere\n[status]\npublisher = off\n"
			 "[pool.tests]\nsize = %u\nbits = 2\nfinal-status = 3\nclients = %s\n"
			 "api-keys = one:%s two:%s\naggregation-id = all\npublish = immediate\n"
			 "prefetch-capacity = 100\nprefetch-threshold = 10\nmax-amount = 50\n%s"
			 "[pool.other]\nsize = %u\nbits = 8\napi-keys = one:%s\n%s",
			 STATUS_SIZE, STATUS_CLIENT, digest_of(STATUS_KEY, one),
			 digest_of(STATUS_KEY_2, two), of_tests ? of_tests : "", STATUS_SIZE,
			 digest_of(STATUS_KEY_OTHER, other), more ? more : "");

	assert_true(n > 0 && (size_t)n < sizeof(text));
	tally_fake_clock_set(TALLY_FAKE_CLOCK_START);
	*seam = (struct status_seam){ .pools = NULL };
	tally_fake_service_open_with_lists(&seam->service, "ES256", text);
	add_client(seam->service.store);
	open_other_process(seam);
	status_publish(seam);
}

void status_close(struct status_seam *seam)
{
	tally_publisher_free(seam->publisher);
	tally_pools_free(seam->pools);
	tally_keyset_free(seam->keys);
	tally_fake_service_close(&seam->service);
}

void status_publish(struct status_seam *seam)
{
	int rounds = 1000;

	assert_int_equal(tally_pools_refresh(seam->pools, tally_app_conf(seam->service.app),
					     seam->service.store), TALLY_OK);
	while (tally_publisher_round(seam->publisher) == 0)
		assert_true(--rounds > 0);
	tally_fake_clock_advance_ms(1000);
}

struct tally_span status_ask(struct status_seam *seam, const char *method, const char *uri,
			    const char *key, const char *body)
{
	const struct tally_fake_request request = {
		.method = method,
		.uri = uri,
		.api_key = key,
		.content_type = body ? "application/json" : NULL,
		.body = tally_span_of(body),
	};

	return tally_fake_service_send(&seam->service, &request);
}

struct tally_span status_body(struct tally_span response)
{
	const char *end = memmem(response.p, response.n, "\r\n\r\n", 4);

	assert_non_null(end);
	return tally_span(end + 4, response.n - (size_t)(end + 4 - response.p));
}

static struct tally_json *json_of(struct tally_span response)
{
	struct tally_json *json;

	assert_int_equal(tally_json_parse(status_body(response), SIZE_MAX, &json), TALLY_OK);
	return json;
}

unsigned int status_new(struct status_seam *seam, char uri[SEAM_TEXT_MAX])
{
	struct tally_span response =
		status_ask(seam, "POST", "/pools/tests/new-references", STATUS_KEY, NULL);
	struct tally_span text;
	int64_t index;

	seam_assert_has(response, "Status: 200 OK\r\n");
	struct tally_json *json = json_of(response);
	const struct tally_json *first =
		tally_json_first(tally_json_member(json, "references"));

	assert_true(tally_json_string(tally_json_member(first, "uri"), &text));
	assert_true(tally_json_integer(tally_json_member(first, "index"), &index));
	snprintf(uri, SEAM_TEXT_MAX, "%.*s", TALLY_SPAN_ARG(text));
	tally_json_free(json);
	return (unsigned int)index;
}

struct tally_span status_update(struct status_seam *seam, const char *uri, const char *index,
			       const char *value)
{
	static char body[SEAM_TEXT_MAX];

	snprintf(body, sizeof(body), "{\"uri\":\"%s\",\"index\":%s,\"value\":%s}", uri, index, value);
	return status_ask(seam, "PATCH", "/status-lists/update", STATUS_KEY, body);
}

unsigned int status_value(struct status_seam *seam, const char *uri, unsigned int index)
{
	static char path[SEAM_TEXT_MAX];
	int64_t value;

	snprintf(path, sizeof(path), "%s/%u", strstr(uri, "/status-lists/"), index);
	struct tally_span response = status_ask(seam, "GET", path, STATUS_KEY, NULL);

	seam_assert_has(response, "Status: 200 OK\r\n");
	struct tally_json *json = json_of(response);

	assert_true(tally_json_integer(tally_json_member(json, "value"), &value));
	tally_json_free(json);
	return (unsigned int)value;
}

void status_assert_refused(struct tally_span response, const char *status, const char *code)
{
	char line[32], start[96];

	snprintf(line, sizeof(line), "Status: %s ", status);
	snprintf(start, sizeof(start), "{\"code\":\"%s\",\"message\":\"", code);
	seam_assert_has(response, line);
	seam_assert_has(response, "Content-Type: application/json\r\n");
	seam_assert_has(response, "Cache-Control: no-store\r\n");
	if (!tally_span_starts_with(status_body(response), tally_span_of(start)))
		fail_msg("not %s but:\n%.*s", code, TALLY_SPAN_ARG(response));
}

void status_header(struct tally_span response, const char *name, char out[SEAM_TEXT_MAX])
{
	char line[64];
	int n = snprintf(line, sizeof(line), "\r\n%s: ", name);
	const char *value = memmem(response.p, response.n, line, (size_t)n);

	if (value == NULL)
		fail_msg("no %s in:\n%.*s", name, TALLY_SPAN_ARG(response));
	value += n;
	snprintf(out, SEAM_TEXT_MAX, "%.*s", (int)strcspn(value, "\r"), value);
}
