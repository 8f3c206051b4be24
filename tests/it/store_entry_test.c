/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is kept of the status of access tokens, against the real server that the
 * configuration named by TALLYSTICK_CONF leads to.
 */
#include "config.h"

#include "tests/it/store_help.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define NOW INT64_C(1800000000)
#define NOW_US (NOW * 1000000)
#define HOUR 3600

static struct store_help help;

#define OPS (help.store->ops)

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

static struct tally_token_owner somebody(void)
{
	return (struct tally_token_owner){ .client = 1, .subject = TALLY_SPAN("s") };
}

static struct tally_access_record make_access(int64_t now_us)
{
	struct tally_access_record access = { .owner = somebody(),
					      .expires_at = now_us / 1000000 + HOUR };

	assert_int_equal(tally_token_id_make(&access.id, now_us, access.expires_at), TALLY_OK);
	return access;
}

static struct tally_refresh_record make_refresh(int64_t now_us)
{
	struct tally_refresh_record refresh = {
		.owner = somebody(),
		.expires_at = now_us / 1000000 + 14 * TALLY_DAY,
		.family_expires_at = now_us / 1000000 + 90 * TALLY_DAY,
	};

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

static enum tally_err find_refresh(const struct tally_token_id *id,
				   struct tally_refresh_found *out)
{
	return OPS->refresh_find(help.store, help.arena, id, out);
}

/* ---- with the tokens ---- */

static struct tally_live_refs make_live(size_t count, int64_t expires_at)
{
	struct tally_live_refs live = { .count = count };

