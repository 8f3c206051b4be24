/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens and the purge, against the real server that the configuration named by
 * TALLYSTICK_CONF leads to. The tables
 * are there already, from store_test.c; their rows are removed.
 */
#include "config.h"

#include "tests/it/store_help.h"

#include "store/token_writer.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define NOW INT64_C(1800000000)
#define NOW_US (NOW * 1000000)
#define HOUR 3600

static struct store_help help;

#define OPS (help.store->ops)

static void assert_span(struct tally_span got, const char *want)
{
	assert_int_equal(got.n, strlen(want));
	assert_memory_equal(got.p ? got.p : "", want, got.n);
}

static int open_all(void **state)
{
	struct tally_migration_report report;

	(void)state;
	store_help_open(&help);
	assert_int_equal(tally_mysql_migrate(help.store, &report), TALLY_OK);
	store_empty(&help);
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	store_empty(&help);
	store_help_close(&help);
	return 0;
}

/* ---- tokens ---- */

static uint64_t client_number, user_number;

static void add_owners(void **state)
{
	const struct tally_user_record subject = {
		.user_id = TALLY_SPAN("sub"), .login = TALLY_SPAN("subject"), .created_at = 1,
	};
	struct tally_client_record client;
	struct tally_user_record user;

	(void)state;
	store_add_client(&help, "app", 1);
	assert_int_equal(OPS->user_add(help.store, &subject), TALLY_OK);
	assert_int_equal(OPS->client_find(help.store, help.arena, TALLY_SPAN("app"), &client),
			 TALLY_OK);
	assert_int_equal(OPS->user_find(help.store, help.arena, subject.user_id, &user), TALLY_OK);
	client_number = client.number;
	user_number = user.number;
}

static struct tally_token_owner owner_of_tests(void)
{
	return (struct tally_token_owner){
		.client = client_number,
		.user = user_number,
		.client_id = TALLY_SPAN("app"),
		.subject = TALLY_SPAN("sub"),
		.scope = TALLY_SPAN("device_42 read"),
		.audience = TALLY_SPAN("https://api.example"),
	};
}

static struct tally_access_record make_access(int64_t now_us)
{
	struct tally_access_record access = {
		.owner = owner_of_tests(),
		.expires_at = now_us / 1000000 + HOUR,
	};

	assert_int_equal(tally_token_id_make(&access.id, now_us, access.expires_at), TALLY_OK);
	return access;
}

static struct tally_refresh_record make_refresh(int64_t now_us)
{
	struct tally_refresh_record refresh = {
		.owner = owner_of_tests(),
		.expires_at = now_us / 1000000 + 14 * TALLY_DAY,
		.family_expires_at = now_us / 1000000 + 90 * TALLY_DAY,
	};

	memset(refresh.digest, 'd', sizeof(refresh.digest));
	assert_int_equal(tally_token_id_make(&refresh.id, now_us, refresh.expires_at), TALLY_OK);
	assert_int_equal(tally_token_id_make(&refresh.family, now_us, refresh.family_expires_at),
			 TALLY_OK);
	return refresh;
}

static enum tally_err write_one(struct tally_token_job *job)
{
	struct tally_token_job *jobs[] = { job };

	assert_int_equal(OPS->token_write(help.store, jobs, 1), TALLY_OK);
	return job->err;
}

static enum tally_err keep_access(const struct tally_access_record *access)
{
	struct tally_token_job job = { .access = access, .now_us = NOW_US };

	return write_one(&job);
}

static enum tally_err find_access(const struct tally_token_id *id, struct tally_access_found *out)
{
	return OPS->access_find(help.store, help.arena, id, out);
}

static enum tally_err find_refresh(const struct tally_token_id *id,
				   struct tally_refresh_found *out)
{
	return OPS->refresh_find(help.store, help.arena, id, out);
}

static void assert_owner(const struct tally_token_owner *owner)
{
	assert_int_equal(owner->client, client_number);
	assert_int_equal(owner->user, user_number);
	assert_span(owner->client_id, "app");
	assert_span(owner->subject, "sub");
	assert_span(owner->scope, "device_42 read");
	assert_span(owner->audience, "https://api.example");
}

