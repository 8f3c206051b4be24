/* SPDX-License-Identifier: Apache-2.0 */
/* Managing pools: definitions in the store, and whole lists in Redis; both are fakes. */
#include "config.h"

#include "admin/pool.h"
#include "admin/pool_lists.h"
#include "crypt/digest.h"
#include "tests/fake/lists.h"
#include "tests/fake/store.h"
#include "tests/unit/logged.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define DIGEST "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define CARDS TALLY_SPAN("cards")

static struct tally_pool_admin admin;
static struct tally_conf *conf;
static struct tally_lists *lists;

static int open_with(const char *more)
{
	char text[1024];

	snprintf(text, sizeof(text), "[server]\nissuer = https://as.example\n[database]\nhost = x\n"
		 "[redis]\nhost = x\n%s", more);
	logged_start();
	if (tally_conf_parse(tally_span_of(text), "t.conf", &conf) != TALLY_OK)
		return 1;
	admin = (struct tally_pool_admin){ tally_fake_store_new(), conf,
					   tally_arena_new(4096, 8u << 20) };
	lists = tally_fake_lists_new();
	return admin.store == NULL || admin.arena == NULL || lists == NULL;
}

static int open_all(void **state)
{
	(void)state;
	return open_with("[pool.filed]\nbits = 2\napi-keys = old:" DIGEST "\n");
}

static int open_own(void **state)
{
	(void)state;
	return open_with("[tokens]\nstatus = on\n");
}

static int close_all(void **state)
{
	(void)state;
	lists->ops->close(lists);
	admin.store->ops->close(admin.store);
	tally_arena_free(admin.arena);
	tally_conf_free(conf);
	return 0;
}

static void said(const char *want)
{
	if (strstr(logged(), want) == NULL)
		fail_msg("wanted %s\ngot %s", want, logged());
	logged_start();
}

static const struct tally_pool_settings *settings(const char *const *words)
{
	static struct tally_pool_settings out;

	out = (struct tally_pool_settings){ .words = words };
	while (words[out.count] != NULL)
		out.count++;
	return &out;
}

#define SET(...) settings((const char *const[]){ __VA_ARGS__, NULL })

static enum tally_err add(const struct tally_pool_settings *wanted)
{
	struct tally_new_api_key key;

	return tally_admin_pool_add(&admin, CARDS, wanted, false, &key);
}

static struct tally_admin_pool found(struct tally_span id)
{
	struct tally_admin_pool pool;

	assert_int_equal(tally_admin_pool_find(&admin, id, &pool), TALLY_OK);
	return pool;
}

/* ---- definitions ---- */

static void a_pool_is_added_with_a_key(void **state)
{
	struct tally_new_api_key key;
	uint8_t digest[TALLY_SHA256_SIZE];

	(void)state;
	assert_int_equal(tally_admin_pool_add(&admin, CARDS, SET("bits=2", " ttl = 1m "), true, &key),
			 TALLY_OK);
	assert_int_equal(strlen(key.text), TALLY_API_KEY_CHARS);
	assert_memory_equal(key.text, "tally_pk_", 9);
	struct tally_admin_pool pool = found(CARDS);

	assert_int_equal(pool.place, TALLY_POOL_IN_DATABASE);
	assert_int_equal(pool.conf.bits, 2);
	assert_int_equal(pool.conf.ttl, 60);
	assert_int_equal(pool.conf.key_count, 1);
	assert_true(tally_span_eq(pool.conf.keys[0].id, key.id));
	assert_int_equal(tally_sha256(tally_span_of(key.text), digest), TALLY_OK);
	assert_memory_equal(pool.conf.keys[0].digest, digest, sizeof(digest));
	assert_null(memmem(pool.definition.p, pool.definition.n, key.text, 20));
	assert_int_equal(add(SET("bits=1")), TALLY_ERR_EXISTS);
	said("there is a pool cards already");
}

