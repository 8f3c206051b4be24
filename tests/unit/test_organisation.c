/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whoever belongs to a disabled organisation is refused wherever a disabled client
 * or user is, in whole requests; and the store's side of it, in memory.
 */
#include "config.h"

#include "admin/client.h"
#include "codec/json_out.h"
#include "crypt/digest.h"
#include "crypt/password.h"
#include "sys/log.h"
#include "tests/fake/clock.h"
#include "tests/unit/assertions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define ACME TALLY_SPAN("acme")
#define OPS (service.store->ops)
#define HEADER "{\"alg\":\"ES256\",\"kid\":\"m1-ES256\"}"
#define CLAIMS \
	"{\"iss\":\"m1\",\"sub\":\"m1\",\"aud\":\"https://as.example\",\"iat\":@0,\"exp\":@60}"

#define CREDENTIALS "grant_type=client_credentials"
#define PASSWORD "grant_type=password&username=tom&password=correct+horse"
#define BEARER "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=%s"
#define REFRESH "grant_type=refresh_token&refresh_token=%s"

static struct tally_fake_service service;
static char assertion[SEAM_TEXT_MAX], text[SEAM_TEXT_MAX];
static char access_token[SEAM_TEXT_MAX], refresh_token[SEAM_TEXT_MAX];

static void add_client(void)
{
	struct tally_secret_record secret = { .secret_id = TALLY_SPAN("one"), .created_at = 1 };
	const struct tally_client_record client = {
		.client_id = TALLY_SPAN("team"),
		.grants = TALLY_SPAN("client_credentials password refresh_token"),
		.scopes = TALLY_SPAN("read write"),
		.created_at = 1,
		.organisation = ACME,
		.secrets = &secret,
		.secret_count = 1,
	};

	assert_int_equal(tally_sha256(TALLY_SPAN(TALLY_FAKE_SECRET), secret.digest), TALLY_OK);
	assert_int_equal(OPS->client_add(service.store, &client), TALLY_OK);
}

/* Tom, who has a password, and a machine, which has a key. */
static void add_users(void)
{
	const struct tally_password_cost cheap = { .memory = 8, .passes = 1 };
	char hash[TALLY_PASSWORD_HASH_MAX + 1];
	struct tally_user_record user = {
		.user_id = TALLY_SPAN("u-tom"),
		.login = TALLY_SPAN("tom"),
		.kind = TALLY_USER_HUMAN,
		.created_at = 1,
		.organisation = ACME,
	};

	assert_int_equal(tally_password_hash(cheap, TALLY_SPAN("correct horse"), hash), TALLY_OK);
	user.password = tally_span_of(hash);
	assert_int_equal(OPS->user_add(service.store, &user), TALLY_OK);
	user.user_id = user.login = TALLY_SPAN("m1");
	user.kind = TALLY_USER_MACHINE;
	user.password = TALLY_SPAN("");
	assert_int_equal(OPS->user_add(service.store, &user), TALLY_OK);
	assertion_add_user_key(service.store, "m1", "m1-ES256", assertion_key(TALLY_ALG_ES256, 0),
			       0);
}

static void open_with(const char *more)
{
	const struct tally_organisation_record acme = {
		.organisation_id = ACME, .name = TALLY_SPAN("Acme"), .created_at = 1,
	};

	tally_fake_clock_set(TALLY_FAKE_CLOCK_START);
	seam_open(&service, more);
	assert_int_equal(OPS->organisation_add(service.store, &acme), TALLY_OK);
	add_client();
	add_users();
}

/* In force when the caches have seen it. */
static void disable(struct tally_span organisation, int64_t at)
{
	assert_int_equal(OPS->organisation_disable(service.store, organisation, at), TALLY_OK);
	tally_fake_clock_advance(11);
}

static struct tally_span bearer(void)
{
	return seam_post(&service, "/oauth2/token", NULL, BEARER,
			 assertion_sign(assertion_key(TALLY_ALG_ES256, 0), HEADER, CLAIMS,
					assertion));
}

static struct tally_span ask(const char *client, const char *form)
{
	return seam_post(&service, "/oauth2/token", client, "%s", form);
}

static struct tally_span refresh(const char *client)
{
	return seam_post(&service, "/oauth2/token", client, REFRESH, refresh_token);
}

#define assert_ok(response) seam_assert_has(response, "Status: 200 OK\r\n")

