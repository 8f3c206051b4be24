/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The status of access tokens that came from refresh tokens, and of all that a
 * client or a user has had: what is marked when they end, in each persistence.
 */
#include "config.h"

#include "admin/revoke.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "tests/fake/clock.h"
#include "tests/unit/token_status.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static char text[SEAM_TEXT_MAX + 256];

#define LINE 12

/* Tokens of one family: that of the login, then of one refresh after the other. */
static char accesses[LINE][SEAM_TEXT_MAX], refreshes[LINE][SEAM_TEXT_MAX];

static void open_family(void **state, const char *more)
{
	static const char *const modes[] = { "none", "refresh", "all" };

	tally_fake_clock_set(TALLY_FAKE_CLOCK_START);
	snprintf(text, sizeof(text), ON "persistence = %s\n%s", modes[(size_t)(intptr_t)*state],
		 more);
	seam_open(&service, text);
	status_log_in();
	memcpy(accesses[0], access_token, sizeof(access_token));
	memcpy(refreshes[0], refresh_token, sizeof(refresh_token));
}

static void refresh_on(int from, int to, int seconds_between)
{
	for (int i = from; i < to; i++) {
		tally_fake_clock_advance(seconds_between);
		seam_refresh(&service, refreshes[i], accesses[i + 1], refreshes[i + 1]);
	}
}

static void assert_marked(int from, int to)
{
	for (int i = from; i <= to; i++)
		if (!status_is_marked(accesses[i]))
			fail_msg("access token %d is not marked", i);
	assert_int_equal(status_marked(), to - from + 1);
	for (int i = from; i <= to; i++)
		assert_false(seam_is_active(&service, accesses[i]));
}

static void assert_reused(const char *token)
{
	seam_assert_fault(seam_post(&service, "/oauth2/token", TALLY_FAKE_CLIENT,
				    "grant_type=refresh_token&refresh_token=%s", token),
			  "400", "invalid_grant");
}

static void a_family_ends_with_its_access_tokens(void **state)
{
	open_family(state, "");
	status_get(TALLY_FAKE_CLIENT, CLIENT_CREDENTIALS);
	refresh_on(0, 3, 60);
	status_revoke_well(refreshes[3]);
	assert_marked(0, 3);
	assert_false(seam_is_active(&service, refreshes[3]));
	tally_fake_service_close(&service);
}

/* Of what has expired nobody needs to be told. */
static void expired_ones_fall_off(void **state)
{
	open_family(state, "access-lifetime = 100s\n");
	refresh_on(0, 4, 60);
	status_revoke_well(refreshes[4]);
	assert_true(status_is_marked(accesses[4]) && status_is_marked(accesses[3]));
	assert_int_equal(status_marked(), 2);
	tally_fake_service_close(&service);
}

/* An old token is what a client may still have: its successors are found. */
static void revoking_an_old_token_ends_all_that_came_of_it(void **state)
{
	open_family(state, "");
	refresh_on(0, 4, 60);
	status_revoke_well(refreshes[1]);
	assert_marked(0, 4);
	tally_fake_service_close(&service);
}

/* RFC 9700 §4.14.2: whoever has the newer ones, thief or client, loses them. */
static void a_reuse_ends_all_that_came_of_it(void **state)
{
	open_family(state, "");
	refresh_on(0, 4, 60);
	assert_reused(refreshes[0]);
	assert_marked(0, 4);
	assert_reused(refreshes[4]);
	assert_int_equal(status_marked(), 5);
	tally_fake_service_close(&service);
}

/* Without grace the second of two is a reuse, and what the first was given ends. */
static void a_repeat_without_grace_ends_what_was_given(void **state)
{
	open_family(state, "refresh-grace = 0s\n");
	refresh_on(0, 1, 0);
	assert_reused(refreshes[0]);
	assert_marked(0, 1);
	tally_fake_service_close(&service);
}

/* More than fit: the newest of each line are known, by the last token alone. */
static void of_many_the_newest_are_known(void **state)
{
	open_family(state, "");
	refresh_on(0, LINE - 1, 1);
	status_revoke_well(refreshes[LINE - 1]);
	for (int i = LINE - 8; i < LINE; i++)
		assert_true(status_is_marked(accesses[i]));
	assert_int_equal(status_marked(), 8);
	for (int i = 0; i < LINE; i++)
		assert_false(seam_is_active(&service, accesses[i]));
	tally_fake_service_close(&service);
}

