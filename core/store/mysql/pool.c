/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "store/mysql/pool.h"

#include "sys/clock.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

#define RETRY_MS 1000     /* between two attempts to connect, after one failed */
#define REMAKE_MS 1000    /* between two remakes of all, when writes are refused */
#define ASK_AFTER_MS 60000 /* an idle time after which the server is asked */

struct tally_dbpool {
	const struct tally_conf *conf;
	pthread_mutex_t lock;
	pthread_cond_t put;
	/*
	 * The idle ones: the last used on top, those without a connection at
	 * the bottom, so that no more are opened than are needed at once.
	 */
	struct tally_db **idle;
	size_t idle_count;
	size_t lent; /* open ones that somebody works with */
	size_t count;
	uint64_t generation;
	int64_t remade_at;
	int64_t retry_at;
	struct tally_db_failure failure; /* of the last attempt to connect */
	struct tally_db dbs[];
};

struct tally_dbpool *tally_dbpool_new(const struct tally_conf *conf)
{
	size_t count = conf->database_connections;
	struct tally_dbpool *pool = calloc(1, sizeof(*pool) + count * sizeof(pool->dbs[0]));
	struct tally_db **idle = calloc(count, sizeof(struct tally_db *));
	pthread_condattr_t attr;

	if (pool == NULL || idle == NULL) {
		free(pool);
		free(idle);
		return NULL;
	}
	pool->conf = conf;
	pool->idle = idle;
	pool->count = pool->idle_count = count;
	pool->remade_at = -REMAKE_MS;
	for (size_t i = 0; i < count; i++) {
		pool->dbs[i].conf = conf;
		idle[i] = &pool->dbs[i];
	}
	pthread_mutex_init(&pool->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&pool->put, &attr);
	pthread_condattr_destroy(&attr);
	return pool;
}

void tally_dbpool_free(struct tally_dbpool *pool)
{
	if (pool == NULL)
		return;
	if (tally_db_thread() == TALLY_OK)
		for (size_t i = 0; i < pool->count; i++)
			tally_db_close(&pool->dbs[i]);
	pthread_cond_destroy(&pool->put);
	pthread_mutex_destroy(&pool->lock);
	free(pool->idle);
	free(pool);
}

/* To be made (anew) before it can be used. */
static bool is_unmade(const struct tally_dbpool *pool, const struct tally_db *db)
{
	return db->mysql == NULL || db->generation != pool->generation;
}

static bool is_too_early(const struct tally_dbpool *pool, const struct tally_db *db)
{
	return is_unmade(pool, db) && tally_clock_ms() < pool->retry_at;
}

/*
 * The idle one on top; NULL when the time is over. While none can be made (the
 * server has too many connections, say), one that is lent is worth waiting for.
 */
static struct tally_db *pop(struct tally_dbpool *pool, const struct timespec *until)
{
	for (;;) {
		struct tally_db *top =
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

static void push(struct tally_dbpool *pool, struct tally_db *db)
{
	if (db->mysql != NULL) {
		pool->idle[pool->idle_count] = db;
	} else {
		memmove(&pool->idle[1], &pool->idle[0],
			pool->idle_count * sizeof(struct tally_db *));
		pool->idle[0] = db;
	}
	pool->idle_count++;
	/* All of them: what they wait for differs. */
	pthread_cond_broadcast(&pool->put);
}

static void note_busy(const struct tally_dbpool *pool, struct tally_db_failure *failure)
{
	*failure = (struct tally_db_failure){
		.err = TALLY_ERR_UNAVAILABLE,
		.fate = TALLY_DB_KEEP,
		.advice = "raise database.connections, or find out why the server is slow",
	};
	snprintf(failure->text, sizeof(failure->text),
		 "all %zu connections were busy for %u s", pool->count,
		 (unsigned int)pool->conf->database_timeout);
}

/* Makes a connection; when that fails, nobody tries again for a second. */
static enum tally_err connect_one(struct tally_dbpool *pool, struct tally_db *db,
				  uint64_t generation, struct tally_db_failure *failure)
{
	enum tally_err err = tally_db_connect(db, pool->conf->database_timeout);

	db->generation = generation;
	pthread_mutex_lock(&pool->lock);
	if (err == TALLY_OK) {
		pool->lent++;
	} else {
		*failure = pool->failure = db->failure;
		pool->retry_at = tally_clock_ms() + RETRY_MS;
		push(pool, db);
	}
	pthread_mutex_unlock(&pool->lock);
	return err == TALLY_OK ? TALLY_OK : TALLY_ERR_UNAVAILABLE;
}

/* An idle one for the caller, open or not; NULL: *failure says why. */
static struct tally_db *take(struct tally_dbpool *pool, struct tally_db_failure *failure,
			     uint64_t *generation)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (time_t)pool->conf->database_timeout;
	pthread_mutex_lock(&pool->lock);
	struct tally_db *db = pop(pool, &until);

	*generation = pool->generation;
	if (db == NULL) {
		note_busy(pool, failure);
	} else if (is_too_early(pool, db)) {
		*failure = pool->failure;
		push(pool, db);
		db = NULL;
	}
	pthread_mutex_unlock(&pool->lock);
	return db;
}

/* Closes what cannot be used any more, and says so. */
static bool is_usable(struct tally_dbpool *pool, struct tally_db *db, uint64_t generation)
{
	if (db->mysql == NULL)
		return false;
	bool known = db->generation == generation;

	if (known && tally_db_alive(db, tally_clock_ms() - db->used_at > ASK_AFTER_MS))
		return true;
	tally_db_close(db);
	if (known) {
		pthread_mutex_lock(&pool->lock);
		pool->lent--;
		pthread_mutex_unlock(&pool->lock);
	}
	return false;
}

enum tally_err tally_dbpool_get(struct tally_dbpool *pool, struct tally_db **out,
				struct tally_db_failure *failure)
{
	uint64_t generation;

	*failure = (struct tally_db_failure){ .err = TALLY_ERR_NOMEM, .text = "out of memory" };
	if (tally_db_thread() != TALLY_OK)
		return TALLY_ERR_NOMEM;
	*out = take(pool, failure, &generation);
	if (*out == NULL)
		return TALLY_ERR_UNAVAILABLE;
	if (is_usable(pool, *out, generation))
		return TALLY_OK;
	return connect_one(pool, *out, generation, failure);
}

/* Whether what happened to one connection is to be taken for the fate of all. */
static bool remakes_all(const struct tally_dbpool *pool, const struct tally_db *db,
			enum tally_db_fate fate, int64_t now)
{
	if (fate == TALLY_DB_KEEP || db->generation != pool->generation)
		return false;
	return fate == TALLY_DB_DROP || now - pool->remade_at >= REMAKE_MS;
}

void tally_dbpool_put(struct tally_dbpool *pool, struct tally_db *db, enum tally_db_fate fate)
{
	int64_t now = tally_clock_ms();

	if (fate != TALLY_DB_KEEP)
		tally_db_close(db);
	db->used_at = now;
	pthread_mutex_lock(&pool->lock);
	if (remakes_all(pool, db, fate, now)) {
		pool->generation++;
		pool->remade_at = now;
	}
	pool->lent--;
	push(pool, db);
	pthread_mutex_unlock(&pool->lock);
}
