/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/unit/publishing.h"

#include "sys/clock.h"
#include "sys/log.h"
#include "tests/fake/service.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define LIVE 3600
#define ARENA_MAX (64u << 20)

static const struct tally_wrap_keys *wrap_keys(void)
{
	static struct tally_wrap_keys keys;

	keys.keys[0] = tally_fake_wrap_key;
	keys.count = 1;
	return &keys;
}

static struct tally_keyset *find_keys(void *context)
{
	struct publishing *p = context;

	return p->keys ? tally_keyset_ref(p->keys) : NULL;
}

struct tally_publisher *publishing_another(struct publishing *p)
{
	struct tally_publisher *publisher =
		tally_publisher_new(p->conf, p->pools, p->lists, find_keys, p);

	assert_non_null(publisher);
	return publisher;
}

static void open_log(struct publishing *p)
{
	snprintf(p->log, sizeof(p->log), "/tmp/tallystick-log-XXXXXX");
	int fd = mkstemp(p->log);

	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(tally_log_open(p->log, TALLY_LOG_TEXT, TALLY_LOG_INFO), TALLY_OK);
}

static struct tally_conf *parse_conf(const struct publishing *p)
{
	char *text = tally_arena_printf(p->arena, "[server]\nissuer = https://as.example\n"
					"[database]\nsocket = /nowhere\n"
					"[redis]\nsocket = /nowhere\n");
	struct tally_conf *conf;

	for (size_t i = 0; i < PUBLISHING_POOLS; i++)
		if (p->defined[i].id != NULL)
			text = tally_arena_printf(p->arena, "%s[pool.%s]\n%s", text,
						  p->defined[i].id, p->defined[i].definition);
	assert_int_equal(tally_conf_parse(tally_span_of(text), "fake.conf", &conf), TALLY_OK);
	return conf;
}

void publishing_pool(struct publishing *p, const char *id, const char *definition)
{
	struct publishing_pool *at = NULL;

	for (size_t i = 0; i < PUBLISHING_POOLS; i++) {
		struct publishing_pool *one = &p->defined[i];

		if (one->id ? strcmp(one->id, id) == 0 : at == NULL)
			at = one;
	}
	assert_non_null(at);
	*at = (struct publishing_pool){ definition ? id : NULL, definition };
	struct tally_conf *conf = parse_conf(p);

	assert_int_equal(tally_pools_refresh(p->pools, conf, p->store), TALLY_OK);
	tally_conf_free(conf);
}

void publishing_open(struct publishing *p)
{
	*p = (struct publishing){ .lists = tally_fake_lists_new() };
	tally_fake_clock_set(TALLY_FAKE_CLOCK_START);
	open_log(p);
	assert_non_null(p->lists);
	p->pools = tally_pools_new(p->lists);
	assert_non_null(p->pools);
	p->store = tally_fake_store_new();
	p->arena = tally_arena_new(4096, ARENA_MAX);
	assert_true(p->store != NULL && p->arena != NULL);
	p->conf = parse_conf(p);
	publishing_add_key(p, "k1", "ES256");
	p->publisher = publishing_another(p);
}

void publishing_close(struct publishing *p)
{
	tally_publisher_free(p->publisher);
	tally_pools_free(p->pools);
	tally_keyset_free(p->keys);
	p->store->ops->close(p->store);
	p->lists->ops->close(p->lists);
	tally_conf_free(p->conf);
	tally_arena_free(p->arena);
	assert_int_equal(tally_log_open("stderr", TALLY_LOG_PLAIN, TALLY_LOG_INFO), TALLY_OK);
	unlink(p->log);
}

static void load_keys(struct publishing *p)
{
	struct tally_keyset *keys = NULL;

	assert_int_equal(tally_keyset_load(p->store, wrap_keys(), tally_clock_now(), LIVE, p->keys,
					   &keys), TALLY_OK);
	tally_keyset_free(p->keys);
	p->keys = keys;
}

void publishing_add_key(struct publishing *p, const char *kid, const char *alg)
{
	static int64_t activate_at = 1; /* the one that was added last signs */

	tally_fake_key_add(p->store, kid, alg, activate_at++);
	load_keys(p);
}

