/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "store/cache.h"

#include "base/siphash.h"
#include "store/cache_table.h"
#include "sys/clock.h"
#include "sys/rand.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#define SHARDS 16u          /* of a cache that is large enough */
#define SHARDED_FROM 1024u  /* entries */
#define OTHERS_SHARE 4u     /* one that does not exist for so many that do */
#define OTHERS_MIN 16u
#define RETRY_MS 1000       /* after a failure the store is left in peace */

struct shard {
	_Alignas(64) pthread_mutex_t lock;
	pthread_cond_t loaded;
	uint64_t drops; /* what was asked for before a drop must not come in after it */
	struct cache_table table;
};

struct tally_cache {
	const struct tally_cache_type *type;
	void *context;
	int64_t fresh_ms;
	int64_t stale_ms;
	struct tally_siphash_key hash_key;
	size_t shard_count; /* a power of two */
	struct shard *shards;
};

/* ---- objects ---- */

static void hold(struct tally_cached *object)
{
	__atomic_add_fetch(&object->refs, 1, __ATOMIC_RELAXED);
}

void tally_cached_hold_first(struct tally_cached *object)
{
	object->refs = 1; /* nobody else knows it yet */
}

void tally_cache_release(struct tally_cache *cache, struct tally_cached *object)
{
	if (object != NULL && __atomic_sub_fetch(&object->refs, 1, __ATOMIC_ACQ_REL) == 0)
		cache->type->free(object);
}

/* Outside the lock: what an object takes to free is not ours to know. */
static void empty_trash(struct tally_cache *cache, struct cache_entry *trash)
{
	while (trash != NULL) {
		struct cache_entry *entry = trash;

		trash = entry->next;
		tally_cache_release(cache, entry->object);
		free(entry);
	}
}

/* ---- what an entry is worth ---- */

enum verdict {
	USE,    /* its object, or that it does not exist */
	LOAD,
	WAIT,   /* for the one who loads it */
	REFUSE  /* the store failed just now */
};

static bool is_known(const struct cache_entry *entry)
{
	return entry->part == CACHE_PRESENT || entry->absent;
}

/*
 * Only what exists is used past its time. That something does not exist is not
 * to be claimed of a store that cannot be asked.
 */
static bool is_stale_usable(const struct tally_cache *cache, const struct cache_entry *entry,
			    int64_t now)
{
	return entry->part == CACHE_PRESENT && entry->failure == TALLY_ERR_UNAVAILABLE &&
	       now - entry->loaded_at < cache->stale_ms;
}

static enum verdict judge(const struct tally_cache *cache, const struct cache_entry *entry,
			  int64_t now)
{
	if (entry == NULL)
		return LOAD;
	int64_t age = now - entry->loaded_at;

	if (is_known(entry) && age < cache->fresh_ms) {
		bool renew = age >= cache->fresh_ms / 2 && !entry->loading &&
			     now >= entry->retry_at;

		return renew ? LOAD : USE;
	}
	if (!entry->loading && now >= entry->retry_at)
		return LOAD;
	/* In an outage only the one who tries again waits for its end. */
	if (is_stale_usable(cache, entry, now))
		return USE;
	return entry->failure ? REFUSE : WAIT;
}

/* ---- loading ---- */

struct loading {
	struct tally_span key;
	uint64_t hash;
	uint64_t drops;               /* of the shard, when it began */
	int64_t began;                /* ms */
	struct tally_cached *before;  /* held, for when the store fails; NULL: none */
	bool absent_before;           /* it was known not to exist */
	int64_t before_at;            /* ms; when either was asked for */
	struct tally_cached *replaced; /* what the cache itself no longer holds */
	struct cache_entry *trash;
};

static void load_begin(struct tally_cache *cache, struct shard *shard, struct cache_entry *entry,
		       struct loading *loading)
{
	if (entry == NULL)
		entry = cache_table_add(&shard->table, loading->hash, loading->key,
					&loading->trash);
	loading->drops = shard->drops;
	if (entry == NULL)
		return; /* without memory for it, it is loaded all the same */
	entry->loading = true;
	loading->absent_before = entry->absent;
	loading->before_at = entry->loaded_at;
	if (entry->part == CACHE_PRESENT &&
	    loading->began - entry->loaded_at < cache->stale_ms) {
		loading->before = entry->object;
		hold(loading->before);
	}
}

