/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The status lists in Redis; for lists*.c only. Names of keys are short, for each
 * is held in memory:
 *
 *   tally:{<pool>}:pool       hash: what the pool was created with, and its counters
 *   tally:{<pool>}:back       list: ranges that were given back, 12 bytes each
 *   tally:{<pool>}:lease      who publishes; expires
 *   tally:{<pool>}:due        sorted set: lists by when they are due, in ms
 *   tally:{<pool>}:new        sorted set: lists by the sequence of their last change
 *   tally:{<pool>}:b<list>    the entries, created with their full length: a string
 *                             that grows takes up to twice as much memory
 *   tally:{<pool>}:r<list>    the record: a head of 81 bytes, the JWT, the CWT
 *   tally:{<pool>}:h<list>    sorted set: iat of what was replaced and can be had by
 *                             time; each is in :h<list>:<iat>, which expires: iat of
 *                             the next (8 bytes), and the record as it was
 *
 * The head of a record, in network order:
 *
 *   0  version 8, missed 8, size 4, width 1, reserved at 8, created at 8,
 *   37 published version 8, sequence 8, iat 8, exp 8, size of the JWT 4, recipe 8
 *
 * missed: when the first update that the last snapshot lacks is due, in ms; 0: it
 * lacks none. Lua has only floating point: all numbers but the recipe, which is not one
 * to Redis, are below 2^53.
 *
 * The braces make a cluster keep a pool's keys together. A list is there while its
 * record is. What a script answers is an array that begins with 'OK' or with the
 * name of an error (base/err.def).
 */
#ifndef TALLY_STORE_REDIS_LISTS_PRIV_H
#define TALLY_STORE_REDIS_LISTS_PRIV_H

#include "store/lists.h"
#include "store/redis/server.h"

#define LISTS_HEAD_SIZE 81u
#define LISTS_NUMBER_MAX (UINT64_C(1) << 53)

struct lists {
	struct tally_lists lists;
	struct tally_redis_server *server;
	struct tally_gather *updates;
};

static inline struct lists *lists_of(struct tally_lists *lists)
{
	return (struct lists *)lists;
}

/* What a script answered: its first word, and what follows. */
struct lists_answer {
	enum tally_err err;
	size_t n;
	redisReply *const *data;
};

/* Takes what it needs; false: the answer makes no sense. NULL: nothing is needed. */
typedef bool lists_reader(const struct lists_answer *answer, void *out);

/* A call of a script on a pool; points into itself. */
struct lists_call {
	struct tally_redis_call call;
	struct tally_span pool;
	enum tally_err answered;
	lists_reader *read;
	void *out;
};

void lists_begin(struct lists_call *call, enum tally_redis_script script, struct tally_span pool,
		 lists_reader *read, void *out);
/* Key "tally:{pool}:name", and the same with a number behind the name. */
void lists_key(struct lists_call *call, const char *name);
void lists_list_key(struct lists_call *call, char name, uint32_t list);
void lists_number(struct lists_call *call, uint64_t arg);
void lists_bytes(struct lists_call *call, struct tally_span arg);

/* The key of a list alone; out lives as long as the span. */
#define LISTS_KEY_SIZE 64u
struct tally_span lists_name(char out[LISTS_KEY_SIZE], struct tally_span pool, char name,
			     uint32_t list);

/* Makes the call; what the script answered, or TALLY_ERR_UNAVAILABLE. */
enum tally_err lists_run(struct tally_lists *lists, struct lists_call *call) TALLY_MUST_CHECK;
/* The same together with those of other threads. */
enum tally_err lists_gather(struct tally_lists *lists, struct lists_call *call) TALLY_MUST_CHECK;

/* A number in an answer, as an integer or in decimal; false: it is none, or above max. */
bool lists_read_number(const redisReply *reply, uint64_t max, uint64_t *out);
bool lists_read_u32(const redisReply *reply, uint32_t *out);

/* The head of a record. */
struct lists_head {
	struct tally_list_state state; /* but for list */
	uint64_t sequence;
	struct tally_span jwt, cwt; /* in the record */
};

/* false: it is none. With only the head, jwt and cwt are empty. */
bool lists_read_head(struct tally_span record, struct lists_head *out);

enum tally_err lists_pool_open(struct tally_lists *lists, struct tally_span pool,
			       struct tally_list_pool *io);
enum tally_err lists_pool_look(struct tally_lists *lists, struct tally_span pool,
			       struct tally_list_pool *out, struct tally_list_holder *holder);
enum tally_err lists_reserve(struct tally_lists *lists, struct tally_span pool, uint32_t count,
			     int64_t now, struct tally_list_range ranges[TALLY_LIST_RANGES_MAX],
			     size_t *n);
enum tally_err lists_give_back(struct tally_lists *lists, struct tally_span pool,
			       const struct tally_list_range *ranges, size_t n);
enum tally_err lists_update(struct tally_lists *lists, struct tally_span pool, uint32_t list,
			    const struct tally_list_update *updates, size_t n, int final_status,
			    int64_t due_ms, size_t *at);
enum tally_err lists_read(struct tally_lists *lists, struct tally_span pool, uint32_t list,
			  uint64_t index, unsigned int *value);
enum tally_err lists_fill(struct tally_lists *lists, struct tally_span pool, uint32_t list,
			  uint32_t first, uint32_t count, unsigned int value, int final_status,
			  int64_t due_ms, uint32_t *changed);
enum tally_err lists_lease(struct tally_lists *lists, struct tally_span pool,
			   struct tally_span owner, uint32_t ttl_ms, uint64_t *fence,
			   uint32_t *left_ms);
enum tally_err lists_release(struct tally_lists *lists, struct tally_span pool,
			     struct tally_span owner);
enum tally_err lists_due(struct tally_lists *lists, struct tally_span pool, int64_t now_ms,
			 uint32_t *out, size_t max, size_t *n, int64_t *next_ms);
enum tally_err lists_snapshot(struct tally_lists *lists, struct tally_span pool, uint32_t list,
			      struct tally_arena *arena, struct tally_list_snapshot *out);
enum tally_err lists_publish(struct tally_lists *lists, struct tally_span pool, uint32_t list,
			     uint64_t fence, const struct tally_list_publication *publication,
			     int64_t again_ms, uint32_t history);
enum tally_err lists_states(struct tally_lists *lists, struct tally_span pool, uint32_t first,
			    struct tally_list_state *out, size_t max, size_t *n);
enum tally_err lists_retire(struct tally_lists *lists, struct tally_span pool, uint32_t list,
			    uint64_t fence);
enum tally_err lists_published(struct tally_lists *lists, struct tally_span pool, uint32_t list,
			       struct tally_arena *arena, struct tally_list_publication *out);
enum tally_err lists_past(struct tally_lists *lists, struct tally_span pool, uint32_t list,
			  int64_t time, struct tally_arena *arena,
			  struct tally_list_publication *out);
enum tally_err lists_changes(struct tally_lists *lists, struct tally_span pool, uint64_t after,
			     struct tally_list_change *out, size_t *n);

#endif
