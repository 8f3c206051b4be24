/* SPDX-License-Identifier: Apache-2.0 */
/* The password grant, the queue of hashes, and the limits for guessing. */
#include "config.h"

#include "base/buf.h"
#include "crypt/password.h"
#include "oauth/passwords.h"
#include "sys/log.h"
#include "tests/fake/clock.h"
#include "tests/fake/service.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define CLIENT "client_id=" TALLY_FAKE_CLIENT "&client_secret=" TALLY_FAKE_SECRET
#define LOGIN(user, password) \
	"grant_type=password&" CLIENT "&username=" user "&password=" password
#define PASSWORD "correct+horse+battery+staple"
#define ALICE LOGIN(TALLY_FAKE_LOGIN, PASSWORD)
#define CHEAP "[passwords]\nmemory = 1024\npasses = 1\n"

#define OUTSIDE_HASH                                        \
	"$argon2id$v=19$m=64,t=2,p=1$c29tZXNhbHRzb21lc2FsdA" \
	"$Gpj7qOY5RCXJvcMzqcdQqvgR3wcPX7SleI4c9NtXk6E"

static struct tally_fake_service service;

static void open_with(const char *more)
{
	char text[1024];

	snprintf(text, sizeof(text), "[tokens]\npersistence = none\n" CHEAP "%s", more);
	tally_fake_service_open(&service, "ES256", text);
}

static bool contains(struct tally_span text, const char *part)
{
	return memmem(text.p, text.n, part, strlen(part)) != NULL;
}

static void assert_answer(const char *form, const char *part)
{
	struct tally_span response = tally_fake_service_token(&service, form);

	if (!contains(response, part))
		fail_msg("\"%s\" is not in:\n%.*s", part, TALLY_SPAN_ARG(response));
	if (!contains(response, "Status: 200 "))
		assert_false(contains(response, "access_token"));
}

/* RFC 6749 §4.3.3. */
static void a_user_logs_in(void **state)
{
	(void)state;
	open_with("");
	assert_answer(ALICE, "Status: 200 OK\r\n");
	assert_answer(ALICE, "\"refresh_token\":\"");
	assert_answer(ALICE "&scope=openid+read", "\"id_token\":\"");
	assert_answer(ALICE "&scope=openid+read", "\"scope\":\"openid read\"");
	assert_answer(ALICE "&scope=admin", "\"invalid_scope\"");
	tally_fake_service_close(&service);
}

static void bad_logins_are_refused(void **state)
{
	static const struct {
		const char *form;
		const char *error;
	} rows[] = {
		{ LOGIN("alice", "wrong"), "invalid_grant" },
		{ LOGIN("alice", "correct+horse+battery+stapl"), "invalid_grant" },
		{ LOGIN("alice", PASSWORD "+"), "invalid_grant" },
		{ LOGIN("Alice", PASSWORD), "invalid_grant" },
		{ LOGIN("nobody", PASSWORD), "invalid_grant" },
		{ LOGIN(TALLY_FAKE_USER, PASSWORD), "invalid_grant" },
		{ LOGIN("", PASSWORD), "invalid_request" },
		{ LOGIN("alice", ""), "invalid_request" },
		{ "grant_type=password&" CLIENT "&password=x", "invalid_request" },
		{ "grant_type=password&" CLIENT "&username=alice", "invalid_request" },
		{ ALICE "&username=alice", "invalid_request" },
		{ ALICE "%00", "invalid_request" },
		{ "grant_type=password&username=alice&password=" PASSWORD, "invalid_client" },
	};

	(void)state;
	open_with("[failures]\nper-account = 0\nper-address = 0\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_answer(rows[i].form, rows[i].error);
	tally_fake_service_close(&service);
}

/* Their bodies differ in the request id only. */
static void who_is_refused_learns_nothing(void **state)
{
	static const char *const forms[] = {
		LOGIN("alice", "wrong"), LOGIN("nobody", "wrong"), LOGIN("robot", "wrong"),
	};
	const struct tally_user_record robot = {
		.user_id = TALLY_SPAN("r"), .login = TALLY_SPAN("robot"),
		.kind = TALLY_USER_MACHINE, .created_at = 1,
	};
	char first[1024] = "";

	(void)state;
	open_with("");
	assert_int_equal(service.store->ops->user_add(service.store, &robot), TALLY_OK);
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct tally_span rest = tally_fake_service_token(&service, forms[i]);
		char answer[1024] = "";
		size_t n = 0;

		while (rest.p != NULL) {
			struct tally_span line = tally_span_cut(&rest, '\n');
			const char *id = memmem(line.p, line.n, "equest", 6);

			n += (size_t)snprintf(answer + n, sizeof(answer) - n, "%.*s\n",
					      id ? (int)(id - line.p) : (int)line.n, line.p);
		}
		if (i == 0)
			memcpy(first, answer, sizeof(first));
		assert_string_equal(answer, first);
	}
	tally_fake_service_close(&service);
}