/* Notes the store's answer in the entry, which may have gone meanwhile. */
static void note_answer(struct shard *shard, struct loading *loading, struct tally_cached *object)
{
	struct cache_table *table = &shard->table;
	struct cache_entry *entry = cache_table_find(table, loading->hash, loading->key);

	if (shard->drops != loading->drops) {
		if (entry != NULL)
			entry->loading = false;
		return;
	}
	if (entry == NULL)
		entry = cache_table_add(table, loading->hash, loading->key, &loading->trash);
	if (entry == NULL || !cache_table_move(table, entry,
					       object ? CACHE_PRESENT : CACHE_OTHERS,
					       &loading->trash))
		return;
	entry->loading = false;
	entry->absent = object == NULL;
	entry->failure = TALLY_OK;
	entry->loaded_at = loading->began;
	entry->retry_at = 0;
	loading->replaced = entry->object;
	entry->object = object;
	if (object != NULL)
		hold(object);
}

static void note_failure(struct shard *shard, const struct loading *loading, enum tally_err err)
{
	struct cache_entry *entry = cache_table_find(&shard->table, loading->hash, loading->key);

	if (entry == NULL)
		return;
	entry->loading = false;
	entry->failure = err;
	entry->retry_at = tally_clock_ms() + RETRY_MS;
}

/* When the store fails, what was there before may do. */
static enum tally_err fall_back(struct tally_cache *cache, struct loading *loading,
				enum tally_err err, struct tally_cached **out)
{
	int64_t age = tally_clock_ms() - loading->before_at;
	int64_t limit = err == TALLY_ERR_UNAVAILABLE ? cache->stale_ms : cache->fresh_ms;

	if (loading->absent_before && age < cache->fresh_ms)
		return TALLY_ERR_NOT_FOUND;
	if (loading->before == NULL || age >= limit)
		return err;
	*out = loading->before;
	loading->before = NULL;
	return TALLY_OK;
}

/* Asks the store. The shard is locked at first, and no longer at the end. */
static enum tally_err load(struct tally_cache *cache, struct shard *shard,
			   struct cache_entry *entry, struct loading *loading,
			   struct tally_cached **out)
{
	struct tally_cached *object = NULL;

	load_begin(cache, shard, entry, loading);
	pthread_mutex_unlock(&shard->lock);
	enum tally_err err = cache->type->load(cache->context, loading->key, loading->before,
					       &object);

	if (err == TALLY_OK)
		tally_cached_hold_first(object);
	pthread_mutex_lock(&shard->lock);
	if (err == TALLY_OK || err == TALLY_ERR_NOT_FOUND)
		note_answer(shard, loading, err == TALLY_OK ? object : NULL);
	else
		note_failure(shard, loading, err);
	pthread_cond_broadcast(&shard->loaded);
	pthread_mutex_unlock(&shard->lock);
	if (err == TALLY_OK)
		*out = object;
	else if (err != TALLY_ERR_NOT_FOUND)
		err = fall_back(cache, loading, err, out);
	tally_cache_release(cache, loading->before);
	tally_cache_release(cache, loading->replaced);
	empty_trash(cache, loading->trash);
	return err;
}

/* Too long to be kept; the store has its own idea of what such a key is. */
static enum tally_err load_only(struct tally_cache *cache, struct tally_span key,
				struct tally_cached **out)
{
	enum tally_err err = cache->type->load(cache->context, key, NULL, out);

	if (err == TALLY_OK)
		tally_cached_hold_first(*out);
	return err;
}

/* ---- looking ---- */

static struct shard *shard_of(struct tally_cache *cache, uint64_t hash)
{
	/* The buckets are told by the low bits, the shards by the high ones. */
	return &cache->shards[hash >> 32 & (cache->shard_count - 1)];
}

static enum tally_err use(struct cache_entry *entry, struct tally_cached **out)
{
	if (!entry->used)
		entry->used = true;
	if (entry->part != CACHE_PRESENT)
		return TALLY_ERR_NOT_FOUND;
	hold(entry->object);
	*out = entry->object;
	return TALLY_OK;
}

/*
 * Waits for the one who loads, or for any other of the shard, as the caller
 * looks again. False when it has taken too long.
 */
static bool wait_for_load(struct shard *shard, struct timespec *until)
{
	if (until->tv_sec == 0) {
		clock_gettime(CLOCK_MONOTONIC, until);
		until->tv_sec += TALLY_CACHE_WAIT;
	}
	return pthread_cond_timedwait(&shard->loaded, &shard->lock, until) != ETIMEDOUT;
}

enum tally_err tally_cache_get(struct tally_cache *cache, struct tally_span key,
			       struct tally_cached **out)
{
	struct timespec until = { 0 };
	enum tally_err err;