static void what_makes_no_sense_is_refused(void **state)
{
	static const struct {
		const char *id, *word, *want;
	} rows[] = {
		{ "cards", "bits=3", "pool.cards.bits: expected 1, 2, 4 or 8" },
		{ "cards", "bitz=1", "did you mean pool.cards.bits?" },
		{ "cards", "bits", "expected DIRECTIVE=VALUE in one line" },
		{ "cards", "=1", "expected DIRECTIVE=VALUE in one line" },
		{ "cards", "", "expected DIRECTIVE=VALUE in one line" },
		{ "cards", "ttl=1m\nsize=8", "expected DIRECTIVE=VALUE in one line" },
		{ "cards", "ttl=1m\rsize=8", "expected no control characters" },
		{ "cards", "size=", "expected a whole number" },
		{ "cards", "api-keys=a:" DIGEST, "use \"tallystick pool key add\"" },
		{ "cards", "retired=on", "use \"tallystick pool retire\"" },
		{ "cards", "algorithm=HS256", "\"HS256\" is none of ES256" },
		{ "Cards", "bits=1", "expected a name of 1 to 32" },
		{ "", "bits=1", "expected a name of 1 to 32" },
	};
	struct tally_pool_record *records;
	struct tally_new_api_key key;
	size_t count;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(tally_admin_pool_add(&admin, tally_span_of(rows[i].id),
						      SET(rows[i].word), true, &key),
				 TALLY_ERR_USAGE);
		said(rows[i].want);
	}
	assert_int_equal(admin.store->ops->pool_list(admin.store, admin.arena, &records, &count),
			 TALLY_OK);
	assert_int_equal(count, 0);
}

static void directives_are_changed_all_or_none(void **state)
{
	(void)state;
	assert_int_equal(add(SET("bits=2", "ttl=1m", "final-status=3")), TALLY_OK);
	assert_int_equal(tally_admin_pool_set(&admin, CARDS,
					      SET("ttl=2m", "final-status=", "publish=immediate")),
			 TALLY_OK);
	assert_true(tally_span_eq(found(CARDS).definition,
				  TALLY_SPAN("bits = 2\nttl = 2m\nfinal-status = \n"
					     "publish = immediate\n")));
	assert_int_equal(found(CARDS).conf.final_value, -1);
	assert_int_equal(tally_admin_pool_set(&admin, CARDS, SET("ttl=3m", "publish=never")),
			 TALLY_ERR_USAGE);
	assert_int_equal(found(CARDS).conf.ttl, 120);
	logged_start();
	assert_int_equal(tally_admin_pool_set(&admin, CARDS, SET("size=80")), TALLY_ERR_USAGE);
	said("--set size: lists have been published with it");
	assert_int_equal(tally_admin_pool_set(&admin, CARDS, SET(" bits =1")), TALLY_ERR_USAGE);
	said("--set bits: lists have been published with it");
	assert_int_equal(tally_admin_pool_set(&admin, CARDS,
					      &(const struct tally_pool_settings){ .count = 0 }),
			 TALLY_ERR_USAGE);
	said("--set is missing");
	assert_int_equal(tally_admin_pool_set(&admin, TALLY_SPAN("none"), SET("ttl=1m")),
			 TALLY_ERR_NOT_FOUND);
	said("there is no pool none");
}

static void keys_come_and_go(void **state)
{
	struct tally_new_api_key key, first;
	enum tally_pool_place place;

	(void)state;
	assert_int_equal(add(SET("bits=2")), TALLY_OK);
	for (unsigned int i = 0; i < TALLY_POOL_KEYS_MAX; i++) {
		assert_int_equal(tally_admin_pool_key_add(&admin, CARDS, &key, &place), TALLY_OK);
		assert_int_equal(place, TALLY_POOL_IN_DATABASE);
		first = i == 0 ? key : first;
	}
	assert_int_equal(found(CARDS).conf.key_count, TALLY_POOL_KEYS_MAX);
	assert_int_equal(tally_admin_pool_key_add(&admin, CARDS, &key, &place), TALLY_ERR_LIMIT);
	said("pool cards has 8 keys: remove one first");
	assert_int_equal(tally_admin_pool_key_remove(&admin, CARDS, first.id), TALLY_OK);
	struct tally_pool_conf now = found(CARDS).conf;

	assert_int_equal(now.key_count, TALLY_POOL_KEYS_MAX - 1);
	for (size_t i = 0; i < now.key_count; i++)
		assert_false(tally_span_eq(now.keys[i].id, first.id));
	assert_int_equal(now.bits, 2);
	assert_int_equal(tally_admin_pool_key_remove(&admin, CARDS, first.id), TALLY_ERR_NOT_FOUND);
	said("pool cards has no key");
}

