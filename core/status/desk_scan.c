/* SPDX-License-Identifier: Apache-2.0 */
/* All lists, one after the other: what is to be signed again, and what has expired. */
#include "config.h"

#include "status/desk_priv.h"

#include "sys/clock.h"
#include "sys/log.h"
#include "sys/thread.h"

#define STATES_AT_A_TIME 64u
#define SCAN_MS 60000
#define LONG_AGO 1 /* in UTC seconds; 0 is never */
#define CLOCKS_APART 60 /* seconds, at the most, by which clocks of hosts differ */

/* Whether everything has expired that refers to what was reserved at a time. */
static bool is_over(const struct tally_desk *desk, int64_t reserved_at)
{
	const struct tally_pool_conf *conf = &tally_desk_pool(desk)->conf;

	return conf->reference_lifetime > 0 &&
	       reserved_at + conf->prefetch_hold + conf->reference_lifetime + CLOCKS_APART <
		       tally_clock_now();
}

/* That nothing of the list was given back is Redis' to say. */
static bool may_go(const struct tally_desk *desk, const struct tally_list_state *state)
{
	uint64_t end = ((uint64_t)state->list + 1) * desk->counters.size;

	return end <= desk->counters.next && state->reserved_at > 0 &&
	       is_over(desk, state->reserved_at);
}

static enum tally_err retire(struct tally_desk *desk, const struct tally_desk_office *office,
			     uint32_t list, bool *gone)
{
	enum tally_err err = office->lists->ops->retire(office->lists, tally_desk_id(desk), list,
							desk->fence);
	char name[TALLY_LIST_NAME_MAX + 1];

	*gone = err == TALLY_OK;
	if (*gone)
		tally_log_notice("pool %s: list %s is retired, for all that refers to it has "
				 "expired", desk->seat.id,
				 tally_list_name(tally_desk_pool(desk), list, name).p);
	return err == TALLY_ERR_STATE || err == TALLY_ERR_NOT_FOUND ? TALLY_OK : err;
}

/*
 * A retired pool has lists that were never full, and never will be. When all that
 * refers to any of them has expired, what is left of them is reserved for nobody, as
 * of long ago, and so the next scan retires them.
 */
static enum tally_err use_up(struct tally_desk *desk, const struct tally_desk_office *office)
{
	const struct tally_list_pool *counters = &desk->counters;
	uint64_t left = (uint64_t)counters->lists * counters->size - counters->next +
			counters->returned;
	struct tally_list_range ranges[TALLY_LIST_RANGES_MAX];
	size_t n;

	if (left == 0 || !tally_desk_pool(desk)->is_retired || !is_over(desk, desk->scan_newest))
		return TALLY_OK;
	desk->create_at = 0; /* the counters are read again */
	return office->lists->ops->reserve(office->lists, tally_desk_id(desk),
					   left < UINT32_MAX ? (uint32_t)left : UINT32_MAX,
					   LONG_AGO, ranges, &n);
}

/* *work: grows when the list took some. */
static enum tally_err look_after(struct tally_desk *desk, const struct tally_desk_office *office,
				 const struct tally_list_state *state, unsigned int *work)
{
	int64_t too_late = tally_clock_now() + tally_desk_pool(desk)->conf.list_lifetime / 4;
	bool gone = state->is_retired;
	enum tally_err err = TALLY_OK;

	if (!gone && may_go(desk, state))
		err = retire(desk, office, state->list, &gone);
	if (err != TALLY_OK || gone)
		return err;
	if (!desk->scan_all && state->recipe == desk->scan_recipe && state->exp > too_late)
		return TALLY_OK;
	++*work;
	return tally_desk_publish(desk, office, state->list);
}

enum tally_err tally_desk_scan(struct tally_desk *desk, const struct tally_desk_office *office,
			       int64_t now)
{
	struct tally_list_state states[STATES_AT_A_TIME];
	unsigned int work = 0;
	size_t n = 0, i = 0;
	enum tally_err err = office->lists->ops->states(office->lists, tally_desk_id(desk),
							desk->scan_next, states,
							STATES_AT_A_TIME, &n);

	if (err != TALLY_OK)
		return err;
	while (i < n && work < TALLY_DESK_AT_A_TIME && !tally_thread_stopping()) {
		err = look_after(desk, office, &states[i], &work);
		if (err != TALLY_OK)
			break;
		if (states[i].reserved_at > desk->scan_newest)
			desk->scan_newest = states[i].reserved_at;
		desk->scan_next = states[i++].list + 1;
	}
	if (err != TALLY_OK || i < n || n == STATES_AT_A_TIME)
		return err;
	err = use_up(desk, office);
	tally_desk_begin_scan(desk);
	desk->scan_at = now + SCAN_MS;
	desk->scan_all = false;
	return err;
}
