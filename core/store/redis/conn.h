/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection to Redis, and what its last failure means. Used by one thread
 * at a time. Nothing here logs an outage: whoever decides what follows does.
 */
#ifndef TALLY_STORE_REDIS_CONN_H
#define TALLY_STORE_REDIS_CONN_H

#include <hiredis/hiredis.h>

#include "base/err.h"
#include "base/span.h"
#include "store/link.h"
#include "sys/conf.h"

struct tally_redis_conn {
	struct tally_link link;
	const struct tally_conf *conf;
	redisContext *redis; /* NULL: not connected */
};

#define TALLY_REDIS_ARGS_MAX 20u

extern const struct tally_link_type tally_redis_link_type;

/*
 * Appends a command to what is sent with the next call of
 * tally_redis_receive, so that several share a round trip.
 */
enum tally_err tally_redis_send(struct tally_redis_conn *conn, const struct tally_span *args,
				size_t n) TALLY_MUST_CHECK;

/*
 * The reply to the next command; *out is owned (freeReplyObject) and never an
 * error. TALLY_ERR_NOT_FOUND: NOSCRIPT; TALLY_ERR_DENIED: the command is unknown or
 * forbidden; TALLY_ERR_UNAVAILABLE: conn->link.failure says why. When the connection
 * still stands after a failure, the replies to the other commands are still to come.
 */
enum tally_err tally_redis_receive(struct tally_redis_conn *conn, redisReply **out)
	TALLY_MUST_CHECK;

/* Both for one command. */
enum tally_err tally_redis_ask(struct tally_redis_conn *conn, const struct tally_span *args,
			       size_t n, redisReply **out) TALLY_MUST_CHECK;

/* Notes a failure of ours, and returns err. */
enum tally_err tally_redis_failed(struct tally_redis_conn *conn, enum tally_err err,
				  const char *advice, const char *format, ...) TALLY_PRINTF(4, 5);

/* "server" for messages. */
#define TALLY_REDIS_WHERE_SIZE 288u
const char *tally_redis_where(char out[TALLY_REDIS_WHERE_SIZE], const struct tally_conf *conf);

#endif
