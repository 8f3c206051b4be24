/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is done for one pool by whoever publishes its lists: lists are created
 * ahead of their use, signed when they are due, signed again when something else
 * than their entries has changed, and retired in the end. A little at a time, so
 * that no pool keeps the others waiting. Belongs to one thread.
 */
#ifndef TALLY_STATUS_DESK_H
#define TALLY_STATUS_DESK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "status/lease.h"
#include "status/roster.h"
#include "status/signing.h"
#include "store/lists.h"

/* What all desks of a publisher have in common. */
struct tally_desk_office {
	struct tally_lists *lists;
	struct tally_leases *leases;
	const struct tally_keyset *keys; /* of this round; NULL: not loaded */
};

struct tally_desk {
	struct tally_seat seat;
	struct tally_signing *signing;

	uint64_t fence;          /* under which it worked last; 0: not yet */
	struct tally_list_pool counters; /* as they were when last read */

	/* When to do what, of tally_clock_ms. */
	int64_t create_at, due_at, scan_at;
	int64_t retry_at;        /* not before; 0: nothing has failed */
	int64_t retry_ms;
	bool refused;            /* Redis answers, and does not take what is published */

	uint32_t scan_next;      /* the list that the scan goes on with; 0: it begins */
	uint64_t scan_recipe;    /* for which the scan under way, or the last, was made */
	int64_t scan_newest;     /* when positions were last reserved, as far as it has come */
	bool scan_all;           /* signs every list */
	enum tally_err told;     /* what is wrong, as it was logged; TALLY_OK: nothing */
};

/* One for each pool; the context is the office. */
extern const struct tally_roster_type tally_desk_type;

/*
 * Does what there is to do now. Returns the milliseconds after which there may be
 * more. *err: TALLY_ERR_EXISTS: it is another process that publishes the pool's
 * lists; what else went wrong is logged, and is tried again.
 */
int64_t tally_desk_work(struct tally_desk *desk, const struct tally_desk_office *office,
			enum tally_err *err);

/* All lists are signed, due or not. */
void tally_desk_sign_all(struct tally_desk *desk);

/* Whether all was done that was due when asked for: for publishing without a thread. */
bool tally_desk_is_done(const struct tally_desk *desk);

#endif
