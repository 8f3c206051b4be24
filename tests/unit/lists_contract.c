/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/unit/lists_contract.h"

#include <stdlib.h>
#include <unistd.h>

struct tally_lists *contract_lists;
void (*contract_pass)(int64_t ms);

int contract_set_up(void **state)
{
	static unsigned int count;
	struct contract *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return 1;
	c->lists = contract_lists;
	c->ops = contract_lists->ops;
	c->arena = tally_arena_new(4096, 64u << 20);
	snprintf(c->name, sizeof(c->name), "t-%ld-%u", (long)getpid(), ++count);
	c->pool = tally_span_of(c->name);
	*state = c;
	return c->arena == NULL;
}

int contract_tear_down(void **state)
{
	struct contract *c = *state;

	tally_arena_free(c->arena);
	free(c);
	return 0;
}

void contract_take_lease(struct contract *c)
{
	uint32_t left_ms;

	assert_int_equal(c->ops->lease(c->lists, c->pool, TALLY_SPAN("the test"), 600000, &c->fence,
				       &left_ms),
			 TALLY_OK);
}

struct contract *contract_pool(void **state, uint32_t size, unsigned int bits, uint32_t lists)
{
	struct contract *c = *state;
	struct tally_list_pool pool = { .size = size, .bits = bits, .seed = "seed" };

	assert_int_equal(c->ops->pool_open(c->lists, c->pool, &pool), TALLY_OK);
	contract_take_lease(c);
	for (uint32_t i = 0; i < lists; i++)
		assert_int_equal(contract_publish(c, i, 0, 1000, 10000000, 0), TALLY_OK);
	return c;
}

enum tally_err contract_publish(struct contract *c, uint32_t list, uint64_t version, int64_t iat,
				int64_t again_ms, uint32_t history)
{
	char jwt[64], cwt[64];

	snprintf(jwt, sizeof(jwt), "jwt %u %u %lld", list, (unsigned int)version, (long long)iat);
	snprintf(cwt, sizeof(cwt), "cwt %u %u %lld", list, (unsigned int)version, (long long)iat);
	const struct tally_list_publication publication = {
		.version = version,
		.recipe = UINT64_MAX - (uint64_t)iat - version,
		.iat = iat,
		.exp = iat + 1000,
		.jwt = tally_span_of(jwt),
		.cwt = tally_span_of(cwt),
	};

	return c->ops->publish(c->lists, c->pool, list, c->fence, &publication, again_ms, history);
}

struct tally_list_state contract_state(struct contract *c, uint32_t list)
{
	struct tally_list_state state;
	size_t n;

	assert_int_equal(c->ops->states(c->lists, c->pool, list, &state, 1, &n), TALLY_OK);
	assert_int_equal(n, 1);
	assert_int_equal(state.list, list);
	return state;
}

unsigned int contract_read(struct contract *c, uint32_t list, uint64_t index)
{
	unsigned int value = 1000;

	assert_int_equal(c->ops->read(c->lists, c->pool, list, index, &value), TALLY_OK);
	return value;
}

enum tally_err contract_set(struct contract *c, uint32_t list, uint64_t index, unsigned int value,
			    int final_status, int64_t due_ms)
{
	const struct tally_list_update update = { .index = index, .value = value };
	size_t at;

	return c->ops->update(c->lists, c->pool, list, &update, 1, final_status, due_ms, &at);
}

enum tally_err contract_use_up(struct contract *c, uint32_t list)
{
	struct tally_list_range ranges[TALLY_LIST_RANGES_MAX];
	size_t n;

	assert_int_equal(c->ops->reserve(c->lists, c->pool, UINT32_MAX, 1, ranges, &n), TALLY_OK);
	return c->ops->retire(c->lists, c->pool, list, c->fence);
}

const char *contract_due(struct contract *c, int64_t now_ms)
{
	static char text[256];
	uint32_t due[8];
	int64_t next_ms;
	size_t n, used = 0;

	assert_int_equal(c->ops->due(c->lists, c->pool, now_ms, due, 8, &n, &next_ms), TALLY_OK);
	for (size_t i = 0; i < n; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%u ", due[i]);
	snprintf(text + used, sizeof(text) - used, "; %lld", (long long)next_ms);
	return text;
}

int contract_run(const char *name, const struct CMUnitTest *more, size_t count)
{
	struct CMUnitTest all[CONTRACT_TESTS + CONTRACT_MORE_MAX];
	struct CMUnitTest *end = all;

	if (count > CONTRACT_MORE_MAX)
		return 1;
	memcpy(end, contract_pool_tests, sizeof(contract_pool_tests));
	end += CONTRACT_POOL_TESTS;
	memcpy(end, contract_entry_tests, sizeof(contract_entry_tests));
	end += CONTRACT_ENTRY_TESTS;
	memcpy(end, contract_publish_tests, sizeof(contract_publish_tests));
	end += CONTRACT_PUBLISH_TESTS;
	if (count > 0)
		memcpy(end, more, count * sizeof(*more));
	return _cmocka_run_group_tests(name, all, CONTRACT_TESTS + count, NULL, NULL);
}
