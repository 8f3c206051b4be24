/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "store/gather.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <time.h>

#define PROBE 32u /* runs between two attempts to find company */

/*
 * A request that waits; it lives on the stack of its thread. It is woken once,
 * and not by a condition: a whole batch would wake to queue for the lock.
 */
struct waiter {
	struct waiter *next;
	void *item;
	sem_t wake;
	bool leads; /* when it is woken: it does the next batch, or else it is done */
};

struct tally_gather {
	tally_gather_run *run;
	void *context;
	struct tally_gather_limits limits;

	pthread_mutex_t lock;
	struct waiter *first; /* the queue; empty while active is 0 */
	struct waiter **last;
	size_t waiting;
	unsigned int active;  /* runs under way */
	size_t usual;         /* how many a run has had lately */
	unsigned int hasty;   /* runs since one last waited */
	struct waiter *patient; /* leads, and waits for company; NULL: nobody */
	size_t wanted;        /* so much of it */
};

struct tally_gather *tally_gather_new(tally_gather_run *run, void *context,
				      struct tally_gather_limits limits)
{
	struct tally_gather *gather = calloc(1, sizeof(*gather));

	if (gather == NULL)
		return NULL;
	gather->run = run;
	gather->context = context;
	gather->limits = limits;
	gather->last = &gather->first;
	pthread_mutex_init(&gather->lock, NULL);
	return gather;
}

void tally_gather_free(struct tally_gather *gather)
{
	if (gather == NULL)
		return;
	pthread_mutex_destroy(&gather->lock);
	free(gather);
}

static void enqueue(struct tally_gather *gather, struct waiter *waiter)
{
	*gather->last = waiter;
	gather->last = &waiter->next;
	gather->waiting++;
}

static struct waiter *dequeue(struct tally_gather *gather)
{
	struct waiter *waiter = gather->first;

	if (waiter == NULL)
		return NULL;
	gather->first = waiter->next;
	if (gather->first == NULL)
		gather->last = &gather->first;
	gather->waiting--;
	return waiter;
}

/* More is believed at once, less by and by: one poor batch is an accident. */
static void note_size(struct tally_gather *gather, size_t n)
{
	if (n >= gather->usual)
		gather->usual = n;
	else
		gather->usual -= (gather->usual - n + 7) / 8;
}

/* Who leads is the first of its batch, and in no queue. */
static size_t take_batch(struct tally_gather *gather, struct waiter *self,
			 struct waiter *batch[TALLY_GATHER_MAX])
{
	size_t n = 1;

	batch[0] = self;
	pthread_mutex_lock(&gather->lock);
	if (gather->patient == self)
		gather->patient = NULL;
	while (n < gather->limits.batch && (batch[n] = dequeue(gather)) != NULL)
		n++;
	note_size(gather, n);
	pthread_mutex_unlock(&gather->lock);
	return n;
}

/*
 * How many to wait for; 0: none. Many that came lately will come again. Whether
 * there would be many is found out by waiting now and then.
 */
static size_t company(struct tally_gather *gather)
{
	if (gather->usual >= gather->limits.company)
		return gather->usual - 1;
	if (gather->usual < 2 || gather->hasty < PROBE)
		return 0;
	return gather->limits.batch - 1;
}

/* Whether it is worth waiting; the one who waits is woken when enough are there. */
static bool wants_company(struct tally_gather *gather, struct waiter *self)
{
	pthread_mutex_lock(&gather->lock);
	size_t wanted = gather->patient == NULL ? company(gather) : 0;
	bool wants = gather->waiting < wanted;

	gather->hasty = wants ? 0 : gather->hasty + 1;
	if (wants) {
		gather->patient = self;
		gather->wanted = wanted;
	}
	pthread_mutex_unlock(&gather->lock);
	return wants;
}

static void await_company(struct tally_gather *gather, struct waiter *self)
{
	struct timespec until;

	if (gather->limits.patience == 0 || !wants_company(gather, self))
		return;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += (long)gather->limits.patience * 1000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	while (sem_clockwait(&self->wake, CLOCK_MONOTONIC, &until) != 0 && errno == EINTR)
		; /* a signal came */
}

/*
 * Whether there is a place for one more run beside those under way. Who waits
 * for company is to have it.
 */
static bool has_place(const struct tally_gather *gather, unsigned int active)
{
	return active == 0 || (active < gather->limits.runs && gather->patient == NULL &&
			       gather->waiting >= TALLY_GATHER_WORTH_A_RUN);
}

/*
 * Passes its place on to who waits the longest, or gives it up. The next one
 * leaves the queue at once: until it runs, another may end and would pass its
 * own place on to the same one.
 */
static void hand_over(struct tally_gather *gather)
{
	pthread_mutex_lock(&gather->lock);
	struct waiter *next = has_place(gather, gather->active - 1) ? dequeue(gather) : NULL;

	if (next == NULL)
		gather->active--;
	pthread_mutex_unlock(&gather->lock);
	if (next == NULL)
		return;
	next->leads = true;
	sem_post(&next->wake);
}

/* Does the work of all that wait. */
static void lead(struct tally_gather *gather, struct waiter *self)
{
	struct waiter *batch[TALLY_GATHER_MAX];
	void *items[TALLY_GATHER_MAX];

	await_company(gather, self);
	size_t n = take_batch(gather, self, batch);

	for (size_t i = 0; i < n; i++)
		items[i] = batch[i]->item;
	gather->run(gather->context, items, n);
	/* The next batch goes first: it has the longer way. */
	hand_over(gather);
	for (size_t i = 1; i < n; i++)
		sem_post(&batch[i]->wake); /* and it is gone */
}

/* Enough are there: who waits for them need not wait any longer. */
static void end_patience(struct tally_gather *gather)
{
	if (gather->patient == NULL || gather->waiting < gather->wanted)
		return;
	sem_post(&gather->patient->wake);
	gather->patient = NULL;
}

enum place { LEADS, WAITS, NONE };

static enum place take_place(struct tally_gather *gather, struct waiter *self)
{
	enum place place = NONE;

	pthread_mutex_lock(&gather->lock);
	if (has_place(gather, gather->active)) {
		gather->active++;
		place = LEADS;
	} else if (gather->waiting < gather->limits.queue) {
		enqueue(gather, self);
		place = WAITS;
		end_patience(gather);
	}
	pthread_mutex_unlock(&gather->lock);
	return place;
}

bool tally_gather_put(struct tally_gather *gather, void *item)
{
	struct waiter self = { .item = item };

	sem_init(&self.wake, 0, 0);
	enum place place = take_place(gather, &self);

	while (place == WAITS && sem_wait(&self.wake) != 0)
		; /* a signal came */
	if (place == LEADS || self.leads)
		lead(gather, &self);
	sem_destroy(&self.wake);
	return place != NONE;
}

size_t tally_gather_waiting(struct tally_gather *gather)
{
	pthread_mutex_lock(&gather->lock);
	size_t waiting = gather->waiting;

	pthread_mutex_unlock(&gather->lock);
	return waiting;
}