static void a_family_whose_entries_fail_is_asked_for_again(void **state)
{
	open_family(state, "");
	refresh_on(0, 2, 60);
	tally_fake_token_status_down(service.status, true);
	seam_assert_fault(status_revoke(TALLY_FAKE_CLIENT, refreshes[2]), "503",
			  "temporarily_unavailable");
	seam_assert_fault(seam_post(&service, "/oauth2/token", TALLY_FAKE_CLIENT,
				    "grant_type=refresh_token&refresh_token=%s", refreshes[2]),
			  "400", "invalid_grant");
	tally_fake_token_status_down(service.status, false);
	status_revoke_well(refreshes[2]);
	assert_marked(0, 2);
	tally_fake_service_close(&service);
}

/* Made while its family was being ended: marked when it comes back. */
static void who_comes_late_is_marked_then(void **state)
{
	open_family(state, "");
	refresh_on(0, 2, 60);
	tally_fake_token_status_down(service.status, true);
	seam_assert_fault(status_revoke(TALLY_FAKE_CLIENT, refreshes[2]), "503",
			  "temporarily_unavailable");
	tally_fake_token_status_down(service.status, false);
	assert_reused(refreshes[2]);
	assert_marked(0, 2);
	tally_fake_service_close(&service);
}

/* Kept from the time before: it knows of nothing, and is none the worse for it. */
static void a_token_that_knows_nothing_is_fine(void **state)
{
	open_family(state, "");
	struct tally_refresh_record record = seam_record(&service);

	if (*state == NULL)
		seam_seal(&record, refreshes[0]);
	else
		seam_keep(&service, &record, refreshes[0]);
	refresh_on(0, 1, 60);
	status_revoke_well(refreshes[0]);
	assert_true(status_is_marked(accesses[1]));
	assert_int_equal(status_marked(), 1);
	tally_fake_service_close(&service);
}

#define THREADS 16

struct racer {
	struct tally_fake_service service;
	pthread_t thread;
	char answer[SEAM_TEXT_MAX];
};

static void *race(void *context)
{
	struct racer *racer = context;
	const struct tally_fake_request request = {
		.method = "POST",
		.uri = "/oauth2/token",
		.content_type = "application/x-www-form-urlencoded",
		.body = tally_span_of(text),
	};
	struct tally_span answer = tally_fake_service_send(&racer->service, &request);

	if (seam_has(answer, "Status: 200 OK\r\n"))
		seam_member(answer, "access_token", racer->answer);
	return NULL;
}

/* Whoever wins is given what ends by the others' coming too late, and is marked. */
static void of_many_at_once_the_winner_is_marked(void **state)
{
	static struct racer racers[THREADS];
	unsigned int won = 0;

	open_family(state, "refresh-grace = 0s\n");
	snprintf(text, sizeof(text), "grant_type=refresh_token&refresh_token=%s&client_id=%s"
		 "&client_secret=%s", refreshes[0], TALLY_FAKE_CLIENT, TALLY_FAKE_SECRET);
	for (int i = 0; i < THREADS; i++)
		racers[i] = (struct racer){ .service = tally_fake_service_beside(&service) };
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(racers[i].thread, NULL);
		if (racers[i].answer[0] != '\0') {
			memcpy(accesses[1], racers[i].answer, sizeof(accesses[1]));
			won++;
		}
		tally_fake_service_beside_end(&racers[i].service);
	}
	assert_int_equal(won, 1);
	assert_marked(0, 1);
	tally_fake_service_close(&service);
}

/* ---- all of a client or a user, by hand ---- */

static void count_calls(void *context, uint64_t rows)
{
	(void)rows;
	++*(unsigned int *)context;
}

/* Two of demo's own, one of a user by it, and one of another client. */
static struct tally_revoker open_many(void **state, struct tally_arena **arena)
{
	open_family(state, "");
	status_get(SEAM_OTHER, CLIENT_CREDENTIALS "&scope=read");
	memcpy(accesses[1], access_token, sizeof(access_token));
	for (int i = 2; i < 4; i++) {
		status_get(TALLY_FAKE_CLIENT, CLIENT_CREDENTIALS);
		memcpy(accesses[i], access_token, sizeof(access_token));
	}
	*arena = tally_arena_new(4096, 1 << 20);
	assert_non_null(*arena);
	return (struct tally_revoker){
		.store = service.store,
		.marks = service.marks,
		.token_status = service.status,
		.arena = *arena,
		.progress = count_calls,
	};
}

