/* SPDX-License-Identifier: Apache-2.0 */
/* Refresh tokens in whole requests, kept and sealed. */
#include "config.h"

#include "base/b64.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "tests/fake/clock.h"
#include "tests/unit/seam.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define NONE "[tokens]\npersistence = none\n"
#define DAY 86400
#define THREADS 64

static char first[SEAM_TEXT_MAX], second[SEAM_TEXT_MAX], third[SEAM_TEXT_MAX];
static char access_token[SEAM_TEXT_MAX];
static struct tally_fake_service service;

/* Each test for both forms: sealed or not is what *state points to. */
static bool is_sealed(void **state)
{
	return *state != NULL;
}

static void grant(void **state, struct tally_refresh_record *record, char out[SEAM_TEXT_MAX])
{
	if (is_sealed(state))
		seam_seal(record, out);
	else
		seam_keep(&service, record, out);
}

/* A service, and a token in first. */
static struct tally_refresh_record open_with(void **state, const char *more)
{
	char text[256];

	snprintf(text, sizeof(text), "[tokens]\npersistence = %s\n%s",
		 is_sealed(state) ? "none" : "all", more);
	seam_open(&service, text);
	struct tally_refresh_record record = seam_record(&service);

	grant(state, &record, first);
	return record;
}

static struct tally_span refresh(const char *token, const char *more)
{
	return seam_post(&service, "/oauth2/token", TALLY_FAKE_CLIENT,
			 "grant_type=refresh_token&refresh_token=%s%s", token, more);
}

static void assert_refused(const char *token)
{
	seam_assert_fault(refresh(token, ""), "400", "invalid_grant");
}

static void a_token_is_exchanged_for_two(void **state)
{
	open_with(state, "");
	struct tally_span response = refresh(first, "");

	seam_assert_has(response, "Status: 200 OK\r\n");
	seam_assert_has(response, "\"token_type\":\"Bearer\",\"expires_in\":3600,");
	seam_assert_has(response, is_sealed(state) ? "\"refresh_token\":\"ts_"
						   : "\"refresh_token\":\"tr_");
	seam_assert_has(response, "\"id_token\":\"");
	seam_refresh(&service, first, access_token, second); /* grace */
	assert_string_not_equal(first, second);
	assert_true(seam_is_active(&service, access_token));
	seam_refresh(&service, second, access_token, third);
	tally_fake_service_close(&service);
}

