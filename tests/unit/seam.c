/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/unit/seam.h"

#include "base/b64.h"
#include "codec/json_in.h"
#include "crypt/digest.h"
#include "oauth/opaque.h"
#include "oauth/sealed.h"
#include "store/keyset.h"
#include "sys/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define MONTH (30 * TALLY_DAY)

static void add_client(struct tally_store *store, const char *id, bool may_introspect)
{
	struct tally_secret_record secret = { .secret_id = TALLY_SPAN("one"), .created_at = 1 };
	struct tally_client_record client = {
		.client_id = tally_span_of(id),
		.name = tally_span_of(id),
		.grants = TALLY_SPAN("client_credentials refresh_token"),
		.scopes = TALLY_SPAN("read write"),
		.may_introspect = may_introspect,
		.created_at = 1,
		.secrets = &secret,
		.secret_count = 1,
	};

	assert_int_equal(tally_sha256(TALLY_SPAN(TALLY_FAKE_SECRET), secret.digest), TALLY_OK);
	assert_int_equal(store->ops->client_add(store, &client), TALLY_OK);
}

static void add_others(struct tally_fake_service *service)
{
	const struct tally_user_record user = {
		.user_id = TALLY_SPAN(SEAM_USER),
		.login = TALLY_SPAN(SEAM_LOGIN),
		.name = TALLY_SPAN("Ann \"A.\" Other"),
		.kind = TALLY_USER_HUMAN,
		.created_at = 1,
	};

	add_client(service->store, SEAM_OTHER, false);
	add_client(service->store, SEAM_READER, true);
	assert_int_equal(service->store->ops->user_add(service->store, &user), TALLY_OK);
}

void seam_open(struct tally_fake_service *service, const char *more)
{
	tally_fake_service_open(service, "ES256", more);
	add_others(service);
}

void seam_open_without_redis(struct tally_fake_service *service, const char *more)
{
	tally_fake_service_open_without_redis(service, "ES256", more);
	add_others(service);
}

struct tally_span seam_post(struct tally_fake_service *service, const char *uri,
			    const char *client, const char *format, ...)
{
	static char form[SEAM_TEXT_MAX];
	va_list args;

	va_start(args, format);
	int n = vsnprintf(form, sizeof(form), format, args);

	va_end(args);
	if (client != NULL)
		n += snprintf(form + n, sizeof(form) - (size_t)n, "&client_id=%s&client_secret=%s",
			      client, TALLY_FAKE_SECRET);
	const struct tally_fake_request request = {
		.method = "POST",
		.uri = uri,
		.content_type = "application/x-www-form-urlencoded",
		.body = tally_span(form, (size_t)n),
	};

	return tally_fake_service_send(service, &request);
}

struct tally_span seam_userinfo(struct tally_fake_service *service, const char *token)
{
	static char authorization[SEAM_TEXT_MAX];
	const struct tally_fake_request request = {
		.method = "GET",
		.uri = "/oauth2/userinfo",
		.content_length = "",
		.authorization = authorization,
	};

	snprintf(authorization, sizeof(authorization), "Bearer %s", token);
	return tally_fake_service_send(service, &request);
}

static struct tally_span body_of(struct tally_span response)
{
	const char *end = memmem(response.p, response.n, "\r\n\r\n", 4);

	assert_non_null(end);
	return tally_span(end + 4, response.n - (size_t)(end + 4 - response.p));
}

void seam_member(struct tally_span response, const char *name, char out[SEAM_TEXT_MAX])
{
	struct tally_json *json = NULL;
	struct tally_span text;

	assert_int_equal(tally_json_parse(body_of(response), SEAM_TEXT_MAX, &json), TALLY_OK);
	if (!tally_json_string(tally_json_member(json, name), &text))
		fail_msg("no %s in:\n%.*s", name, TALLY_SPAN_ARG(response));
	snprintf(out, SEAM_TEXT_MAX, "%.*s", TALLY_SPAN_ARG(text));
	tally_json_free(json);
}

bool seam_has(struct tally_span response, const char *text)
{
	return memmem(response.p, response.n, text, strlen(text)) != NULL;
}

void seam_assert_has(struct tally_span response, const char *text)
{
	if (!seam_has(response, text))
		fail_msg("\"%s\" is not in:\n%.*s", text, TALLY_SPAN_ARG(response));
}

void seam_assert_fault(struct tally_span response, const char *status, const char *error)
{
	char line[64], member[64];

	snprintf(line, sizeof(line), "Status: %s ", status);
	snprintf(member, sizeof(member), "\"error\":\"%s\"", error);
	seam_assert_has(response, line);
	seam_assert_has(response, member);
	seam_assert_has(response, "Cache-Control: no-store\r\n");
	assert_false(seam_has(response, "_token\":\""));
	assert_false(seam_has(response, "\"active\""));
	assert_false(seam_has(response, "\"sub\""));
}

