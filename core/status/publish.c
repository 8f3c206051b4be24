/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "status/publish.h"

#include "status/desk.h"
#include "status/lease.h"
#include "sys/log.h"
#include "sys/thread.h"

#include <stdlib.h>
#include <time.h>

#define ROUND_MS 200 /* at the latest: so often one looks for other pools and keys */
#define STACK_SIZE (512u * 1024)
#define WAIT_MS 100 /* between two looks at a lease */

struct tally_publisher {
	struct tally_pools *pools;
	tally_publisher_keys *find_keys;
	void *context;
	struct tally_desk_office office;
	char only[TALLY_POOL_ID_MAX + 1]; /* "": all */
	struct tally_desk **desks;
	size_t count;
	struct tally_thread *thread;
	bool renews; /* the leases have a thread */
	bool short_of_memory; /* has been told */
};

struct tally_publisher *tally_publisher_new(const struct tally_conf *conf,
					    struct tally_pools *pools, struct tally_lists *lists,
					    tally_publisher_keys *keys, void *context)
{
	struct tally_publisher *publisher = calloc(1, sizeof(*publisher));

	if (publisher == NULL)
		return NULL;
	publisher->pools = pools;
	publisher->find_keys = keys;
	publisher->context = context;
	publisher->office = (struct tally_desk_office){
		.conf = conf,
		.lists = lists,
		.leases = tally_leases_new(lists, conf->status_lease),
	};
	if (publisher->office.leases == NULL) {
		free(publisher);
		return NULL;
	}
	return publisher;
}

void tally_publisher_limit(struct tally_publisher *publisher, struct tally_span pool)
{
	snprintf(publisher->only, sizeof(publisher->only), "%.*s", TALLY_SPAN_ARG(pool));
}

void tally_publisher_free(struct tally_publisher *publisher)
{
	if (publisher == NULL)
		return;
	tally_thread_stop(publisher->thread);
	tally_leases_free(publisher->office.leases);
	for (size_t i = 0; i < publisher->count; i++)
		tally_desk_free(publisher->desks[i]);
	free(publisher->desks);
	free(publisher);
}

/* ---- a desk for each pool ---- */

/* Most often the pools are as many as before, and in the same order: near is tried first. */
static struct tally_desk *find(const struct tally_publisher *publisher, struct tally_span id,
			       size_t near)
{
	for (size_t k = 0; k < publisher->count; k++) {
		struct tally_desk *desk = publisher->desks[(near + k) % publisher->count];

		if (tally_span_eq(tally_span_of(desk->id), id))
			return desk;
	}
	return NULL;
}

/* pool: taken, also on failure. */
static enum tally_err seat(struct tally_publisher *publisher, struct tally_pool *pool, size_t near)
{
	struct tally_desk *desk = find(publisher, pool->conf.id, near);

	if (desk != NULL) {
		tally_desk_take(desk, pool);
		desk->seen = true;
		return TALLY_OK;
	}
	struct tally_desk **desks =
		realloc(publisher->desks, (publisher->count + 1) * sizeof(*desks));

	if (desks != NULL)
		publisher->desks = desks;
	desk = desks ? tally_desk_new(pool) : NULL;
	if (desk == NULL) {
		tally_pool_release(pool);
		return TALLY_ERR_NOMEM;
	}
	desk->seen = true;
	desks[publisher->count++] = desk;
	return TALLY_OK;
}

static bool is_wanted(const struct tally_publisher *publisher, const struct tally_pool *pool)
{
	return publisher->only[0] == '\0' ||
	       tally_span_eq(tally_span_of(publisher->only), pool->conf.id);
}

/* Those of pools that are gone. */
static void clear(struct tally_publisher *publisher)
{
	size_t kept = 0;

	for (size_t i = 0; i < publisher->count; i++) {
		struct tally_desk *desk = publisher->desks[i];

		if (desk->seen) {
			desk->seen = false;
			publisher->desks[kept++] = desk;
			continue;
		}
		tally_leases_give_up(publisher->office.leases, tally_span_of(desk->id));
		tally_desk_free(desk);
	}
	publisher->count = kept;
}