static void set_password(const char *password)
{
	const struct tally_password_cost cheap = { 8, 1 };
	char hash[TALLY_PASSWORD_HASH_MAX + 1];

	assert_int_equal(tally_password_hash(cheap, tally_span_of(password), hash), TALLY_OK);
	assert_int_equal(service.store->ops->user_set_password(service.store,
							       TALLY_SPAN(TALLY_FAKE_USER),
							       tally_span_of(hash)), TALLY_OK);
}

static void what_is_remembered_is_forgotten_with_the_password(void **state)
{
	(void)state;
	open_with("[users]\ncache = 10s\n");
	assert_answer(ALICE, "Status: 200 ");
	set_password("another password");
	assert_answer(ALICE, "Status: 200 "); /* within users.cache */
	tally_fake_clock_advance(11);
	assert_answer(ALICE, "invalid_grant");
	assert_answer(LOGIN("alice", "another+password"), "Status: 200 ");
	tally_fake_service_close(&service);
}

static void a_disabled_user_is_refused_and_forgotten(void **state)
{
	(void)state;
	open_with("");
	assert_answer(ALICE, "Status: 200 ");
	service.store->ops->user_disable(service.store, TALLY_SPAN(TALLY_FAKE_USER), 5);
	tally_fake_clock_advance(11);
	assert_answer(ALICE, "invalid_grant");
	service.store->ops->user_remove(service.store, TALLY_SPAN(TALLY_FAKE_USER));
	tally_fake_clock_advance(11);
	assert_answer(ALICE, "invalid_grant");
	tally_fake_service_close(&service);
}

static void an_outage_is_no_wrong_password(void **state)
{
	(void)state;
	open_with("");
	assert_answer("grant_type=client_credentials&" CLIENT, "Status: 200 ");
	tally_fake_store_down(service.store, true);
	assert_answer(ALICE, "temporarily_unavailable");
	tally_fake_service_close(&service);
}

static void a_hash_that_cannot_be_read_is_nobodys(void **state)
{
	static const char *const hashes[] = {
		"$argon2i$v=19$m=8,t=1,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA", "plain", "$", "$$$$$$",
		"$argon2id$v=19$m=9999999,t=1,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=8,t=99999,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
		"$argon2id$v=19$m=8,t=1,p=99$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
	};

	(void)state;
	open_with("[failures]\nper-account = 0\nper-address = 0\n");
	for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
		service.store->ops->user_set_password(service.store, TALLY_SPAN(TALLY_FAKE_USER),
						      tally_span_of(hashes[i]));
		tally_fake_clock_advance(11);
		assert_answer(ALICE, "invalid_grant");
	}
	tally_fake_service_close(&service);
}

/* ---- limits ---- */

static void an_account_is_limited(void **state)
{
	(void)state;
	open_with("[failures]\nper-account = 3\nwindow = 60s\n");
	for (int i = 0; i < 3; i++)
		assert_answer(LOGIN("alice", "wrong"), "invalid_grant");
	assert_answer(ALICE, "Status: 429 Too Many Requests\r\n");
	assert_answer(ALICE, "Retry-After: 60\r\n");
	assert_answer(ALICE, "too_many_requests");
	/* Others are none the worse for it. */
	assert_answer(LOGIN("bob", "wrong"), "invalid_grant");
	assert_answer("grant_type=client_credentials&" CLIENT, "Status: 200 ");
	tally_fake_clock_advance(59);
	assert_answer(ALICE, "Retry-After: 1\r\n");
	tally_fake_clock_advance(1);
	assert_answer(ALICE, "Status: 200 ");
	tally_fake_service_close(&service);
}

