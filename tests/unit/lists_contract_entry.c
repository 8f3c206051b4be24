/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/unit/lists_contract.h"

#include <pthread.h>
#include <stdlib.h>

static const unsigned int widths[] = { 1, 2, 4, 8 };

/* Numbers that repeat: every run is the same. */
static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static struct tally_list_snapshot snapshot(struct contract *c, uint32_t list)
{
	struct tally_list_snapshot out;

	assert_int_equal(c->ops->snapshot(c->lists, c->pool, list, c->arena, &out), TALLY_OK);
	return out;
}

/* draft-ietf-oauth-status-list §4.1: the first entry in the lowest bits. */
static unsigned int entry(struct tally_span bits, unsigned int width, uint32_t i)
{
	unsigned int byte = (uint8_t)bits.p[i * width / 8];

	return byte >> i * width % 8 & ((1u << width) - 1);
}

static enum tally_err update(struct contract *c, const struct tally_list_update *updates, size_t n,
			     int final_status, size_t *at)
{
	return c->ops->update(c->lists, c->pool, 0, updates, n, final_status, 5000, at);
}

static void entries_of_each_width(void **state)
{
	for (size_t w = 0; w < 4; w++) {
		struct contract *c = contract_pool(state, 64, widths[w], 2);
		uint8_t model[64] = { 0 };
		uint32_t seed = 7;

		for (int i = 0; i < 100; i++) {
			uint32_t at = next_random(&seed) % 64;
			uint32_t value = next_random(&seed) % (1u << widths[w]);

			model[at] = (uint8_t)value;
			assert_int_equal(contract_set(c, 1, at, value, -1, 1), TALLY_OK);
			assert_int_equal(contract_read(c, 1, at), value);
		}
		struct tally_span bits = snapshot(c, 1).bits;

		assert_int_equal(bits.n, 64 * widths[w] / 8);
		for (uint32_t i = 0; i < 64; i++) {
			assert_int_equal(contract_read(c, 1, i), model[i]);
			assert_int_equal(entry(bits, widths[w], i), model[i]);
			assert_int_equal(contract_read(c, 0, i), 0);
		}
		contract_tear_down(state);
		contract_set_up(state);
	}
}

/* The example of draft-ietf-oauth-status-list §4.1. */
static void the_bytes_of_the_specification(void **state)
{
	static const unsigned int values[] = { 1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1 };
	struct contract *c = contract_pool(state, 16, 1, 1);

	for (uint32_t i = 0; i < 16; i++)
		assert_int_equal(contract_set(c, 0, i, values[i], -1, 1), TALLY_OK);
	assert_memory_equal(snapshot(c, 0).bits.p, "\xB9\xA3", 2);
}

static void what_is_out_of_bounds(void **state)
{
	static const struct tally_list_update wrong[] = {
		{ 16, 0 }, { 17, 1 }, { 4294967294u, 0 }, { 4294967295u, 0 }, { 4294967296u, 0 },
		{ UINT64_C(1) << 63, 0 }, { UINT64_MAX, 0 }, { 0, 4 }, { 0, 256 }, { 0, UINT32_MAX },
		{ 16, 4 },
	};
	struct contract *c = contract_pool(state, 16, 2, 1);
	size_t at;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		const struct tally_list_update updates[] = { { 0, 3 }, { 15, 3 }, wrong[i], { 1, 3 } };

		assert_int_equal(update(c, &wrong[i], 1, -1, &at), TALLY_ERR_LIMIT);
		assert_int_equal(at, 0);
		assert_int_equal(update(c, updates, 4, -1, &at), TALLY_ERR_LIMIT);
		assert_int_equal(at, 2);
		assert_int_equal(update(c, updates, 4, 3, &at), TALLY_ERR_LIMIT);
		assert_int_equal(at, 2);
	}
	for (uint32_t i = 0; i < 16; i++)
		assert_int_equal(contract_read(c, 0, i), 0);
	assert_int_equal(contract_state(c, 0).version, 0);
	unsigned int value;

	for (size_t i = 0; i < 7; i++)
		assert_int_equal(c->ops->read(c->lists, c->pool, 0, wrong[i].index, &value),
				 TALLY_ERR_LIMIT);
}

