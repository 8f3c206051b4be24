/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "status/lease.h"

#include "sys/clock.h"
#include "sys/log.h"
#include "sys/pool_conf.h"
#include "sys/rand.h"
#include "sys/thread.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

/* How often somebody else's lease is asked for; all of them, not above 100 times a second. */
#define ASK_MS 1000u
#define ASK_EACH_MS 10u
#define RENEWALS 3u      /* while a lease lasts */
#define STACK_SIZE (256u * 1024)

struct lease {
	char pool[TALLY_POOL_ID_MAX + 1];
	bool held;        /* then only the renewing thread changes it, else only the other */
	uint64_t fence;
	int64_t at;       /* of tally_clock_ms: when it is to be renewed, or asked for again */
	int64_t ends_at;
};

struct tally_leases {
	struct tally_lists *lists;
	uint32_t ttl_ms;
	char owner[TALLY_LIST_OWNER_MAX + 1];
	pthread_mutex_t lock; /* guards all; not held while Redis is asked */
	struct lease *all;
	size_t count;
	struct tally_thread *thread; /* that renews; NULL: none */
};

/* Unique; begins with what tells people which process it is. */
static enum tally_err make_owner(struct tally_leases *leases)
{
	char host[24];
	uint64_t random;

	if (gethostname(host, sizeof(host)) != 0)
		host[0] = '\0';
	host[sizeof(host) - 1] = '\0';
	enum tally_err err = tally_rand_bytes(&random, sizeof(random));

	snprintf(leases->owner, sizeof(leases->owner), "%s:%ld:%016llx", host, (long)getpid(),
		 (unsigned long long)random);
	return err;
}

struct tally_leases *tally_leases_new(struct tally_lists *lists, uint32_t seconds)
{
	struct tally_leases *leases = calloc(1, sizeof(*leases));

	if (leases == NULL)
		return NULL;
	leases->lists = lists;
	leases->ttl_ms = seconds * 1000;
	if (make_owner(leases) != TALLY_OK) {
		free(leases);
		return NULL;
	}
	pthread_mutex_init(&leases->lock, NULL);
	return leases;
}

static struct lease *find(const struct tally_leases *leases, struct tally_span pool)
{
	for (size_t i = 0; i < leases->count; i++)
		if (tally_span_eq(tally_span_of(leases->all[i].pool), pool))
			return &leases->all[i];
	return NULL;
}

static struct lease *find_or_add(struct tally_leases *leases, struct tally_span pool)
{
	struct lease *lease = find(leases, pool);

	if (lease != NULL || pool.n > TALLY_POOL_ID_MAX)
		return lease;
	struct lease *all = realloc(leases->all, (leases->count + 1) * sizeof(*all));

	if (all == NULL)
		return NULL;
	leases->all = all;
	lease = &all[leases->count++];
	*lease = (struct lease){ .held = false };
	memcpy(lease->pool, pool.p, pool.n);
	return lease;
}

/* It would end by itself: what goes wrong costs others that time. */
static void release(struct tally_leases *leases, struct tally_span pool)
{
	if (leases->lists->ops->release(leases->lists, pool, tally_span_of(leases->owner)) !=
	    TALLY_OK)
		tally_log_debug("pool %.*s: its lease was not given up", TALLY_SPAN_ARG(pool));
}

/* left: ms of the lease of another, 0: it is not known. */
static int64_t rest_of(const struct tally_leases *leases, uint32_t left)
{
	int64_t rest = (int64_t)leases->count * ASK_EACH_MS;

	if (rest < ASK_MS)
		rest = ASK_MS;
	return left > 0 && left < rest ? left : rest;
}

/* Takes or renews one; notes what comes of it. */
static enum tally_err ask(struct tally_leases *leases, struct tally_span pool, uint64_t *fence)
{
	uint32_t left = 0;
	int64_t now = tally_clock_ms();
	enum tally_err err = leases->lists->ops->lease(leases->lists, pool,
						       tally_span_of(leases->owner),
						       leases->ttl_ms, fence, &left);
	int64_t later = tally_clock_ms();

