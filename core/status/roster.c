/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "status/roster.h"

#include <stdlib.h>

/* Most often the pools are as many as before, and in the same order. */
struct tally_seat *tally_roster_find(const struct tally_roster *roster, struct tally_span id,
				     size_t near)
{
	for (size_t k = 0; k < roster->count; k++) {
		struct tally_seat *seat = roster->seats[(near + k) % roster->count];

		if (tally_span_eq(tally_span_of(seat->id), id))
			return seat;
	}
	return NULL;
}

static struct tally_seat *add(struct tally_roster *roster, struct tally_span id)
{
	struct tally_seat **seats =
		realloc(roster->seats, (roster->count + 1) * sizeof(struct tally_seat *));

	if (seats != NULL)
		roster->seats = seats;
	struct tally_seat *seat = seats ? roster->type->enter() : NULL;

	if (seat == NULL)
		return NULL;
	memcpy(seat->id, id.p, id.n);
	seats[roster->count++] = seat;
	return seat;
}

/* pool: taken, also on failure. */
static enum tally_err take(struct tally_roster *roster, struct tally_pool *pool, size_t near)
{
	struct tally_seat *seat = tally_roster_find(roster, pool->conf.id, near);

	if (seat == NULL)
		seat = add(roster, pool->conf.id);
	if (seat == NULL) {
		tally_pool_release(pool);
		return TALLY_ERR_NOMEM;
	}
	struct tally_pool *before = seat->pool;

	seat->pool = pool;
	seat->seen = true;
	if (pool != before)
		roster->type->changed(seat);
	if (before != NULL)
		tally_pool_release(before);
	return TALLY_OK;
}

static void end(struct tally_roster *roster, struct tally_seat *seat, bool is_gone)
{
	struct tally_pool *pool = seat->pool;

	roster->type->leave(roster->context, seat, is_gone);
	tally_pool_release(pool);
}

static void clear(struct tally_roster *roster)
{
	size_t kept = 0;

	for (size_t i = 0; i < roster->count; i++) {
		struct tally_seat *seat = roster->seats[i];

		if (!seat->seen) {
			end(roster, seat, true);
			continue;
		}
		seat->seen = false;
		roster->seats[kept++] = seat;
	}
	roster->count = kept;
}

enum tally_err tally_roster_update(struct tally_roster *roster, struct tally_pools *pools,
				   const char *only)
{
	enum tally_err err = TALLY_OK;
	struct tally_pool *pool;

	for (size_t i = 0; (pool = tally_pools_at(pools, i)) != NULL; i++) {
		if (only[0] != '\0' && !tally_span_eq(tally_span_of(only), pool->conf.id))
			tally_pool_release(pool);
		else if (take(roster, pool, i) != TALLY_OK)
			err = TALLY_ERR_NOMEM;
	}
	clear(roster);
	return err;
}

void tally_roster_end(struct tally_roster *roster)
{
	for (size_t i = 0; i < roster->count; i++)
		end(roster, roster->seats[i], false);
	free(roster->seats);
	roster->seats = NULL;
	roster->count = 0;
}
