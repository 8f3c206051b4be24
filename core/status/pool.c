/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "status/pool.h"

#include "base/secret.h"
#include "status/pool_priv.h"
#include "sys/clock.h"
#include "sys/log.h"

#include <stdlib.h>

/* ---- one pool ---- */

static struct tally_pool_box *box_of(struct tally_pool *pool)
{
	return (struct tally_pool_box *)pool;
}

struct tally_pool_box *tally_pool_box_new(void)
{
	struct tally_pool_box *box = calloc(1, sizeof(*box));

	if (box == NULL)
		return NULL;
	box->arena = tally_arena_new(BOX_FIRST, BOX_MAX);
	if (box->arena == NULL) {
		free(box);
		return NULL;
	}
	atomic_init(&box->refs, 1);
	return box;
}

void tally_pool_release(struct tally_pool *pool)
{
	struct tally_pool_box *box = box_of(pool);

	if (pool == NULL || atomic_fetch_sub_explicit(&box->refs, 1, memory_order_acq_rel) != 1)
		return;
	tally_references_unref(pool->references);
	tally_arena_free(box->arena);
	tally_secret_free(box, sizeof(*box)); /* the seed */
}

struct tally_pool *tally_pool_hold(struct tally_pool *pool)
{
	if (pool != NULL)
		atomic_fetch_add_explicit(&box_of(pool)->refs, 1, memory_order_relaxed);
	return pool;
}

int64_t tally_pool_due_ms(const struct tally_pool *pool)
{
	int64_t now_ms = tally_clock_now_us() / 1000;

	if (pool->conf.publish == TALLY_POOL_IMMEDIATE)
		return now_ms;
	return now_ms + (int64_t)pool->conf.update_interval * 1000;
}

/* ---- all pools ---- */

struct tally_pools *tally_pools_new(struct tally_lists *lists)
{
	struct tally_pools *pools = calloc(1, sizeof(*pools));

	if (pools == NULL)
		return NULL;
	pools->lists = lists;
	pools->refill = tally_refill_new(lists);
	if (pools->refill == NULL) {
		free(pools);
		return NULL;
	}
	pthread_rwlock_init(&pools->lock, NULL);
	return pools;
}

enum tally_err tally_pools_start(struct tally_pools *pools)
{
	return tally_refill_start(pools->refill);
}

void tally_pool_set_clear(struct tally_pool_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		tally_pool_release(&set->boxes[i]->pool);
	free(set->boxes);
	*set = (struct tally_pool_set){ .count = 0 };
}

void tally_pools_free(struct tally_pools *pools)
{
	if (pools == NULL)
		return;
	tally_pool_set_clear(&pools->set);
	tally_pool_set_clear(&pools->refused);
	tally_refill_free(pools->refill);
	pthread_rwlock_destroy(&pools->lock);
	free(pools);
}

struct tally_pool_box *tally_pool_set_find(const struct tally_pool_set *set, struct tally_span id)
{
	size_t low = 0, high = set->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = tally_span_cmp(id, set->boxes[middle]->pool.conf.id);

		if (order == 0)
			return set->boxes[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

size_t tally_pools_count(struct tally_pools *pools)
{
	pthread_rwlock_rdlock(&pools->lock);
	size_t count = pools->set.count;

	pthread_rwlock_unlock(&pools->lock);
	return count;
}

struct tally_pool *tally_pools_get(struct tally_pools *pools, struct tally_span id)
{
	pthread_rwlock_rdlock(&pools->lock);
	struct tally_pool_box *box = tally_pool_set_find(&pools->set, id);
	struct tally_pool *pool = box ? tally_pool_hold(&box->pool) : NULL;

	pthread_rwlock_unlock(&pools->lock);
	return pool;
}

struct tally_pool *tally_pools_at(struct tally_pools *pools, size_t i)
{
	struct tally_pool *pool = NULL;

	pthread_rwlock_rdlock(&pools->lock);
	for (size_t k = 0; k < pools->set.count && pool == NULL; k++)
		if (pools->set.boxes[k]->pool.is_open && i-- == 0)
			pool = tally_pool_hold(&pools->set.boxes[k]->pool);
	pthread_rwlock_unlock(&pools->lock);
	return pool;
}

enum tally_err tally_pools_own(struct tally_pools *pools, struct tally_pool **out)
{
	pthread_rwlock_rdlock(&pools->lock);
	struct tally_pool_box *box = tally_pool_set_find(&pools->set, tally_span_of(pools->own));
	bool is_open = box && box->pool.is_open;
	bool may_exist = box != NULL || !pools->database_seen;

	*out = is_open ? tally_pool_hold(&box->pool) : NULL;
	pthread_rwlock_unlock(&pools->lock);
	if (is_open)
		return TALLY_OK;
	return may_exist ? TALLY_ERR_UNAVAILABLE : TALLY_ERR_NOT_FOUND;
}

void tally_pools_want_own(struct tally_pools *pools)
{
	atomic_store(&pools->own_wanted, true);
}

bool tally_pools_are_known(struct tally_pools *pools)
{
	pthread_rwlock_rdlock(&pools->lock);
	bool are_known = pools->database_seen;

	pthread_rwlock_unlock(&pools->lock);
	return are_known;
}

bool tally_pools_have_key(struct tally_pools *pools, const uint8_t digest[32])
{
	unsigned int found = 0;

	pthread_rwlock_rdlock(&pools->lock);
	for (size_t i = 0; i < pools->set.count; i++) {
		const struct tally_pool_conf *conf = &pools->set.boxes[i]->pool.conf;

		for (size_t k = 0; k < conf->key_count; k++)
			found |= tally_secret_equal(conf->keys[k].digest, digest, 32);
	}
	pthread_rwlock_unlock(&pools->lock);
	return found != 0;
}
