/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a Redis keeps what it is told. */
#ifndef TALLY_STORE_REDIS_DURABLE_H
#define TALLY_STORE_REDIS_DURABLE_H

#include "store/redis/conn.h"

/*
 * Asks the server whether it has each write on disk before it answers, and
 * throws nothing away: appendonly yes, appendfsync always (also while the file is
 * rewritten), noeviction. With redis.durability = relaxed nothing is asked.
 * TALLY_ERR_CONFIG: it does not; conn->link.failure says what to change.
 */
enum tally_err tally_redis_check_durable(struct tally_redis_conn *conn) TALLY_MUST_CHECK;

#endif