static void tokens_come_back_as_they_were_kept(void **state)
{
	struct tally_access_record access = make_access(NOW_US), jwt = make_access(NOW_US + 1);
	struct tally_refresh_record refresh = make_refresh(NOW_US);
	struct tally_token_job a = { .access = &access, .refresh = &refresh, .now_us = NOW_US };
	struct tally_token_job b = { .access = &jwt, .now_us = NOW_US };
	struct tally_token_job *jobs[] = { &a, &b };
	struct tally_access_found got;
	struct tally_refresh_found got_refresh;

	(void)state;
	access.family = refresh.family;
	memset(access.digest, 0xa5, sizeof(access.digest));
	assert_int_equal(OPS->token_write(help.store, jobs, 2), TALLY_OK);
	assert_int_equal(a.err, TALLY_OK);
	assert_int_equal(b.err, TALLY_OK);
	assert_int_equal(find_access(&access.id, &got), TALLY_OK);
	assert_owner(&got.token.owner);
	assert_true(tally_token_id_eq(&got.token.family, &refresh.family));
	assert_memory_equal(got.token.digest, access.digest, 32);
	assert_int_equal(got.token.expires_at, access.expires_at);
	assert_false(got.is_revoked);
	assert_int_equal(find_access(&jwt.id, &got), TALLY_OK);
	assert_true(tally_token_id_is_none(&got.token.family));
	assert_memory_equal(got.token.digest, jwt.digest, 32);
	assert_int_equal(find_refresh(&refresh.id, &got_refresh), TALLY_OK);
	assert_owner(&got_refresh.token.owner);
	assert_memory_equal(got_refresh.token.digest, refresh.digest, 32);
	assert_int_equal(got_refresh.token.expires_at, refresh.expires_at);
	assert_int_equal(got_refresh.token.family_expires_at, refresh.family_expires_at);
	assert_int_equal(got_refresh.used_at_us, 0);
	assert_false(got_refresh.is_revoked);
	assert_int_equal(find_access(&refresh.id, &got), TALLY_ERR_NOT_FOUND);
	assert_int_equal(store_number(&help, "SELECT COUNT(*) FROM access_token_view WHERE"
		" client_id = 'app' AND issued_at = '2027-01-15 08:00:00.000000'"
		" AND expires_at = '2027-01-15 09:00:00'"), 1);
	assert_int_equal(store_number(&help, "SELECT COUNT(*) FROM refresh_token_view"
		" WHERE used_at IS NULL"), 1);
}

/* Values that are no numbers, no text, as long as can be, or not there. */
static void any_bytes_are_kept(void **state)
{
	char subject[TALLY_SUBJECT_MAX], scope[TALLY_SCOPE_TEXT_MAX];
	struct tally_access_record access = make_access(NOW_US + 5);
	struct tally_access_found got;

	(void)state;
	for (size_t i = 0; i < sizeof(subject); i++)
		subject[i] = (char)i;
	memset(scope, '\'', sizeof(scope));
	access.owner = (struct tally_token_owner){
		.subject = tally_span(subject, sizeof(subject)),
		.scope = tally_span(scope, sizeof(scope)),
	};
	assert_int_equal(keep_access(&access), TALLY_OK);
	assert_int_equal(find_access(&access.id, &got), TALLY_OK);
	assert_true(tally_span_eq(got.token.owner.subject, access.owner.subject));
	assert_true(tally_span_eq(got.token.owner.scope, access.owner.scope));
	assert_int_equal(got.token.owner.audience.n, 0);
	/* Without a client, the subject stands in its place. */
	assert_true(tally_span_eq(got.token.owner.client_id, access.owner.subject));
	assert_false(got.is_revoked);
}

static void a_bad_job_fails_alone(void **state)
{
	static char text[9u << 20];
	struct tally_access_record access[5];
	struct tally_token_job job[5], *jobs[5];
	struct tally_access_found got;

	(void)state;
	memset(text, 'x', sizeof(text));
	for (int i = 0; i < 5; i++) {
		access[i] = make_access(NOW_US + 10 + i);
		job[i] = (struct tally_token_job){ .access = &access[i], .now_us = NOW_US };
		jobs[i] = &job[i];
	}
	access[1].owner.scope = TALLY_SPAN("caf\xc3\xa9");
	access[2].id = access[0].id;
	access[3].owner.scope = tally_span(text, TALLY_SCOPE_TEXT_MAX + 1);
	assert_int_equal(OPS->token_write(help.store, jobs, 5), TALLY_OK);
	assert_int_equal(job[0].err, TALLY_OK);
	assert_int_equal(job[1].err, TALLY_ERR_SYNTAX);
	assert_int_equal(job[2].err, TALLY_ERR_EXISTS);
	assert_int_equal(job[3].err, TALLY_ERR_LIMIT);
	assert_int_equal(job[4].err, TALLY_OK);
	assert_int_equal(find_access(&access[0].id, &got), TALLY_OK);
	assert_int_equal(find_access(&access[4].id, &got), TALLY_OK);
	/* One that does not even fit into a statement. */
	access[0] = make_access(NOW_US + 20);
	access[4] = make_access(NOW_US + 21);
	access[0].owner.scope = tally_span(text, sizeof(text));
	jobs[1] = &job[4];
	assert_int_equal(OPS->token_write(help.store, jobs, 2), TALLY_OK);
	assert_int_equal(job[0].err, TALLY_ERR_LIMIT);
	assert_int_equal(job[4].err, TALLY_OK);
}

