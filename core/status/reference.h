/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries of a pool's lists that are ours to hand out: reserved in blocks from
 * Redis by a thread of their own (refill.h), handed out from memory. One buffer
 * per pool and process; a few words per block, whatever its size.
 *
 * What has not been handed out after prefetch-hold is given back, so that it is
 * known when the last entry of a list was taken (a list may only go when
 * everything that refers to it has expired); so is what is left on a clean stop.
 * After a crash it is lost, never handed out twice.
 */
#ifndef TALLY_STATUS_REFERENCE_H
#define TALLY_STATUS_REFERENCE_H

#include <stdint.h>

#include "base/err.h"
#include "status/pool.h"

struct tally_reference {
	uint32_t list;
	uint32_t index; /* of the list */
};

/*
 * Takes n references. On underflow waits for at most prefetch-timeout (pools with
 * on-underflow = delay), or not at all. All or none: TALLY_ERR_LIMIT: there are
 * not enough; TALLY_ERR_UNAVAILABLE: nor could any be had from Redis, which is
 * not waited for; TALLY_ERR_STATE: the pool is retired. The pool is open. Those
 * who wait are served in their order.
 */
enum tally_err tally_references_take(struct tally_pool *pool, struct tally_reference *out,
				     size_t n) TALLY_MUST_CHECK;

#endif
