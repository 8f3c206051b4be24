/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "status/desk_priv.h"

#include "sys/clock.h"
#include "sys/log.h"

#include <stdlib.h>

#define RETRY_MS 1000 /* at first; then twice as long, up to */
#define RETRY_MAX_MS 60000

static struct tally_seat *enter(void)
{
	struct tally_desk *desk = calloc(1, sizeof(*desk));

	if (desk == NULL || (desk->signing = tally_signing_new()) == NULL) {
		free(desk);
		return NULL;
	}
	return &desk->seat;
}

/* Everything is looked at, as by who has just taken the pool over. */
static void begin_anew(struct tally_desk *desk)
{
	desk->create_at = desk->due_at = desk->retry_at = 0;
	tally_desk_begin_scan(desk);
}

static void changed(struct tally_seat *seat)
{
	struct tally_desk *desk = (struct tally_desk *)seat;

	tally_signing_forget_pool(desk->signing);
	begin_anew(desk);
}

static void leave(void *context, struct tally_seat *seat, bool is_gone)
{
	struct tally_desk *desk = (struct tally_desk *)seat;
	struct tally_desk_office *office = context;

	if (is_gone)
		tally_leases_give_up(office->leases, tally_span_of(seat->id));
	tally_signing_free(desk->signing);
	free(desk);
}

const struct tally_roster_type tally_desk_type = {
	.enter = enter,
	.changed = changed,
	.leave = leave,
};

/* ---- all of it ---- */

static const char *advice(enum tally_err err)
{
	if (err == TALLY_ERR_NOT_FOUND)
		return "Redis has lost one of them";
	if (err == TALLY_ERR_NOMEM)
		return "out of memory: a list takes about eight times its size while it is signed";
	return tally_err_text(err);
}

/* What keeps us from signing is told there. */
static void tell(struct tally_desk *desk, enum tally_err err, bool is_told)
{
	if (err == desk->told)
		return;
	if (err == TALLY_OK)
		tally_log_notice("pool %s: its lists are published again", desk->seat.id);
	else if (!is_told)
		tally_log_error("pool %s: its lists cannot be published: %s", desk->seat.id,
				advice(err));
	desk->told = err;
}

/*
 * For how long nothing is tried after a failure: longer each time, but for what passes
 * by itself. When Redis has no memory left it answers and takes no list; then each
 * attempt costs as much as a success.
 */
static int64_t rest_after(const struct tally_desk *desk, enum tally_err err, bool is_told)
{
	bool passes = (err == TALLY_ERR_UNAVAILABLE && !desk->refused) || err == TALLY_ERR_STATE;

	if (is_told)
		return TALLY_DESK_SOON_MS; /* what signs is looked at all the time */
	if (passes || desk->retry_at == 0)
		return RETRY_MS;
	return desk->retry_ms < RETRY_MAX_MS / 2 ? 2 * desk->retry_ms : desk->retry_ms;
}

/* An outage of Redis is told there, and a pool that it has lost by who opens it anew. */
static void note(struct tally_desk *desk, const struct tally_desk_office *office,
		 enum tally_err err, bool is_told)
{
	if (err == TALLY_ERR_CONFLICT) {
		tally_log_notice("pool %s: another process publishes its lists now", desk->seat.id);
		tally_leases_lost(office->leases, tally_desk_id(desk));
		return;
	}
	if (err != TALLY_ERR_UNAVAILABLE && (is_told || err != TALLY_ERR_STATE))
		tell(desk, err, is_told);
	desk->retry_ms = rest_after(desk, err, is_told);
	desk->retry_at = err == TALLY_OK ? 0 : tally_clock_ms() + desk->retry_ms;
}

static enum tally_err work(struct tally_desk *desk, const struct tally_desk_office *office,
			   bool *is_told)
{
	int64_t now = tally_clock_ms();

	desk->refused = false;
	enum tally_err err =
		tally_signing_renew(desk->signing, tally_desk_pool(desk), office->keys);

	*is_told = err != TALLY_OK;
	if (err == TALLY_OK && tally_signing_recipe(desk->signing) != desk->scan_recipe) {
		desk->scan_recipe = tally_signing_recipe(desk->signing);
		tally_desk_begin_scan(desk);
	}
	if (err == TALLY_OK && desk->create_at <= now)
		err = tally_desk_create(desk, office, now);
	if (err == TALLY_OK && desk->due_at <= now)
		err = tally_desk_due(desk, office, now);
	if (err == TALLY_OK && desk->scan_at <= now)
		err = tally_desk_scan(desk, office, now);
	return err;
}

static int64_t rest_of(const struct tally_desk *desk)
{
	int64_t at = desk->create_at, now = tally_clock_ms();

	if (desk->due_at < at)
		at = desk->due_at;
	if (desk->scan_at < at)
		at = desk->scan_at;
	if (desk->retry_at > 0)
		at = desk->retry_at;
	return at > now ? at - now : 0;
}

int64_t tally_desk_work(struct tally_desk *desk, const struct tally_desk_office *office,
			enum tally_err *err)
{
	bool is_told = false;
	uint64_t fence;

	*err = tally_leases_hold(office->leases, tally_desk_id(desk), &fence);
	if (*err != TALLY_OK)
		return TALLY_DESK_SOON_MS;
	if (fence != desk->fence) { /* others may have had it since */
		desk->fence = fence;
		begin_anew(desk);
	}
	if (desk->retry_at == 0 || desk->retry_at <= tally_clock_ms()) {
		*err = work(desk, office, &is_told);
		note(desk, office, *err, is_told);
	}
	return rest_of(desk);
}

void tally_desk_sign_all(struct tally_desk *desk)
{
	desk->scan_all = true;
	tally_desk_begin_scan(desk);
}

bool tally_desk_is_done(const struct tally_desk *desk)
{
	return desk->retry_at == 0 && rest_of(desk) > 0;
}
