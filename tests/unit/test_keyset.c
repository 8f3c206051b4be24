/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "store/keyset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define NOW 1000000
#define LIVE 3600

static struct tally_key_record key(const char *kid, const char *alg, int64_t activate_at,
				   int64_t retired_at)
{
	return (struct tally_key_record){
		.kid = tally_span_of(kid),
		.alg = tally_span_of(alg),
		.created_at = 1,
		.activate_at = activate_at,
		.retired_at = retired_at,
	};
}

static void a_key_lives_through_its_states(void **state)
{
	enum tally_key_state states[1];
	struct tally_key_record record = key("a", "ES256", 0, 0);

	(void)state;
	tally_key_states(&record, 1, NOW, LIVE, states);
	assert_int_equal(states[0], TALLY_KEY_PUBLISHED);
	record.activate_at = NOW + 1;
	tally_key_states(&record, 1, NOW, LIVE, states);
	assert_int_equal(states[0], TALLY_KEY_PUBLISHED);
	record.activate_at = NOW;
	tally_key_states(&record, 1, NOW, LIVE, states);
	assert_int_equal(states[0], TALLY_KEY_SIGNING);
	record.retired_at = NOW;
	tally_key_states(&record, 1, NOW, LIVE, states);
	assert_int_equal(states[0], TALLY_KEY_RETIRED);
	tally_key_states(&record, 1, NOW + LIVE - 1, LIVE, states);
	assert_int_equal(states[0], TALLY_KEY_RETIRED);
	tally_key_states(&record, 1, NOW + LIVE, LIVE, states);
	assert_int_equal(states[0], TALLY_KEY_GONE);
}

static void one_key_signs_per_algorithm(void **state)
{
	const struct tally_key_record records[] = {
		key("old", "ES256", 10, 0),	key("new", "ES256", 20, 0),
		key("next", "ES256", NOW + 5, 0), key("dead", "ES256", 30, 40),
		key("rsa", "RS256", 5, 0),
	};
	enum tally_key_state states[5];

	(void)state;
	tally_key_states(records, 5, NOW, LIVE, states);
	assert_int_equal(states[0], TALLY_KEY_SUPERSEDED);
	assert_int_equal(states[1], TALLY_KEY_SIGNING);
	assert_int_equal(states[2], TALLY_KEY_PUBLISHED);
	assert_int_equal(states[3], TALLY_KEY_GONE);
	assert_int_equal(states[4], TALLY_KEY_SIGNING);
	tally_key_states(records, 5, NOW + 5, LIVE, states);
	assert_int_equal(states[1], TALLY_KEY_SUPERSEDED);
	assert_int_equal(states[2], TALLY_KEY_SIGNING);
}

static void of_two_activated_together_one_signs(void **state)
{
	const struct tally_key_record records[] = {
		key("a", "ES256", 10, 0), key("b", "ES256", 10, 0), key("c", "ES256", 10, 0),
	};
	enum tally_key_state states[3];

	(void)state;
	tally_key_states(records, 3, NOW, LIVE, states);
	assert_int_equal(states[0], TALLY_KEY_SUPERSEDED);
	assert_int_equal(states[1], TALLY_KEY_SUPERSEDED);
	assert_int_equal(states[2], TALLY_KEY_SIGNING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_lives_through_its_states),
		cmocka_unit_test(one_key_signs_per_algorithm),
		cmocka_unit_test(of_two_activated_together_one_signs),
	};

	return cmocka_run_group_tests_name("keyset", tests, NULL, NULL);
}