static void pools_of_the_file_are_changed_there(void **state)
{
	struct tally_span filed = TALLY_SPAN("filed");
	struct tally_new_api_key key;
	enum tally_pool_place place;

	(void)state;
	assert_int_equal(tally_admin_pool_add(&admin, filed, SET("bits=1"), true, &key),
			 TALLY_ERR_EXISTS);
	said("pool filed is defined in t.conf:7 already");
	assert_int_equal(tally_admin_pool_set(&admin, filed, SET("ttl=1m")), TALLY_ERR_STATE);
	said("pool filed is defined in t.conf:7: change it there");
	assert_int_equal(tally_admin_pool_retire(&admin, filed, 1), TALLY_ERR_STATE);
	said("put \"retired = on\" there");
	assert_int_equal(tally_admin_pool_retire(&admin, filed, 0), TALLY_ERR_STATE);
	said("take \"retired\" out there");
	assert_int_equal(tally_admin_pool_key_remove(&admin, filed, TALLY_SPAN("old")),
			 TALLY_ERR_STATE);
	said("take the key out of api-keys there");
	assert_int_equal(tally_admin_pool_key_add(&admin, filed, &key, &place), TALLY_OK);
	assert_int_equal(place, TALLY_POOL_IN_FILE);
	assert_int_equal(key.word.n, key.id.n + 65);
	assert_int_equal(found(filed).conf.key_count, 1);
}

static void pools_retire_and_come_back(void **state)
{
	(void)state;
	assert_int_equal(add(SET("bits=2")), TALLY_OK);
	assert_int_equal(tally_admin_pool_retire(&admin, CARDS, 77), TALLY_OK);
	assert_int_equal(found(CARDS).retired_at, 77);
	assert_int_equal(tally_admin_pool_retire(&admin, CARDS, 0), TALLY_OK);
	assert_int_equal(found(CARDS).retired_at, 0);
	assert_int_equal(tally_admin_pool_retire(&admin, TALLY_SPAN("none"), 1), TALLY_ERR_NOT_FOUND);
}

static void add_record(const char *id, const char *definition)
{
	const struct tally_pool_record record = {
		.pool_id = tally_span_of(id), .definition = tally_span_of(definition),
	};

	assert_int_equal(admin.store->ops->pool_add(admin.store, &record), TALLY_OK);
}

static void all_pools_are_listed(void **state)
{
	struct tally_admin_pool *pools;
	size_t count;

	(void)state;
	add_record("cards", "size = 80\n");
	add_record("filed", "bits = 8\n");
	add_record("wrong", "bits = 3\n");
	assert_int_equal(tally_admin_pools(&admin, &pools, &count), TALLY_OK);
	assert_int_equal(count, 4);
	assert_int_equal(pools[0].place, TALLY_POOL_IN_FILE);
	assert_int_equal(pools[0].conf.bits, 2);
	assert_int_equal(pools[1].place, TALLY_POOL_IN_DATABASE);
	assert_int_equal(pools[1].conf.size, 80);
	assert_int_equal(pools[2].place, TALLY_POOL_HIDDEN);
	assert_true(pools[3].is_wrong);
	assert_true(tally_span_eq(pools[3].conf.id, TALLY_SPAN("wrong")));
	said("pool wrong: pool.wrong.bits: expected 1, 2, 4 or 8");
	assert_int_equal(found(TALLY_SPAN("filed")).place, TALLY_POOL_IN_FILE);
	assert_int_equal(found(TALLY_SPAN("tokens")).place, TALLY_POOL_BUILT_IN);
	/* It is corrected like any other. */
	assert_int_equal(tally_admin_pool_set(&admin, TALLY_SPAN("wrong"), SET("ttl=1m")),
			 TALLY_ERR_USAGE);
}