static void what_is_no_token_is_refused(void **state)
{
	static const char *const texts[] = {
		"x", "tr_", "ts_", "ta_", "tr_AAAA", "ts_AAAA", "ts_%%", "%25", "a.b.c",
		"tr_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	};

	open_with(state, "");
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (strcmp(texts[i], "ts_%%") != 0)
			assert_refused(texts[i]);
	seam_assert_fault(seam_post(&service, "/oauth2/token", TALLY_FAKE_CLIENT,
				    "grant_type=refresh_token"), "400", "invalid_request");
	seam_assert_fault(refresh(first, "&refresh_token=x"), "400", "invalid_request");
	tally_fake_service_close(&service);
}

/* A bit of any character makes it another token, and nothing is used up. */
static void an_altered_token_is_refused(void **state)
{
	open_with(state, "");
	for (size_t i = 0; i < strlen(first); i += 7) {
		char was = first[i];

		first[i] = was == 'A' ? 'B' : 'A';
		assert_refused(first);
		first[i] = was;
	}
	first[strlen(first) + 1] = '\0';
	first[strlen(first)] = 'A';
	assert_refused(first);
	first[strlen(first) - 1] = '\0';
	seam_refresh(&service, first, access_token, second);
	tally_fake_service_close(&service);
}

/* Unknown, expired and another's: the same answer but for its request id. */
static void refusals_look_alike(void **state)
{
	static char unknown[SEAM_TEXT_MAX];
	struct tally_refresh_record record = open_with(state, "");

	record.expires_at = tally_clock_now();
	assert_int_equal(tally_token_id_make(&record.id, tally_clock_now_us(), record.expires_at),
			 TALLY_OK);
	grant(state, &record, second);
	assert_refused(second);
	seam_assert_fault(seam_post(&service, "/oauth2/token", SEAM_OTHER,
				    "grant_type=refresh_token&refresh_token=%s", first),
			  "400", "invalid_grant");
	seam_member(refresh("tr_x", ""), "error_description", unknown);
	seam_member(refresh(second, ""), "error_description", third);
	assert_string_equal(unknown, third);
	seam_member(seam_post(&service, "/oauth2/token", SEAM_OTHER,
			      "grant_type=refresh_token&refresh_token=%s", first),
		    "error_description", third);
	assert_string_equal(unknown, third);
	seam_refresh(&service, first, access_token, second); /* it was not used up */
	tally_fake_service_close(&service);
}

static void scopes_narrow_and_never_widen(void **state)
{
	static const char *const wide[] = { "device_1", "read device_1", "admin", "offline_access" };

	open_with(state, "");
	for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++) {
		char more[64];

		snprintf(more, sizeof(more), "&scope=%s", wide[i]);
		for (char *p = more; *p != '\0'; p++)
			*p = *p == ' ' ? '+' : *p;
		seam_assert_fault(refresh(first, more), "400", "invalid_scope");
	}
	struct tally_span response = refresh(first, "&scope=read");

	seam_assert_has(response, "\"scope\":\"read\"");
	seam_member(response, "refresh_token", second);
	/* What was granted at first is still there. */
	seam_assert_has(refresh(second, ""), "\"scope\":\"openid profile read write\"");
	tally_fake_service_close(&service);
}

/* What the client may no longer have, it does not get again unasked. */
static void a_scope_that_was_lost_is_left_out(void **state)
{
	struct tally_refresh_record record = open_with(state, "");

	record.owner.scope = TALLY_SPAN("admin read");
	assert_int_equal(tally_token_id_make(&record.id, tally_clock_now_us(), record.expires_at),
			 TALLY_OK);
	grant(state, &record, first);
	seam_assert_has(refresh(first, ""), "\"scope\":\"read\"");
	seam_assert_fault(refresh(first, "&scope=admin"), "400", "invalid_scope");
	tally_fake_service_close(&service);
}

/* A granted scope that ends in '*' is a name, no pattern. */
static void a_granted_star_is_no_pattern(void **state)
{
	struct tally_refresh_record record = open_with(state, "");

	record.owner.scope = TALLY_SPAN("device_*");
	assert_int_equal(tally_token_id_make(&record.id, tally_clock_now_us(), record.expires_at),
			 TALLY_OK);
	grant(state, &record, first);
	seam_assert_fault(refresh(first, "&scope=device_1"), "400", "invalid_scope");
	seam_assert_has(refresh(first, "&scope=device_*"), "\"scope\":\"device_*\"");
	tally_fake_service_close(&service);
}

static void a_repeat_is_forgiven_for_a_while(void **state)
{
	open_with(state, "");
	seam_refresh(&service, first, access_token, second);
	tally_fake_clock_advance_ms(9999);
	seam_refresh(&service, first, access_token, third);
	assert_string_not_equal(second, third);
	tally_fake_clock_advance_ms(1);
	assert_refused(first);
	/* and with it all that came from it has ended */
	assert_false(seam_is_active(&service, access_token));
	assert_refused(second);
	assert_refused(third);
	tally_fake_service_close(&service);
}

static void without_grace_a_repeat_ends_the_family(void **state)
{
	open_with(state, "refresh-grace = 0s\n");
	seam_refresh(&service, first, access_token, second);
	assert_refused(first);
	assert_refused(second);
	assert_false(seam_is_active(&service, access_token));
	assert_false(seam_is_active(&service, second));
	tally_fake_service_close(&service);
}

