/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "store/cache_table.h"

#include <stdlib.h>

#define FIRST 16u /* buckets, slots of a ring */

static struct cache_entry **bucket_of(const struct cache_table *table, uint64_t hash)
{
	return &table->buckets[hash & (table->bucket_count - 1)];
}

enum tally_err cache_table_init(struct cache_table *table, size_t present_max, size_t others_max)
{
	*table = (struct cache_table){ .bucket_count = FIRST };
	table->rings[CACHE_PRESENT].max = present_max;
	table->rings[CACHE_OTHERS].max = others_max;
	table->buckets = calloc(FIRST, sizeof(struct cache_entry *));
	return table->buckets ? TALLY_OK : TALLY_ERR_NOMEM;
}

void cache_table_end(struct cache_table *table)
{
	free(table->buckets);
	for (size_t i = 0; i < CACHE_PARTS; i++)
		free(table->rings[i].slots);
}

struct cache_entry *cache_table_find(const struct cache_table *table, uint64_t hash,
				     struct tally_span key)
{
	struct cache_entry *entry = *bucket_of(table, hash);

	while (entry != NULL && (entry->hash != hash ||
				 !tally_span_eq(key, tally_span(entry->key, entry->key_size))))
		entry = entry->next;
	return entry;
}

/* Twice the buckets; without memory for it, the chains grow instead. */
static void grow_buckets(struct cache_table *table)
{
	size_t count = table->bucket_count * 2;
	struct cache_entry **old = table->buckets;
	struct cache_entry **buckets = calloc(count, sizeof(struct cache_entry *));

	if (buckets == NULL)
		return;
	table->buckets = buckets;
	table->bucket_count = count;
	for (size_t i = 0; i < count / 2; i++) {
		while (old[i] != NULL) {
			struct cache_entry *entry = old[i];
			struct cache_entry **bucket = bucket_of(table, entry->hash);

			old[i] = entry->next;
			entry->next = *bucket;
			*bucket = entry;
		}
	}
	free(old);
}

static void leave_ring(struct cache_table *table, struct cache_entry *entry)
{
	struct cache_ring *ring = &table->rings[entry->part];
	struct cache_entry *last = ring->slots[--ring->count];

	ring->slots[entry->slot] = last;
	last->slot = entry->slot;
}

static void leave_bucket(struct cache_table *table, struct cache_entry *entry)
{
	struct cache_entry **link = bucket_of(table, entry->hash);

	while (*link != entry)
		link = &(*link)->next;
	*link = entry->next;
	table->entry_count--;
}

void cache_table_remove(struct cache_table *table, struct cache_entry *entry,
			struct cache_entry **trash)
{
	leave_ring(table, entry);
	leave_bucket(table, entry);
	entry->next = *trash;
	*trash = entry;
}

void cache_table_clear(struct cache_table *table, struct cache_entry **trash)
{
	for (size_t i = 0; i < CACHE_PARTS; i++)
		while (table->rings[i].count > 0)
			cache_table_remove(table, table->rings[i].slots[table->rings[i].count - 1],
					   trash);
}

static bool grow_ring(struct cache_ring *ring)
{
	size_t size = ring->size ? ring->size * 2 : FIRST;

	if (size > ring->max)
		size = ring->max;
	struct cache_entry **slots = reallocarray(ring->slots, size, sizeof(struct cache_entry *));

	if (slots == NULL)
		return false;
	ring->slots = slots;
	ring->size = size;
	return true;
}

/* The first one that was not used since the hand passed it last. */
static struct cache_entry *pick(struct cache_ring *ring)
{
	for (;;) {
		if (ring->hand >= ring->count)
			ring->hand = 0;
		struct cache_entry *entry = ring->slots[ring->hand++];

		if (!entry->used)
			return entry;
		entry->used = false;
	}
}

/* Room in a ring, by memory or by one who goes. */
static bool make_room(struct cache_table *table, struct cache_ring *ring,
		      struct cache_entry **trash)
{
	if (ring->count < ring->size || (ring->size < ring->max && grow_ring(ring)))
		return true;
	if (ring->count == 0)
		return false;
	cache_table_remove(table, pick(ring), trash);
	return true;
}

static void enter_ring(struct cache_table *table, struct cache_entry *entry, enum cache_part part)
{
	struct cache_ring *ring = &table->rings[part];

	entry->part = part;
	entry->used = false; /* to be used once again is what keeps it */
	entry->slot = ring->count;
	ring->slots[ring->count++] = entry;
}

struct cache_entry *cache_table_add(struct cache_table *table, uint64_t hash,
				    struct tally_span key, struct cache_entry **trash)
{
	struct cache_entry *entry = calloc(1, sizeof(*entry) + key.n);

	if (entry == NULL || !make_room(table, &table->rings[CACHE_OTHERS], trash)) {
		free(entry);
		return NULL;
	}
	entry->hash = hash;
	entry->key_size = key.n;
	if (key.n > 0)
		memcpy(entry->key, key.p, key.n);
	enter_ring(table, entry, CACHE_OTHERS);
	if (++table->entry_count > table->bucket_count)
		grow_buckets(table);
	struct cache_entry **bucket = bucket_of(table, hash);

	entry->next = *bucket;
	*bucket = entry;
	return entry;
}

bool cache_table_move(struct cache_table *table, struct cache_entry *entry, enum cache_part part,
		      struct cache_entry **trash)
{
	if (entry->part == part)
		return true;
	leave_ring(table, entry);
	if (make_room(table, &table->rings[part], trash)) {
		enter_ring(table, entry, part);
		return true;
	}
	leave_bucket(table, entry);
	entry->next = *trash;
	*trash = entry;
	return false;
}