static void the_pool_of_our_tokens_is_built_in(void **state)
{
	struct tally_span tokens = TALLY_SPAN("tokens");
	struct tally_admin_pool *pools;
	struct tally_new_api_key key;
	enum tally_pool_place place;
	size_t count;

	(void)state;
	assert_int_equal(tally_admin_pools(&admin, &pools, &count), TALLY_OK);
	assert_int_equal(count, 1);
	assert_int_equal(pools[0].place, TALLY_POOL_BUILT_IN);
	assert_int_equal(pools[0].conf.reference_lifetime, 86400);
	assert_int_equal(tally_admin_pool_set(&admin, tokens, SET("ttl=1m")), TALLY_ERR_STATE);
	said("pool tokens is built in, for tokens.status");
	assert_int_equal(tally_admin_pool_key_add(&admin, tokens, &key, &place), TALLY_ERR_STATE);
	assert_int_equal(tally_admin_pool_add(&admin, tokens, SET("size=80"), false, &key),
			 TALLY_OK);
	assert_int_equal(tally_admin_pools(&admin, &pools, &count), TALLY_OK);
	assert_int_equal(count, 1);
	assert_int_equal(pools[0].place, TALLY_POOL_IN_DATABASE);
}

/* Whatever the store says at any call, is what comes of it, and nothing is half done. */
static void a_store_that_fails_changes_nothing(void **state)
{
	struct tally_new_api_key key;
	enum tally_pool_place place;

	(void)state;
	tally_fake_store_down(admin.store, true);
	assert_int_equal(add(SET("bits=2")), TALLY_ERR_UNAVAILABLE);
	tally_fake_store_down(admin.store, false);
	assert_int_equal(add(SET("bits=2")), TALLY_OK);
	for (unsigned int nth = 1; nth <= 2; nth++) {
		tally_fake_store_fail(admin.store, nth, TALLY_ERR_UNAVAILABLE);
		assert_int_equal(tally_admin_pool_set(&admin, CARDS, SET("ttl=1m")),
				 TALLY_ERR_UNAVAILABLE);
		tally_fake_store_fail(admin.store, nth, TALLY_ERR_UNAVAILABLE);
		assert_int_equal(tally_admin_pool_key_add(&admin, CARDS, &key, &place),
				 TALLY_ERR_UNAVAILABLE);
		tally_fake_store_fail(admin.store, nth, TALLY_ERR_UNAVAILABLE);
		assert_int_equal(tally_admin_pool_retire(&admin, CARDS, 1), TALLY_ERR_UNAVAILABLE);
	}
	tally_fake_store_fail(admin.store, 2, TALLY_ERR_CONFLICT);
	assert_int_equal(tally_admin_pool_set(&admin, CARDS, SET("ttl=1m")), TALLY_ERR_CONFLICT);
	said("pool cards has been changed by somebody else meanwhile");
	assert_true(tally_span_eq(found(CARDS).definition, TALLY_SPAN("bits = 2\n")));
	assert_int_equal(found(CARDS).retired_at, 0);
}

/* ---- lists ---- */

static struct tally_pool pool;
static struct tally_pool_figures figures;

static void look(void)
{
	struct tally_admin_pool filed = found(TALLY_SPAN("filed"));

	assert_int_equal(tally_admin_pool_look(lists, conf, &filed.conf, &pool, &figures), TALLY_OK);
}