static void an_unknown_account_is_limited_likewise(void **state)
{
	(void)state;
	open_with("[failures]\nper-account = 2\n");
	for (int i = 0; i < 2; i++)
		assert_answer(LOGIN("nobody", "x"), "invalid_grant");
	assert_answer(LOGIN("nobody", "x"), "Status: 429 ");
	tally_fake_service_close(&service);
}

static void a_client_is_limited(void **state)
{
	(void)state;
	open_with("[failures]\nper-account = 2\n");
	for (int i = 0; i < 2; i++)
		assert_answer("grant_type=client_credentials&client_id=demo&client_secret=x",
			      "invalid_client");
	assert_answer("grant_type=client_credentials&" CLIENT, "Status: 429 ");
	assert_answer("grant_type=client_credentials&client_id=x&client_secret=x",
		      "invalid_client");
	tally_fake_service_close(&service);
}

static void an_address_is_limited(void **state)
{
	char form[256];

	(void)state;
	open_with("[failures]\nper-address = 5\n");
	for (int i = 0; i < 5; i++) {
		snprintf(form, sizeof(form), LOGIN("user%d", "x"), i);
		assert_answer(form, "invalid_grant");
	}
	assert_answer(ALICE, "Status: 429 ");
	tally_fake_service_close(&service);
}

/* Counted by the process itself, then. */
static void the_limits_hold_without_redis(void **state)
{
	(void)state;
	open_with("[failures]\nper-account = 3\nwindow = 60s\n");
	tally_fake_marks_down(service.marks, true);
	for (int i = 0; i < 3; i++)
		assert_answer(LOGIN("alice", "wrong"), "invalid_grant");
	assert_answer(ALICE, "Retry-After: 60\r\n");
	tally_fake_clock_advance(61);
	tally_fake_marks_down(service.marks, false);
	assert_answer(ALICE, "Status: 200 ");
	tally_fake_service_close(&service);
}

static void zero_is_no_limit_and_a_success_costs_no_mark(void **state)
{
	(void)state;
	open_with("[failures]\nper-account = 0\nper-address = 0\n");
	for (int i = 0; i < 50; i++)
		assert_answer(LOGIN("alice", "wrong"), "invalid_grant");
	assert_int_equal(tally_fake_marks_calls(service.marks), 0);
	tally_fake_service_close(&service);

	open_with("");
	assert_answer(ALICE, "Status: 200 ");
	assert_answer("grant_type=client_credentials&" CLIENT, "Status: 200 ");
	assert_int_equal(tally_fake_marks_calls(service.marks), 0);
	assert_answer(LOGIN("alice", "wrong"), "invalid_grant");
	assert_int_equal(tally_fake_marks_calls(service.marks), 1);
	tally_fake_service_close(&service);
}

/* ---- the queue ---- */

#define LOGINS 8

struct login {
	struct tally_worker *worker;
	char status[4];
	atomic_bool *go;
	atomic_int *done;
};

static size_t read_form(void *context, char *out, size_t n)
{
	struct tally_span *rest = context;
	size_t got = n < rest->n ? n : rest->n;

	memcpy(out, rest->p, got);
	*rest = tally_span(rest->p + got, rest->n - got);
	return got;
}

static void send_form(struct tally_worker *worker, const char *form, char status[4])
{
	struct tally_span body = tally_span_of(form);
	const struct tally_params params = {
		.method = TALLY_SPAN("POST"),
		.uri = TALLY_SPAN("/oauth2/token"),
		.content_type = TALLY_SPAN("application/x-www-form-urlencoded"),
	};
	struct tally_answer answer = tally_worker_handle(worker, &params, false, read_form, &body);

	memcpy(status, answer.head.p + sizeof("Status: ") - 1, 3);
	status[3] = '\0';
	tally_worker_forget(worker);
}

static void *log_in(void *context)
{
	struct login *login = context;

	while (!atomic_load(login->go))
		usleep(100);
	send_form(login->worker, LOGIN("nobody", "x"), login->status);
	(*login->done)++;
	return NULL;
}

