/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "status/refill.h"

#include "status/reference_priv.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "sys/thread.h"

#include <stdlib.h>

#define STACK_SIZE (256u * 1024)
#define IDLE_MS    3600000 /* without anything to do but when woken */
#define LOOK_MS    1000    /* at what has been held for too long */
#define RETRY_MS   250     /* when Redis had nothing, or did not answer */
#define URGENT_MS  25      /* when it had nothing, and someone waits */

struct tally_refill {
	struct tally_lists *lists;
	pthread_mutex_t lock; /* guards first; only the thread takes out */
	struct tally_references *first;
	struct tally_thread *thread; /* NULL: there is none */
	_Atomic bool pending;        /* it has been woken */
};

/* ---- references of a pool ---- */

struct tally_references *tally_references_new(struct tally_refill *refill,
					      const struct tally_pool_conf *conf)
{
	struct tally_references *references = calloc(1, sizeof(*references));
	pthread_condattr_t attr;

	if (references == NULL)
		return NULL;
	references->refill = refill;
	atomic_init(&references->refs, 1);
	memcpy(references->id, conf->id.p, conf->id.n);
	references->pool = tally_span(references->id, conf->id.n);
	references->last = &references->first;
	references->is_retired = true; /* until it is told otherwise */
	pthread_mutex_init(&references->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&references->served, &attr);
	pthread_condattr_destroy(&attr);
	pthread_mutex_lock(&refill->lock);
	references->next = refill->first;
	refill->first = references;
	pthread_mutex_unlock(&refill->lock);
	return references;
}

struct tally_references *tally_references_ref(struct tally_references *references)
{
	atomic_fetch_add_explicit(&references->refs, 1, memory_order_relaxed);
	return references;
}

void tally_references_unref(struct tally_references *references)
{
	if (references == NULL)
		return;
	/* From its last holder on the thread may end it at any time. */
	struct tally_refill *refill = references->refill;

	if (atomic_fetch_sub_explicit(&references->refs, 1, memory_order_acq_rel) == 1)
		tally_refill_wake(refill);
}

void tally_references_set(struct tally_references *references, const struct tally_pool_conf *conf,
			  bool is_retired)
{
	pthread_mutex_lock(&references->lock);
	references->size = conf->size;
	references->threshold = conf->prefetch_threshold;
	references->capacity = conf->prefetch_capacity;
	references->hold_ms = (int64_t)conf->prefetch_hold * 1000;
	references->is_retired = is_retired;
	references->waits = conf->prefetch_on_underflow == TALLY_POOL_DELAY;
	references->is_resting = false;
	pthread_mutex_unlock(&references->lock);
	tally_refill_wake(references->refill);
}

void tally_references_forget(struct tally_references *references)
{
	pthread_mutex_lock(&references->lock);
	references->dead = references->live = 0;
	references->stock = 0;
	/* Who holds the old pool is not to name entries of the new one by the old seed. */
	references->is_retired = true;
	pthread_mutex_unlock(&references->lock);
}

/* ---- giving back ---- */

/* Takes dead blocks out, as many as one call gives back. */
static size_t collect(struct tally_references *references,
		      struct tally_list_range ranges[TALLY_LIST_RANGES_MAX])
{
	size_t n = 0;

	while (references->dead > 0 && n < TALLY_LIST_RANGES_MAX) {
		const struct block *block = tally_references_block(references, 0);

		if (block->count > 0)
			ranges[n++] = (struct tally_list_range){ block->first, block->count };
		references->head = (references->head + 1) % references->room;
		references->dead--;
	}
	return n;
}

/*
 * Locked before and after. What Redis does not confirm is forgotten: to give it
 * back twice could hand it out twice.
 */
static void give_back(struct tally_references *references)
{
	struct tally_lists *lists = references->refill->lists;
	struct tally_list_range ranges[TALLY_LIST_RANGES_MAX];
	size_t n;

	while ((n = collect(references, ranges)) > 0) {
		pthread_mutex_unlock(&references->lock);
		enum tally_err err = lists->ops->give_back(lists, references->pool, ranges, n);

		if (err != TALLY_OK)
			tally_log_warn(
				"pool %s: up to %zu pieces of its lists are lost, since they "
				"could not be given back: %s",
				references->id, n, tally_err_text(err));
		pthread_mutex_lock(&references->lock);
	}
}

/* Nobody uses them any more. */
static void end(struct tally_references *references)
{
	pthread_mutex_lock(&references->lock);
	tally_references_expire(references, 0, true);
	give_back(references);
	pthread_mutex_unlock(&references->lock);
	pthread_cond_destroy(&references->served);
	pthread_mutex_destroy(&references->lock);
	free(references->blocks);
	free(references);
}

/* ---- reserving ---- */

static void put(struct tally_references *references, const struct tally_list_range *ranges,
		size_t n, int64_t at_ms)
{
	for (size_t i = 0; i < n; i++) {
		const struct block block = { ranges[i].first, ranges[i].count, at_ms };

		if (tally_references_put(references, block))
			continue;
		/* Room is made first of all; so this is rare. */
		struct tally_lists *lists = references->refill->lists;

		pthread_mutex_unlock(&references->lock);
		if (lists->ops->give_back(lists, references->pool, &ranges[i], n - i) != TALLY_OK)
			tally_log_warn("pool %s: %zu pieces of its lists are lost: there are too "
				       "many to keep",
				       references->id, n - i);
		pthread_mutex_lock(&references->lock);
		return;
	}
}

