/* SPDX-License-Identifier: Apache-2.0 */
/* tallystick serve: one process of the pool. */
#include "config.h"

#include "app/app.h"
#include "fcgi/command.h"
#include "fcgi/front.h"
#include "fcgi/signals.h"
#include "sys/clock.h"
#include "sys/log.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define STACK_SIZE (512u * 1024)
#define THREADS_MAX 1024u
#define MALLOC_ARENAS 2 /* requests live in arenas of their own; more would only cost memory */

struct pool {
	struct tally_app *app;
	struct tally_listener *listener;
	pthread_t *threads;
	unsigned int count;
};

bool tally_serve_has_socket(void)
{
	int listening = 0;
	socklen_t size = sizeof(listening);

	return getsockopt(STDIN_FILENO, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 &&
	       listening;
}

static void *work(struct pool *pool, tally_listener_source *source)
{
	if (tally_front_run(pool->app, pool->listener, source) != TALLY_OK)
		tally_log_error("a worker thread could not start: out of memory");
	return NULL;
}

static void *work_on_new(void *context)
{
	return work(context, tally_listener_accept);
}

static void *work_on_kept(void *context)
{
	return work(context, tally_listener_kept);
}

/*
 * Starts the workers with all signals blocked: the main thread waits for them.
 * As many work on connections that the web server keeps as on new ones: which
 * of the two there are is its choice, and a thread without work costs little.
 */
static enum tally_err start_threads(struct pool *pool, unsigned int wanted)
{
	pthread_attr_t attr;

	pool->threads = calloc(2 * (size_t)wanted, sizeof(pool->threads[0]));
	if (pool->threads == NULL)
		return TALLY_ERR_NOMEM;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	while (pool->count < 2 * wanted &&
	       pthread_create(&pool->threads[pool->count], &attr,
			      pool->count % 2 ? work_on_kept : work_on_new, pool) == 0)
		pool->count++;
	pthread_attr_destroy(&attr);
	if (pool->count == 2 * wanted)
		return TALLY_OK;
	tally_log_error("only %u of %u worker threads could be started: lower server.threads or "
			"raise the limit of processes (TasksMax, ulimit -u)", pool->count,
			2 * wanted);
	return TALLY_ERR_NOMEM;
}

/* Waits until every worker has answered its request. */
static enum tally_err drain(struct pool *pool, uint32_t seconds)
{
	struct timespec until;
	unsigned int busy = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += seconds;
	tally_listener_stop(pool->listener);
	for (unsigned int i = 0; i < pool->count; i++)
		busy += pthread_timedjoin_np(pool->threads[i], NULL, &until) != 0;
	free(pool->threads);
	/* Nobody else is let in, to wait for a process that is about to end. */
	close(STDIN_FILENO);
	if (busy == 0)
		return TALLY_OK;
	tally_log_error("%u requests were not answered within server.stop-timeout (%u s) and are "
			"lost", busy, seconds);
	return TALLY_ERR_UNAVAILABLE;
}

static enum tally_err run(struct tally_app *app, unsigned int threads, const sigset_t *signals)
{
	const struct tally_conf *conf = tally_app_conf(app);
	struct pool pool = { .app = app };
	enum tally_err err = tally_front_init();

	if (err == TALLY_OK)
		err = tally_listener_new(STDIN_FILENO, &pool.listener);
	if (err == TALLY_OK)
		err = tally_app_start(app);
	if (err != TALLY_OK)
		goto out;
	err = start_threads(&pool, threads);
	if (err == TALLY_OK) {
		tally_log_notice("started %s with %u threads, issuer %s", PACKAGE_VERSION, threads,
				 conf->server_issuer);
		tally_signals_wait(app, signals);
	}
	enum tally_err drained = drain(&pool, conf->server_stop_timeout);

	if (drained != TALLY_OK)
		_exit(EXIT_FAILURE); /* threads are still about; nothing may be freed */
	tally_log_notice("stopped");
out:
	tally_listener_free(pool.listener);
	return err;
}

static enum tally_err read_threads(const struct tally_invocation *call,
				   const struct tally_conf *conf, unsigned int *out)
{
	const char *text = tally_option_value(call, TALLY_OPTION_THREADS);
	uint64_t n = conf->server_threads;

	if (text != NULL && (tally_span_to_u64(tally_span_of(text), THREADS_MAX, &n) != TALLY_OK ||
			     n == 0)) {
		tally_log_error("--threads \"%s\": expected a number from 1 to %u", text,
				THREADS_MAX);
		return TALLY_ERR_USAGE;
	}
	*out = (unsigned int)n;
	return TALLY_OK;
}

enum tally_err tally_cmd_serve(const struct tally_invocation *call)
{
	struct tally_conf *conf = NULL;
	struct tally_app *app = NULL;
	unsigned int threads = 0;
	sigset_t signals;

	if (!tally_serve_has_socket()) {
		tally_log_error("file descriptor 0 is not a listening socket: start the pool through "
				"spawn-fcgi, lighttpd, mod_fcgid or a systemd socket (see tallystick(8))");
		return TALLY_ERR_USAGE;
	}
	mallopt(M_ARENA_MAX, MALLOC_ARENAS);
	tally_signals_block(&signals);
	enum tally_err err = tally_conf_load(call->conf_path, &conf);

	if (err == TALLY_OK)
		err = tally_app_open(conf, (struct tally_app_stores){ .store = NULL }, &app);
	if (err == TALLY_OK)
		err = read_threads(call, conf, &threads);
	if (err == TALLY_OK)
		err = tally_app_open_log(conf);
	if (err == TALLY_OK)
		err = run(app, threads, &signals);
	tally_app_close(app);
	return err;
}
