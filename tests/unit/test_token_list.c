/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A list of our own tokens stays until the last token that names it has expired,
 * however late its entry was handed out.
 */
#include "config.h"

#include "status/pool_priv.h"
#include "status/token_status.h"
#include "sys/clock.h"
#include "tests/unit/publishing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define SIZE 16
#define HOLD 300 /* seconds for which an entry may wait to be handed out */
#define LIFE 1000 /* tokens.max-lifetime, which reference-lifetime must reach */

/* All of the first list is fetched at once; more is only when that is handed out. */
#define SMALL "size = 16\nprefetch-capacity = 16\nprefetch-threshold = 0\nmax-amount = 1\n" \
	      "prefetch-hold = 5m\nprefetch-on-underflow = fail\nprecreation-lists = 2\n" \
	      "list-lifetime = 1h\nttl = 1m\nreference-lifetime = 1000s\n" \
	      "[tokens]\nmax-lifetime = 1000s\naccess-lifetime = 1000s\n"

struct fixture {
	struct publishing p;
	struct tally_token_status *status;
};

static int set_up(void **state)
{
	static struct fixture fixture;

	publishing_open(&fixture.p);
	fixture.status = tally_token_status_new(fixture.p.pools);
	*state = &fixture;
	return fixture.status ? 0 : -1;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	tally_token_status_free(fixture->status);
	publishing_close(&fixture->p);
	return 0;
}

/* Time passes in steps, as it does for the threads. */
static void pass(struct fixture *fixture, int64_t seconds)
{
	for (int64_t i = 0; i < seconds; i++) {
		tally_fake_clock_advance_ms(1000);
		publishing_settle(fixture->p.publisher);
		tally_refill_round(fixture->p.pools->refill);
	}
}

static struct tally_status_ref take(struct fixture *fixture)
{
	struct tally_status_ref ref;
	struct tally_span uri;

	assert_int_equal(fixture->status->take(fixture->status, &ref, &uri), TALLY_OK);
	return ref;
}

/* Until when the list is there for a token of this life, handed out now. */
static void assert_outlived(struct fixture *fixture, uint32_t list, int64_t life)
{
	pass(fixture, life - 1);
	assert_false(publishing_state(&fixture->p, "tokens", list).is_retired);
	assert_true(publishing_get(&fixture->p, "tokens", list).exp > tally_clock_now());
	/* And not for ever: the hold, what clocks may be apart, a look now and then. */
	pass(fixture, HOLD + 200);
	assert_true(publishing_state(&fixture->p, "tokens", list).is_retired);
}

static void open_pool(struct fixture *fixture, const char *definition)
{
	publishing_pool(&fixture->p, "tokens", definition);
	publishing_settle(fixture->p.publisher);
	pass(fixture, 2);
}

static void a_list_outlives_its_last_token(void **state)
{
	struct fixture *fixture = *state;

	open_pool(fixture, SMALL);
	for (int i = 0; i < SIZE - 1; i++)
		assert_int_equal(take(fixture).list, 0);
	/* The last one waits for as long as it may. */
	pass(fixture, HOLD - 10);
	assert_int_equal(take(fixture).list, 0);
	assert_outlived(fixture, 0, LIFE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_list_outlives_its_last_token, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("token_list", tests, NULL, NULL);
}
