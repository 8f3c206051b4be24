/* SPDX-License-Identifier: Apache-2.0 */
/* What desk.c and its kinds of work share. */
#ifndef TALLY_STATUS_DESK_PRIV_H
#define TALLY_STATUS_DESK_PRIV_H

#include "status/desk.h"

#define TALLY_DESK_AT_A_TIME 8u /* lists are signed before the other pools have their turn */
#define TALLY_DESK_SOON_MS 200  /* how often Redis is asked, where updates are due at once */

static inline const struct tally_pool *tally_desk_pool(const struct tally_desk *desk)
{
	return desk->seat.pool;
}

static inline struct tally_span tally_desk_id(const struct tally_desk *desk)
{
	return tally_span_of(desk->seat.id);
}

/* At once, and from the first list on. */
static inline void tally_desk_begin_scan(struct tally_desk *desk)
{
	desk->scan_at = desk->scan_newest = 0;
	desk->scan_next = 0;
}

struct tally_press;

/*
 * Signs what was compressed and publishes it as this list. TALLY_ERR_STATE: there is
 * no such list.
 */
enum tally_err tally_desk_put(struct tally_desk *desk, const struct tally_desk_office *office,
			      struct tally_press *press, uint32_t list,
			      uint64_t version) TALLY_MUST_CHECK;

/* Publishes a list as it is now. One that is gone is no error. */
enum tally_err tally_desk_publish(struct tally_desk *desk, const struct tally_desk_office *office,
				  uint32_t list) TALLY_MUST_CHECK;

/*
 * The three kinds of work, each a little at a time; they set when there will be more.
 * TALLY_ERR_STATE: Redis has lost the pool; what it has by that name is another one,
 * whose lists have other names. It is opened anew soon (pool_refresh.c).
 */
enum tally_err tally_desk_create(struct tally_desk *desk, const struct tally_desk_office *office,
				 int64_t now) TALLY_MUST_CHECK;
enum tally_err tally_desk_due(struct tally_desk *desk, const struct tally_desk_office *office,
			      int64_t now) TALLY_MUST_CHECK;
enum tally_err tally_desk_scan(struct tally_desk *desk, const struct tally_desk_office *office,
			       int64_t now) TALLY_MUST_CHECK;

#endif
