/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "store/token_writer.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

/*
 * Jobs of one batch: enough for one commit to be shared by all threads of a
 * process, and few enough for its statements to stay below a megabyte.
 */
#define BATCH_MAX 256u

/* A request that waits; it lives on the stack of its thread. */
struct waiter {
	struct waiter *next;
	struct tally_token_job *job;
	pthread_cond_t wake;
	bool leads; /* it writes the next batch, itself the first in it */
	bool done;
};

struct tally_token_writer {
	struct tally_store *store;
	size_t queue;
	unsigned int writers;

	pthread_mutex_t lock;
	struct waiter *first; /* the queue; empty while active < writers */
	struct waiter **last;
	size_t waiting;
	unsigned int active; /* batches under way */
};

struct tally_token_writer *tally_token_writer_new(struct tally_store *store, size_t queue,
						  unsigned int writers)
{
	struct tally_token_writer *writer = calloc(1, sizeof(*writer));

	if (writer == NULL)
		return NULL;
	writer->store = store;
	writer->queue = queue;
	writer->writers = writers;
	writer->last = &writer->first;
	pthread_mutex_init(&writer->lock, NULL);
	return writer;
}

void tally_token_writer_free(struct tally_token_writer *writer)
{
	if (writer == NULL)
		return;
	pthread_mutex_destroy(&writer->lock);
	free(writer);
}

static void enqueue(struct tally_token_writer *writer, struct waiter *waiter)
{
	*writer->last = waiter;
	writer->last = &waiter->next;
	writer->waiting++;
}

static struct waiter *dequeue(struct tally_token_writer *writer)
{
	struct waiter *waiter = writer->first;

	if (waiter == NULL)
		return NULL;
	writer->first = waiter->next;
	if (writer->first == NULL)
		writer->last = &writer->first;
	writer->waiting--;
	return waiter;
}

/* Who leads is the first of its batch, and in no queue. */
static size_t take_batch(struct tally_token_writer *writer, struct waiter *self,
			 struct waiter *batch[BATCH_MAX])
{
	size_t n = 1;

	batch[0] = self;
	while (n < BATCH_MAX && (batch[n] = dequeue(writer)) != NULL)
		n++;
	return n;
}

/* Has the store keep a batch; every job then has its answer. */
static void write_batch(struct tally_token_writer *writer, struct waiter *const batch[], size_t n)
{
	struct tally_token_job *jobs[BATCH_MAX];

	for (size_t i = 0; i < n; i++)
		jobs[i] = batch[i]->job;
	enum tally_err err = writer->store->ops->token_write(writer->store, jobs, n);

	for (size_t i = 0; err != TALLY_OK && i < n; i++)
		jobs[i]->err = err;
}

/*
 * Passes the place of a writer on to who waits the longest, or gives it up. The
 * next one leaves the queue at once: until it runs, another writer may end and
 * would pass its own place on to the same one.
 */
static void hand_over(struct tally_token_writer *writer)
{
	struct waiter *next = dequeue(writer);

	if (next == NULL) {
		writer->active--;
		return;
	}
	next->leads = true;
	pthread_cond_signal(&next->wake);
}

/* Writes for all that wait. Called and left with the lock held. */
static void lead(struct tally_token_writer *writer, struct waiter *self)
{
	struct waiter *batch[BATCH_MAX];
	size_t n = take_batch(writer, self, batch);

	pthread_mutex_unlock(&writer->lock);
	write_batch(writer, batch, n);
	pthread_mutex_lock(&writer->lock);
	/* The next batch goes first: it has the longer way. */
	hand_over(writer);
	for (size_t i = 0; i < n; i++) {
		batch[i]->done = true;
		pthread_cond_signal(&batch[i]->wake);
	}
}

/* From the queue to the answer. Called and left with the lock held. */
static void take_part(struct tally_token_writer *writer, struct waiter *self)
{
	if (writer->active < writer->writers) {
		writer->active++;
		self->leads = true;
	} else {
		enqueue(writer, self);
	}
	while (!self->done && !self->leads)
		pthread_cond_wait(&self->wake, &writer->lock);
	if (self->leads)
		lead(writer, self);
}

enum tally_err tally_token_writer_put(struct tally_token_writer *writer,
				      struct tally_token_job *job)
{
	struct waiter self = { .job = job };

	pthread_mutex_lock(&writer->lock);
	if (writer->waiting >= writer->queue) {
		pthread_mutex_unlock(&writer->lock);
		return job->err = TALLY_ERR_LIMIT;
	}
	pthread_cond_init(&self.wake, NULL);
	take_part(writer, &self);
	pthread_mutex_unlock(&writer->lock);
	pthread_cond_destroy(&self.wake);
	return job->err;
}

size_t tally_token_writer_waiting(struct tally_token_writer *writer)
{
	pthread_mutex_lock(&writer->lock);
	size_t waiting = writer->waiting;

	pthread_mutex_unlock(&writer->lock);
	return waiting;
}
