/* SPDX-License-Identifier: Apache-2.0 */
/* Pools of status lists, in the configuration and as a text of their own. */
#include "config.h"

#include "sys/pool_conf.h"
#include "tests/unit/logged.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

/* What every file with pools needs; a pool begins in line 7. */
#define ALONE "[server]\nissuer = https://auth.example.com\n[database]\nhost = x\n"
#define BASE ALONE "[redis]\nhost = x\n"
#define POOL BASE "[pool.a]\n"
#define DIGEST "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"

static struct tally_conf *good(const char *text)
{
	struct tally_conf *conf;

	logged_start();
	enum tally_err err = tally_conf_parse(tally_span_of(text), "t.conf", &conf);

	if (err != TALLY_OK)
		print_error("%s\n%s", text, logged());
	assert_int_equal(err, TALLY_OK);
	return conf;
}

static void assert_logged(const char *text, const char *want)
{
	if (strstr(logged(), want) == NULL)
		fail_msg("for %s\nwanted %sgot %s", text, want, logged());
}

static void a_pool_has_defaults(void **state)
{
	struct tally_conf *conf = good(POOL);
	size_t count;
	const struct tally_pool_conf *pool = tally_conf_pools(conf, &count);

	(void)state;
	assert_int_equal(count, 1);
	assert_true(tally_span_eq(pool->id, TALLY_SPAN("a")));
	assert_int_equal(pool->line, 7);
	assert_int_equal(pool->size, 50000);
	assert_int_equal(pool->bits, 1);
	assert_null(pool->issuer);
	assert_int_equal(pool->final_value, -1);
	assert_int_equal(pool->key_count, 0);
	assert_int_equal(pool->prefetch_on_underflow, TALLY_POOL_DELAY);
	assert_int_equal(pool->publish, TALLY_POOL_INTERVAL);
	assert_int_equal(pool->retired, 0);
	assert_string_equal(logged(), "");
	tally_conf_free(conf);
}

static void a_file_may_have_none(void **state)
{
	struct tally_conf *conf = good(BASE);
	size_t count;

	(void)state;
	tally_conf_pools(conf, &count);
	assert_int_equal(count, 0);
	tally_conf_free(conf);
}

static void everything_of_a_pool_is_read(void **state)
{
	struct tally_conf *conf = good(POOL "size = 1000\nbits = 4\nissuer = https://b.example/x\n"
		"final-status = 15\napi-keys =  k1:" DIGEST "   k.2_-:" DIGEST "\n"
		"prefetch-on-underflow = fail\npublish = immediate\nttl = 12h\n"
		"aggregation-id = all\nkey-uri = file:/k.pem\nkid = k\ncertificates = /c.pem\n"
		"retired = on\n"
		"[pool.b-2]\n[log]\nlevel = info\n[pool.a]\nupdate-interval = 3s\n");
	size_t count;
	const struct tally_pool_conf *pools = tally_conf_pools(conf, &count);

	(void)state;
	assert_int_equal(count, 2);
	assert_int_equal(pools[0].size, 1000);
	assert_int_equal(pools[0].bits, 4);
	assert_string_equal(pools[0].issuer, "https://b.example/x");
	assert_int_equal(pools[0].final_value, 15);
	assert_int_equal(pools[0].key_count, 2);
	assert_true(tally_span_eq(pools[0].keys[0].id, TALLY_SPAN("k1")));
	assert_true(tally_span_eq(pools[0].keys[1].id, TALLY_SPAN("k.2_-")));
	assert_int_equal(pools[0].keys[0].digest[1], 0x11);
	assert_int_equal(pools[0].keys[1].digest[31], 0xff);
	assert_int_equal(pools[0].prefetch_on_underflow, TALLY_POOL_FAIL);
	assert_int_equal(pools[0].publish, TALLY_POOL_IMMEDIATE);
	assert_int_equal(pools[0].ttl, 43200);
	assert_int_equal(pools[0].update_interval, 3);
	assert_string_equal(pools[0].aggregation_id, "all");
	assert_int_equal(pools[0].retired, 1);
	assert_true(tally_span_eq(pools[1].id, TALLY_SPAN("b-2")));
	assert_int_equal(pools[1].size, 50000);
	tally_conf_free(conf);
}

