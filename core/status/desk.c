/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "status/desk.h"

#include "base/secret.h"
#include "codec/bits.h"
#include "status/press.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "sys/thread.h"

#include <stdlib.h>

#define LISTS_AT_A_TIME 8u   /* are signed before the other pools have their turn */
#define STATES_AT_A_TIME 64u
#define IMMEDIATE_MS 200     /* how often Redis is asked, where updates are due at once */
#define INTERVAL_MS 1000     /* and where an update waits for the interval */
#define SCAN_MS 60000
#define RETRY_MS 1000        /* at first; then twice as long, up to */
#define RETRY_MAX_MS 60000
#define SNAPSHOT_FRAME 65536u /* what comes with the entries */
#define CLOCKS_APART 60      /* seconds, at the most, by which clocks of hosts differ */

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
	desk->create_at = desk->due_at = desk->scan_at = desk->retry_at = 0;
	desk->scan_next = 0;
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

static const struct tally_pool *pool_of(const struct tally_desk *desk)
{
	return desk->seat.pool;
}

static struct tally_span id_of(const struct tally_desk *desk)
{
	return tally_span_of(desk->seat.id);
}

/* ---- one list ---- */

static size_t bytes_of(const struct tally_desk *desk)
{
	return tally_bits_bytes(pool_of(desk)->shape.size, pool_of(desk)->shape.bits);
}

/* Signs what was compressed and publishes it. TALLY_ERR_STATE: there is no such list. */
static enum tally_err sign_and_publish(struct tally_desk *desk,
				       const struct tally_desk_office *office,
				       struct tally_press *press, uint32_t list, uint64_t version)
{
	const struct tally_pool_conf *conf = &pool_of(desk)->conf;
	int64_t again_ms = tally_clock_now_us() / 1000 + (int64_t)conf->list_lifetime * 500;
	struct tally_list_publication publication;
	enum tally_err err =
		tally_press_sign(press, pool_of(desk), desk->signing, list, &publication);

	publication.version = version;
	if (err == TALLY_OK)
		err = office->lists->ops->publish(office->lists, id_of(desk), list, desk->fence,
						  &publication, again_ms, conf->history);
	return err;
}

static enum tally_err publish(struct tally_desk *desk, const struct tally_desk_office *office,
			      uint32_t list)
{
	struct tally_arena *arena = tally_arena_new(0, bytes_of(desk) + SNAPSHOT_FRAME);
	struct tally_list_snapshot snapshot;
	struct tally_press press;
	enum tally_err err = TALLY_ERR_NOMEM;

	tally_press_init(&press);
	if (arena != NULL)
		err = office->lists->ops->snapshot(office->lists, id_of(desk), list, arena,
						   &snapshot);
	if (err == TALLY_OK)
		err = tally_press_compress(&press, snapshot.bits);
	tally_arena_free(arena);
	if (err == TALLY_OK)
		err = sign_and_publish(desk, office, &press, list, snapshot.version);
	tally_press_end(&press);
	/* It was retired in the meantime. */
	return err == TALLY_ERR_STATE ? TALLY_OK : err;
}

/* ---- ahead of their use ---- */

/*
 * TALLY_ERR_STATE: Redis has lost the pool. What it has by that name is another one,
 * whose lists have other names; it is opened anew soon (pool_refresh.c).
 */
static enum tally_err read_counters(struct tally_desk *desk, const struct tally_desk_office *office)
{
	struct tally_list_pool *counters = &desk->counters;
	struct tally_list_holder holder;
	enum tally_err err = office->lists->ops->pool_look(office->lists, id_of(desk), counters,
							   &holder);
	bool is_same = tally_secret_equal(counters->seed, pool_of(desk)->shape.seed,
					  sizeof(counters->seed));

	tally_secret_wipe(counters->seed, sizeof(counters->seed));
	if (err == TALLY_ERR_NOT_FOUND || (err == TALLY_OK && !is_same))
		return TALLY_ERR_STATE;
	return err;
}

/* How many lists there should be: those in use, the one after it, and so on. */
static uint64_t lists_wanted(const struct tally_desk *desk)
{
	if (pool_of(desk)->is_retired)
		return 0;
	return desk->counters.next / desk->counters.size + pool_of(desk)->conf.precreation_lists + 1;
}

