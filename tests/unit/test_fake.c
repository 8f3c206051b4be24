/* SPDX-License-Identifier: Apache-2.0 */
/* The fakes themselves: a test is worth what they are. */
#include "config.h"

#include "base/buf.h"
#include "sys/clock.h"
#include "sys/rand.h"
#include "tests/fake/clock.h"
#include "tests/fake/rand.h"
#include "tests/fake/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

struct fixture {
	struct tally_store *store;
	struct tally_arena *arena;
};

static int set_up(void **state)
{
	static struct fixture fixture;

	fixture.store = tally_fake_store_new();
	fixture.arena = tally_arena_new(4096, 1u << 20);
	*state = &fixture;
	return fixture.store == NULL || fixture.arena == NULL;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	fixture->store->ops->close(fixture->store);
	tally_arena_free(fixture->arena);
	return 0;
}

static struct tally_secret_record secret_of(const char *id, int64_t expires_at)
{
	return (struct tally_secret_record){ .secret_id = tally_span_of(id),
					     .created_at = 1,
					     .expires_at = expires_at };
}

static enum tally_err add(struct tally_store *store, const char *id)
{
	struct tally_secret_record secret = secret_of("s0", 0);
	struct tally_client_record client = {
		.client_id = tally_span_of(id),
		.name = TALLY_SPAN("name"),
		.scopes = TALLY_SPAN("read write"),
		.access_lifetime = 7,
		.secrets = &secret,
		.secret_count = 1,
	};

	return store->ops->client_add(store, &client);
}

static void clock_stands_still(void **state)
{
	char text[TALLY_TIME_SIZE];
	int64_t ms = tally_clock_ms();

	(void)state;
	tally_fake_clock_set(TALLY_FAKE_CLOCK_START);
	assert_int_equal(tally_clock_now(), TALLY_FAKE_CLOCK_START);
	tally_fake_clock_advance(90);
	assert_int_equal(tally_clock_now(), TALLY_FAKE_CLOCK_START + 90);
	assert_int_equal(tally_clock_ms(), ms + 90000);
	tally_fake_clock_advance_ms(5);
	assert_string_equal(tally_clock_format_ms(text, tally_clock_now_us()),
			    "2026-01-01T00:01:30.005Z");
}

static void rand_repeats_and_fails(void **state)
{
	uint8_t a[40], b[40];

	(void)state;
	tally_fake_rand_seed(7);
	assert_int_equal(tally_rand_bytes(a, sizeof(a)), TALLY_OK);
	tally_fake_rand_seed(7);
	assert_int_equal(tally_rand_bytes(b, sizeof(b)), TALLY_OK);
	assert_memory_equal(a, b, sizeof(a));
	assert_int_equal(tally_rand_bytes(b, sizeof(b)), TALLY_OK);
	assert_memory_not_equal(a, b, sizeof(a));
	tally_fake_rand_fail(2);
	assert_int_equal(tally_rand_bytes(a, 1), TALLY_OK);
	assert_int_equal(tally_rand_bytes(a, 1), TALLY_ERR_CRYPTO);
	assert_int_equal(tally_rand_bytes(a, 1), TALLY_OK);
}

static void store_keeps_clients(void **state)
{
	struct fixture *f = *state;
	const struct tally_store_ops *ops = f->store->ops;
	struct tally_client_record got;

	assert_int_equal(add(f->store, "b"), TALLY_OK);
	assert_int_equal(add(f->store, "b"), TALLY_ERR_EXISTS);
	assert_int_equal(add(f->store, "B"), TALLY_OK);
	assert_int_equal(ops->client_find(f->store, f->arena, TALLY_SPAN("c"), &got),
			 TALLY_ERR_NOT_FOUND);
	assert_int_equal(ops->client_disable(f->store, TALLY_SPAN("b"), 5), TALLY_OK);
	assert_int_equal(ops->client_disable(f->store, TALLY_SPAN("c"), 5), TALLY_ERR_NOT_FOUND);
	assert_int_equal(ops->client_find(f->store, f->arena, TALLY_SPAN("b"), &got), TALLY_OK);
	assert_int_equal(got.disabled_at, 5);
	assert_int_equal(got.access_lifetime, 7);
	assert_int_equal(got.secret_count, 1);
	assert_true(tally_span_eq(got.scopes, TALLY_SPAN("read write")));
	assert_int_equal(ops->client_remove(f->store, TALLY_SPAN("b")), TALLY_OK);
	assert_int_equal(ops->client_remove(f->store, TALLY_SPAN("b")), TALLY_ERR_NOT_FOUND);
	/* What was given out lives in the caller's arena. */
	assert_true(tally_span_eq(got.client_id, TALLY_SPAN("b")));
}

static void store_bounds_secrets(void **state)
{
	struct fixture *f = *state;
	const struct tally_store_ops *ops = f->store->ops;
	struct tally_span id = TALLY_SPAN("a");
	struct tally_client_record got;

	assert_int_equal(add(f->store, "a"), TALLY_OK);
	for (unsigned int i = 1; i < TALLY_SECRETS_MAX; i++) {
		char name[8];

		snprintf(name, sizeof(name), "s%u", i);
		struct tally_secret_record secret = secret_of(name, i == 1 ? 100 : 0);

		assert_int_equal(ops->client_secret_add(f->store, id, &secret, 50), TALLY_OK);
	}
	struct tally_secret_record more = secret_of("more", 0);

	assert_int_equal(ops->client_secret_add(f->store, id, &more, 50), TALLY_ERR_LIMIT);
	assert_int_equal(ops->client_secret_add(f->store, id, &more, 100), TALLY_OK);
	assert_int_equal(ops->client_secret_add(f->store, id, &more, 100), TALLY_ERR_EXISTS);
	assert_int_equal(ops->client_secret_remove(f->store, id, TALLY_SPAN("s1")),
			 TALLY_ERR_NOT_FOUND);
	assert_int_equal(ops->client_secret_remove(f->store, id, TALLY_SPAN("s2")), TALLY_OK);
	assert_int_equal(ops->client_find(f->store, f->arena, id, &got), TALLY_OK);
	assert_int_equal(got.secret_count, TALLY_SECRETS_MAX - 1);
}