static void a_list_that_is_not_there(void **state)
{
	static const uint32_t numbers[] = { 1, 2, UINT32_MAX, 0 };
	struct contract *c = contract_pool(state, 16, 1, 1);
	unsigned int value;
	uint32_t changed;

	assert_int_equal(contract_use_up(c, 0), TALLY_OK);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(contract_set(c, numbers[i], 0, 1, -1, 1), TALLY_ERR_NOT_FOUND);
		assert_int_equal(c->ops->read(c->lists, c->pool, numbers[i], 0, &value),
				 TALLY_ERR_NOT_FOUND);
		assert_int_equal(c->ops->fill(c->lists, c->pool, numbers[i], 0, 1, 1, -1, 1, &changed),
				 TALLY_ERR_NOT_FOUND);
	}
	assert_string_equal(contract_due(c, INT32_MAX), "; 0");
}

static void the_final_status_stays(void **state)
{
	static const struct tally_list_update undo[] = { { 4, 2 }, { 5, 3 }, { 6, 1 } };
	static const struct tally_list_update keep[] = { { 4, 2 }, { 5, 3 }, { 6, 3 } };
	static const struct tally_list_update within[] = { { 1, 3 }, { 2, 1 }, { 1, 0 } };
	static const struct tally_list_update limit_first[] = { { 16, 0 }, { 6, 1 } };
	static const struct tally_list_update denied_first[] = { { 6, 1 }, { 16, 0 } };
	struct contract *c = contract_pool(state, 16, 2, 1);
	size_t at;

	assert_int_equal(contract_set(c, 0, 6, 3, 3, 1), TALLY_OK);
	assert_int_equal(update(c, undo, 3, 3, &at), TALLY_ERR_DENIED);
	assert_int_equal(at, 2);
	assert_int_equal(contract_read(c, 0, 4), 0);
	assert_int_equal(update(c, keep, 3, 3, &at), TALLY_OK);
	assert_int_equal(contract_read(c, 0, 4), 2);
	assert_int_equal(update(c, within, 3, 3, &at), TALLY_ERR_DENIED);
	assert_int_equal(at, 2);
	assert_int_equal(contract_read(c, 0, 1) + contract_read(c, 0, 2), 0);
	assert_int_equal(update(c, limit_first, 2, 3, &at), TALLY_ERR_LIMIT);
	assert_int_equal(at, 0);
	assert_int_equal(update(c, denied_first, 2, 3, &at), TALLY_ERR_DENIED);
	assert_int_equal(at, 0);
	/* 0 can be final as well: nothing can be set then. */
	assert_int_equal(contract_set(c, 0, 9, 1, 0, 1), TALLY_ERR_DENIED);
	/* And where nothing is final, all can be undone. */
	assert_int_equal(contract_set(c, 0, 6, 0, TALLY_LIST_NO_FINAL, 1), TALLY_OK);
	assert_int_equal(contract_read(c, 0, 6), 0);
}

static void one_after_the_other(void **state)
{
	static const struct tally_list_update updates[] = { { 3, 1 }, { 3, 2 }, { 4, 2 }, { 3, 0 } };
	struct contract *c = contract_pool(state, 16, 2, 1);
	size_t at;

	assert_int_equal(update(c, updates, 2, -1, &at), TALLY_OK);
	assert_int_equal(contract_read(c, 0, 3), 2);
	assert_int_equal(update(c, updates, 4, 3, &at), TALLY_OK);
	assert_int_equal(contract_read(c, 0, 3), 0);
	assert_int_equal(contract_read(c, 0, 4), 2);
}

