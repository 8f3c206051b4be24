/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The marks in Redis (hiredis): a bounded pool of connections, opened when first
 * needed and remade after a failure. Opening does not connect.
 */
#ifndef TALLY_STORE_REDIS_REDIS_H
#define TALLY_STORE_REDIS_REDIS_H

#include <stdbool.h>

#include "base/err.h"
#include "store/marks.h"
#include "sys/conf.h"

/* Whether the configuration names a Redis. */
bool tally_redis_is_configured(const struct tally_conf *conf);

/* conf is borrowed and outlives it. *out is owned and ended by its close operation. */
enum tally_err tally_redis_open(const struct tally_conf *conf, struct tally_marks **out)
	TALLY_MUST_CHECK;

#endif
