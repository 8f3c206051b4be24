/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this room share and nobody else sees. */
#ifndef TALLY_APP_INTERNAL_H
#define TALLY_APP_INTERNAL_H

#include "app/app.h"
#include "app/site.h"
#include "http/request.h"

#include <pthread.h>
#include <stdatomic.h>

/* The process. */
struct tally_app {
	struct tally_services services;
	/* Of the start: store and threads refer to its configuration. */
	struct tally_site_box *first_site;

	pthread_mutex_t lock; /* guards site */
	struct tally_site_box *site;
	/* Grows with each new site, so that workers notice without the lock. */
	_Atomic unsigned int generation;

	pthread_t keeper;
	bool keeper_runs;
	int wake; /* an eventfd that the keeper waits on; -1: not open */
	_Atomic bool stopping;
	_Atomic bool reload_wanted;
	/* Milliseconds (tally_clock_ms) since which the database has not answered; 0: it does. */
	_Atomic int64_t database_down_since;
	_Atomic bool marks_down; /* Redis does not answer, or is not durable */
	_Atomic bool pools_missing; /* not all of them could be read */

	bool publishes_only;               /* nothing is served */
	const char *only_pool;             /* whose lists are published; NULL: of all */
	struct tally_publisher *publisher; /* NULL: others publish */
	struct tally_files *files;         /* NULL: there are none */
	struct tally_token_status *token_status; /* NULL: it is a test's */
};

/* The site in force, held for the caller. */
struct tally_site_box *tally_app_site(struct tally_app *app, unsigned int *generation);

/* Puts another site in force; it is taken. */
void tally_app_set_site(struct tally_app *app, struct tally_site_box *site);

enum tally_err tally_keeper_open(struct tally_app *app) TALLY_MUST_CHECK;
enum tally_err tally_keeper_start(struct tally_app *app) TALLY_MUST_CHECK;
void tally_keeper_stop(struct tally_app *app);

/*
 * Reads once what the keeper reads, keys and pools, without a thread. Errors as of
 * tally_pools_refresh.
 */
enum tally_err tally_keeper_look(struct tally_app *app) TALLY_MUST_CHECK;

/*
 * Status lists. open: connects nothing; stores->lists is taken. start: refuses as
 * tally_app_start does. refresh: brings pools in line with the configuration in
 * force. All are for the keeper's thread, or for when there is none.
 */
enum tally_err tally_app_lists_open(struct tally_app *app,
				    const struct tally_app_stores *stores) TALLY_MUST_CHECK;
enum tally_err tally_app_lists_start(struct tally_app *app) TALLY_MUST_CHECK;
enum tally_err tally_app_lists_refresh(struct tally_app *app);
enum tally_err tally_app_lists_check(struct tally_app *app) TALLY_MUST_CHECK;
void tally_app_lists_close(struct tally_app *app);

/* What publishes them: in threads of its own, as the configuration says. */
enum tally_err tally_app_publishing_start(struct tally_app *app) TALLY_MUST_CHECK;
void tally_app_publishing_stop(struct tally_app *app);

/*
 * Finds the handler of rq->path and the most bytes of its body, or the fault.
 */
enum tally_fault tally_route(struct tally_request *rq, tally_handler **handler, size_t *body_max);

tally_handler tally_health_live;
tally_handler tally_health_ready;

#endif