/* What is kept of them is marked: nothing, what refresh tokens know, everything. */
static void all_of_a_client_are_marked(void **state)
{
	static const uint32_t want[] = { 0, 1, 3 };
	struct tally_arena *arena;
	struct tally_revoker revoker = open_many(state, &arena);
	struct tally_revoked_all revoked;
	unsigned int calls = 0;

	revoker.context = &calls;
	assert_int_equal(tally_admin_revoke_client(&revoker, TALLY_SPAN(TALLY_FAKE_CLIENT),
						   &revoked), TALLY_OK);
	assert_int_equal(status_marked(), want[(size_t)(intptr_t)*state]);
	assert_true(revoked.entries >= status_marked());
	assert_true(calls > 0);
	assert_false(status_is_marked(accesses[1]));
	assert_int_equal(status_is_marked(accesses[0]), status_marked() >= 1);
	assert_int_equal(status_is_marked(accesses[2]), status_marked() == 3);
	assert_int_equal(status_is_marked(accesses[3]), status_marked() == 3);
	for (int i = 0; i < 4; i++) {
		struct tally_span answer = seam_post(&service, "/oauth2/introspect", SEAM_READER,
						     "token=%s", accesses[i]);

		assert_int_equal(seam_has(answer, "\"active\":true"), i == 1);
	}
	tally_arena_free(arena);
	tally_fake_service_close(&service);
}

static void all_of_a_user_are_marked(void **state)
{
	struct tally_arena *arena;
	struct tally_revoker revoker = open_many(state, &arena);
	struct tally_revoked_all revoked;
	struct tally_span user_id;
	unsigned int calls = 0;

	revoker.context = &calls;
	refresh_on(0, 1, 60);
	assert_int_equal(tally_admin_revoke_user(&revoker, TALLY_SPAN(TALLY_FAKE_LOGIN), &user_id,
						 &revoked), TALLY_OK);
	assert_int_equal(status_marked(), *state == NULL ? 0 : 2);
	assert_int_equal(status_is_marked(accesses[0]) && status_is_marked(accesses[1]), *state != NULL);
	tally_arena_free(arena);
	tally_fake_service_close(&service);
}

/* The database's half is done, the other is said to be missing, and done the second time. */
static void what_could_not_be_marked_is_said(void **state)
{
	struct tally_arena *arena;
	struct tally_revoker revoker = open_many(state, &arena);
	struct tally_revoked_all revoked;
	unsigned int calls = 0;

	revoker.context = &calls;
	tally_fake_token_status_down(service.status, true);
	assert_int_equal(tally_admin_revoke_client(&revoker, TALLY_SPAN(TALLY_FAKE_CLIENT),
						   &revoked), TALLY_ERR_UNAVAILABLE);
	assert_int_equal(status_marked(), 0);
	assert_false(seam_is_active(&service, accesses[0]));
	tally_fake_token_status_down(service.status, false);
	assert_int_equal(tally_admin_revoke_client(&revoker, TALLY_SPAN(TALLY_FAKE_CLIENT),
						   &revoked), TALLY_OK);
	assert_int_equal(status_marked(), 3);
	/* Nothing is looked for that nobody could mark. */
	calls = 0;
	revoker.token_status = NULL;
	assert_int_equal(tally_admin_revoke_client(&revoker, TALLY_SPAN(TALLY_FAKE_CLIENT),
						   &revoked), TALLY_OK);
	assert_int_equal(calls, 0);
	tally_arena_free(arena);
	tally_fake_service_close(&service);
}

#define EACH(test) \
	{ #test " (none)", test, NULL, NULL, (void *)0 }, \
	{ #test " (refresh)", test, NULL, NULL, (void *)1 }, \
	{ #test " (all)", test, NULL, NULL, (void *)2 }

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(a_family_ends_with_its_access_tokens),
		EACH(expired_ones_fall_off),
		EACH(revoking_an_old_token_ends_all_that_came_of_it),
		EACH(a_reuse_ends_all_that_came_of_it),
		EACH(a_repeat_without_grace_ends_what_was_given),
		EACH(of_many_the_newest_are_known),
		EACH(a_family_whose_entries_fail_is_asked_for_again),
		EACH(who_comes_late_is_marked_then),
		EACH(a_token_that_knows_nothing_is_fine),
		EACH(of_many_at_once_the_winner_is_marked),
		EACH(all_of_a_client_are_marked),
		EACH(all_of_a_user_are_marked),
		{ "what_could_not_be_marked_is_said", what_could_not_be_marked_is_said, NULL, NULL,
		  (void *)2 },
	};

	if (tally_log_open("/dev/null", TALLY_LOG_TEXT, TALLY_LOG_DEBUG) != TALLY_OK)
		return EXIT_FAILURE;
	return cmocka_run_group_tests_name("status_family", tests, NULL, NULL);
}
