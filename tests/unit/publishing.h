/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of publishing share: lists and keys in memory, a clock that
 * stands still, and a relying party who judges what is published. Everything that
 * fails fails the test.
 */
#ifndef TALLY_TESTS_PUBLISHING_H
#define TALLY_TESTS_PUBLISHING_H

#include "status/check.h"
#include "status/publish.h"
#include "tests/fake/clock.h"
#include "tests/fake/lists.h"

#define PUBLISHING_POOLS 8

struct publishing_pool {
	const char *id;         /* NULL: free */
	const char *definition; /* lines of tallystick.conf */
};

struct publishing {
	struct tally_lists *lists;
	struct tally_pools *pools;
	struct publishing_pool defined[PUBLISHING_POOLS];
	struct tally_store *store; /* of the keys, and no pools */
	struct tally_conf *conf;
	struct tally_keyset *keys; /* NULL: not loaded */
	struct tally_publisher *publisher;
	struct tally_arena *arena; /* for what is looked at */
	char log[64];              /* the file that the log goes to */
};

/* Without pools, with one ES256 key, k1. */
void publishing_open(struct publishing *p);
void publishing_close(struct publishing *p);

/* Another publisher of the same lists and pools, as in another process. */
struct tally_publisher *publishing_another(struct publishing *p);

/* Adds a key that signs from now on. */
void publishing_add_key(struct publishing *p, const char *kid, const char *alg);

/* Defines a pool, or defines it anew; NULL: there is to be none. Both texts are borrowed. */
void publishing_pool(struct publishing *p, const char *id, const char *definition);

/* Rounds until nothing is left to do at this time. */
void publishing_settle(struct tally_publisher *publisher);

/* Time passes in steps, as it does for a thread. */
void publishing_pass(struct publishing *p, int64_t seconds);

/* Reserves positions, of which there are some. */
void publishing_reserve(struct publishing *p, const char *pool, uint32_t count);

struct tally_list_state publishing_state(struct publishing *p, const char *pool, uint32_t list);
size_t publishing_count(struct publishing *p, const char *pool); /* lists that there are */

/* Sets an entry, due after so many milliseconds. */
void publishing_update(struct publishing *p, const char *pool, uint32_t list, uint64_t index,
		       unsigned int value, int64_t due_in_ms);

/* What is published; valid until the end. */
struct tally_list_publication publishing_get(struct publishing *p, const char *pool,
					     uint32_t list);

/* What a relying party reads in both forms, which must agree. */
unsigned int publishing_read(struct publishing *p, const char *pool, uint32_t list,
			     uint64_t index);

/* How many lines of the log have this text. */
unsigned int publishing_logged(const struct publishing *p, const char *text);

#endif