static enum tally_err arrange(struct tally_publisher *publisher)
{
	enum tally_err err = TALLY_OK;
	struct tally_pool *pool;

	for (size_t i = 0; (pool = tally_pools_at(publisher->pools, i)) != NULL; i++) {
		if (!is_wanted(publisher, pool))
			tally_pool_release(pool);
		else if (seat(publisher, pool, i) != TALLY_OK)
			err = TALLY_ERR_NOMEM;
	}
	clear(publisher);
	return err;
}

/* ---- rounds ---- */

int64_t tally_publisher_round(struct tally_publisher *publisher)
{
	struct tally_keyset *keys = publisher->find_keys(publisher->context);
	int64_t rest = ROUND_MS;

	if (!publisher->renews)
		tally_leases_renew(publisher->office.leases);
	bool is_short = arrange(publisher) != TALLY_OK;

	if (is_short && !publisher->short_of_memory)
		tally_log_error("out of memory: lists of some pools are not published");
	publisher->short_of_memory = is_short;
	publisher->office.keys = keys;
	for (size_t i = 0; i < publisher->count && !tally_thread_stopping(); i++) {
		enum tally_err err; /* is logged, and tried again */
		int64_t ms = tally_desk_work(publisher->desks[i], &publisher->office, &err);

		rest = ms < rest ? ms : rest;
	}
	publisher->office.keys = NULL;
	tally_keyset_free(keys);
	return rest;
}

static int64_t round_of(void *context)
{
	return tally_publisher_round(context);
}

static enum tally_err start_renewing(struct tally_publisher *publisher)
{
	enum tally_err err = tally_leases_start(publisher->office.leases);

	publisher->renews = err == TALLY_OK;
	return err;
}

enum tally_err tally_publisher_start(struct tally_publisher *publisher)
{
	enum tally_err err = start_renewing(publisher);

	return err == TALLY_OK ? tally_thread_start(round_of, publisher, STACK_SIZE,
						    &publisher->thread)
			       : err;
}

/* ---- once ---- */

/* *patience_ms: for how long one may still wait for leases of others. */
static enum tally_err finish(struct tally_desk *desk, const struct tally_desk_office *office,
			     int64_t *patience_ms)
{
	const struct timespec nap = { 0, WAIT_MS * 1000000 };
	enum tally_err err;

	do {
		tally_desk_work(desk, office, &err);
		if (err == TALLY_ERR_EXISTS && *patience_ms > 0) {
			nanosleep(&nap, NULL);
			*patience_ms -= WAIT_MS;
			err = TALLY_OK;
		}
	} while (err == TALLY_OK && !tally_desk_is_done(desk));
	if (err == TALLY_ERR_EXISTS)
		tally_log_error("pool %s: another process publishes its lists: stop it first, or "
				"leave it to that one", desk->id);
	return err;
}

enum tally_err tally_publisher_once(struct tally_publisher *publisher, bool force)
{
	int64_t patience_ms = (int64_t)publisher->office.conf->status_lease * 1000 + 500;
	enum tally_err first = arrange(publisher);

	if (first == TALLY_OK)
		first = start_renewing(publisher);
	if (first != TALLY_OK)
		return first;
	if (publisher->only[0] != '\0' && publisher->count == 0) {
		tally_log_error("there is no pool %s", publisher->only);
		return TALLY_ERR_NOT_FOUND;
	}
	publisher->office.keys = publisher->find_keys(publisher->context);
	for (size_t i = 0; i < publisher->count; i++) {
		publisher->desks[i]->scan_all = force;
		enum tally_err err = finish(publisher->desks[i], &publisher->office, &patience_ms);

		if (first == TALLY_OK)
			first = err;
	}
	tally_keyset_free((struct tally_keyset *)publisher->office.keys);
	publisher->office.keys = NULL;
	return first;
}
