/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "store/redis/script.h"

#include "crypt/digest.h"
#include "store/status_ref.h"

#include <pthread.h>

/*
 * The numbers are those of enum tally_refresh_verdict. A repeat within the
 * grace leaves the time of the first use as it is; without grace the clocks of
 * two nodes, of which one is behind, must not make one.
 */
static const char use_refresh[] =
	"if redis.call('EXISTS', KEYS[2]) == 1 then return 3 end\n"
	"local used = redis.call('GET', KEYS[1])\n"
	"local grace = tonumber(ARGV[2])\n"
	"if not used then\n"
	"  redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[3])\n"
	"elseif grace == 0 or tonumber(ARGV[1]) - tonumber(used) >= grace then\n"
	"  redis.call('SET', KEYS[2], ARGV[1], 'EX', ARGV[4])\n"
	"  return 2\n"
	"end\n"
	"if ARGV[5] ~= '' then\n"
	"  local made = ARGV[5] .. (redis.call('GET', KEYS[3]) or '')\n"
	"  local left = math.max(redis.call('TTL', KEYS[3]), tonumber(ARGV[6]))\n"
	"  redis.call('SET', KEYS[3], string.sub(made, 1, 96), 'EX', left)\n"
	"end\n"
	"return used and 1 or 0\n";

_Static_assert(TALLY_LIVE_REFS_SIZE == 96, "as much of what was made is kept as can be read");

/* A counter that has lost its end, however that came, gets one. */
static const char count[] =
	"local n = redis.call('INCR', KEYS[1])\n"
	"local left = redis.call('TTL', KEYS[1])\n"
	"if left < 0 then\n"
	"  redis.call('EXPIRE', KEYS[1], ARGV[1])\n"
	"  left = tonumber(ARGV[1])\n"
	"end\n"
	"return {n, left}\n";

static const struct tally_span texts[TALLY_REDIS_SCRIPT_COUNT] = {
	[TALLY_REDIS_USE_REFRESH] = { use_refresh, sizeof(use_refresh) - 1 },
	[TALLY_REDIS_COUNT] = { count, sizeof(count) - 1 },
};

static char names[TALLY_REDIS_SCRIPT_COUNT][TALLY_SHA1_HEX_SIZE];
static enum tally_err named = TALLY_OK;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void name_all(void)
{
	for (unsigned int i = 0; i < TALLY_REDIS_SCRIPT_COUNT && named == TALLY_OK; i++)
		named = tally_sha1_hex(texts[i], names[i]);
}

enum tally_err tally_redis_name_scripts(void)
{
	return pthread_once(&once, name_all) == 0 ? named : TALLY_ERR_NOMEM;
}

static enum tally_err send(struct tally_redis_conn *conn, const struct tally_redis_call *call,
			   bool by_name)
{
	static const struct tally_span key_counts[] = { { "0", 1 }, { "1", 1 }, { "2", 1 }, { "3", 1 } };
	struct tally_span args[3 + TALLY_REDIS_SCRIPT_KEYS_MAX + TALLY_REDIS_SCRIPT_ARGS_MAX];
	size_t n = 0;

	args[n++] = by_name ? TALLY_SPAN("EVALSHA") : TALLY_SPAN("EVAL");
	args[n++] = by_name ? tally_span_of(names[call->script]) : texts[call->script];
	args[n++] = key_counts[call->key_count];
	for (size_t i = 0; i < call->key_count; i++)
		args[n++] = call->keys[i];
	for (size_t i = 0; i < call->arg_count; i++)
		args[n++] = call->args[i];
	return tally_redis_send(conn, args, n);
}

/* Reads all replies, so that the connection can go on being used; keeps the first failure. */
static enum tally_err receive_all(struct tally_redis_conn *conn, struct tally_redis_call *calls,
				  size_t n)
{
	struct tally_link_failure failure;
	enum tally_err first = TALLY_OK;

	for (size_t i = 0; i < n && conn->redis->err == 0; i++) {
		enum tally_err err = tally_redis_receive(conn, &calls[i].reply);

		if (err == TALLY_ERR_NOT_FOUND || err == TALLY_OK || first != TALLY_OK)
			continue;
		first = err;
		failure = conn->link.failure;
	}
	if (first != TALLY_OK)
		conn->link.failure = failure;
	return first;
}

/* Sends a script to the server that did not know it. */
static enum tally_err teach(struct tally_redis_conn *conn, struct tally_redis_call *call)
{
	enum tally_err err = send(conn, call, false);

	return err == TALLY_OK ? tally_redis_receive(conn, &call->reply) : err;
}

enum tally_err tally_redis_call(struct tally_redis_conn *conn, struct tally_redis_call *calls,
				size_t n)
{
	enum tally_err err = TALLY_OK;

	for (size_t i = 0; i < n && err == TALLY_OK; i++) {
		calls[i].reply = NULL;
		err = send(conn, &calls[i], true);
	}
	if (err == TALLY_OK)
		err = receive_all(conn, calls, n);
	for (size_t i = 0; i < n && err == TALLY_OK; i++)
		if (calls[i].reply == NULL)
			err = teach(conn, &calls[i]);
	return err;
}