static void a_refresh_token_is_used_once(void **state)
{
	struct tally_refresh_record token = make_refresh(NOW_US + 30), next = make_refresh(NOW_US + 31);
	struct tally_refresh_record other = make_refresh(NOW_US + 32), bad = make_refresh(NOW_US + 33);
	struct tally_token_job first = { .refresh = &token, .now_us = NOW_US };
	struct tally_token_job a = { .use = &token, .refresh = &next, .now_us = NOW_US + 40 };
	struct tally_token_job b = { .use = &token, .refresh = &other, .now_us = NOW_US + 41 };
	struct tally_token_job *jobs[] = { &a, &b };
	struct tally_refresh_found got;

	(void)state;
	assert_int_equal(write_one(&first), TALLY_OK);
	/* What cannot be kept uses nothing up. */
	bad.owner.scope = TALLY_SPAN("\xff");
	first = (struct tally_token_job){ .use = &token, .refresh = &bad, .now_us = NOW_US };
	assert_int_equal(write_one(&first), TALLY_ERR_SYNTAX);
	assert_int_equal(find_refresh(&token.id, &got), TALLY_OK);
	assert_int_equal(got.used_at_us, 0);
	/* Two in one batch. */
	assert_int_equal(OPS->token_write(help.store, jobs, 2), TALLY_OK);
	struct tally_token_job *winner = a.err == TALLY_OK ? &a : &b;
	struct tally_token_job *loser = a.err == TALLY_OK ? &b : &a;

	assert_int_equal(winner->err, TALLY_OK);
	assert_int_equal(loser->err, TALLY_ERR_CONFLICT);
	assert_int_equal(loser->used_at_us, winner->now_us);
	assert_int_equal(find_refresh(&winner->refresh->id, &got), TALLY_OK);
	assert_int_equal(find_refresh(&loser->refresh->id, &got), TALLY_ERR_NOT_FOUND);
	assert_int_equal(find_refresh(&token.id, &got), TALLY_OK);
	assert_int_equal(got.used_at_us, winner->now_us);
	/* And once more, later. */
	assert_int_equal(write_one(loser), TALLY_ERR_CONFLICT);
	assert_int_equal(loser->used_at_us, winner->now_us);
	assert_int_equal(store_number(&help, "SELECT COUNT(*) FROM refresh_token_view"
				      " WHERE used_at IS NOT NULL"), 1);
}

/* ---- what ends them ---- */

static bool is_revoked(const struct tally_token_id *id)
{
	struct tally_access_found got;

	assert_int_equal(find_access(id, &got), TALLY_OK);
	return got.is_revoked;
}

static bool is_refresh_revoked(const struct tally_token_id *id)
{
	struct tally_refresh_found got;

	assert_int_equal(find_refresh(id, &got), TALLY_OK);
	return got.is_revoked;
}

static bool is_jwt_revoked(const struct tally_token_id *id, const struct tally_token_id *family,
			   const char *client_id, const char *subject)
{
	struct tally_revocation_query query = {
		.id = *id, .client_id = tally_span_of(client_id), .subject = tally_span_of(subject),
	};
	bool revoked = true;

	if (family != NULL)
		query.family = *family;
	assert_int_equal(OPS->revoked(help.store, &query, &revoked), TALLY_OK);
	return revoked;
}

