/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bounded cache from a byte string to an immutable object, shared by the
 * threads of a process. One lock per shard, held only to look and to link,
 * never while an object is loaded.
 *
 * An entry is fresh for `fresh` seconds. In the second half of that time one
 * caller renews it while the others go on with what is there, so that a busy
 * key never makes everybody wait. When the store is unavailable, an entry may
 * be used for `stale` seconds from the time it was last loaded. That a key does
 * not exist is remembered likewise, in its own bounded part, so that strangers
 * cannot push out the known.
 */
#ifndef TALLY_STORE_CACHE_H
#define TALLY_STORE_CACHE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

struct tally_cache;

/* What is cached embeds this as its first member. */
struct tally_cached {
	unsigned int refs; /* atomic; the cache's own business */
};

struct tally_cache_type {
	/*
	 * Makes the object of a key: TALLY_OK, TALLY_ERR_NOT_FOUND,
	 * TALLY_ERR_UNAVAILABLE, TALLY_ERR_NOMEM. Called without a lock.
	 */
	enum tally_err (*load)(void *context, struct tally_span key, struct tally_cached **out);
	void (*free)(struct tally_cached *object);
};

struct tally_cache_limits {
	uint32_t fresh;   /* seconds */
	uint32_t stale;   /* seconds; less than fresh counts as fresh */
	size_t entries;   /* the most that are kept; the longest unused goes first */
};

/* type and context outlive the cache. Owned. NULL: out of memory. */
struct tally_cache *tally_cache_new(const struct tally_cache_type *type, void *context,
				    struct tally_cache_limits limits);
void tally_cache_free(struct tally_cache *cache);

/*
 * The object of a key, held for the caller until tally_cache_release.
 * TALLY_ERR_NOT_FOUND; TALLY_ERR_UNAVAILABLE: not known well enough, and the
 * store does not answer.
 */
enum tally_err tally_cache_get(struct tally_cache *cache, struct tally_span key,
			       struct tally_cached **out) TALLY_MUST_CHECK;
void tally_cache_release(struct tally_cache *cache, struct tally_cached *object);

/* Forgets one key, or everything. */
void tally_cache_drop(struct tally_cache *cache, struct tally_span key);
void tally_cache_clear(struct tally_cache *cache);

#endif