/* As many logins as there are threads: half of them are told to come later. */
static void logins_leave_threads_for_others(void **state)
{
	struct login logins[LOGINS];
	pthread_t threads[LOGINS];
	atomic_bool go = false;
	atomic_int done = 0;
	char status[4];
	int refused = 0;

	(void)state;
	/* A hash that takes long enough for all to arrive meanwhile. */
	tally_fake_service_open(&service, "ES256",
				"[server]\nthreads = 8\n[tokens]\npersistence = none\n"
				"[passwords]\nmemory = 32768\npasses = 8\nqueue = 1000\n");
	for (int i = 0; i < LOGINS; i++) {
		logins[i] = (struct login){ .worker = tally_worker_new(service.app), .go = &go,
					    .done = &done };
		assert_non_null(logins[i].worker);
		pthread_create(&threads[i], NULL, log_in, &logins[i]);
	}
	atomic_store(&go, true);
	usleep(20000);
	send_form(service.worker, "grant_type=client_credentials&" CLIENT, status);
	assert_string_equal(status, "200");
	assert_true(done < LOGINS);
	for (int i = 0; i < LOGINS; i++) {
		pthread_join(threads[i], NULL);
		refused += strcmp(logins[i].status, "503") == 0;
		assert_true(strcmp(logins[i].status, "503") == 0 ||
			    strcmp(logins[i].status, "400") == 0);
		tally_worker_free(logins[i].worker);
	}
	assert_true(refused >= 1 && refused <= LOGINS / 2);
	tally_fake_service_close(&service);
}

/* ---- hashes ---- */

static void a_hash_is_verified(void **state)
{
	const struct tally_password_cost cost = { 64, 2 }, more = { 64, 3 }, less = { 32, 2 };
	char hash[TALLY_PASSWORD_HASH_MAX + 1], nobody[TALLY_PASSWORD_HASH_MAX + 1];
	struct tally_span text;

	(void)state;
	assert_int_equal(tally_password_hash(cost, TALLY_SPAN("secret"), hash), TALLY_OK);
	text = tally_span_of(hash);
	assert_true(tally_span_starts_with(text, TALLY_SPAN("$argon2id$v=19$m=64,t=2,p=1$")));
	assert_int_equal(tally_password_verify(text, TALLY_SPAN("secret")), TALLY_OK);
	assert_int_equal(tally_password_verify(text, TALLY_SPAN("Secret")), TALLY_ERR_VERIFY);
	assert_int_equal(tally_password_verify(text, TALLY_SPAN("")), TALLY_ERR_VERIFY);
	assert_true(tally_password_is_weak(text, more));
	assert_false(tally_password_is_weak(text, cost));
	assert_false(tally_password_is_weak(text, less));
	tally_password_nobody(cost, nobody);
	assert_int_equal(tally_password_verify(tally_span_of(nobody), TALLY_SPAN("secret")),
			 TALLY_ERR_VERIFY);
}

/* Made with OpenSSL's ARGON2ID, of "password" and the salt "somesaltsomesalt". */
static void a_hash_made_elsewhere_is_verified(void **state)
{
	(void)state;
	assert_int_equal(tally_password_verify(TALLY_SPAN(OUTSIDE_HASH),
					       TALLY_SPAN("password")),
			 TALLY_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_user_logs_in),
		cmocka_unit_test(bad_logins_are_refused),
		cmocka_unit_test(who_is_refused_learns_nothing),
		cmocka_unit_test(what_is_remembered_is_forgotten_with_the_password),
		cmocka_unit_test(a_disabled_user_is_refused_and_forgotten),
		cmocka_unit_test(an_outage_is_no_wrong_password),
		cmocka_unit_test(a_hash_that_cannot_be_read_is_nobodys),
		cmocka_unit_test(an_account_is_limited),
		cmocka_unit_test(an_unknown_account_is_limited_likewise),
		cmocka_unit_test(a_client_is_limited),
		cmocka_unit_test(an_address_is_limited),
		cmocka_unit_test(the_limits_hold_without_redis),
		cmocka_unit_test(zero_is_no_limit_and_a_success_costs_no_mark),
		cmocka_unit_test(logins_leave_threads_for_others),
		cmocka_unit_test(a_hash_is_verified),
		cmocka_unit_test(a_hash_made_elsewhere_is_verified),
	};

	if (tally_log_open("/dev/null", TALLY_LOG_TEXT, TALLY_LOG_DEBUG) != TALLY_OK)
		return EXIT_FAILURE;
	return cmocka_run_group_tests_name("password", tests, NULL, NULL);
}
