/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "sys/thread.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

struct tally_thread {
	tally_thread_step *step;
	void *context;
	pthread_t id;
	pthread_mutex_t lock; /* guards the rest */
	pthread_cond_t changed;
	bool stopping;
	bool woken;
};

static _Thread_local struct tally_thread *own;

/* On the real clock, whatever a test makes of the others. */
static struct timespec after(int64_t ms)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	time.tv_sec += (time_t)(ms / 1000);
	time.tv_nsec += (long)(ms % 1000) * 1000000;
	if (time.tv_nsec >= 1000000000) {
		time.tv_sec++;
		time.tv_nsec -= 1000000000;
	}
	return time;
}

/* Whether there is another step to be done. */
static bool rest(struct tally_thread *thread, int64_t ms)
{
	struct timespec until = after(ms);
	int timed_out = 0;

	pthread_mutex_lock(&thread->lock);
	while (!thread->stopping && !thread->woken && ms > 0 && timed_out == 0)
		timed_out = pthread_cond_timedwait(&thread->changed, &thread->lock, &until);
	thread->woken = false;
	bool goes_on = !thread->stopping;

	pthread_mutex_unlock(&thread->lock);
	return goes_on;
}

static void *run(void *context)
{
	struct tally_thread *thread = context;

	own = thread;
	while (rest(thread, thread->step(thread->context)))
		;
	return NULL;
}

static bool create(struct tally_thread *thread, size_t stack)
{
	pthread_attr_t attr;
	sigset_t all, before;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, stack);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	bool created = pthread_create(&thread->id, &attr, run, thread) == 0;

	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return created;
}

static void destroy(struct tally_thread *thread)
{
	pthread_cond_destroy(&thread->changed);
	pthread_mutex_destroy(&thread->lock);
	free(thread);
}

enum tally_err tally_thread_start(tally_thread_step *step, void *context, size_t stack,
				  struct tally_thread **out)
{
	struct tally_thread *thread = calloc(1, sizeof(*thread));
	pthread_condattr_t attr;

	*out = NULL;
	if (thread == NULL)
		return TALLY_ERR_NOMEM;
	thread->step = step;
	thread->context = context;
	pthread_mutex_init(&thread->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&thread->changed, &attr);
	pthread_condattr_destroy(&attr);
	if (!create(thread, stack)) {
		destroy(thread);
		return TALLY_ERR_NOMEM;
	}
	*out = thread;
	return TALLY_OK;
}

void tally_thread_stop(struct tally_thread *thread)
{
	if (thread == NULL)
		return;
	pthread_mutex_lock(&thread->lock);
	thread->stopping = true;
	pthread_cond_signal(&thread->changed);
	pthread_mutex_unlock(&thread->lock);
	pthread_join(thread->id, NULL);
	destroy(thread);
}

bool tally_thread_stopping(void)
{
	if (own == NULL)
		return false;
	pthread_mutex_lock(&own->lock);
	bool stopping = own->stopping;

	pthread_mutex_unlock(&own->lock);
	return stopping;
}

void tally_thread_wake(struct tally_thread *thread)
{
	pthread_mutex_lock(&thread->lock);
	thread->woken = true;
	pthread_cond_signal(&thread->changed);
	pthread_mutex_unlock(&thread->lock);
}