static void names_are_checked(void **state)
{
	static const char *const bad[] = {
		"", "-", "-a", "a-", "A", "a_b", "a.b", "a b", "\xc3\xa4",
		"abcdefghijklmnopqrstuvwxyz0123456" /* 33 */,
	};

	(void)state;
	assert_true(tally_pool_id_is_valid(TALLY_SPAN("a")));
	assert_true(tally_pool_id_is_valid(TALLY_SPAN("0-9")));
	assert_true(tally_pool_id_is_valid(TALLY_SPAN("abcdefghijklmnopqrstuvwxyz012345")));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(tally_pool_id_is_valid(tally_span_of(bad[i])));
}

static void mistakes_say_where_and_what(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		/* sections */
		{ BASE "[pool]\n", "t.conf:7: section [pool] is unknown; did you mean [pool.NAME]?\n" },
		{ BASE "[pools.a]\n", "did you mean [pool.NAME]?\n" },
		{ BASE "[Pool.a]\n", "did you mean [pool.NAME]?\n" },
		{ BASE "[pool.]\n", "t.conf:7: section [pool.]: expected 1 to 32 of a-z, 0-9 and "
				    "'-' behind \"pool.\", with no '-' at either end\n" },
		{ BASE "[pool.A]\nbits = x\n", "section [pool.A]: expected 1 to 32 of a-z" },
		/* the same reader as for everything else */
		{ POOL "bits = x\n", "t.conf:8: pool.a.bits: expected a whole number from 1 to 8, "
				     "found \"x\"\n" },
		{ POOL "ttl = 5\n", "t.conf:8: pool.a.ttl: expected a duration from 1s to 365d (a "
				    "whole number with s, m, h or d behind it), found \"5\": its "
				    "unit is missing\n" },
		{ POOL "publish = now\n", "t.conf:8: pool.a.publish: expected one of interval, "
					  "immediate, found \"now\"\n" },
		{ POOL "certificates = c.pem\n", "pool.a.certificates: expected a path that begins "
						 "with '/', found \"c.pem\"\n" },
		{ POOL "bits = 1\nbits = 1\n", "t.conf:9: pool.a.bits: given twice, first in line "
					       "8\n" },
		{ POOL "bits = 1\n[log]\n[pool.a]\nbits = 1\n", "t.conf:11: pool.a.bits: given "
								"twice, first in line 8\n" },
		{ POOL "prefetch.capacity = 1\n", "t.conf:8: pool.a.prefetch.capacity: unknown "
						  "directive; did you mean "
						  "pool.a.prefetch-capacity?\n" },
		{ POOL "threads = 1\n", "t.conf:8: pool.a.threads: unknown directive\n" },
		{ BASE "bits = 1\n", "t.conf:7: redis.bits: unknown directive\n" },
		/* rules of a pool */
		{ POOL "bits = 3\n", "t.conf:8: pool.a.bits: expected 1, 2, 4 or 8, found 3\n" },
		{ POOL "size = 12\n", "t.conf:8: pool.a.size: expected a multiple of 8, so that" },
		{ POOL "size = 10\nbits = 2\n", "pool.a.size: expected a multiple of 4, so that" },
		{ POOL "final-status = 2\n", "t.conf:8: pool.a.final-status: expected nothing, or a "
					     "whole number from 1 to 1, which is what 1 bits hold, "
					     "found \"2\"\n" },
		{ POOL "final-status = 0\n", "from 1 to 1" },
		{ POOL "final-status = x\n", "from 1 to 1" },
		{ POOL "final-status = 256\nbits = 8\n", "from 1 to 255" },
		{ POOL "prefetch-threshold = 10000\n", "t.conf:8: pool.a.prefetch-threshold: "
						       "expected less than prefetch-capacity "
						       "(10000), found 10000\n" },
		{ POOL "max-amount = 10000\nprefetch-capacity = 9999\n",
		  "t.conf:8: pool.a.max-amount: expected at most prefetch-capacity (9999), since" },
		{ POOL "list-lifetime = 9m\n", "t.conf:7: pool.a.ttl: expected at most half of "
					       "list-lifetime (270s), so that nobody keeps a list "
					       "beyond its end, found 300s\n" },
		{ POOL "kid = x\n", "pool.a.kid: expected key-uri beside it" },
		{ POOL "certificates = /x\n", "pool.a.certificates: expected key-uri beside it" },
		{ POOL "aggregation-id = All\n", "pool.a.aggregation-id: expected 1 to 32 of a-z" },
		{ POOL "issuer = https://x/\n", "t.conf:8: pool.a.issuer: expected a URL without a "
						"slash at its end\n" },
		{ POOL "issuer = x\n", "t.conf:8: pool.a.issuer: expected https://host" },
		/* keys */
		{ POOL "api-keys = abc\n", "t.conf:8: pool.a.api-keys: expected words ID:DIGEST" },
		{ POOL "api-keys = a:" DIGEST "0\n", "expected words ID:DIGEST" },
		{ POOL "api-keys = :" DIGEST "\n", "expected words ID:DIGEST" },
		{ POOL "api-keys = a/b:" DIGEST "\n", "expected words ID:DIGEST" },
		{ POOL "api-keys = a:g0112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"
		       "\n", "expected words ID:DIGEST" },
		{ POOL "api-keys = a:" DIGEST " b:" DIGEST " a:" DIGEST "\n",
		  "pool.a.api-keys: the key a is there twice\n" },
		{ POOL "api-keys = 1:" DIGEST " 2:" DIGEST " 3:" DIGEST " 4:" DIGEST " 5:" DIGEST
		  " 6:" DIGEST " 7:" DIGEST " 8:" DIGEST " 9:" DIGEST "\n",
		  "pool.a.api-keys: expected at most 8 keys\n" },
		/* elsewhere */
		{ ALONE "[pool.a]\n", "t.conf:5: section [pool.a]: expected redis.host or "
				      "redis.socket, where status lists are kept, found neither\n" },
		{ BASE "[tokens]\nstatus-pool = T\n", "t.conf:8: tokens.status-pool: expected the "
						      "name of a pool" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tally_conf *conf;

		logged_start();
		assert_int_equal(tally_conf_parse(tally_span_of(rows[i].text), "t.conf", &conf),
				 TALLY_ERR_CONFIG);
		assert_null(conf);
		assert_logged(rows[i].text, rows[i].want);
	}
}