static void revoking_ends_a_token_or_a_family(void **state)
{
	struct tally_access_record access = make_access(NOW_US + 50), alone = make_access(NOW_US + 51);
	struct tally_refresh_record refresh = make_refresh(NOW_US + 50);
	struct tally_token_job job = { .access = &access, .refresh = &refresh, .now_us = NOW_US };

	(void)state;
	access.family = refresh.family;
	assert_int_equal(write_one(&job), TALLY_OK);
	assert_int_equal(keep_access(&alone), TALLY_OK);
	assert_int_equal(OPS->revoke(help.store, &alone.id, NOW), TALLY_OK);
	assert_int_equal(OPS->revoke(help.store, &alone.id, NOW + 1), TALLY_OK);
	assert_true(is_revoked(&alone.id));
	assert_false(is_revoked(&access.id));
	assert_true(is_jwt_revoked(&alone.id, NULL, "", ""));
	assert_false(is_jwt_revoked(&access.id, &refresh.family, "app", "sub"));
	assert_int_equal(OPS->revoke(help.store, &refresh.family, NOW), TALLY_OK);
	assert_true(is_revoked(&access.id));
	assert_true(is_refresh_revoked(&refresh.id));
	assert_true(is_jwt_revoked(&access.id, &refresh.family, "", ""));
	assert_false(is_jwt_revoked(&access.id, NULL, "", ""));
}

static void a_watermark_is_exact(void **state)
{
	struct tally_access_record before = make_access(NOW_US + 60), at = make_access(NOW_US + 61);
	struct tally_access_record after = make_access(NOW_US + 62);
	struct tally_refresh_record refresh = make_refresh(NOW_US + 61);
	struct tally_token_job job = { .refresh = &refresh, .now_us = NOW_US };

	(void)state;
	assert_int_equal(keep_access(&before), TALLY_OK);
	assert_int_equal(keep_access(&at), TALLY_OK);
	assert_int_equal(keep_access(&after), TALLY_OK);
	assert_int_equal(write_one(&job), TALLY_OK);
	assert_int_equal(OPS->revoke_all(help.store, TALLY_WATERMARK_CLIENT, TALLY_SPAN("app"),
					 NOW_US + 61), TALLY_OK);
	assert_true(is_revoked(&before.id));
	assert_true(is_revoked(&at.id));
	assert_true(is_refresh_revoked(&refresh.id));
	assert_false(is_revoked(&after.id));
	assert_true(is_jwt_revoked(&at.id, NULL, "app", ""));
	assert_false(is_jwt_revoked(&at.id, NULL, "", "app"));
	assert_false(is_jwt_revoked(&after.id, NULL, "app", ""));
	/* Made after the mark, of a family that was begun before it. */
	assert_true(is_jwt_revoked(&after.id, &at.id, "app", ""));
	/* An earlier mark does not take it back. */
	assert_int_equal(OPS->revoke_all(help.store, TALLY_WATERMARK_CLIENT, TALLY_SPAN("app"), 1),
			 TALLY_OK);
	assert_true(is_revoked(&before.id));
	assert_int_equal(OPS->revoke_all(help.store, TALLY_WATERMARK_SUBJECT, TALLY_SPAN("sub"),
					 NOW_US + 62), TALLY_OK);
	assert_true(is_revoked(&after.id));
	assert_true(is_jwt_revoked(&after.id, NULL, "", "sub"));
	assert_int_equal(OPS->revoke_all(help.store, TALLY_WATERMARK_SUBJECT, TALLY_SPAN(""), 1),
			 TALLY_ERR_LIMIT);
}

/* ---- look-ups that share a statement ---- */

#define ASKERS 24
#define TURNS 40

/* Every second one asks for something that was ended, each in another way. */
struct asker {
	pthread_t thread;
	struct tally_token_id id, family;
	const char *client, *subject;
	bool is_ended;
	unsigned int wrong;
};

static void *ask(void *arg)
{
	struct asker *asker = arg;
	const struct tally_revocation_query query = {
		.id = asker->id,
		.family = asker->family,
		.client_id = tally_span_of(asker->client),
		.subject = tally_span_of(asker->subject),
	};

	for (int i = 0; i < TURNS; i++) {
		bool revoked = !asker->is_ended;

		asker->wrong += OPS->revoked(help.store, &query, &revoked) != TALLY_OK ||
				revoked != asker->is_ended;
	}
	return NULL;
}

static void make_asker(struct asker *asker, int number)
{
	static const struct {
		const char *client, *subject;
	} names[] = { { "app", "sub" }, { "ended", "sub" }, { "app", "sub" },
		      { "app", "ended" }, { "", "" },       { "app", "sub" },
		      { "sub", "app" }, { "app", "sub" } };
	const int way = number % 8;

	*asker = (struct asker){ .client = names[way].client, .subject = names[way].subject,
				 .is_ended = way % 2 == 1 };
	assert_int_equal(tally_token_id_make(&asker->id, NOW_US, NOW + HOUR), TALLY_OK);
	assert_int_equal(tally_token_id_make(&asker->family, NOW_US, NOW + HOUR), TALLY_OK);
	if (way == 5)
		assert_int_equal(OPS->revoke(help.store, &asker->id, NOW), TALLY_OK);
	if (way == 7)
		assert_int_equal(OPS->revoke(help.store, &asker->family, NOW), TALLY_OK);
	if (way == 4)
		memset(&asker->family, 0, sizeof(asker->family));
}