static void thousands_at_once(void **state)
{
	struct contract *c = contract_pool(state, 30000, 4, 1);
	struct tally_list_update *updates = calloc(TALLY_LIST_UPDATES_MAX + 1, sizeof(*updates));
	uint8_t *model = calloc(1, 30000);
	uint32_t seed = 3;
	size_t at;

	assert_non_null(updates);
	assert_non_null(model);
	for (size_t i = 0; i <= TALLY_LIST_UPDATES_MAX; i++) {
		updates[i].index = next_random(&seed) % 29999;
		updates[i].value = next_random(&seed) % 15;
	}
	updates[TALLY_LIST_UPDATES_MAX - 1].index = 29999;
	assert_int_equal(update(c, updates, TALLY_LIST_UPDATES_MAX + 1, -1, &at), TALLY_ERR_LIMIT);
	assert_int_equal(contract_state(c, 0).version, 0);
	for (int final_status = -1; final_status < 16; final_status += 16) {
		assert_int_equal(update(c, updates, TALLY_LIST_UPDATES_MAX, final_status, &at),
				 TALLY_OK);
		for (size_t i = 0; i < TALLY_LIST_UPDATES_MAX; i++)
			model[updates[i].index] = (uint8_t)updates[i].value;
		struct tally_span bits = snapshot(c, 0).bits;

		for (uint32_t i = 0; i < 30000; i++)
			assert_int_equal(entry(bits, 4, i), model[i]);
		updates[TALLY_LIST_UPDATES_MAX - 1].value = 15;
	}
	/* The last of them would undo the final status. */
	updates[TALLY_LIST_UPDATES_MAX - 1].value = 0;
	assert_int_equal(update(c, updates, TALLY_LIST_UPDATES_MAX, 15, &at), TALLY_ERR_DENIED);
	assert_int_equal(at, TALLY_LIST_UPDATES_MAX - 1);
	free(model);
	free(updates);
}

static void an_update_that_changes_nothing(void **state)
{
	static const struct tally_list_update updates[] = { { 3, 1 }, { 4, 0 } };
	struct contract *c = contract_pool(state, 16, 2, 1);
	size_t at;

	assert_string_equal(contract_due(c, 9000), "; 10000000");
	assert_int_equal(contract_set(c, 0, 3, 0, -1, 9000), TALLY_OK);
	assert_int_equal(contract_state(c, 0).version, 0);
	assert_string_equal(contract_due(c, 9000), "; 10000000");
	assert_int_equal(contract_set(c, 0, 3, 1, -1, 9000), TALLY_OK);
	assert_int_equal(contract_state(c, 0).version, 1);
	assert_string_equal(contract_due(c, 9000), "0 ; 9000");
	assert_int_equal(update(c, updates, 2, 3, &at), TALLY_OK);
	assert_int_equal(contract_state(c, 0).version, 1);
	assert_string_equal(contract_due(c, 8999), "; 9000");
	assert_int_equal(contract_set(c, 0, 4, 1, -1, 9500), TALLY_OK);
	assert_int_equal(contract_state(c, 0).version, 2);
	assert_string_equal(contract_due(c, 8999), "; 9000");
}

/* ---- two that race ---- */

#define RACED 400

struct racer {
	struct contract *c;
	unsigned int value;
	unsigned int denied;
};

static void *race(void *context)
{
	struct racer *racer = context;

	for (uint64_t i = 0; i < RACED; i++)
		racer->denied += contract_set(racer->c, 0, i, racer->value, 2, 1) == TALLY_ERR_DENIED;
	return NULL;
}

static void nobody_undoes_the_final_status_in_a_race(void **state)
{
	struct contract *c = contract_pool(state, RACED, 2, 1);
	struct racer racers[] = { { c, 2, 0 }, { c, 1, 0 }, { c, 0, 0 } };
	pthread_t threads[3];

	for (int i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, race, &racers[i]);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(racers[0].denied, 0);
	for (uint64_t i = 0; i < RACED; i++)
		assert_int_equal(contract_read(c, 0, i), 2);
}

/* ---- stretches ---- */

