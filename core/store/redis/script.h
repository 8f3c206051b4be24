/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must happen in Redis as one step: Lua scripts (lua/NAME.lua, which say
 * what keys and arguments they take and what they answer), called by the name
 * that Redis gives them (EVALSHA) and sent only to a server that does not know
 * them. They take the time from us and use nothing newer than Redis 6.0.
 */
#ifndef TALLY_STORE_REDIS_SCRIPT_H
#define TALLY_STORE_REDIS_SCRIPT_H

#include "base/buf.h"
#include "store/redis/conn.h"

/* One per file of lua/, by its name. */
enum tally_redis_script {
	TALLY_REDIS_COUNT,
	TALLY_REDIS_USE_REFRESH,
	TALLY_REDIS_LIST_CHANGES,
	TALLY_REDIS_LIST_DUE,
	TALLY_REDIS_LIST_FILL,
	TALLY_REDIS_LIST_GIVE_BACK,
	TALLY_REDIS_LIST_LEASE,
	TALLY_REDIS_LIST_LOOK,
	TALLY_REDIS_LIST_PAST,
	TALLY_REDIS_LIST_POOL,
	TALLY_REDIS_LIST_PUBLISH,
	TALLY_REDIS_LIST_READ,
	TALLY_REDIS_LIST_RELEASE,
	TALLY_REDIS_LIST_RESERVE,
	TALLY_REDIS_LIST_RETIRE,
	TALLY_REDIS_LIST_SNAPSHOT,
	TALLY_REDIS_LIST_STATES,
	TALLY_REDIS_LIST_UPDATE,
	TALLY_REDIS_SCRIPT_COUNT
};

/* The texts, made from lua/ by lua/embed.awk. */
extern const struct tally_span tally_redis_scripts[TALLY_REDIS_SCRIPT_COUNT];

#define TALLY_REDIS_SCRIPT_KEYS_MAX 7u
#define TALLY_REDIS_SCRIPT_ARGS_MAX 10u
#define TALLY_REDIS_CALLS_MAX 64u /* in one round trip */

/* Points into itself: not to be copied. */
struct tally_redis_call {
	enum tally_redis_script script;
	struct tally_span keys[TALLY_REDIS_SCRIPT_KEYS_MAX];
	size_t key_count;
	struct tally_span args[TALLY_REDIS_SCRIPT_ARGS_MAX];
	size_t arg_count;
	/* Takes what it needs from the reply; false: it makes no sense. */
	bool (*read)(const redisReply *reply, void *out);
	void *out;
	enum tally_err err; /* set by tally_redis_run */
	redisReply *reply;  /* set by tally_redis_call; NULL: none */
	struct tally_buf text;
	char room[512];
};

void tally_redis_call_begin(struct tally_redis_call *call, enum tally_redis_script script,
			    bool (*read)(const redisReply *reply, void *out), void *out);

/* Keys and arguments in their order. Those that are spans are borrowed. */
void tally_redis_call_key(struct tally_redis_call *call, struct tally_span key);
void tally_redis_call_bytes(struct tally_redis_call *call, struct tally_span arg);
void tally_redis_call_number(struct tally_redis_call *call, int64_t arg);

/* Once per process, before any call. TALLY_ERR_CRYPTO. */
enum tally_err tally_redis_name_scripts(void) TALLY_MUST_CHECK;

/*
 * Makes all calls in one round trip, or in two where the server knows a script
 * not. Replies are the caller's (freeReplyObject), also on failure.
 */
enum tally_err tally_redis_call(struct tally_redis_conn *conn,
				struct tally_redis_call *const calls[], size_t n) TALLY_MUST_CHECK;

#endif