static void those_who_ask_together_get_their_own_answers(void **state)
{
	struct asker askers[ASKERS];

	(void)state;
	store_empty(&help);
	assert_int_equal(OPS->revoke_all(help.store, TALLY_WATERMARK_CLIENT, TALLY_SPAN("ended"),
					 NOW_US), TALLY_OK);
	assert_int_equal(OPS->revoke_all(help.store, TALLY_WATERMARK_SUBJECT, TALLY_SPAN("ended"),
					 NOW_US), TALLY_OK);
	for (int i = 0; i < ASKERS; i++)
		make_asker(&askers[i], i);
	for (int i = 0; i < ASKERS; i++)
		assert_int_equal(pthread_create(&askers[i].thread, NULL, ask, &askers[i]), 0);
	for (int i = 0; i < ASKERS; i++) {
		pthread_join(askers[i].thread, NULL);
		assert_int_equal(askers[i].wrong, 0);
	}
}

static void what_belonged_to_the_removed_is_revoked(void **state)
{
	struct tally_access_record by_user = make_access(NOW_US + 70), by_client = make_access(NOW_US + 71);

	(void)state;
	by_client.owner.user = 0;
	by_user.owner.client = 0;
	assert_int_equal(keep_access(&by_user), TALLY_OK);
	assert_int_equal(keep_access(&by_client), TALLY_OK);
	assert_false(is_revoked(&by_user.id));
	assert_false(is_revoked(&by_client.id));
	assert_int_equal(OPS->user_remove(help.store, TALLY_SPAN("sub")), TALLY_OK);
	assert_true(is_revoked(&by_user.id));
	assert_false(is_revoked(&by_client.id));
	assert_int_equal(OPS->client_remove(help.store, TALLY_SPAN("app")), TALLY_OK);
	assert_true(is_revoked(&by_client.id));
	add_owners(NULL);
}

/* ---- many at once ---- */

#define RACERS 64

static struct tally_token_writer *writer;
static struct tally_refresh_record contested;

static void *race(void *unused)
{
	struct tally_refresh_record next = make_refresh(NOW_US + 100);
	struct tally_token_job job = { .use = &contested, .refresh = &next, .now_us = NOW_US + 100 };

	(void)unused;
	enum tally_err err = tally_token_writer_put(writer, &job);

	return (void *)(intptr_t)(int)err;
}

static void of_many_that_use_a_token_one_succeeds(void **state)
{
	struct tally_token_job first = { .refresh = &contested, .now_us = NOW_US };
	pthread_t threads[RACERS];
	unsigned int ok = 0, conflict = 0;

	(void)state;
	contested = make_refresh(NOW_US + 99);
	assert_int_equal(write_one(&first), TALLY_OK);
	writer = tally_token_writer_new(help.store, RACERS, 3);
	for (int i = 0; i < RACERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, race, NULL), 0);
	for (int i = 0; i < RACERS; i++) {
		void *result;

		pthread_join(threads[i], &result);
		ok += (intptr_t)result == TALLY_OK;
		conflict += (intptr_t)result == TALLY_ERR_CONFLICT;
	}
	tally_token_writer_free(writer);
	assert_int_equal(ok, 1);
	assert_int_equal(conflict, RACERS - 1);
}

/* ---- the purge ---- */

struct steps {
	unsigned int added;
	unsigned int dropped;
	uint64_t rows;
};

static void note_step(void *context, const char *what, const char *table, const char *partition,
		      uint64_t rows)
{
	struct steps *steps = context;

	assert_true(strlen(table) > 0);
	assert_int_equal(partition[0], 'p');
	if (strcmp(what, "add") == 0)
		steps->added++;
	else
		steps->dropped++;
	steps->rows += rows;
}

static int64_t partitions_of(const char *table)
{
	char text[192];

	snprintf(text, sizeof(text), "SELECT COUNT(*) FROM information_schema.PARTITIONS WHERE"
		 " TABLE_SCHEMA = DATABASE() AND TABLE_NAME = '%s'", table);
	return store_number(&help, text);
}