static void pools_are_bounded(void **state)
{
	char text[TALLY_POOLS_MAX * 16 + 200];
	size_t n = (size_t)snprintf(text, sizeof(text), BASE), count;
	struct tally_conf *conf;

	(void)state;
	for (unsigned int i = 0; i < TALLY_POOLS_MAX; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "[pool.%u]\n", i);
	conf = good(text);
	const struct tally_pool_conf *pools = tally_conf_pools(conf, &count);

	assert_int_equal(count, TALLY_POOLS_MAX);
	assert_true(tally_span_eq(pools[0].id, TALLY_SPAN("0")));
	assert_true(tally_span_eq(pools[1023].id, TALLY_SPAN("1023")));
	assert_int_equal(pools[1023].size, 50000);
	tally_conf_free(conf);
	snprintf(text + n, sizeof(text) - n, "[pool.more]\n");
	assert_int_equal(tally_conf_parse(tally_span_of(text), "t.conf", &conf), TALLY_ERR_CONFIG);
	assert_logged("one more", "t.conf:1031: section [pool.more]: expected at most 1024 pools\n");
}

/* ---- as a text ---- */

static void a_text_is_read_alike(void **state)
{
	struct tally_arena *arena = tally_arena_new(4096, 1u << 20);
	struct tally_pool_conf pool;

	(void)state;
	logged_start();
	assert_int_equal(tally_pool_conf_parse(TALLY_SPAN("db"),
					       TALLY_SPAN("size = 80\r\n\n; comment\nbits=2 # two\n"
							  "api-keys = k:" DIGEST),
					       arena, &pool), TALLY_OK);
	assert_int_equal(pool.size, 80);
	assert_int_equal(pool.bits, 2);
	assert_int_equal(pool.line, 0);
	assert_int_equal(pool.key_count, 1);
	assert_int_equal(tally_pool_conf_parse(TALLY_SPAN("db"), TALLY_SPAN(""), arena, &pool),
			 TALLY_OK);
	assert_string_equal(logged(), "");
	tally_arena_free(arena);
}

