/* SPDX-License-Identifier: Apache-2.0 */
/* What the fake lists keep; for tests/fake/lists*.c only. */
#ifndef TALLY_FAKE_LISTS_PRIV_H
#define TALLY_FAKE_LISTS_PRIV_H

#include <pthread.h>

#include "tests/fake/lists.h"

/* A publication that has been replaced. */
struct fake_past {
	struct tally_list_publication publication;
	int64_t until; /* iat of the next */
	int64_t ends_at;
};

struct fake_list {
	struct tally_list_state state;
	uint8_t *entries; /* one byte each; NULL: retired */
	struct tally_list_publication publication; /* its spans are owned */
	int64_t due_ms;
	int64_t missed_ms; /* due of what the snapshot lacks; 0: it lacks nothing */
	uint64_t sequence; /* of its last change */
	struct fake_past *past;
	size_t past_count;
};

struct fake_pool {
	struct tally_span id;
	struct tally_list_pool shape;
	struct fake_list *lists; /* shape.lists of them */
	struct tally_list_range *returned;
	size_t returned_count;
	uint64_t sequence;
	uint64_t fence;
	char owner[TALLY_LIST_OWNER_MAX];
	size_t owner_n;
	int64_t lease_ends_ms;
	struct fake_pool *next;
};

struct fake_lists {
	struct tally_lists lists;
	pthread_mutex_t lock;
	struct fake_pool *pools;
	unsigned int calls;
	unsigned int fail_in;
	enum tally_err fail_with;
	unsigned int lose_in;
	bool lost;
	bool down;
	bool forgetful;
};

/* Takes the lock, which fake_lists_leave gives back in either case. */
enum tally_err fake_lists_enter(struct tally_lists *lists, struct fake_lists **fake);
enum tally_err fake_lists_leave(struct fake_lists *fake, enum tally_err err);

/* The same for an operation on a pool; TALLY_ERR_NOT_FOUND. */
enum tally_err fake_pool_enter(struct tally_lists *lists, struct tally_span id,
			       struct fake_lists **fake, struct fake_pool **pool);
/* And on a list of it that is there and not retired. */
enum tally_err fake_list_enter(struct tally_lists *lists, struct tally_span id, uint32_t number,
			       struct fake_lists **fake, struct fake_list **list);

struct fake_pool *fake_pool_find(struct fake_lists *fake, struct tally_span id);

/* What malloc and realloc give, or the end of the test. */
void *fake_grow(void *p, size_t size);
struct tally_span fake_keep(struct tally_span s);

/* Frees what is kept of a list. */
void fake_list_clear(struct fake_list *list);

enum tally_err fake_lease(struct tally_lists *lists, struct tally_span pool,
			  struct tally_span owner, uint32_t ttl_ms, uint64_t *fence,
			  uint32_t *left_ms);
enum tally_err fake_release(struct tally_lists *lists, struct tally_span pool,
			    struct tally_span owner);
enum tally_err fake_due(struct tally_lists *lists, struct tally_span pool, int64_t now_ms,
			uint32_t *out, size_t max, size_t *n, int64_t *next_ms);
enum tally_err fake_snapshot(struct tally_lists *lists, struct tally_span pool, uint32_t list,
			     struct tally_arena *arena, struct tally_list_snapshot *out);
enum tally_err fake_publish(struct tally_lists *lists, struct tally_span pool, uint32_t list,
			    uint64_t fence, const struct tally_list_publication *publication,
			    int64_t again_ms, uint32_t history);
enum tally_err fake_states(struct tally_lists *lists, struct tally_span pool, uint32_t first,
			   struct tally_list_state *out, size_t max, size_t *n);
enum tally_err fake_retire(struct tally_lists *lists, struct tally_span pool, uint32_t list,
			   uint64_t fence);
enum tally_err fake_published(struct tally_lists *lists, struct tally_span pool, uint32_t list,
			      struct tally_arena *arena, struct tally_list_publication *out);
enum tally_err fake_past(struct tally_lists *lists, struct tally_span pool, uint32_t list,
			 int64_t time, struct tally_arena *arena,
			 struct tally_list_publication *out);
enum tally_err fake_changes(struct tally_lists *lists, struct tally_span pool, uint64_t after,
			    struct tally_list_change *out, size_t *n);

#endif