static void fill_and_compare(struct contract *c, unsigned int width, uint8_t model[256],
			     uint32_t *seed)
{
	uint32_t first = next_random(seed) % 256, count = next_random(seed) % (257 - first);
	uint32_t value = next_random(seed) % (1u << width), changed = 99, expected = 0;
	int final_status = next_random(seed) % 2 ? (int)(1u << width) - 1 : TALLY_LIST_NO_FINAL;

	for (uint32_t i = first; i < first + count; i++)
		if (model[i] != value && model[i] != final_status) {
			model[i] = (uint8_t)value;
			expected++;
		}
	assert_int_equal(c->ops->fill(c->lists, c->pool, 0, first, count, value, final_status, 7000,
				      &changed),
			 TALLY_OK);
	assert_int_equal(changed, expected);
	struct tally_span bits = snapshot(c, 0).bits;

	for (uint32_t i = 0; i < 256; i++)
		assert_int_equal(entry(bits, width, i), model[i]);
}

static void stretches_of_each_width(void **state)
{
	for (size_t w = 0; w < 4; w++) {
		struct contract *c = contract_pool(state, 256, widths[w], 1);
		uint8_t model[256] = { 0 };
		uint32_t seed = 11;

		for (int i = 0; i < 40; i++)
			fill_and_compare(c, widths[w], model, &seed);
		contract_tear_down(state);
		contract_set_up(state);
	}
}

static void a_stretch_that_does_not_fit(void **state)
{
	static const struct {
		uint32_t first, count;
		unsigned int value;
	} wrong[] = {
		{ 0, 100001, 1 }, { 100000, 1, 1 }, { 99999, 2, 1 }, { UINT32_MAX, 1, 1 },
		{ UINT32_MAX, UINT32_MAX, 1 }, { 0, TALLY_LIST_FILL_MAX + 1, 1 }, { 0, 1, 4 },
		{ 0, 1, 256 },
	};
	struct contract *c = contract_pool(state, 100000, 2, 1);
	uint32_t changed = 9;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(c->ops->fill(c->lists, c->pool, 0, wrong[i].first, wrong[i].count,
					      wrong[i].value, -1, 1, &changed),
				 TALLY_ERR_LIMIT);
		assert_int_equal(changed, 0);
	}
	assert_int_equal(c->ops->fill(c->lists, c->pool, 0, 99999, 0, 1, -1, 1, &changed), TALLY_OK);
	assert_int_equal(c->ops->fill(c->lists, c->pool, 0, 100000 - TALLY_LIST_FILL_MAX,
				      TALLY_LIST_FILL_MAX, 1, -1, 1, &changed),
			 TALLY_OK);
	assert_int_equal(changed, TALLY_LIST_FILL_MAX);
	assert_int_equal(contract_read(c, 0, 99999), 1);
	assert_int_equal(contract_read(c, 0, 99999 - TALLY_LIST_FILL_MAX), 0);
}

static void a_stretch_makes_its_list_due(void **state)
{
	struct contract *c = contract_pool(state, 64, 1, 1);
	uint32_t changed;

	assert_int_equal(c->ops->fill(c->lists, c->pool, 0, 0, 64, 0, -1, 8000, &changed), TALLY_OK);
	assert_int_equal(changed, 0);
	assert_int_equal(contract_state(c, 0).version, 0);
	assert_int_equal(c->ops->fill(c->lists, c->pool, 0, 1, 9, 1, -1, 8000, &changed), TALLY_OK);
	assert_int_equal(changed, 9);
	assert_int_equal(contract_state(c, 0).version, 1);
	assert_string_equal(contract_due(c, 8000), "0 ; 8000");
}

const struct CMUnitTest contract_entry_tests[CONTRACT_ENTRY_TESTS] = {
	CONTRACT_TEST(entries_of_each_width),
	CONTRACT_TEST(the_bytes_of_the_specification),
	CONTRACT_TEST(what_is_out_of_bounds),
	CONTRACT_TEST(a_list_that_is_not_there),
	CONTRACT_TEST(the_final_status_stays),
	CONTRACT_TEST(one_after_the_other),
	CONTRACT_TEST(thousands_at_once),
	CONTRACT_TEST(an_update_that_changes_nothing),
	CONTRACT_TEST(nobody_undoes_the_final_status_in_a_race),
	CONTRACT_TEST(stretches_of_each_width),
	CONTRACT_TEST(a_stretch_that_does_not_fit),
	CONTRACT_TEST(a_stretch_makes_its_list_due),
};