/* When Redis may be asked again, having had nothing. */
static int64_t wait_left(const struct tally_references *references, int64_t now_ms)
{
	int64_t wait = references->first != NULL ? URGENT_MS : RETRY_MS;
	int64_t left = references->empty_at_ms + wait - now_ms;

	return references->empty_at_ms != 0 && left > 0 ? left : 0;
}

static bool has_room(const struct tally_references *references)
{
	return references->dead + references->live + TALLY_LIST_RANGES_MAX <= BLOCKS_MAX;
}

/* One round trip; locked before and after. False: there is nothing to be had for now. */
static bool reserve(struct tally_references *references, uint32_t count)
{
	struct tally_lists *lists = references->refill->lists;
	struct tally_list_range ranges[TALLY_LIST_RANGES_MAX];
	int64_t at_ms = tally_clock_ms();
	size_t n = 0;

	pthread_mutex_unlock(&references->lock);
	enum tally_err err =
		lists->ops->reserve(lists, references->pool, count, tally_clock_now(), ranges, &n);

	pthread_mutex_lock(&references->lock);
	references->is_down = err != TALLY_OK;
	references->empty_at_ms = err != TALLY_OK || n == 0 ? tally_clock_ms() : 0;
	if (err != TALLY_OK) {
		tally_references_fail(references, TALLY_ERR_UNAVAILABLE);
		return false;
	}
	put(references, ranges, n, at_ms);
	tally_references_serve(references);
	return n > 0;
}

static void refill(struct tally_references *references)
{
	uint32_t lack;

	if (!tally_references_are_low(references) || wait_left(references, tally_clock_ms()) > 0)
		return;
	references->is_resting = false;
	references->is_idle = references->first == NULL;
	while ((lack = tally_references_lack(references)) > 0 && has_room(references))
		if (!reserve(references, lack))
			return;
	references->missed = 0;
}

/* In how many milliseconds it is to be visited again. */
static int64_t next_visit(const struct tally_references *references)
{
	if (tally_references_are_low(references)) {
		int64_t left = wait_left(references, tally_clock_ms());

		return left > 0 ? left : RETRY_MS; /* there is no room for more pieces */
	}
	return references->live > 0 ? LOOK_MS : IDLE_MS;
}

static int64_t visit(struct tally_references *references)
{
	pthread_mutex_lock(&references->lock);
	if (references->is_retired)
		tally_references_fail(references, TALLY_ERR_STATE);
	/* Who can wait need not be kept in stock for all the time that nobody asks. */
	if (tally_references_expire(references, tally_clock_ms(), references->is_retired) &&
	    references->stock == 0)
		references->is_resting = references->waits && references->is_idle;
	give_back(references);
	refill(references);
	int64_t next = next_visit(references);

	pthread_mutex_unlock(&references->lock);
	return next;
}

/* ---- the thread ---- */

static void take_out(struct tally_refill *refill, struct tally_references *references)
{
	struct tally_references **link = &refill->first;

	pthread_mutex_lock(&refill->lock);
	while (*link != references)
		link = &(*link)->next;
	*link = references->next;
	pthread_mutex_unlock(&refill->lock);
}

/* Others put in at the front, and only this thread takes out: the chain can be followed. */
int64_t tally_refill_round(struct tally_refill *refill)
{
	int64_t soonest = IDLE_MS;

	atomic_store(&refill->pending, false);
	pthread_mutex_lock(&refill->lock);
	struct tally_references *references = refill->first;

	pthread_mutex_unlock(&refill->lock);
	while (references != NULL && !tally_thread_stopping()) {
		struct tally_references *next = references->next;

		if (atomic_load(&references->refs) == 0) {
			take_out(refill, references);
			end(references);
		} else {
			int64_t in_ms = visit(references);

			soonest = in_ms < soonest ? in_ms : soonest;
		}
		references = next;
	}
	return soonest;
}

static int64_t round_of(void *context)
{
	return tally_refill_round(context);
}

/* Many may find that there is little left before the thread has come to it. */
void tally_refill_wake(struct tally_refill *refill)
{
	if (refill->thread != NULL && !atomic_exchange(&refill->pending, true))
		tally_thread_wake(refill->thread);
}

struct tally_refill *tally_refill_new(struct tally_lists *lists)
{
	struct tally_refill *refill = calloc(1, sizeof(*refill));

	if (refill == NULL)
		return NULL;
	refill->lists = lists;
	pthread_mutex_init(&refill->lock, NULL);
	return refill;
}

enum tally_err tally_refill_start(struct tally_refill *refill)
{
	return tally_thread_start(round_of, refill, STACK_SIZE, &refill->thread);
}

void tally_refill_free(struct tally_refill *refill)
{
	if (refill == NULL)
		return;
	tally_thread_stop(refill->thread);
	while (refill->first != NULL) {
		struct tally_references *references = refill->first;

		refill->first = references->next;
		end(references);
	}
	pthread_mutex_destroy(&refill->lock);
	free(refill);
}
