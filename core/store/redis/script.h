/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must happen in Redis as one step: Lua scripts, called by the name that
 * Redis gives them (EVALSHA) and sent only to a server that does not know them.
 * They take the time from us and use nothing newer than Redis 6.0.
 */
#ifndef TALLY_STORE_REDIS_SCRIPT_H
#define TALLY_STORE_REDIS_SCRIPT_H

#include "store/redis/conn.h"

enum tally_redis_script {
	/*
	 * Keys: of the token, of its family, of what was made from that.
	 * Arguments: now in ms, grace in ms, seconds to keep either; what is made
	 * now (may be empty), seconds to keep it. Answers enum tally_refresh_verdict.
	 */
	TALLY_REDIS_USE_REFRESH,
	/* Key: the counter. Argument: window in seconds. Answers count and seconds left. */
	TALLY_REDIS_COUNT,
	TALLY_REDIS_SCRIPT_COUNT
};

#define TALLY_REDIS_SCRIPT_KEYS_MAX 3u
#define TALLY_REDIS_SCRIPT_ARGS_MAX 6u

struct tally_redis_call {
	enum tally_redis_script script;
	struct tally_span keys[TALLY_REDIS_SCRIPT_KEYS_MAX];
	size_t key_count;
	struct tally_span args[TALLY_REDIS_SCRIPT_ARGS_MAX];
	size_t arg_count;
	redisReply *reply; /* set; owned by the caller, also on failure; NULL: none */
};

/* Once per process, before any call. TALLY_ERR_CRYPTO. */
enum tally_err tally_redis_name_scripts(void) TALLY_MUST_CHECK;

/* Makes all calls in one round trip, or in two where the server knows a script not. */
enum tally_err tally_redis_call(struct tally_redis_conn *conn, struct tally_redis_call *calls,
				size_t n) TALLY_MUST_CHECK;

#endif