static enum tally_err purge(int64_t now, bool dry_run, struct tally_purge_report *report)
{
	struct steps steps = { 0 };
	enum tally_err err = OPS->purge(help.store, now, 7, dry_run, note_step, &steps, report);

	if (err == TALLY_OK) {
		assert_int_equal(steps.added, report->added);
		assert_int_equal(steps.dropped, report->dropped);
	}
	return err;
}

static void a_purge_makes_and_drops_partitions(void **state)
{
	struct tally_access_record access = make_access(NOW_US + 200);
	struct tally_purge_report report;
	struct tally_access_found got;

	(void)state;
	assert_int_equal(purge(NOW, true, &report), TALLY_OK);
	assert_true(report.added > 0);
	assert_int_equal(partitions_of("access_token"), 1);
	assert_int_equal(purge(NOW, false, &report), TALLY_OK);
	assert_int_equal(report.dropped, 0);
	/* Today, the day that a token may live, 7 ahead, and the rest. */
	assert_int_equal(partitions_of("access_token"), 10);
	assert_int_equal(purge(NOW, false, &report), TALLY_OK);
	assert_int_equal(report.added, 0);
	assert_int_equal(keep_access(&access), TALLY_OK);
	assert_int_equal(store_number(&help, "SELECT COUNT(*) FROM access_token PARTITION (pmax)"), 0);
	/* The token of this day is there until the day is over everywhere. */
	assert_int_equal(purge((NOW / TALLY_DAY + 1) * TALLY_DAY, false, &report), TALLY_OK);
	assert_int_equal(report.dropped, 0);
	assert_int_equal(purge((NOW / TALLY_DAY + 1) * TALLY_DAY + 2 * HOUR, true, &report), TALLY_OK);
	assert_int_equal(report.dropped, 1);
	assert_int_equal(find_access(&access.id, &got), TALLY_OK);
	assert_int_equal(purge((NOW / TALLY_DAY + 1) * TALLY_DAY + 2 * HOUR, false, &report), TALLY_OK);
	assert_int_equal(report.dropped, 1);
	assert_int_equal(find_access(&access.id, &got), TALLY_ERR_NOT_FOUND);
	/* After a year without a purge everything has passed. */
	assert_int_equal(purge(NOW + 365 * TALLY_DAY, false, &report), TALLY_OK);
	assert_int_equal(partitions_of("access_token"), 10);
	assert_int_equal(store_number(&help, "SELECT COUNT(*) FROM refresh_token"), 0);
}

static _Atomic bool inserting;
static _Atomic unsigned int inserted;

static void *insert_all_the_time(void *unused)
{
	(void)unused;
	while (inserting) {
		struct tally_access_record access = make_access(tally_clock_now_us());

		assert_int_equal(keep_access(&access), TALLY_OK);
		inserted++;
	}
	return NULL;
}

/* Each purge is of a day later than the one before: it always has to do. */
static void a_purge_does_not_stop_issuing(void **state)
{
	struct tally_purge_report report;
	int64_t now = tally_clock_now();
	unsigned int dropped = 0;
	pthread_t threads[2];

	(void)state;
	store_partition_afresh(&help);
	assert_int_equal(purge(now - 20 * TALLY_DAY, false, &report), TALLY_OK);
	inserting = true;
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, insert_all_the_time, NULL), 0);
	for (int day = 19; day >= 0; day--) {
		assert_int_equal(purge(now - day * TALLY_DAY, false, &report), TALLY_OK);
		dropped += report.dropped;
	}
	inserting = false;
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	assert_true(dropped > 15);
	assert_int_equal(store_number(&help, "SELECT COUNT(*) FROM access_token"), inserted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(add_owners),
		cmocka_unit_test(tokens_come_back_as_they_were_kept),
		cmocka_unit_test(any_bytes_are_kept),
		cmocka_unit_test(a_bad_job_fails_alone),
		cmocka_unit_test(a_refresh_token_is_used_once),
		cmocka_unit_test(revoking_ends_a_token_or_a_family),
		cmocka_unit_test(a_watermark_is_exact),
		cmocka_unit_test(what_belonged_to_the_removed_is_revoked),
		cmocka_unit_test(of_many_that_use_a_token_one_succeeds),
		cmocka_unit_test(a_purge_makes_and_drops_partitions),
		cmocka_unit_test(a_purge_does_not_stop_issuing),
		cmocka_unit_test(those_who_ask_together_get_their_own_answers),
	};

	return cmocka_run_group_tests_name("tokens", tests, open_all, close_all);
}