static enum tally_err create_some(struct tally_desk *desk, const struct tally_desk_office *office)
{
	uint64_t wanted = lists_wanted(desk), last = desk->counters.lists + LISTS_AT_A_TIME;
	struct tally_press press;
	uint8_t *zeros = calloc(1, bytes_of(desk));

	tally_press_init(&press);
	enum tally_err err = zeros ? tally_press_compress(&press, tally_span(zeros, bytes_of(desk)))
				   : TALLY_ERR_NOMEM;

	free(zeros);
	while (err == TALLY_OK && desk->counters.lists < wanted && desk->counters.lists < last &&
	       !tally_thread_stopping()) {
		err = sign_and_publish(desk, office, &press, desk->counters.lists, 0);
		desk->counters.lists += err == TALLY_OK;
	}
	tally_press_end(&press);
	/* Somebody else has made it: the counters were old. */
	return err == TALLY_ERR_STATE ? TALLY_OK : err;
}

static enum tally_err create_ahead(struct tally_desk *desk, const struct tally_desk_office *office,
				   int64_t now)
{
	enum tally_err err = read_counters(desk, office);

	if (err == TALLY_OK && desk->counters.lists < lists_wanted(desk))
		err = create_some(desk, office);
	if (err == TALLY_OK && desk->counters.lists >= lists_wanted(desk))
		desk->create_at = now + (int64_t)pool_of(desk)->conf.precreation_check_delay * 1000;
	return err;
}

/* ---- those that are due ---- */

static enum tally_err publish_due(struct tally_desk *desk, const struct tally_desk_office *office,
				  int64_t now)
{
	bool at_once = pool_of(desk)->conf.publish == TALLY_POOL_IMMEDIATE;
	int64_t now_ms = tally_clock_now_us() / 1000, next_ms = 0;
	int64_t rest = at_once ? IMMEDIATE_MS : INTERVAL_MS;
	uint32_t due[LISTS_AT_A_TIME];
	size_t n = 0;
	enum tally_err err = office->lists->ops->due(office->lists, id_of(desk), now_ms, due,
						     LISTS_AT_A_TIME, &n, &next_ms);

	for (size_t i = 0; i < n && err == TALLY_OK && !tally_thread_stopping(); i++)
		err = publish(desk, office, due[i]);
	if (next_ms > now_ms && next_ms - now_ms < rest)
		rest = next_ms - now_ms;
	if (n > 0 && rest > IMMEDIATE_MS)
		rest = IMMEDIATE_MS; /* more may have become due meanwhile */
	if (err == TALLY_OK)
		desk->due_at = n == LISTS_AT_A_TIME ? now : now + rest;
	return err;
}

/* ---- all lists, one after the other ---- */

/* Whether everything that refers to the list has expired; that it is full is Redis' to say. */
static bool may_go(const struct tally_desk *desk, const struct tally_list_state *state)
{
	const struct tally_pool_conf *conf = &pool_of(desk)->conf;
	uint64_t end = (uint64_t)(state->list + 1) * desk->counters.size;

	return conf->reference_lifetime > 0 && end <= desk->counters.next &&
	       state->reserved_at > 0 &&
	       state->reserved_at + conf->prefetch_hold + conf->reference_lifetime + CLOCKS_APART <
		       tally_clock_now();
}

static enum tally_err retire(struct tally_desk *desk, const struct tally_desk_office *office,
			     uint32_t list, bool *gone)
{
	enum tally_err err = office->lists->ops->retire(office->lists, id_of(desk), list,
							desk->fence);
	char name[TALLY_LIST_NAME_MAX + 1];

	*gone = err == TALLY_OK;
	if (*gone)
		tally_log_notice("pool %s: list %s is retired, for all that refers to it has expired",
				 desk->seat.id, tally_list_name(pool_of(desk), list, name).p);
	return err == TALLY_ERR_STATE || err == TALLY_ERR_NOT_FOUND ? TALLY_OK : err;
}

