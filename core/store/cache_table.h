/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory of one shard of a cache: entries found by hash and key, and for
 * each of the two parts a ring of bounded size from which the clock algorithm
 * picks who goes (an approximation of the longest unused). Knows nothing of
 * time, loading or locks; its caller holds the shard's lock.
 */
#ifndef TALLY_STORE_CACHE_TABLE_H
#define TALLY_STORE_CACHE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

struct tally_cached;

/* The known, and what does not exist or is not known yet: each has its bound. */
enum cache_part { CACHE_PRESENT, CACHE_OTHERS, CACHE_PARTS };

struct cache_entry {
	struct cache_entry *next;    /* in its bucket; in the trash */
	uint64_t hash;
	size_t slot;                 /* in the ring of its part */
	enum cache_part part;
	bool used;                   /* since the clock's hand passed */

	bool loading;                /* somebody asks the store now */
	bool absent;                 /* of CACHE_OTHERS: known not to exist */
	enum tally_err failure;      /* of the last attempt to load */
	int64_t loaded_at;           /* ms; when the last answer was asked for */
	int64_t retry_at;            /* ms; the store is not asked before */
	struct tally_cached *object; /* of CACHE_PRESENT, never NULL there */

	size_t key_size;
	char key[];
};

struct cache_ring {
	struct cache_entry **slots;
	size_t count;
	size_t size;  /* slots that there is memory for */
	size_t max;   /* count never exceeds it */
	size_t hand;
};

struct cache_table {
	struct cache_entry **buckets;
	size_t bucket_count; /* a power of two */
	size_t entry_count;
	struct cache_ring rings[CACHE_PARTS];
};

enum tally_err cache_table_init(struct cache_table *table, size_t present_max,
				size_t others_max) TALLY_MUST_CHECK;

struct cache_entry *cache_table_find(const struct cache_table *table, uint64_t hash,
				     struct tally_span key);

/*
 * A new entry of CACHE_OTHERS. Whoever had to go for it is put in front of
 * *trash. NULL: out of memory.
 */
struct cache_entry *cache_table_add(struct cache_table *table, uint64_t hash,
				    struct tally_span key, struct cache_entry **trash);

/* Moves an entry to a part; false: out of memory, and the entry is in the trash. */
bool cache_table_move(struct cache_table *table, struct cache_entry *entry, enum cache_part part,
		      struct cache_entry **trash) TALLY_MUST_CHECK;

/* Takes an entry out, into the trash. */
void cache_table_remove(struct cache_table *table, struct cache_entry *entry,
			struct cache_entry **trash);

/* Takes all of them out. */
void cache_table_clear(struct cache_table *table, struct cache_entry **trash);

/* Frees the memory of an empty table. */
void cache_table_end(struct cache_table *table);

#endif
