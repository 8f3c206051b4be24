/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The service without its front: what the FastCGI program, the whole-request
 * fuzzer and the in-process benchmark call. Four steps: open the application,
 * start it in the process that will serve, hand it requests, close it.
 *
 *   app = tally_app_open(...)     configuration, checked
 *   tally_app_start(app)          the thread that keeps keys fresh
 *   worker = tally_worker_new(app)      per thread
 *   tally_worker_handle(worker, …)      one request in, one response out
 *   tally_worker_free, tally_app_close
 */
#ifndef TALLY_APP_APP_H
#define TALLY_APP_APP_H

#include <stdbool.h>

#include "base/err.h"
#include "base/span.h"
#include "http/params.h"
#include "http/response.h"
#include "http/token_status.h"
#include "store/lists.h"
#include "store/marks.h"
#include "store/store.h"
#include "sys/conf.h"

struct tally_app;
struct tally_worker;

/* Where things are kept; NULL: where the configuration says. */
struct tally_app_stores {
	struct tally_store *store;
	struct tally_marks *marks;
	struct tally_lists *lists;
	struct tally_token_status *token_status; /* borrowed; outlives the application */
};

/*
 * From a configuration and stores; all that are not borrowed are taken, also on
 * failure. Nothing is connected yet. TALLY_ERR_CONFIG: the mistakes are logged.
 */
enum tally_err tally_app_open(struct tally_conf *conf, struct tally_app_stores stores,
			      struct tally_app **out) TALLY_MUST_CHECK;

/*
 * Reads the keys once and starts the keeper thread, which reads them again and
 * again. A database that is down is no error: requests are answered 503 until
 * it is there. Nor is a Redis that is down; but one that answers, and does not
 * keep what it is told, is TALLY_ERR_CONFIG, logged with what to do; and so is a
 * pool of status lists that was created otherwise. What publishes lists is started
 * with the rest.
 */
enum tally_err tally_app_start(struct tally_app *app) TALLY_MUST_CHECK;

/*
 * Instead of tally_app_start, in a process that serves nothing: publishes status
 * lists whatever status.publisher says, those of this pool or, NULL, of all.
 */
enum tally_err tally_app_publish(struct tally_app *app, const char *pool) TALLY_MUST_CHECK;

/*
 * The same once and without a thread: what is due, with force every list; and then
 * the static files. Errors as of tally_publisher_once.
 */
enum tally_err tally_app_publish_once(struct tally_app *app, const char *pool,
				      bool force) TALLY_MUST_CHECK;

/* The same refusal as of tally_app_start without starting anything. */
enum tally_err tally_app_check(struct tally_app *app) TALLY_MUST_CHECK;

/* Stops the keeper and frees everything. All workers are freed before. */
void tally_app_close(struct tally_app *app);

/*
 * Reads configuration and keys anew, soon, in the keeper thread. A wrong
 * configuration changes nothing. Safe in a signal handler.
 */
void tally_app_reload(struct tally_app *app);

/* The configuration in force when called; valid until the next reload. */
const struct tally_conf *tally_app_conf(const struct tally_app *app);

/* Directs the log to where the configuration says. */
enum tally_err tally_app_open_log(const struct tally_conf *conf) TALLY_MUST_CHECK;

/* What one thread needs. NULL: out of memory. Owned. */
struct tally_worker *tally_worker_new(struct tally_app *app);
void tally_worker_free(struct tally_worker *worker);

/*
 * The body of a request: reads up to n bytes into out and returns how many;
 * less than n only at the end.
 */
typedef size_t tally_read(void *context, char *out, size_t n);

/*
 * Answers one request. bad_params: a parameter was refused by
 * tally_params_add, and with it the request. The answer is the worker's until
 * tally_worker_forget.
 */
struct tally_answer tally_worker_handle(struct tally_worker *worker,
				      const struct tally_params *params, bool bad_params,
				      tally_read *read, void *context);

/* Wipes everything of the request, once its response has been sent. */
void tally_worker_forget(struct tally_worker *worker);

#endif
