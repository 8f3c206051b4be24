/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bounded cache from a byte string to an immutable object, shared by the
 * threads of a process. One lock per shard, held only to look and to link,
 * never while an object is loaded.
 *
 * An entry is fresh for `fresh` seconds. In the second half of that time one
 * caller renews it while the others go on with what is there, so that a busy
 * key never makes everybody wait. A key that is not there is loaded by one
 * caller; the others wait for it, for TALLY_CACHE_WAIT seconds at most.
 *
 * When the store is unavailable, an entry may be used for `stale` seconds from
 * the time it was last loaded. The store is then asked once a second and key,
 * by one caller; the others do not wait for it.
 *
 * That a key does not exist is remembered for `fresh` seconds, in a part of its
 * own with a quarter of the entries, so that strangers cannot push out the
 * known. In an outage it is not used past that time: that somebody is unknown
 * is not to be claimed of a store that cannot be asked.
 */
#ifndef TALLY_STORE_CACHE_H
#define TALLY_STORE_CACHE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

/* Longer keys are loaded each time. */
#define TALLY_CACHE_KEY_MAX 255u

/* Seconds to wait for another caller who loads the same key. */
#define TALLY_CACHE_WAIT 5

struct tally_cache;

/* What is cached embeds this as its first member. */
struct tally_cached {
	unsigned int refs; /* atomic; the cache's own business */
};

struct tally_cache_type {
	/*
	 * Makes the object of a key: TALLY_OK, TALLY_ERR_NOT_FOUND,
	 * TALLY_ERR_UNAVAILABLE, or another error, which the callers of the
	 * next second get too. Called without a lock. before: the object that
	 * is being renewed, held during the call, so that what is costly to
	 * make of the same data may be shared with it; NULL: there is none.
	 */
	enum tally_err (*load)(void *context, struct tally_span key,
			       const struct tally_cached *before, struct tally_cached **out);
	void (*free)(struct tally_cached *object);
};

struct tally_cache_limits {
	uint32_t fresh;   /* seconds … */
	uint32_t fresh_ms; /* … and milliseconds */
	uint32_t stale;   /* seconds; less than fresh counts as fresh */
	size_t entries;   /* the most that are kept; the longest unused goes first */
};

/* type and context outlive the cache. Owned. NULL: out of memory. */
struct tally_cache *tally_cache_new(const struct tally_cache_type *type, void *context,
				    struct tally_cache_limits limits);
void tally_cache_free(struct tally_cache *cache);

/*
 * The object of a key, held for the caller until tally_cache_release, which
 * comes before tally_cache_free. TALLY_ERR_NOT_FOUND; TALLY_ERR_UNAVAILABLE: not
 * known well enough, and the store does not answer.
 */
enum tally_err tally_cache_get(struct tally_cache *cache, struct tally_span key,
			       struct tally_cached **out) TALLY_MUST_CHECK;
void tally_cache_release(struct tally_cache *cache, struct tally_cached *object);

/*
 * For an object of the same type that was made beside the cache: held by its maker,
 * and ended by tally_cache_release like the others.
 */
void tally_cached_hold_first(struct tally_cached *object);

/*
 * Forgets one key, or everything. What was being loaded then does not come in
 * after it.
 */
void tally_cache_drop(struct tally_cache *cache, struct tally_span key);
void tally_cache_clear(struct tally_cache *cache);

#endif