/* The pool filed, published by somebody, with so many lists. */
static void make_lists(uint32_t count)
{
	struct tally_list_pool shape = { .size = 100000, .bits = 2, .seed = { 1, 2, 3 } };
	struct tally_span id = TALLY_SPAN("filed"), owner = TALLY_SPAN("host/1");
	uint64_t fence;
	uint32_t left;

	assert_int_equal(lists->ops->pool_open(lists, id, &shape), TALLY_OK);
	assert_int_equal(lists->ops->lease(lists, id, owner, 60000, &fence, &left), TALLY_OK);
	for (uint32_t i = 0; i < count; i++) {
		const struct tally_list_publication publication = {
			.iat = 1, .exp = 2, .jwt = TALLY_SPAN("j"), .cwt = TALLY_SPAN("c"),
		};

		assert_int_equal(lists->ops->publish(lists, id, i, fence, &publication,
						     INT64_C(1) << 50, 0), TALLY_OK);
	}
}

static enum tally_err count_state(void *context, const struct tally_pool *of,
				  const struct tally_list_state *state)
{
	(void)of;
	assert_int_equal(state->list, *(uint32_t *)context);
	++*(uint32_t *)context;
	return TALLY_OK;
}

static void looking_creates_nothing(void **state)
{
	struct tally_list_pool shape;
	struct tally_list_holder holder;
	uint32_t count = 0;

	(void)state;
	look();
	assert_false(pool.is_open);
	assert_string_equal(pool.conf.issuer, "https://as.example");
	assert_int_equal(tally_admin_pool_states(&pool, count_state, &count), TALLY_OK);
	assert_int_equal(count, 0);
	assert_int_equal(lists->ops->pool_look(lists, TALLY_SPAN("filed"), &shape, &holder),
			 TALLY_ERR_NOT_FOUND);
}

static void figures_are_told(void **state)
{
	struct tally_list_range ranges[TALLY_LIST_RANGES_MAX];
	uint32_t count = 0;
	size_t n;

	(void)state;
	make_lists(600);
	assert_int_equal(lists->ops->reserve(lists, TALLY_SPAN("filed"), 1000, 1, ranges, &n),
			 TALLY_OK);
	ranges[0].count = 10;
	assert_int_equal(lists->ops->give_back(lists, TALLY_SPAN("filed"), ranges, 1), TALLY_OK);
	look();
	assert_true(pool.is_open);
	assert_int_equal(figures.reserved, 990);
	assert_int_equal(figures.ready, 600 * 100000 - 990);
	assert_int_equal(figures.due, 0);
	assert_string_equal(figures.publisher.owner, "host/1");
	assert_int_equal(tally_admin_pool_states(&pool, count_state, &count), TALLY_OK);
	assert_int_equal(count, 600);
	tally_fake_lists_down(lists, true);
	assert_int_equal(tally_admin_pool_states(&pool, count_state, &count),
			 TALLY_ERR_UNAVAILABLE);
}

static unsigned int status_of(uint32_t list, uint64_t index)
{
	unsigned int value;

	assert_int_equal(lists->ops->read(lists, TALLY_SPAN("filed"), list, index, &value),
			 TALLY_OK);
	return value;
}

static void note_progress(void *context, uint64_t done, uint64_t total)
{
	snprintf(context, 64, "%llu/%llu", (unsigned long long)done, (unsigned long long)total);
}

static void all_lists_are_filled_when_forced(void **state)
{
	char progress[64] = "";
	struct tally_pool_fill fill = { .value = 2, .progress = note_progress, .context = progress };
	struct tally_pool_filled filled;

	(void)state;
	make_lists(2);
	look();
	assert_int_equal(tally_admin_pool_fill(&pool, &fill, &filled), TALLY_ERR_USAGE);
	said("that would set all entries of 2 lists, 200000 in all: say --force");
	assert_int_equal(status_of(0, 0), 0);
	fill.is_forced = true;
	assert_int_equal(tally_admin_pool_fill(&pool, &fill, &filled), TALLY_OK);
	assert_int_equal(filled.lists, 2);
	assert_int_equal(filled.entries, 200000);
	assert_int_equal(filled.changed, 200000);
	assert_string_equal(progress, "200000/200000");
	assert_int_equal(status_of(0, 0), 2);
	assert_int_equal(status_of(1, 99999), 2);
	assert_int_equal(tally_admin_pool_fill(&pool, &fill, &filled), TALLY_OK);
	assert_int_equal(filled.changed, 0);
}

