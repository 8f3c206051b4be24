/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Redis of the configuration as one user of it sees it: connections that its
 * threads share, and what is said of an outage. Marks and status lists have one
 * each, so that a list of megabytes on its way holds up no login.
 */
#ifndef TALLY_STORE_REDIS_SERVER_H
#define TALLY_STORE_REDIS_SERVER_H

#include "store/gather.h"
#include "store/redis/conn.h"
#include "store/redis/script.h"

struct tally_redis_server;

/*
 * conf is borrowed and outlives it, as do the texts: what is said when Redis
 * cannot be used, and when it can again. Does not connect. Owned.
 */
enum tally_err tally_redis_server_new(const struct tally_conf *conf, const char *gone,
				      const char *back, struct tally_redis_server **out)
	TALLY_MUST_CHECK;
/* NULL is fine. */
void tally_redis_server_free(struct tally_redis_server *server);

/*
 * A connection for the calling thread alone, to be given back by _end. An outage
 * has been logged: TALLY_ERR_UNAVAILABLE; TALLY_ERR_CONFIG: Redis is not durable.
 */
enum tally_err tally_redis_begin(struct tally_redis_server *server, struct tally_redis_conn **conn)
	TALLY_MUST_CHECK;

/*
 * err: what came of its use: any but TALLY_OK is an outage. Returns it, but
 * TALLY_ERR_UNAVAILABLE for all except TALLY_ERR_CONFIG.
 */
enum tally_err tally_redis_end(struct tally_redis_server *server, struct tally_redis_conn *conn,
			       enum tally_err err);

/* Notes a reply that is none of those expected; returns TALLY_ERR_UNAVAILABLE. */
enum tally_err tally_redis_strange(struct tally_redis_conn *conn);

/*
 * One command that is no script. read takes what it needs from the reply; false:
 * it makes no sense. TALLY_ERR_UNAVAILABLE.
 */
enum tally_err tally_redis_command(struct tally_redis_server *server,
				   const struct tally_span *args, size_t n,
				   bool (*read)(const redisReply *reply, void *out), void *out)
	TALLY_MUST_CHECK;

/*
 * Makes up to TALLY_REDIS_CALLS_MAX calls in one round trip. Each then has its
 * own call->err: what the server has answered counts, even if it refused another.
 */
void tally_redis_run(struct tally_redis_server *server, struct tally_redis_call *const calls[],
		     size_t n);

/*
 * A place where calls of different threads that happen at the same time go to
 * the server in one round trip, and on its disk at once: it writes its log when
 * it has done what it has read. patience: see gather.h. Ended by
 * tally_gather_free; NULL: out of memory.
 */
struct tally_gather *tally_redis_gather_new(struct tally_redis_server *server,
					    unsigned int patience);

/* Makes a call so; returns call->err. */
enum tally_err tally_redis_gather_put(struct tally_gather *gather, struct tally_redis_call *call)
	TALLY_MUST_CHECK;

/* Whether Redis answers and keeps what it is told: TALLY_ERR_UNAVAILABLE, TALLY_ERR_CONFIG. */
enum tally_err tally_redis_check(struct tally_redis_server *server) TALLY_MUST_CHECK;

#endif