static void mistakes_of_a_text_name_the_pool(void **state)
{
	static char large[TALLY_POOL_TEXT_MAX + 1];
	static const struct {
		const char *id, *text, *want;
	} rows[] = {
		{ "db", "bits = 3", "error: pool db: pool.db.bits: expected 1, 2, 4 or 8, found 3\n" },
		{ "db", "bits", "error: pool db: expected [section] or name = value" },
		{ "db", "[pool.x]\nbitz = 1", "error: pool db: expected name = value\n" },
		{ "db", "[pool.x\nbits = 3", "pool.db.bits: expected 1, 2, 4 or 8, found 3\n" },
		{ "db", "bitz = 1", "error: pool db: pool.db.bitz: unknown directive; did you mean "
				    "pool.db.bits?\n" },
		{ "db", "bits = 1\nbits = 2", "error: pool db: pool.db.bits: given twice" },
		{ "Db", "bits = 1", "error: pool Db: expected a name of 1 to 32 of a-z" },
		{ "db", large, "error: pool db: expected at most 8192 bytes, found 8193\n" },
	};
	struct tally_arena *arena = tally_arena_new(4096, 1u << 20);

	(void)state;
	memset(large, ';', sizeof(large));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tally_pool_conf pool;
		struct tally_span text = rows[i].text == large ? tally_span(large, sizeof(large))
							       : tally_span_of(rows[i].text);

		logged_start();
		assert_int_equal(tally_pool_conf_parse(tally_span_of(rows[i].id), text, arena, &pool),
				 TALLY_ERR_CONFIG);
		assert_logged(rows[i].id, rows[i].want);
	}
	tally_arena_free(arena);
}

static void a_text_needs_memory(void **state)
{
	(void)state;
	for (size_t max = 64; max < 4096; max += 64) {
		struct tally_arena *arena = tally_arena_new(0, max);
		struct tally_pool_conf pool;
		enum tally_err err = tally_pool_conf_parse(TALLY_SPAN("db"),
							   TALLY_SPAN("issuer = https://x.example"),
							   arena, &pool);

		assert_true(err == TALLY_OK || err == TALLY_ERR_NOMEM);
		tally_arena_free(arena);
	}
}

/* ---- copies, comparison, what stands where ---- */

static void a_copy_outlives_its_origin(void **state)
{
	struct tally_conf *conf = good(POOL "issuer = https://b.example\napi-keys = k1:" DIGEST
				       " k2:" DIGEST "\n");
	struct tally_arena *arena = tally_arena_new(0, 1u << 20);
	struct tally_pool_conf copy;
	size_t count;
	const struct tally_pool_conf *pool = tally_conf_pools(conf, &count);

	(void)state;
	assert_int_equal(tally_pool_conf_copy(pool, arena, &copy), TALLY_OK);
	assert_true(tally_pool_conf_is_same(pool, &copy));
	tally_conf_free(conf);
	assert_true(tally_span_eq(copy.id, TALLY_SPAN("a")));
	assert_string_equal(copy.issuer, "https://b.example");
	assert_true(tally_span_eq(copy.keys[1].id, TALLY_SPAN("k2")));
	assert_int_equal(tally_pool_conf_wrong(&copy, "issuer", "is %s", "odd"), TALLY_ERR_CONFIG);
	assert_int_equal(tally_pool_conf_wrong(&copy, "key-uri", "is odd"), TALLY_ERR_CONFIG);
	assert_logged("a copy", "error: t.conf:8: pool.a.issuer: is odd\n");
	assert_logged("a copy", "error: t.conf:7: pool.a.key-uri: is odd\n");
	copy.ttl++;
	struct tally_pool_conf again = copy;

	assert_true(tally_pool_conf_is_same(&copy, &again));
	again.ttl++;
	assert_false(tally_pool_conf_is_same(&copy, &again));
	tally_arena_free(arena);
}

