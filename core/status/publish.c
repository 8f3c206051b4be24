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
	uint32_t lease; /* seconds */
	struct tally_pools *pools;
	tally_publisher_keys *find_keys;
	void *context;
	struct tally_desk_office office;
	char only[TALLY_POOL_ID_MAX + 1]; /* "": all */
	struct tally_roster desks;
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
	publisher->lease = conf->status_lease;
	publisher->pools = pools;
	publisher->find_keys = keys;
	publisher->context = context;
	publisher->office = (struct tally_desk_office){
		.lists = lists,
		.leases = tally_leases_new(lists, publisher->lease),
	};
	publisher->desks = (struct tally_roster){ &tally_desk_type, &publisher->office, NULL, 0 };
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
	tally_roster_end(&publisher->desks);
	free(publisher);
}

static enum tally_err arrange(struct tally_publisher *publisher)
{
	return tally_roster_update(&publisher->desks, publisher->pools, publisher->only);
}

static struct tally_desk *desk_at(const struct tally_publisher *publisher, size_t i)
{
	return (struct tally_desk *)publisher->desks.seats[i];
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
	for (size_t i = 0; i < publisher->desks.count && !tally_thread_stopping(); i++) {
		enum tally_err err; /* is logged, and tried again */
		int64_t ms = tally_desk_work(desk_at(publisher, i), &publisher->office, &err);

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
	enum tally_err err = publisher->renews ? TALLY_OK
					       : tally_leases_start(publisher->office.leases);

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
				"leave it to that one", desk->seat.id);
	return err;
}

enum tally_err tally_publisher_once(struct tally_publisher *publisher, bool force)
{
	int64_t patience_ms = (int64_t)publisher->lease * 1000 + 500;
	enum tally_err first = arrange(publisher);

	if (first == TALLY_OK)
		first = start_renewing(publisher);
	if (first != TALLY_OK)
		return first;
	if (publisher->only[0] != '\0' && publisher->desks.count == 0) {
		tally_log_error("there is no pool %s", publisher->only);
		return TALLY_ERR_NOT_FOUND;
	}
	publisher->office.keys = publisher->find_keys(publisher->context);
	for (size_t i = 0; i < publisher->desks.count; i++) {
		if (force)
			tally_desk_sign_all(desk_at(publisher, i));
		enum tally_err err =
			finish(desk_at(publisher, i), &publisher->office, &patience_ms);

		if (first == TALLY_OK)
			first = err;
	}
	tally_keyset_free((struct tally_keyset *)publisher->office.keys);
	publisher->office.keys = NULL;
	return first;
}
