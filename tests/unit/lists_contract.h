/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What store/lists.h promises, as tests that run against any implementation: the
 * one in memory (test_lists.c) and Redis (tests/it/lists_test.c). Each test has a
 * pool of its own, so that they may share a server.
 */
#ifndef TALLY_TESTS_LISTS_CONTRACT_H
#define TALLY_TESTS_LISTS_CONTRACT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/lists.h"

/* What the tests use; set by the program before it runs them. */
extern struct tally_lists *contract_lists;
extern void (*contract_pass)(int64_t ms); /* lets time go by */

/*
 * Runs all of them, and with them count more of the implementation's own, at most
 * CONTRACT_MORE_MAX; the number of those that failed.
 */
#define CONTRACT_MORE_MAX 8u
int contract_run(const char *name, const struct CMUnitTest *more, size_t count);

/* ---- for the tests themselves ---- */

struct contract {
	struct tally_lists *lists;
	const struct tally_lists_ops *ops;
	struct tally_arena *arena;
	char name[40];
	struct tally_span pool; /* not created yet */
	uint64_t fence;
};

int contract_set_up(void **state);
int contract_tear_down(void **state);

#define CONTRACT_TEST(f) cmocka_unit_test_setup_teardown(f, contract_set_up, contract_tear_down)

/* Creates the pool with so many published lists; its lease is ours. */
struct contract *contract_pool(void **state, uint32_t size, unsigned int bits, uint32_t lists);

void contract_take_lease(struct contract *c);

/* Publishes with texts that name list and version, again due at again_ms. */
enum tally_err contract_publish(struct contract *c, uint32_t list, uint64_t version, int64_t iat,
				int64_t again_ms, uint32_t history);

struct tally_list_state contract_state(struct contract *c, uint32_t list);
unsigned int contract_read(struct contract *c, uint32_t list, uint64_t index);
enum tally_err contract_set(struct contract *c, uint32_t list, uint64_t index, unsigned int value,
			    int final_status, int64_t due_ms);

/* Reserves the rest of all lists, and retires one of them. */
enum tally_err contract_use_up(struct contract *c, uint32_t list);

/* All that are due at now_ms, as "3 1 7; next". */
const char *contract_due(struct contract *c, int64_t now_ms);

#define CONTRACT_POOL_TESTS 10
#define CONTRACT_ENTRY_TESTS 12
#define CONTRACT_PUBLISH_TESTS 13
#define CONTRACT_TESTS (CONTRACT_POOL_TESTS + CONTRACT_ENTRY_TESTS + CONTRACT_PUBLISH_TESTS)
extern const struct CMUnitTest contract_pool_tests[CONTRACT_POOL_TESTS];
extern const struct CMUnitTest contract_entry_tests[CONTRACT_ENTRY_TESTS];
extern const struct CMUnitTest contract_publish_tests[CONTRACT_PUBLISH_TESTS];

#endif