static void one_list_is_filled_by_its_name_or_uri(void **state)
{
	char name[TALLY_LIST_NAME_MAX + 1], uri[TALLY_LIST_URI_MAX + 1];
	struct tally_pool_fill fill = { .value = 1, .list = name };
	struct tally_pool_filled filled;

	(void)state;
	make_lists(2);
	look();
	tally_list_name(&pool, 1, name);
	assert_int_equal(tally_admin_pool_fill(&pool, &fill, &filled), TALLY_OK);
	assert_int_equal(filled.lists, 1);
	assert_int_equal(filled.changed, 100000);
	assert_int_equal(status_of(0, 5), 0);
	assert_int_equal(status_of(1, 5), 1);
	struct tally_span of_zero = tally_list_uri(&pool, 0, uri);

	uri[of_zero.n] = '\0';
	fill.list = uri;
	assert_int_equal(tally_admin_pool_fill(&pool, &fill, &filled), TALLY_OK);
	assert_int_equal(status_of(0, 5), 1);
	tally_list_name(&pool, 2, name);
	fill.list = name;
	assert_int_equal(tally_admin_pool_fill(&pool, &fill, &filled), TALLY_ERR_NOT_FOUND);
	said("pool filed has no list filed-");
	fill.list = "filed";
	assert_int_equal(tally_admin_pool_fill(&pool, &fill, &filled), TALLY_ERR_NOT_FOUND);
	fill.list = "";
	assert_int_equal(tally_admin_pool_fill(&pool, &fill, &filled), TALLY_ERR_NOT_FOUND);
}

static void what_cannot_be_filled_is_refused(void **state)
{
	struct tally_pool_fill fill = { .value = 4, .is_forced = true };
	struct tally_pool_filled filled;

	(void)state;
	look();
	assert_int_equal(tally_admin_pool_fill(&pool, &fill, &filled), TALLY_ERR_USAGE);
	said("--value 4: expected at most 3, which is what 2 bits hold");
	fill.value = 3;
	assert_int_equal(tally_admin_pool_fill(&pool, &fill, &filled), TALLY_ERR_NOT_FOUND);
	said("pool filed has no lists");
	fill.list = "filed-000000000000";
	assert_int_equal(tally_admin_pool_fill(&pool, &fill, &filled), TALLY_ERR_NOT_FOUND);
	make_lists(1);
	look();
	fill.list = NULL;
	tally_fake_lists_fail(lists, 3, TALLY_ERR_UNAVAILABLE);
	fill.is_forced = false;
	assert_int_equal(tally_admin_pool_fill(&pool, &fill, &filled), TALLY_ERR_UNAVAILABLE);
	assert_int_equal(filled.entries, 0);
	tally_fake_lists_fail(lists, 4, TALLY_ERR_UNAVAILABLE);
	assert_int_equal(tally_admin_pool_fill(&pool, &fill, &filled), TALLY_ERR_UNAVAILABLE);
	assert_int_equal(filled.entries, TALLY_LIST_FILL_MAX);
	assert_int_equal(tally_admin_pool_fill(&pool, &fill, &filled), TALLY_OK);
	assert_int_equal(filled.changed, 100000 - TALLY_LIST_FILL_MAX);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_pool_is_added_with_a_key),
		TEST(what_makes_no_sense_is_refused),
		TEST(directives_are_changed_all_or_none),
		TEST(keys_come_and_go),
		TEST(pools_of_the_file_are_changed_there),
		TEST(pools_retire_and_come_back),
		TEST(all_pools_are_listed),
		cmocka_unit_test_setup_teardown(the_pool_of_our_tokens_is_built_in, open_own,
						close_all),
		TEST(a_store_that_fails_changes_nothing),
		TEST(looking_creates_nothing),
		TEST(figures_are_told),
		TEST(all_lists_are_filled_when_forced),
		TEST(one_list_is_filled_by_its_name_or_uri),
		TEST(what_cannot_be_filled_is_refused),
	};

	return cmocka_run_group_tests_name("admin-pool", tests, logged_make_dir, logged_remove_dir);
}