static void idle_and_absolute_lifetimes_end_it(void **state)
{
	open_with(state, "refresh-lifetime = 10d\nrefresh-max-lifetime = 100d\n");
	for (int i = 0; i < 10; i++) { /* the family has 90 days, each token 10 */
		tally_fake_clock_advance(9 * DAY);
		if (i == 9)
			break;
		seam_refresh(&service, first, access_token, second);
		snprintf(first, sizeof(first), "%s", second);
	}
	assert_refused(first);
	tally_fake_service_close(&service);
	open_with(state, "refresh-lifetime = 10d\n");
	seam_refresh(&service, first, access_token, second);
	tally_fake_clock_advance(10 * DAY - 1);
	seam_refresh(&service, second, access_token, third);
	tally_fake_clock_advance(10 * DAY);
	assert_refused(third);
	tally_fake_service_close(&service);
}

static void a_user_who_is_gone_gets_nothing(void **state)
{
	open_with(state, "");
	struct tally_store *store = service.store;

	assert_int_equal(store->ops->user_disable(store, TALLY_SPAN(SEAM_USER), 1), TALLY_OK);
	assert_refused(first);
	assert_int_equal(store->ops->user_disable(store, TALLY_SPAN(SEAM_USER), 0), TALLY_OK);
	tally_fake_clock_advance(11); /* users.cache */
	seam_refresh(&service, first, access_token, second);
	assert_true(seam_is_active(&service, access_token));
	assert_int_equal(store->ops->user_remove(store, TALLY_SPAN(SEAM_USER)), TALLY_OK);
	tally_fake_clock_advance(11);
	assert_refused(second);
	assert_false(seam_is_active(&service, second));
	tally_fake_service_close(&service);
}

static void another_client_of_that_id_gets_nothing(void **state)
{
	struct tally_refresh_record record = open_with(state, "");

	record.owner.client += 1000;
	assert_int_equal(tally_token_id_make(&record.id, tally_clock_now_us(), record.expires_at),
			 TALLY_OK);
	grant(state, &record, second);
	assert_refused(second);
	assert_false(seam_is_active(&service, second));
	tally_fake_service_close(&service);
}

/* However the store fails, there is no token, and it is not the client's fault. */
static void an_outage_is_no_refusal(void **state)
{
	open_with(state, "");
	for (unsigned int nth = 1; nth < 20; nth++) {
		tally_fake_clock_advance(301); /* past every cache */
		tally_fake_store_fail(service.store, nth, TALLY_ERR_UNAVAILABLE);
		struct tally_span response = refresh(first, "");

		if (seam_has(response, "Status: 200 OK\r\n"))
			break;
		seam_assert_fault(response, "503", "temporarily_unavailable");
		assert_int_not_equal(nth, 19);
		if (is_sealed(state)) { /* its use may have been counted */
			struct tally_refresh_record record = seam_record(&service);

			grant(state, &record, first);
		}
	}
	tally_fake_store_fail(service.store, 0, TALLY_OK);
	tally_fake_service_close(&service);
}

static void without_redis_no_sealed_token_is_taken(void **state)
{
	(void)state;
	seam_open(&service, NONE);
	struct tally_refresh_record record = seam_record(&service);

	seam_seal(&record, first);
	tally_fake_marks_down(service.marks, true);
	seam_assert_fault(refresh(first, ""), "503", "temporarily_unavailable");
	seam_assert_fault(seam_post(&service, "/oauth2/introspect", TALLY_FAKE_CLIENT, "token=%s",
				    first), "503", "temporarily_unavailable");
	tally_fake_marks_down(service.marks, false);
	seam_refresh(&service, first, access_token, second);
	/* nor may one be handed out, but the other grants go on */
	tally_fake_marks_down(service.marks, true);
	seam_assert_has(seam_post(&service, "/oauth2/token", TALLY_FAKE_CLIENT,
				  "grant_type=client_credentials"), "Status: 200 OK\r\n");
	tally_fake_service_close(&service);
}

