/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "store/redis/durable.h"

#include "sys/log.h"

#include <stdatomic.h>

#define WHAT "which tokens have been used or revoked"
#define OR_RELAXED ", or accept the loss: redis.durability = relaxed"

/* "name:value" among the lines of INFO; p NULL: it is not there. */
static struct tally_span info_value(struct tally_span info, struct tally_span name)
{
	while (info.p != NULL) {
		struct tally_span line = tally_span_trim(tally_span_cut(&info, '\n'));
		struct tally_span value = line;

		if (tally_span_eq(tally_span_cut(&value, ':'), name)) {
			if (value.n > 0 && value.p[value.n - 1] == '\r')
				value.n--;
			return value;
		}
	}
	return tally_span(NULL, 0);
}

static enum tally_err check_info(struct tally_redis_conn *conn, struct tally_span info)
{
	struct tally_span aof = info_value(info, TALLY_SPAN("aof_enabled"));
	struct tally_span memory = info_value(info, TALLY_SPAN("maxmemory"));
	struct tally_span policy = info_value(info, TALLY_SPAN("maxmemory_policy"));

	if (!tally_span_eq(aof, TALLY_SPAN("1")))
		return tally_redis_failed(conn, TALLY_ERR_CONFIG,
					  "set \"appendonly yes\" and \"appendfsync always\" in "
					  "redis.conf" OR_RELAXED,
					  "appendonly is off, so that a restart would forget " WHAT);
	if (!tally_span_eq(memory, TALLY_SPAN("0")) &&
	    !tally_span_eq(policy, TALLY_SPAN("noeviction")))
		return tally_redis_failed(conn, TALLY_ERR_CONFIG,
					  "set \"maxmemory-policy noeviction\" in redis.conf"
					  OR_RELAXED,
					  "maxmemory-policy is %.*s, so that Redis may throw away " WHAT,
					  TALLY_SPAN_ARG(policy));
	return TALLY_OK;
}

static void warn_that_unknown(void)
{
	static atomic_bool warned;

	if (!atomic_exchange(&warned, true))
		tally_log_warn("Redis does not tell its appendfsync (CONFIG is forbidden): make sure "
			       "that it is \"always\"");
}

static struct tally_span text_of(const redisReply *reply)
{
	return reply->type == REDIS_REPLY_STRING ? tally_span(reply->str, (size_t)reply->len)
						 : TALLY_SPAN("");
}

/* The value of a directive among names and values; empty: the server does not tell. */
static struct tally_span config_value(const redisReply *reply, struct tally_span name)
{
	for (size_t i = 0; reply->type == REDIS_REPLY_ARRAY && i + 1 < reply->elements; i += 2)
		if (tally_span_eq(text_of(reply->element[i]), name))
			return text_of(reply->element[i + 1]);
	return TALLY_SPAN("");
}

static enum tally_err check_config(struct tally_redis_conn *conn, const redisReply *reply)
{
	struct tally_span fsync = config_value(reply, TALLY_SPAN("appendfsync"));
	struct tally_span rewrite = config_value(reply, TALLY_SPAN("no-appendfsync-on-rewrite"));

	if (fsync.n == 0)
		warn_that_unknown();
	else if (!tally_span_eq(fsync, TALLY_SPAN("always")))
		return tally_redis_failed(conn, TALLY_ERR_CONFIG,
					  "set \"appendfsync always\" in redis.conf" OR_RELAXED,
					  "appendfsync is %.*s, so that a crash would forget " WHAT,
					  TALLY_SPAN_ARG(fsync));
	if (tally_span_eq(rewrite, TALLY_SPAN("yes")))
		return tally_redis_failed(conn, TALLY_ERR_CONFIG,
					  "set \"no-appendfsync-on-rewrite no\" in redis.conf" OR_RELAXED,
					  "no-appendfsync-on-rewrite is yes, so that a crash while the "
					  "file is rewritten would forget " WHAT);
	return TALLY_OK;
}

static enum tally_err check_fsync(struct tally_redis_conn *conn)
{
	static const struct tally_span command[] = {
		{ "CONFIG", 6 }, { "GET", 3 }, { "*appendfsync*", 13 },
	};
	redisReply *reply = NULL;
	enum tally_err err = tally_redis_ask(conn, command, 3, &reply);

	if (err == TALLY_ERR_DENIED) {
		warn_that_unknown();
		err = TALLY_OK;
	} else if (err == TALLY_OK) {
		err = check_config(conn, reply);
	}
	freeReplyObject(reply);
	return err;
}

enum tally_err tally_redis_check_durable(struct tally_redis_conn *conn)
{
	static const struct tally_span command = { "INFO", 4 };
	redisReply *reply = NULL;

	if (conn->conf->redis_durability == TALLY_DURABILITY_RELAXED)
		return TALLY_OK;
	enum tally_err err = tally_redis_ask(conn, &command, 1, &reply);

	if (err == TALLY_OK)
		err = check_info(conn, tally_span(reply->str, (size_t)reply->len));
	freeReplyObject(reply);
	return err == TALLY_OK ? check_fsync(conn) : err;
}