/* *work: grows when the list took some. */
static enum tally_err look_after(struct tally_desk *desk, const struct tally_desk_office *office,
				 const struct tally_list_state *state, unsigned int *work)
{
	int64_t too_late = tally_clock_now() + pool_of(desk)->conf.list_lifetime / 4;
	bool gone = state->is_retired;
	enum tally_err err = TALLY_OK;

	if (!gone && may_go(desk, state))
		err = retire(desk, office, state->list, &gone);
	if (err != TALLY_OK || gone)
		return err;
	if (!desk->scan_all && state->recipe == desk->scan_recipe && state->exp > too_late)
		return TALLY_OK;
	++*work;
	return publish(desk, office, state->list);
}

static enum tally_err scan(struct tally_desk *desk, const struct tally_desk_office *office,
			   int64_t now)
{
	struct tally_list_state states[STATES_AT_A_TIME];
	unsigned int work = 0;
	size_t n = 0, i = 0;
	enum tally_err err = office->lists->ops->states(office->lists, id_of(desk),
							desk->scan_next, states,
							STATES_AT_A_TIME, &n);

	while (i < n && err == TALLY_OK && work < LISTS_AT_A_TIME && !tally_thread_stopping()) {
		err = look_after(desk, office, &states[i], &work);
		if (err == TALLY_OK)
			desk->scan_next = states[i++].list + 1;
	}
	if (err == TALLY_OK && i == n && n < STATES_AT_A_TIME) {
		desk->scan_at = now + SCAN_MS;
		desk->scan_next = 0;
		desk->scan_all = false;
	}
	return err;
}

static void scan_anew(struct tally_desk *desk)
{
	desk->scan_at = 0;
	desk->scan_next = 0;
	desk->scan_recipe = tally_signing_recipe(desk->signing);
}

/* ---- all of it ---- */

static const char *advice(enum tally_err err)
{
	if (err == TALLY_ERR_STATE)
		return "Redis has lost it; within keys.refresh it begins anew";
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
		tally_log_error("pool %s: its lists cannot be published: %s", desk->seat.id, advice(err));
	desk->told = err;
}

/* An outage of Redis is told there, and a pool that it has lost by who opens it anew. */
static void note(struct tally_desk *desk, const struct tally_desk_office *office,
		 enum tally_err err, bool is_told)
{
	if (err == TALLY_ERR_CONFLICT) {
		tally_log_notice("pool %s: another process publishes its lists now", desk->seat.id);
		tally_leases_lost(office->leases, id_of(desk));
		return;
	}
	bool passes = err == TALLY_ERR_UNAVAILABLE || err == TALLY_ERR_STATE;

	if (!passes || is_told)
		tell(desk, err, is_told);
	if (err == TALLY_OK || passes || desk->retry_ms == 0)
		desk->retry_ms = RETRY_MS;
	else if (is_told) /* what signs is looked at all the time */
		desk->retry_ms = IMMEDIATE_MS;
	else if (desk->retry_ms < RETRY_MAX_MS / 2)
		desk->retry_ms *= 2;
	desk->retry_at = err == TALLY_OK ? 0 : tally_clock_ms() + desk->retry_ms;
}

static enum tally_err work(struct tally_desk *desk, const struct tally_desk_office *office,
			   bool *is_told)
{
	int64_t now = tally_clock_ms();
	enum tally_err err = tally_signing_renew(desk->signing, pool_of(desk), office->keys);

	*is_told = err != TALLY_OK;
	if (err == TALLY_OK && tally_signing_recipe(desk->signing) != desk->scan_recipe)
		scan_anew(desk);
	if (err == TALLY_OK && desk->create_at <= now)
		err = create_ahead(desk, office, now);
	if (err == TALLY_OK && desk->due_at <= now)
		err = publish_due(desk, office, now);
	if (err == TALLY_OK && desk->scan_at <= now)
		err = scan(desk, office, now);
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

	*err = tally_leases_hold(office->leases, id_of(desk), &fence);
	if (*err != TALLY_OK)
		return IMMEDIATE_MS;
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
	desk->scan_at = desk->scan_next = 0;
}

bool tally_desk_is_done(const struct tally_desk *desk)
{
	return desk->retry_at == 0 && rest_of(desk) > 0;
}