void publishing_settle(struct tally_publisher *publisher)
{
	int rounds = 1000;

	while (tally_publisher_round(publisher) == 0)
		assert_true(rounds-- > 0);
}

void publishing_pass(struct publishing *p, int64_t seconds)
{
	for (int64_t ms = 0; ms < seconds * 1000; ms += 500) {
		tally_fake_clock_advance_ms(500);
		publishing_settle(p->publisher);
	}
}

void publishing_reserve(struct publishing *p, const char *pool, uint32_t count)
{
	struct tally_list_range ranges[TALLY_LIST_RANGES_MAX];
	size_t n;

	assert_int_equal(p->lists->ops->reserve(p->lists, tally_span_of(pool), count,
						tally_clock_now(), ranges, &n), TALLY_OK);
	assert_true(n > 0);
}

struct tally_list_state publishing_state(struct publishing *p, const char *pool, uint32_t list)
{
	struct tally_list_state state;
	size_t n;

	assert_int_equal(p->lists->ops->states(p->lists, tally_span_of(pool), list, &state, 1, &n),
			 TALLY_OK);
	assert_int_equal(n, 1);
	assert_int_equal(state.list, list);
	return state;
}

size_t publishing_count(struct publishing *p, const char *pool)
{
	struct tally_list_pool shape;
	struct tally_list_holder holder;

	assert_int_equal(p->lists->ops->pool_look(p->lists, tally_span_of(pool), &shape, &holder),
			 TALLY_OK);
	return shape.lists;
}

void publishing_update(struct publishing *p, const char *pool, uint32_t list, uint64_t index,
		       unsigned int value, int64_t due_in_ms)
{
	const struct tally_list_update update = { index, value };
	size_t at;

	assert_int_equal(p->lists->ops->update(p->lists, tally_span_of(pool), list, &update, 1,
					       TALLY_LIST_NO_FINAL,
					       tally_clock_now_us() / 1000 + due_in_ms, &at),
			 TALLY_OK);
}

struct tally_list_publication publishing_get(struct publishing *p, const char *pool, uint32_t list)
{
	struct tally_list_publication publication;

	assert_int_equal(p->lists->ops->published(p->lists, tally_span_of(pool), list, p->arena,
						  &publication), TALLY_OK);
	return publication;
}

/* The keys that relying parties know. */
static void publish_keys(const struct publishing *p, struct tally_jwks *jwks)
{
	for (jwks->count = 0; jwks->count < tally_keyset_count(p->keys); jwks->count++) {
		const struct tally_keyset_key *key = tally_keyset_at(p->keys, jwks->count);

		jwks->keys[jwks->count] =
			(struct tally_jwk){ tally_span_of(key->kid), key->key };
	}
}

static unsigned int judge(struct publishing *p, struct tally_span token, struct tally_span uri,
			  uint64_t index)
{
	const struct tally_check_reference reference = { uri, index };
	struct tally_jwks jwks;
	const struct tally_check_keys keys = { .jwks = &jwks };
	struct tally_check check = {
		.now = tally_clock_now(), .inflated_max = 16u << 20, .arena = p->arena
	};
	struct tally_check_status status;

	publish_keys(p, &jwks);
	enum tally_err err = tally_check_list(&check, &keys, token, &reference, &status);

	if (err != TALLY_OK)
		print_error("%s\n", check.why ? check.why : tally_err_text(err));
	assert_int_equal(err, TALLY_OK);
	return status.value;
}

unsigned int publishing_read(struct publishing *p, const char *pool, uint32_t list, uint64_t index)
{
	struct tally_list_publication publication = publishing_get(p, pool, list);
	char text[TALLY_LIST_URI_MAX];
	struct tally_pool *opening = tally_pools_get(p->pools, tally_span_of(pool));

	assert_non_null(opening);
	struct tally_span uri = tally_list_uri(opening, list, text);
	unsigned int value = judge(p, publication.jwt, uri, index);

	assert_int_equal(judge(p, publication.cwt, uri, index), value);
	tally_pool_release(opening);
	return value;
}

unsigned int publishing_logged(const struct publishing *p, const char *text)
{
	FILE *file = fopen(p->log, "r");
	char line[1024];
	unsigned int n = 0;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file) != NULL)
		n += strstr(line, text) != NULL;
	fclose(file);
	return n;
}
