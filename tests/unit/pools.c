/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/unit/pools.h"

#include "sys/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

void pools_open(struct pools_fixture *fixture)
{
	tally_fake_clock_set(TALLY_FAKE_CLOCK_START);
	fixture->lists = tally_fake_lists_new();
	fixture->store = tally_fake_store_new();
	assert_true(fixture->lists != NULL && fixture->store != NULL);
	fixture->pools = tally_pools_new(fixture->lists);
	assert_non_null(fixture->pools);
}

void pools_close(struct pools_fixture *fixture)
{
	tally_pools_free(fixture->pools);
	fixture->store->ops->close(fixture->store);
	fixture->lists->ops->close(fixture->lists);
}

struct tally_conf *pools_conf(const char *more)
{
	char text[4096];
	struct tally_conf *conf;
	int n = snprintf(text, sizeof(text),
			 "[server]\nissuer = https://as.example\n[database]\nsocket = /nowhere\n"
			 "[redis]\nsocket = /nowhere\n%s", more);

	assert_true(n > 0 && (size_t)n < sizeof(text));
	assert_int_equal(tally_conf_parse(tally_span(text, (size_t)n), "fake.conf", &conf),
			 TALLY_OK);
	return conf;
}

enum tally_err pools_refresh(struct pools_fixture *fixture, struct tally_pools *pools,
			     const char *more)
{
	struct tally_conf *conf = pools_conf(more);
	enum tally_err err = tally_pools_refresh(pools, conf, fixture->store);

	tally_conf_free(conf);
	return err;
}

void pools_add(struct pools_fixture *fixture, const char *id, const char *definition)
{
	const struct tally_pool_record record = {
		.pool_id = tally_span_of(id),
		.definition = tally_span_of(definition),
		.created_at = 1,
	};

	assert_int_equal(fixture->store->ops->pool_add(fixture->store, &record), TALLY_OK);
}

void pools_publish(struct pools_fixture *fixture, const char *id, uint32_t count)
{
	const struct tally_list_publication publication = {
		.iat = tally_clock_now(),
		.exp = tally_clock_now() + 86400,
		.jwt = TALLY_SPAN("a.b.c"),
		.cwt = TALLY_SPAN("cwt"),
	};
	struct tally_lists *lists = fixture->lists;
	struct tally_list_pool shape;
	uint64_t fence;
	uint32_t left_ms;

	assert_true(pools_look(fixture, id, &shape));
	assert_int_equal(lists->ops->lease(lists, tally_span_of(id), TALLY_SPAN("test"), 60000,
					   &fence, &left_ms), TALLY_OK);
	for (uint32_t i = 0; i < count; i++)
		assert_int_equal(lists->ops->publish(lists, tally_span_of(id), shape.lists + i, fence,
						     &publication, 0, 0), TALLY_OK);
}

bool pools_look(struct pools_fixture *fixture, const char *id, struct tally_list_pool *out)
{
	struct tally_list_holder holder;

	return fixture->lists->ops->pool_look(fixture->lists, tally_span_of(id), out, &holder) ==
	       TALLY_OK;
}

struct tally_pool *pools_get(struct tally_pools *pools, const char *id)
{
	struct tally_pool *pool = tally_pools_get(pools, tally_span_of(id));

	if (pool == NULL)
		fail_msg("there is no pool %s", id);
	return pool;
}