	*out = NULL;
	if (key.n > TALLY_CACHE_KEY_MAX)
		return load_only(cache, key, out);
	uint64_t hash = tally_siphash(&cache->hash_key, key.p, key.n);
	struct shard *shard = shard_of(cache, hash);

	pthread_mutex_lock(&shard->lock);
	for (;;) {
		struct cache_entry *entry = cache_table_find(&shard->table, hash, key);
		int64_t now = tally_clock_ms();
		enum verdict verdict = judge(cache, entry, now);

		if (verdict == LOAD) {
			struct loading loading = { .key = key, .hash = hash, .began = now };

			return load(cache, shard, entry, &loading, out);
		}
		if (verdict == WAIT && wait_for_load(shard, &until))
			continue;
		err = verdict == USE ? use(entry, out) :
		      verdict == REFUSE ? entry->failure : TALLY_ERR_UNAVAILABLE;
		pthread_mutex_unlock(&shard->lock);
		return err;
	}
}

/* ---- the whole ---- */

void tally_cache_drop(struct tally_cache *cache, struct tally_span key)
{
	uint64_t hash = tally_siphash(&cache->hash_key, key.p, key.n);
	struct shard *shard = shard_of(cache, hash);
	struct cache_entry *trash = NULL;

	pthread_mutex_lock(&shard->lock);
	struct cache_entry *entry = cache_table_find(&shard->table, hash, key);

	shard->drops++;
	if (entry != NULL)
		cache_table_remove(&shard->table, entry, &trash);
	pthread_mutex_unlock(&shard->lock);
	empty_trash(cache, trash);
}

void tally_cache_clear(struct tally_cache *cache)
{
	for (size_t i = 0; i < cache->shard_count; i++) {
		struct shard *shard = &cache->shards[i];
		struct cache_entry *trash = NULL;

		pthread_mutex_lock(&shard->lock);
		shard->drops++;
		cache_table_clear(&shard->table, &trash);
		pthread_mutex_unlock(&shard->lock);
		empty_trash(cache, trash);
	}
}

static enum tally_err shard_init(struct shard *shard, size_t present_max, size_t others_max)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&shard->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&shard->loaded, &attr);
	pthread_condattr_destroy(&attr);
	return cache_table_init(&shard->table, present_max, others_max);
}

/* As many shards as share the bound without a remainder worth speaking of. */
static enum tally_err init_shards(struct tally_cache *cache, size_t entries)
{
	size_t count = entries < SHARDED_FROM ? 1 : SHARDS;
	size_t others = entries / OTHERS_SHARE > OTHERS_MIN ? entries / OTHERS_SHARE : OTHERS_MIN;

	cache->shards = aligned_alloc(_Alignof(struct shard), count * sizeof(struct shard));
	if (cache->shards == NULL)
		return TALLY_ERR_NOMEM;
	memset(cache->shards, 0, count * sizeof(struct shard));
	for (; cache->shard_count < count; cache->shard_count++)
		if (shard_init(&cache->shards[cache->shard_count],
			       entries > count ? entries / count : 1, others / count) != TALLY_OK) {
			cache->shard_count++;
			return TALLY_ERR_NOMEM;
		}
	return TALLY_OK;
}

struct tally_cache *tally_cache_new(const struct tally_cache_type *type, void *context,
				    struct tally_cache_limits limits)
{
	struct tally_cache *cache = calloc(1, sizeof(*cache));

	if (cache == NULL)
		return NULL;
	cache->type = type;
	cache->context = context;
	cache->fresh_ms = (int64_t)limits.fresh * 1000 + limits.fresh_ms;
	cache->stale_ms = (int64_t)limits.stale * 1000;
	if (cache->stale_ms < cache->fresh_ms)
		cache->stale_ms = cache->fresh_ms;
	if (tally_rand_bytes(&cache->hash_key, sizeof(cache->hash_key)) != TALLY_OK ||
	    init_shards(cache, limits.entries) != TALLY_OK) {
		tally_cache_free(cache);
		return NULL;
	}
	return cache;
}

void tally_cache_free(struct tally_cache *cache)
{
	if (cache == NULL)
		return;
	tally_cache_clear(cache);
	for (size_t i = 0; i < cache->shard_count; i++) {
		cache_table_end(&cache->shards[i].table);
		pthread_cond_destroy(&cache->shards[i].loaded);
		pthread_mutex_destroy(&cache->shards[i].lock);
	}
	free(cache->shards);
	free(cache);
}