/* Each form is understood and usable whatever the persistence is now. */
static void the_persistence_may_change(void **state)
{
	static const char *const modes[] = { "all", "refresh", "none" };

	for (size_t i = 0; i < 3; i++) {
		char more[64];

		snprintf(more, sizeof(more), "[tokens]\npersistence = %s\n", modes[i]);
		seam_open(&service, more);
		struct tally_refresh_record record = seam_record(&service);

		grant(state, &record, first);
		seam_refresh(&service, first, access_token, second);
		assert_memory_equal(second, strcmp(modes[i], "none") == 0 ? "ts_" : "tr_", 3);
		seam_refresh(&service, second, access_token, third);
		tally_fake_clock_advance(60);
		assert_refused(first);
		assert_refused(third);
		assert_false(seam_is_active(&service, access_token));
		tally_fake_service_close(&service);
	}
}

struct racer {
	struct tally_fake_service service;
	pthread_t thread;
	char *body;
	bool won;
};

static void *race(void *context)
{
	struct racer *racer = context;
	const struct tally_fake_request request = {
		.method = "POST",
		.uri = "/oauth2/token",
		.content_type = "application/x-www-form-urlencoded",
		.body = tally_span_of(racer->body),
	};

	racer->won = seam_has(tally_fake_service_send(&racer->service, &request),
			      "Status: 200 OK\r\n");
	return NULL;
}

static unsigned int race_all(const char *token)
{
	static struct racer racers[THREADS];
	static char body[SEAM_TEXT_MAX + 256];
	unsigned int won = 0;

	snprintf(body, sizeof(body), "grant_type=refresh_token&refresh_token=%s&client_id=%s"
		 "&client_secret=%s", token, TALLY_FAKE_CLIENT, TALLY_FAKE_SECRET);
	for (int i = 0; i < THREADS; i++) {
		racers[i] = (struct racer){ .service = tally_fake_service_beside(&service),
					    .body = body };
	}
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(racers[i].thread, NULL);
		won += racers[i].won;
		tally_fake_service_beside_end(&racers[i].service);
	}
	return won;
}

static void of_64_at_once_one_wins(void **state)
{
	open_with(state, "refresh-grace = 0s\n");
	assert_int_equal(race_all(first), 1);
	tally_fake_service_close(&service);
	open_with(state, "");
	assert_int_equal(race_all(first), THREADS);
	tally_fake_service_close(&service);
}

#define BOTH(test) \
	{ #test " (kept)", test, NULL, NULL, NULL }, \
	{ #test " (sealed)", test, NULL, NULL, &service }

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(a_token_is_exchanged_for_two),
		BOTH(what_is_no_token_is_refused),
		BOTH(an_altered_token_is_refused),
		BOTH(refusals_look_alike),
		BOTH(scopes_narrow_and_never_widen),
		BOTH(a_scope_that_was_lost_is_left_out),
		BOTH(a_granted_star_is_no_pattern),
		BOTH(a_repeat_is_forgiven_for_a_while),
		BOTH(without_grace_a_repeat_ends_the_family),
		BOTH(idle_and_absolute_lifetimes_end_it),
		BOTH(a_user_who_is_gone_gets_nothing),
		BOTH(another_client_of_that_id_gets_nothing),
		BOTH(an_outage_is_no_refusal),
		cmocka_unit_test(without_redis_no_sealed_token_is_taken),
		BOTH(the_persistence_may_change),
		BOTH(of_64_at_once_one_wins),
	};

	if (tally_log_open("/dev/null", TALLY_LOG_TEXT, TALLY_LOG_DEBUG) != TALLY_OK)
		return EXIT_FAILURE;
	return cmocka_run_group_tests_name("refresh", tests, NULL, NULL);
}