/* The tokens that a client gets for Tom. */
static void log_in(const char *client)
{
	struct tally_span response = ask(client, PASSWORD);

	assert_ok(response);
	seam_member(response, "access_token", access_token);
	seam_member(response, "refresh_token", refresh_token);
}

/* As a resource server sees it: demo knows nothing of another client's tokens. */
static bool is_active(const char *token)
{
	struct tally_span response =
		seam_post(&service, "/oauth2/introspect", SEAM_READER, "token=%s", token);

	assert_ok(response);
	return seam_has(response, "\"active\":true");
}

static void a_client_goes_with_its_organisation(void **state)
{
	static const char *const configurations[] = {
		"[tokens]\npersistence = all\n", "[tokens]\npersistence = none\n",
		"[tokens]\nformat = opaque\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(configurations) / sizeof(configurations[0]); i++) {
		open_with(configurations[i]);
		assert_ok(ask("team", CREDENTIALS));
		log_in("team");
		assert_true(is_active(access_token));
		disable(ACME, 1);
		seam_assert_fault(ask("team", CREDENTIALS), "401", "invalid_client");
		seam_assert_fault(ask("team", PASSWORD), "401", "invalid_client");
		seam_assert_fault(refresh("team"), "401", "invalid_client");
		seam_assert_fault(seam_post(&service, "/oauth2/introspect", "team", "token=x"),
				  "401", "invalid_client");
		seam_assert_fault(seam_post(&service, "/oauth2/revoke", "team", "token=x"), "401",
				  "invalid_client");
		assert_false(is_active(access_token));
		assert_ok(ask(TALLY_FAKE_CLIENT, CREDENTIALS));
		disable(ACME, 0);
		assert_ok(ask("team", CREDENTIALS));
		assert_true(is_active(access_token));
		assert_ok(refresh("team"));
		tally_fake_service_close(&service);
	}
}

static void a_user_goes_with_its_organisation(void **state)
{
	(void)state;
	open_with("[tokens]\npersistence = all\n");
	log_in(TALLY_FAKE_CLIENT);
	assert_ok(bearer());
	disable(ACME, 1);
	seam_assert_fault(ask(TALLY_FAKE_CLIENT, PASSWORD), "400", "invalid_grant");
	seam_assert_fault(refresh(TALLY_FAKE_CLIENT), "400", "invalid_grant");
	seam_assert_fault(bearer(), "400", "invalid_grant");
	assert_false(is_active(access_token));
	assert_true(seam_has(seam_userinfo(&service, access_token), "Status: 401"));
	disable(ACME, 0);
	assert_ok(refresh(TALLY_FAKE_CLIENT));
	assert_ok(bearer());
	assert_true(is_active(access_token));
	log_in(TALLY_FAKE_CLIENT);
	tally_fake_service_close(&service);
}

static void an_issuers_user_goes_with_its_organisation(void **state)
{
	static const char issued[] =
		"{\"iss\":\"https://issuer.example\",\"sub\":\"u-tom\","
		"\"aud\":\"https://as.example\",\"exp\":@60}";
	struct tally_issuer_record issuer = {
		.issuer = TALLY_SPAN("https://issuer.example"),
		.mapping = TALLY_SUBJECT_USER,
		.created_at = 1,
	};
	struct tally_json_out json;
	struct tally_buf buf;

	(void)state;
	open_with(NULL);
	tally_buf_over(&buf, text, sizeof(text));
	tally_json_begin(&json, &buf);
	tally_json_object(&json, NULL);
	tally_json_array(&json, "keys");
	assert_int_equal(tally_key_add_jwk(assertion_key(TALLY_ALG_ES256, 0), "i1", &json),
			 TALLY_OK);
	tally_json_array_end(&json);
	tally_json_object_end(&json);
	issuer.jwks = tally_buf_span(&buf);
	assert_int_equal(OPS->issuer_add(service.store, &issuer), TALLY_OK);
	for (int64_t at = 0; at < 2; at++) {
		disable(ACME, at);
		assertion_sign(assertion_key(TALLY_ALG_ES256, 0),
			       "{\"alg\":\"ES256\",\"kid\":\"i1\"}", issued, assertion);
		struct tally_span response =
			seam_post(&service, "/oauth2/token", TALLY_FAKE_CLIENT, BEARER, assertion);

		if (at == 0)
			assert_ok(response);
		else
			seam_assert_fault(response, "400", "invalid_grant");
	}
	tally_fake_service_close(&service);
}

