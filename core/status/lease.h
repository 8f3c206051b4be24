/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The leases by which one process of all publishes a pool's lists. A lease that
 * is held is renewed by a thread of its own, long before it ends, for signing a
 * large list may take longer than a lease; it passes on to another process only
 * when this one ends or cannot reach Redis. What is written under a lease says so
 * by its fence, so that nobody needs to be sure of holding one.
 *
 * One thread holds and gives up; the other one renews.
 */
#ifndef TALLY_STATUS_LEASE_H
#define TALLY_STATUS_LEASE_H

#include <stdint.h>

#include "base/err.h"
#include "base/span.h"
#include "store/lists.h"

struct tally_leases;

/* seconds: how long each lasts. Owned; NULL: out of memory, or no random bytes. */
struct tally_leases *tally_leases_new(struct tally_lists *lists, uint32_t seconds);

/* Gives all of them up. */
void tally_leases_free(struct tally_leases *leases);

/* The thread that renews; without it tally_leases_renew does. */
enum tally_err tally_leases_start(struct tally_leases *leases) TALLY_MUST_CHECK;
void tally_leases_renew(struct tally_leases *leases);

/*
 * Whether this process has the lease of a pool, taking it when it is free.
 * TALLY_ERR_EXISTS: another one has it; that is asked of Redis
 * when its lease ends, and until then once a second at the most.
 * TALLY_ERR_UNAVAILABLE, TALLY_ERR_NOMEM.
 */
enum tally_err tally_leases_hold(struct tally_leases *leases, struct tally_span pool,
				 uint64_t *fence) TALLY_MUST_CHECK;

/* Redis says that it has passed on. */
void tally_leases_lost(struct tally_leases *leases, struct tally_span pool);

/* There is no such pool any more. */
void tally_leases_give_up(struct tally_leases *leases, struct tally_span pool);

#endif