static enum tally_err note(void *context, const struct tally_client_record *client)
{
	struct tally_buf *buf = context;

	tally_buf_add_span(buf, client->client_id);
	return tally_span_eq(client->client_id, TALLY_SPAN("m")) ? TALLY_ERR_IO : TALLY_OK;
}

static void store_lists_in_order(void **state)
{
	struct fixture *f = *state;
	struct tally_buf buf;
	char text[8];

	assert_int_equal(add(f->store, "c"), TALLY_OK);
	assert_int_equal(add(f->store, "a"), TALLY_OK);
	assert_int_equal(add(f->store, "b"), TALLY_OK);
	tally_buf_over(&buf, text, sizeof(text));
	assert_int_equal(f->store->ops->client_list(f->store, note, &buf), TALLY_OK);
	assert_string_equal(tally_buf_cstr(&buf), "abc");
	assert_int_equal(add(f->store, "m"), TALLY_OK);
	assert_int_equal(add(f->store, "z"), TALLY_OK);
	tally_buf_over(&buf, text, sizeof(text));
	assert_int_equal(f->store->ops->client_list(f->store, note, &buf), TALLY_ERR_IO);
	assert_string_equal(tally_buf_cstr(&buf), "abcm");
}

static void store_keeps_keys(void **state)
{
	struct fixture *f = *state;
	const struct tally_store_ops *ops = f->store->ops;
	struct tally_key_record key = { .kid = TALLY_SPAN("k2"),
					.alg = TALLY_SPAN("ES256"),
					.created_at = 10 };
	struct tally_key_record *keys;
	size_t count;

	assert_int_equal(ops->key_add(f->store, &key), TALLY_OK);
	assert_int_equal(ops->key_add(f->store, &key), TALLY_ERR_EXISTS);
	key.kid = TALLY_SPAN("k1");
	assert_int_equal(ops->key_add(f->store, &key), TALLY_OK);
	key.kid = TALLY_SPAN("k9");
	key.created_at = 9;
	assert_int_equal(ops->key_add(f->store, &key), TALLY_OK);
	assert_int_equal(ops->key_activate(f->store, TALLY_SPAN("k1"), 20), TALLY_OK);
	assert_int_equal(ops->key_activate(f->store, TALLY_SPAN("k0"), 20), TALLY_ERR_NOT_FOUND);
	assert_int_equal(ops->key_retire(f->store, TALLY_SPAN("k1"), 30), TALLY_OK);
	assert_int_equal(ops->key_retire(f->store, TALLY_SPAN("k1"), 30), TALLY_ERR_STATE);
	assert_int_equal(ops->key_activate(f->store, TALLY_SPAN("k1"), 40), TALLY_ERR_STATE);
	assert_int_equal(ops->key_list(f->store, f->arena, &keys, &count), TALLY_OK);
	assert_int_equal(count, 3);
	assert_true(tally_span_eq(keys[0].kid, TALLY_SPAN("k9")));
	assert_true(tally_span_eq(keys[1].kid, TALLY_SPAN("k1")));
	assert_true(tally_span_eq(keys[2].kid, TALLY_SPAN("k2")));
	assert_int_equal(keys[1].activate_at, 20);
	assert_int_equal(keys[1].retired_at, 30);
}

static void store_fails_when_told(void **state)
{
	struct fixture *f = *state;
	const struct tally_store_ops *ops = f->store->ops;
	unsigned int before = tally_fake_store_calls(f->store);

	tally_fake_store_fail(f->store, 2, TALLY_ERR_UNAVAILABLE);
	assert_int_equal(add(f->store, "a"), TALLY_OK);
	assert_int_equal(add(f->store, "b"), TALLY_ERR_UNAVAILABLE);
	assert_int_equal(add(f->store, "b"), TALLY_OK); /* the failed one changed nothing */
	assert_int_equal(tally_fake_store_calls(f->store), before + 3);
	tally_fake_store_down(f->store, true);
	assert_int_equal(ops->ping(f->store), TALLY_ERR_UNAVAILABLE);
	assert_int_equal(add(f->store, "c"), TALLY_ERR_UNAVAILABLE);
	tally_fake_store_down(f->store, false);
	assert_int_equal(ops->ping(f->store), TALLY_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clock_stands_still),
		cmocka_unit_test(rand_repeats_and_fails),
		cmocka_unit_test_setup_teardown(store_keeps_clients, set_up, tear_down),
		cmocka_unit_test_setup_teardown(store_bounds_secrets, set_up, tear_down),
		cmocka_unit_test_setup_teardown(store_lists_in_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(store_keeps_keys, set_up, tear_down),
		cmocka_unit_test_setup_teardown(store_fails_when_told, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("fake", tests, NULL, NULL);
}