/* With what it had before, for a token that it then gets no more. */
static void a_client_that_is_set_is_another_soon(void **state)
{
	const struct tally_client_record wanted = {
		.client_id = TALLY_SPAN("team"),
		.scopes = TALLY_SPAN("read"),
		.organisation = TALLY_SPAN(TALLY_ORGANISATION_DEFAULT),
	};
	const struct tally_client_record nowhere = {
		.client_id = TALLY_SPAN("team"), .organisation = TALLY_SPAN("nowhere"),
	};
	struct tally_arena *arena = tally_arena_new(1024, 65536);

	(void)state;
	open_with(NULL);
	assert_ok(ask("team", CREDENTIALS "&scope=write"));
	assert_int_equal(tally_admin_client_set(service.store, arena, &wanted,
						TALLY_CLIENT_SCOPES | TALLY_CLIENT_ORGANISATION),
			 TALLY_OK);
	assert_int_equal(tally_admin_client_set(service.store, arena, &nowhere,
						TALLY_CLIENT_ORGANISATION), TALLY_ERR_STATE);
	/* It would be left without a grant. */
	assert_int_equal(tally_admin_client_set(service.store, arena, &wanted,
						TALLY_CLIENT_GRANTS), TALLY_ERR_USAGE);
	disable(ACME, 1);
	seam_assert_fault(ask("team", CREDENTIALS "&scope=write"), "400", "invalid_scope");
	assert_ok(ask("team", CREDENTIALS "&scope=read"));
	tally_arena_free(arena);
	tally_fake_service_close(&service);
}

/* Everybody who names none is of the default, which can be disabled as well. */
static void the_default_is_one_like_others(void **state)
{
	(void)state;
	open_with(NULL);
	disable(TALLY_SPAN(TALLY_ORGANISATION_DEFAULT), 1);
	seam_assert_fault(ask(TALLY_FAKE_CLIENT, CREDENTIALS), "401", "invalid_client");
	assert_ok(ask("team", CREDENTIALS));
	disable(TALLY_SPAN(TALLY_ORGANISATION_DEFAULT), 0);
	assert_ok(ask(TALLY_FAKE_CLIENT, CREDENTIALS));
	tally_fake_service_close(&service);
}

static void nobody_joins_what_is_not_there(void **state)
{
	const struct tally_client_record client = {
		.client_id = TALLY_SPAN("lost"), .organisation = TALLY_SPAN("nowhere"),
	};
	const struct tally_user_record user = {
		.user_id = TALLY_SPAN("lost"), .organisation = TALLY_SPAN("nowhere"),
	};

	(void)state;
	open_with(NULL);
	assert_int_equal(OPS->client_add(service.store, &client), TALLY_ERR_STATE);
	assert_int_equal(OPS->user_add(service.store, &user), TALLY_ERR_STATE);
	assert_int_equal(OPS->organisation_remove(service.store, ACME), TALLY_ERR_STATE);
	assert_int_equal(OPS->client_remove(service.store, TALLY_SPAN("team")), TALLY_OK);
	assert_int_equal(OPS->organisation_remove(service.store, ACME), TALLY_ERR_STATE);
	assert_int_equal(OPS->user_remove(service.store, TALLY_SPAN("u-tom")), TALLY_OK);
	assert_int_equal(OPS->user_remove(service.store, TALLY_SPAN("m1")), TALLY_OK);
	assert_int_equal(OPS->organisation_remove(service.store, ACME), TALLY_OK);
	assert_int_equal(OPS->organisation_remove(service.store, ACME), TALLY_ERR_NOT_FOUND);
	assert_int_equal(OPS->organisation_remove(service.store,
						  TALLY_SPAN(TALLY_ORGANISATION_DEFAULT)),
			 TALLY_ERR_STATE);
	tally_fake_service_close(&service);
}

static int free_keys(void **state)
{
	(void)state;
	assertion_free_keys();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_client_goes_with_its_organisation),
		cmocka_unit_test(a_user_goes_with_its_organisation),
		cmocka_unit_test(an_issuers_user_goes_with_its_organisation),
		cmocka_unit_test(a_client_that_is_set_is_another_soon),
		cmocka_unit_test(the_default_is_one_like_others),
		cmocka_unit_test(nobody_joins_what_is_not_there),
	};

	if (tally_log_open("/dev/null", TALLY_LOG_TEXT, TALLY_LOG_DEBUG) != TALLY_OK)
		return EXIT_FAILURE;
	return cmocka_run_group_tests_name("organisation", tests, NULL, free_keys);
}