	pthread_mutex_lock(&leases->lock);
	struct lease *lease = find(leases, pool);

	if (lease != NULL && err == TALLY_OK) {
		lease->held = true;
		lease->fence = *fence;
		lease->ends_at = now + leases->ttl_ms;
		lease->at = now + leases->ttl_ms / RENEWALS;
	} else if (lease != NULL) {
		/* While Redis is away it stays ours until it would have ended. */
		lease->held = lease->held && err == TALLY_ERR_UNAVAILABLE && later < lease->ends_at;
		lease->at = later + rest_of(leases, err == TALLY_ERR_EXISTS ? left : 0);
	}
	pthread_mutex_unlock(&leases->lock);
	return err;
}

/* One that is held and due; pool has TALLY_POOL_ID_MAX + 1 bytes. */
static bool next_to_renew(struct tally_leases *leases, char *pool)
{
	int64_t now = tally_clock_ms();
	bool found = false;

	pthread_mutex_lock(&leases->lock);
	for (size_t i = 0; i < leases->count && !found; i++) {
		found = leases->all[i].held && leases->all[i].at <= now;
		if (found)
			memcpy(pool, leases->all[i].pool, sizeof(leases->all[i].pool));
	}
	pthread_mutex_unlock(&leases->lock);
	return found;
}

void tally_leases_renew(struct tally_leases *leases)
{
	char pool[TALLY_POOL_ID_MAX + 1];
	uint64_t fence;

	while (!tally_thread_stopping() && next_to_renew(leases, pool)) {
		enum tally_err err = ask(leases, tally_span_of(pool), &fence);

		if (err == TALLY_ERR_EXISTS)
			tally_log_warn("pool %s: another process publishes its lists now", pool);
	}
}

/* Twice as often as is needed: a lease may have become due just after the last time. */
static int64_t keep(void *context)
{
	struct tally_leases *leases = context;

	tally_leases_renew(leases);
	return leases->ttl_ms / RENEWALS / 2;
}

enum tally_err tally_leases_start(struct tally_leases *leases)
{
	return tally_thread_start(keep, leases, STACK_SIZE, &leases->thread);
}

enum tally_err tally_leases_hold(struct tally_leases *leases, struct tally_span pool,
				 uint64_t *fence)
{
	pthread_mutex_lock(&leases->lock);
	struct lease *lease = find_or_add(leases, pool);
	bool held = lease != NULL && lease->held;
	bool asked = lease != NULL && lease->at > tally_clock_ms();

	if (held)
		*fence = lease->fence;
	pthread_mutex_unlock(&leases->lock);
	if (lease == NULL)
		return TALLY_ERR_NOMEM;
	if (held)
		return TALLY_OK;
	return asked ? TALLY_ERR_EXISTS : ask(leases, pool, fence);
}

void tally_leases_lost(struct tally_leases *leases, struct tally_span pool)
{
	pthread_mutex_lock(&leases->lock);
	struct lease *lease = find(leases, pool);

	if (lease != NULL) {
		lease->held = false;
		lease->at = 0;
	}
	pthread_mutex_unlock(&leases->lock);
}

void tally_leases_give_up(struct tally_leases *leases, struct tally_span pool)
{
	pthread_mutex_lock(&leases->lock);
	struct lease *lease = find(leases, pool);
	bool held = lease != NULL && lease->held;

	if (lease != NULL)
		*lease = leases->all[--leases->count];
	pthread_mutex_unlock(&leases->lock);
	if (held)
		release(leases, pool);
}

void tally_leases_free(struct tally_leases *leases)
{
	if (leases == NULL)
		return;
	tally_thread_stop(leases->thread);
	for (size_t i = 0; i < leases->count; i++)
		if (leases->all[i].held)
			release(leases, tally_span_of(leases->all[i].pool));
	pthread_mutex_destroy(&leases->lock);
	free(leases->all);
	free(leases);
}