	for (size_t i = 0; i < count; i++)
		live.items[i] = (struct tally_live_ref){
			.ref = { .list = UINT32_MAX - (uint32_t)i, .index = (uint32_t)i },
			.expires_at = expires_at + (int64_t)i,
		};
	return live;
}

static void a_status_is_kept_with_its_token(void **state)
{
	struct tally_access_record with = make_access(NOW_US + 100), without = make_access(NOW_US + 101);

	(void)state;
	with.status_uri = TALLY_SPAN("https://as.example/status-lists/x");
	with.status = (struct tally_status_ref){ UINT32_MAX, 0 };
	assert_int_equal(keep_access(&with), TALLY_OK);
	assert_int_equal(keep_access(&without), TALLY_OK);
	assert_int_equal(store_number(&help, "SELECT COUNT(*) FROM access_token_view WHERE"
		" status_list = 4294967295 AND status_index = 0"), 1);
	assert_int_equal(store_number(&help, "SELECT COUNT(*) FROM access_token_view WHERE"
		" status_list IS NOT NULL OR status_index IS NOT NULL"), 1);
}

static void a_refresh_token_knows_of_access_tokens(void **state)
{
	struct tally_refresh_found got;

	(void)state;
	for (size_t count = 0; count <= TALLY_LIVE_REFS_MAX; count += 4) {
		struct tally_refresh_record refresh = make_refresh(NOW_US + 110 + (int64_t)count);
		struct tally_token_job job = { .refresh = &refresh, .now_us = NOW_US };

		refresh.live = make_live(count, UINT32_MAX - 8);
		assert_int_equal(write_one(&job), TALLY_OK);
		assert_int_equal(find_refresh(&refresh.id, &got), TALLY_OK);
		assert_int_equal(got.token.live.count, count);
		assert_memory_equal(got.token.live.items, refresh.live.items,
				    count * sizeof(refresh.live.items[0]));
	}
	/* What nobody of us has written is nothing. */
	store_sql(&help, "UPDATE refresh_token SET live = 'seven b' WHERE live <> ''");
	struct tally_refresh_record refresh = make_refresh(NOW_US + 120);

	refresh.live = make_live(1, NOW);
	struct tally_token_job job = { .refresh = &refresh, .now_us = NOW_US };

	assert_int_equal(write_one(&job), TALLY_OK);
	store_sql(&help, "UPDATE refresh_token SET live = 'seven b' WHERE live <> ''");
	assert_int_equal(find_refresh(&refresh.id, &got), TALLY_OK);
	assert_int_equal(got.token.live.count, 0);
}

static enum tally_err find_next(const struct tally_token_id *id, struct tally_token_id *next,
				struct tally_live_refs *live)
{
	return OPS->refresh_next(help.store, help.arena, id, next, live);
}

static void what_came_of_a_refresh_token_is_found(void **state)
{
	struct tally_refresh_record first = make_refresh(NOW_US + 130), next = make_refresh(NOW_US + 131);
	struct tally_token_job keep = { .refresh = &first, .now_us = NOW_US };
	struct tally_token_job use = { .use = &first, .refresh = &next, .now_us = NOW_US };
	struct tally_token_job end = { .use = &next, .now_us = NOW_US };
	struct tally_live_refs live;
	struct tally_token_id id;

	(void)state;
	next.live = make_live(2, NOW + HOUR);
	assert_int_equal(write_one(&keep), TALLY_OK);
	assert_int_equal(find_next(&first.id, &id, &live), TALLY_ERR_NOT_FOUND);
	assert_int_equal(write_one(&use), TALLY_OK);
	assert_int_equal(find_next(&first.id, &id, &live), TALLY_OK);
	assert_true(tally_token_id_eq(&id, &next.id));
	assert_int_equal(live.count, 2);
	assert_memory_equal(live.items, next.live.items, 2 * sizeof(live.items[0]));
	/* Its successor is sealed: what came of it is not known here. */
	assert_int_equal(find_next(&id, &id, &live), TALLY_ERR_NOT_FOUND);
	assert_int_equal(write_one(&end), TALLY_OK);
	assert_int_equal(find_next(&next.id, &id, &live), TALLY_ERR_NOT_FOUND);
	/* In one call the same id may go in and out. */
	assert_int_equal(find_next(&first.id, &first.id, &live), TALLY_OK);
	assert_true(tally_token_id_eq(&first.id, &next.id));
}

/* ---- all entries of a client or a subject ---- */

#define MANY 9000 /* more than two pages */
#define BATCH 250

static struct tally_access_record many[MANY];

/* Every third has no status, every fifth has expired, half are of another client. */
static void make_many(uint64_t client, uint64_t other)
{
	for (int i = 0; i < MANY; i++) {
		many[i] = make_access(NOW_US + 1000 + i);
		many[i].owner.client = i % 2 ? other : client;
		many[i].owner.subject = i % 2 ? TALLY_SPAN("sub") : TALLY_SPAN("app");
		many[i].status = (struct tally_status_ref){ 1, (uint32_t)i };
		if (i % 3 != 0)
			many[i].status_uri = TALLY_SPAN("x");
		if (i % 5 == 0)
			many[i].expires_at = NOW;
	}
	for (int i = 0; i < MANY; i += BATCH) {
		struct tally_token_job job[BATCH], *jobs[BATCH];

		for (int k = 0; k < BATCH; k++) {
			job[k] = (struct tally_token_job){ .access = &many[i + k],
							   .now_us = NOW_US };
			jobs[k] = &job[k];
		}
		assert_int_equal(OPS->token_write(help.store, jobs, BATCH), TALLY_OK);
		for (int k = 0; k < BATCH; k++)
			assert_int_equal(job[k].err, TALLY_OK);
	}
}

static bool found[MANY];

/* All pages of a walk; their number. */
static unsigned int walk_all(struct tally_entry_walk *walk, size_t *entries)
{
	static struct tally_status_ref refs[TALLY_ENTRY_PAGE];
	unsigned int pages = 0;
	size_t n;

	memset(found, 0, sizeof(found));
	*entries = 0;
	for (; !walk->is_over; pages++) {
		assert_true(pages < 1000);
		assert_int_equal(OPS->entry_page(help.store, help.arena, walk, refs, &n), TALLY_OK);
		for (size_t i = 0; i < n; i++)
			found[refs[i].index] = true;
		*entries += n;
	}
	return pages;
}

static void entries_are_found_by_pages(void **state)
{
	struct tally_entry_walk walks[] = {
		{ .kind = TALLY_WATERMARK_CLIENT, .client = 1001, .now = NOW },
		{ .kind = TALLY_WATERMARK_SUBJECT, .subject = TALLY_SPAN("app"), .now = NOW },
	};
	struct tally_entry_walk nobody = { .kind = TALLY_WATERMARK_CLIENT, .client = 9, .now = NOW };
	size_t entries;

	(void)state;
	store_sql(&help, "DELETE FROM access_token");
	store_sql(&help, "DELETE FROM refresh_token");
	make_many(1001, 1002);
	for (size_t w = 0; w < 2; w++) {
		assert_true(walk_all(&walks[w], &entries) > MANY / TALLY_ENTRY_PAGE);
		for (int i = 0; i < MANY; i++)
			assert_int_equal(found[i], i % 2 == 0 && i % 3 != 0 && i % 5 != 0);
		assert_int_equal(entries, MANY / 2 / 3 * 2 / 5 * 4);
		assert_int_equal(walks[w].rows, MANY);
	}
	walk_all(&nobody, &entries);
	assert_int_equal(entries, 0);
	store_sql(&help, "DELETE FROM access_token");
}

/* What the tokens of a client know that are not kept themselves; at both ends of the days. */
static void entries_of_refresh_tokens_are_found(void **state)
{
	static const int64_t lives[] = { 0, 1, 14 * TALLY_DAY, 365 * TALLY_DAY };
	struct tally_entry_walk walk = { .kind = TALLY_WATERMARK_CLIENT, .client = 1,
					 .now = NOW };
	size_t entries;

	(void)state;
	store_sql(&help, "DELETE FROM refresh_token");
	for (uint32_t i = 0; i < 4; i++) {
		struct tally_refresh_record refresh = make_refresh(NOW_US + i);
		struct tally_token_job job = { .refresh = &refresh, .now_us = NOW_US };

		refresh.expires_at = NOW + lives[i];
		assert_int_equal(tally_token_id_make(&refresh.id, NOW_US + i, refresh.expires_at),
				 TALLY_OK);
		tally_live_refs_add(&refresh.live, (struct tally_live_ref){ { 0, 10 + i }, NOW });
		tally_live_refs_add(&refresh.live, (struct tally_live_ref){ { 0, i }, NOW + 1 });
		assert_int_equal(write_one(&job), TALLY_OK);
	}
	/* Made so long ago that nothing of it can live. */
	struct tally_refresh_record old = make_refresh(NOW_US - INT64_C(31) * TALLY_DAY * 1000000);
	struct tally_token_job job = { .refresh = &old, .now_us = NOW_US };

	old.expires_at = NOW + TALLY_DAY;
	assert_int_equal(tally_token_id_make(&old.id, NOW_US - INT64_C(31) * TALLY_DAY * 1000000,
					     old.expires_at), TALLY_OK);
	tally_live_refs_add(&old.live, (struct tally_live_ref){ { 0, 99 }, NOW + 1 });
	assert_int_equal(write_one(&job), TALLY_OK);
	walk_all(&walk, &entries);
	assert_int_equal(entries, 4);
	assert_true(found[0] && found[1] && found[2] && found[3]);
	assert_int_equal(walk.rows, 4);
	store_sql(&help, "DELETE FROM refresh_token");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_status_is_kept_with_its_token),
		cmocka_unit_test(a_refresh_token_knows_of_access_tokens),
		cmocka_unit_test(what_came_of_a_refresh_token_is_found),
		cmocka_unit_test(entries_are_found_by_pages),
		cmocka_unit_test(entries_of_refresh_tokens_are_found),
	};

	return cmocka_run_group_tests_name("entries", tests, open_all, close_all);
}