static uint64_t client_number(struct tally_store *store, const char *id)
{
	struct tally_arena *arena = tally_arena_new(4096, 65536);
	struct tally_client_record client;

	assert_non_null(arena);
	assert_int_equal(store->ops->client_find(store, arena, tally_span_of(id), &client),
			 TALLY_OK);
	tally_arena_free(arena);
	return client.number;
}

static uint64_t user_number(struct tally_store *store, const char *id)
{
	struct tally_arena *arena = tally_arena_new(4096, 65536);
	struct tally_user_record user;

	assert_non_null(arena);
	assert_int_equal(store->ops->user_find(store, arena, tally_span_of(id), &user), TALLY_OK);
	tally_arena_free(arena);
	return user.number;
}

struct tally_refresh_record seam_record(struct tally_fake_service *service)
{
	struct tally_refresh_record record = {
		.owner = {
			.client = client_number(service->store, TALLY_FAKE_CLIENT),
			.user = user_number(service->store, SEAM_USER),
			.client_id = TALLY_SPAN(TALLY_FAKE_CLIENT),
			.subject = TALLY_SPAN(SEAM_USER),
			.scope = TALLY_SPAN("openid profile read write"),
			.audience = TALLY_SPAN("https://api.example"),
		},
		.expires_at = tally_clock_now() + MONTH,
		.family_expires_at = tally_clock_now() + 3 * MONTH,
	};
	int64_t now_us = tally_clock_now_us();

	assert_int_equal(tally_token_id_make(&record.id, now_us, record.expires_at), TALLY_OK);
	assert_int_equal(tally_token_id_make(&record.family, now_us, record.family_expires_at),
			 TALLY_OK);
	return record;
}

void seam_keep(struct tally_fake_service *service, struct tally_refresh_record *record,
	       char out[SEAM_TEXT_MAX])
{
	struct tally_token_job job = { .refresh = record, .now_us = tally_clock_now_us() };
	struct tally_token_job *jobs[] = { &job };
	struct tally_buf buf;

	tally_buf_over(&buf, out, SEAM_TEXT_MAX);
	assert_int_equal(tally_opaque_write(&buf, TALLY_REFRESH_PREFIX, &record->id,
					    record->digest), TALLY_OK);
	tally_buf_cstr(&buf);
	assert_int_equal(service->store->ops->token_write(service->store, jobs, 1), TALLY_OK);
	assert_int_equal(job.err, TALLY_OK);
}

void seam_seal(const struct tally_refresh_record *record, char out[SEAM_TEXT_MAX])
{
	const struct tally_wrap_keys wrap = { .keys = { tally_fake_wrap_key }, .count = 1 };
	struct tally_derived_keys keys;
	struct tally_buf buf;

	tally_buf_over(&buf, out, SEAM_TEXT_MAX);
	assert_int_equal(tally_derive_keys(&wrap, TALLY_SEALED_PURPOSE, &keys), TALLY_OK);
	assert_int_equal(tally_sealed_write(&keys, record, &buf), TALLY_OK);
	tally_buf_cstr(&buf);
}

void seam_sign(struct tally_fake_service *service, const char *typ, const char *claims,
	       char out[SEAM_TEXT_MAX])
{
	const struct tally_wrap_keys wrap = { .keys = { tally_fake_wrap_key }, .count = 1 };
	struct tally_keyset *keys = NULL;
	struct tally_signer *signer;
	struct tally_buf buf;

	assert_int_equal(tally_keyset_load(service->store, &wrap, tally_clock_now(), MONTH, NULL,
					   &keys), TALLY_OK);
	const struct tally_keyset_key *key = tally_keyset_at(keys, 0);

	assert_int_equal(tally_signer_new(key->key, key->kid, typ, &signer), TALLY_OK);
	tally_buf_over(&buf, out, SEAM_TEXT_MAX);
	assert_int_equal(tally_signer_sign(signer, tally_span_of(claims), &buf), TALLY_OK);
	tally_buf_cstr(&buf);
	tally_signer_free(signer);
	tally_keyset_free(keys);
}

void seam_refresh(struct tally_fake_service *service, const char *token,
		  char access[SEAM_TEXT_MAX], char refresh[SEAM_TEXT_MAX])
{
	struct tally_span response = seam_post(service, "/oauth2/token", TALLY_FAKE_CLIENT,
					       "grant_type=refresh_token&refresh_token=%s", token);

	seam_assert_has(response, "Status: 200 OK\r\n");
	seam_member(response, "access_token", access);
	seam_member(response, "refresh_token", refresh);
}

bool seam_is_active(struct tally_fake_service *service, const char *token)
{
	struct tally_span response = seam_post(service, "/oauth2/introspect", TALLY_FAKE_CLIENT,
					       "token=%s", token);

	seam_assert_has(response, "Status: 200 OK\r\n");
	seam_assert_has(response, "\r\n\r\n{\"active\":");
	return seam_has(response, "{\"active\":true,");
}
