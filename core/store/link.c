/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "store/link.h"

#include "sys/clock.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

#define RETRY_MS 1000      /* between two attempts to connect, after one failed */
#define REMAKE_MS 1000     /* between two remakes of all, when writes are refused */
#define ASK_AFTER_MS 60000 /* an idle time after which the server is asked */

struct tally_links {
	const struct tally_link_type *type;
	uint32_t timeout;
	pthread_mutex_t lock;
	pthread_cond_t put;
	size_t count;
	size_t idle_count;
	size_t lent; /* open ones that somebody works with */
	uint64_t generation;
	int64_t remade_at;
	int64_t retry_at;
	struct tally_link_failure failure; /* of the last attempt to connect */
	/*
	 * The idle ones: the last used on top, those without a connection at
	 * the bottom, so that no more are opened than are needed at once.
	 */
	struct tally_link *idle[];
};

struct tally_links *tally_links_new(const struct tally_link_type *type,
				    struct tally_link *const links[], size_t count,
				    uint32_t timeout)
{
	struct tally_links *pool = calloc(1, sizeof(*pool) + count * sizeof(pool->idle[0]));
	pthread_condattr_t attr;

	if (pool == NULL)
		return NULL;
	pool->type = type;
	pool->timeout = timeout;
	pool->count = pool->idle_count = count;
	pool->remade_at = -REMAKE_MS;
	memcpy(pool->idle, links, count * sizeof(pool->idle[0]));
	pthread_mutex_init(&pool->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&pool->put, &attr);
	pthread_condattr_destroy(&attr);
	return pool;
}

static void close_link(const struct tally_links *pool, struct tally_link *link)
{
	if (link->is_open)
		pool->type->close(link);
	link->is_open = false;
}

void tally_links_free(struct tally_links *pool)
{
	if (pool == NULL)
		return;
	for (size_t i = 0; i < pool->idle_count; i++)
		close_link(pool, pool->idle[i]);
	pthread_cond_destroy(&pool->put);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}

/* To be made (anew) before it can be used. */
static bool is_unmade(const struct tally_links *pool, const struct tally_link *link)
{
	return !link->is_open || link->generation != pool->generation;
}

static bool is_too_early(const struct tally_links *pool, const struct tally_link *link)
{
	return is_unmade(pool, link) && tally_clock_ms() < pool->retry_at;
}

/*
 * The idle one on top; NULL when the time is over. While none can be made (the
 * server has too many connections, say), one that is lent is worth waiting for.
 */
static struct tally_link *pop(struct tally_links *pool, const struct timespec *until)
{
	for (;;) {
		struct tally_link *top =
			pool->idle_count ? pool->idle[pool->idle_count - 1] : NULL;
		bool take = top != NULL && (pool->lent == 0 || !is_too_early(pool, top));

		if (!take && pthread_cond_timedwait(&pool->put, &pool->lock, until) != ETIMEDOUT)
			continue;
		if (!take && pool->idle_count == 0)
			return NULL;
		top = pool->idle[--pool->idle_count];
		pool->lent += !is_unmade(pool, top);
		return top;
	}
}

/*
 * Puts it among the idle ones, and wakes who waits: one, when it is as good for
 * each of them. Of many threads that all wake at each return of a connection,
 * all but one would have come in vain. Otherwise all, for what they wait for differs.
 */
static void push(struct tally_links *pool, struct tally_link *link)
{
	if (link->is_open) {
		pool->idle[pool->idle_count] = link;
	} else {
		memmove(&pool->idle[1], &pool->idle[0],
			pool->idle_count * sizeof(pool->idle[0]));
		pool->idle[0] = link;
	}
	pool->idle_count++;
	if (is_unmade(pool, link))
		pthread_cond_broadcast(&pool->put);
	else
		pthread_cond_signal(&pool->put);
}

static void note_busy(const struct tally_links *pool, struct tally_link_failure *failure)
{
	*failure = (struct tally_link_failure){
		.err = TALLY_ERR_UNAVAILABLE,
		.fate = TALLY_LINK_KEEP,
		.advice = pool->type->busy_advice,
	};
	snprintf(failure->text, sizeof(failure->text), "all %zu connections were busy for %u s",
		 pool->count, pool->timeout);
}

/* Makes a connection; when that fails, nobody tries again for a second. */
static enum tally_err connect_one(struct tally_links *pool, struct tally_link *link,
				  uint64_t generation, struct tally_link_failure *failure)
{
	enum tally_err err = pool->type->connect(link);

	link->generation = generation;
	link->is_open = err == TALLY_OK;
	pthread_mutex_lock(&pool->lock);
	if (err == TALLY_OK) {
		pool->lent++;
	} else {
		*failure = pool->failure = link->failure;
		pool->retry_at = tally_clock_ms() + RETRY_MS;
		push(pool, link);
	}
	pthread_mutex_unlock(&pool->lock);
	return err == TALLY_OK ? TALLY_OK : TALLY_ERR_UNAVAILABLE;
}

/* An idle one for the caller, open or not; NULL: *failure says why. */
static struct tally_link *take(struct tally_links *pool, struct tally_link_failure *failure,
			       uint64_t *generation)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (time_t)pool->timeout;
	pthread_mutex_lock(&pool->lock);
	struct tally_link *link = pop(pool, &until);

	*generation = pool->generation;
	if (link == NULL) {
		note_busy(pool, failure);
	} else if (is_too_early(pool, link)) {
		*failure = pool->failure;
		push(pool, link);
		link = NULL;
	}
	pthread_mutex_unlock(&pool->lock);
	return link;
}

/* Closes what cannot be used any more, and says so. */
static bool is_usable(struct tally_links *pool, struct tally_link *link, uint64_t generation)
{
	if (!link->is_open)
		return false;
	bool known = link->generation == generation;

	if (known && pool->type->alive(link, tally_clock_ms() - link->used_at > ASK_AFTER_MS))
		return true;
	close_link(pool, link);
	if (known) {
		pthread_mutex_lock(&pool->lock);
		pool->lent--;
		pthread_mutex_unlock(&pool->lock);
	}
	return false;
}

enum tally_err tally_links_get(struct tally_links *pool, struct tally_link **out,
			       struct tally_link_failure *failure)
{
	uint64_t generation;

	*out = take(pool, failure, &generation);
	if (*out == NULL)
		return TALLY_ERR_UNAVAILABLE;
	(*out)->failure = (struct tally_link_failure){ 0 };
	if (is_usable(pool, *out, generation))
		return TALLY_OK;
	return connect_one(pool, *out, generation, failure);
}

/* Whether what happened to one connection is to be taken for the fate of all. */
static bool remakes_all(const struct tally_links *pool, const struct tally_link *link,
			enum tally_link_fate fate, int64_t now)
{
	if (fate == TALLY_LINK_KEEP || link->generation != pool->generation)
		return false;
	return fate == TALLY_LINK_DROP || now - pool->remade_at >= REMAKE_MS;
}

void tally_links_put(struct tally_links *pool, struct tally_link *link,
		     enum tally_link_fate fate)
{
	int64_t now = tally_clock_ms();

	if (fate != TALLY_LINK_KEEP)
		close_link(pool, link);
	link->used_at = now;
	pthread_mutex_lock(&pool->lock);
	if (remakes_all(pool, link, fate, now)) {
		pool->generation++;
		pool->remade_at = now;
	}
	pool->lent--;
	push(pool, link);
	pthread_mutex_unlock(&pool->lock);
}