static void a_copy_needs_memory(void **state)
{
	struct tally_conf *conf = good(POOL "issuer = https://b.example\n");
	size_t count;

	(void)state;
	for (size_t max = 0; max < 2048; max += 32) {
		struct tally_arena *arena = tally_arena_new(0, max);
		struct tally_pool_conf copy;
		enum tally_err err =
			tally_pool_conf_copy(tally_conf_pools(conf, &count), arena, &copy);

		assert_true(err == TALLY_OK || err == TALLY_ERR_NOMEM);
		tally_arena_free(arena);
	}
	tally_conf_free(conf);
}

static void note(void *context, const char *directive)
{
	char *text = context;

	snprintf(text + strlen(text), 256 - strlen(text), "%s ", directive);
}

static void changed_pools_are_seen(void **state)
{
	struct tally_conf *a = good(POOL "bits = 2\n[pool.gone]\n[pool.same]\nttl = 1m\n");
	struct tally_conf *b = good(BASE "[pool.new]\n[pool.same]\nttl = 60s\n[pool.a]\nbits = 4\n"
				    "update-interval = 5s\n");
	char text[256] = "";

	(void)state;
	tally_conf_compare(a, a, note, text);
	assert_string_equal(text, "");
	tally_conf_compare(a, b, note, text);
	assert_string_equal(text, "pool.a.bits pool.a.update-interval pool.gone pool.new ");
	tally_conf_free(a);
	tally_conf_free(b);
}

static void note_value(void *context, const struct tally_pool_value *value)
{
	char *text = context;

	if (value->is_given || strcmp(value->directive, "size") == 0)
		snprintf(text + strlen(text), 512 - strlen(text), "%s%s%.*s%s;", value->directive,
			 value->is_number ? "#" : "=", TALLY_SPAN_ARG(value->text),
			 value->is_given ? "" : " (default)");
}

static void what_is_not_given_is_taken_over(void **state)
{
	struct tally_conf *conf = good(POOL "[pool.b]\nissuer = https://b.example\n"
				       "algorithm = ES384\n");
	size_t count;
	const struct tally_pool_conf *pools = tally_conf_pools(conf, &count);
	struct tally_pool_conf a = pools[0], b = pools[1];

	(void)state;
	tally_pool_conf_complete(&a, conf);
	tally_pool_conf_complete(&b, conf);
	assert_string_equal(a.issuer, "https://auth.example.com");
	assert_string_equal(a.algorithm, "ES256");
	assert_string_equal(b.issuer, "https://b.example");
	assert_string_equal(b.algorithm, "ES384");
	tally_conf_free(conf);
}

static void values_are_told_as_they_are_written(void **state)
{
	struct tally_conf *conf = good(POOL "bits = 2\nissuer = https://b.example\nttl = 120s\n"
				       "history = 0s\nlist-lifetime = 48h\npublish = immediate\n"
				       "final-status =\n");
	char text[512] = "";
	size_t count;

	(void)state;
	tally_pool_conf_values(tally_conf_pools(conf, &count), note_value, text);
	assert_string_equal(text, "size#50000 (default);bits#2;issuer=https://b.example;"
				  "final-status=;publish=immediate;list-lifetime=2d;ttl=2m;"
				  "history=0s;");
	tally_conf_free(conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pool_has_defaults),
		cmocka_unit_test(a_file_may_have_none),
		cmocka_unit_test(everything_of_a_pool_is_read),
		cmocka_unit_test(names_are_checked),
		cmocka_unit_test(mistakes_say_where_and_what),
		cmocka_unit_test(pools_are_bounded),
		cmocka_unit_test(a_text_is_read_alike),
		cmocka_unit_test(mistakes_of_a_text_name_the_pool),
		cmocka_unit_test(a_text_needs_memory),
		cmocka_unit_test(a_copy_outlives_its_origin),
		cmocka_unit_test(a_copy_needs_memory),
		cmocka_unit_test(changed_pools_are_seen),
		cmocka_unit_test(what_is_not_given_is_taken_over),
		cmocka_unit_test(values_are_told_as_they_are_written),
	};

	return cmocka_run_group_tests_name("pool-conf", tests, logged_make_dir, logged_remove_dir);
}
