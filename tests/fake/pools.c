/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/fake/pools.h"

#include "sys/rand.h"

#include <stdio.h>
#include <stdlib.h>

#define POOLS_MAX 16u
#define ARENA_MAX (1u << 20)

struct opening {
	struct tally_pool pool;
	unsigned int refs;
	struct tally_arena *arena; /* of the definition */
};

struct tally_pools {
	struct tally_lists *lists;
	struct opening *all[POOLS_MAX];
	size_t count;
};

static void must(bool done, const char *what)
{
	if (done)
		return;
	fprintf(stderr, "the pools of a test: %s failed\n", what);
	abort();
}

struct tally_pools *tally_fake_pools_new(struct tally_lists *lists)
{
	struct tally_pools *pools = calloc(1, sizeof(*pools));

	must(pools != NULL, "memory");
	pools->lists = lists;
	return pools;
}

static struct opening *find(const struct tally_pools *pools, struct tally_span id, size_t *at)
{
	for (*at = 0; *at < pools->count; ++*at)
		if (tally_span_eq(pools->all[*at]->pool.conf.id, id))
			return pools->all[*at];
	return NULL;
}

static void open_pool(struct tally_pools *pools, struct opening *opening)
{
	struct tally_pool *pool = &opening->pool;

	pool->lists = pools->lists;
	pool->shape.size = pool->conf.size;
	pool->shape.bits = pool->conf.bits;
	must(tally_rand_bytes(pool->shape.seed, sizeof(pool->shape.seed)) == TALLY_OK, "a seed");
	must(pools->lists->ops->pool_open(pools->lists, pool->conf.id, &pool->shape) == TALLY_OK,
	     "opening");
	tally_permutation_of_names(&pool->names, pool->shape.seed);
}

struct tally_pool *tally_fake_pools_set(struct tally_pools *pools, const char *id,
					const char *definition)
{
	struct opening *opening = calloc(1, sizeof(*opening));
	size_t at;

	must(opening != NULL && pools->count < POOLS_MAX, "memory");
	opening->refs = 1;
	opening->arena = tally_arena_new(4096, ARENA_MAX);
	must(opening->arena != NULL, "memory");
	struct tally_span name = tally_arena_dup(opening->arena, tally_span_of(id));

	must(tally_pool_conf_parse(name, tally_span_of(definition), opening->arena,
				   &opening->pool.conf) == TALLY_OK, "the definition");
	if (opening->pool.conf.issuer == NULL)
		opening->pool.conf.issuer = "https://as.example";
	open_pool(pools, opening);
	struct opening *before = find(pools, name, &at);

	pools->all[at] = opening;
	if (before != NULL)
		tally_pool_release(&before->pool);
	else
		pools->count++;
	return &opening->pool;
}

void tally_fake_pools_retire(struct tally_pools *pools, const char *id)
{
	size_t at;
	struct opening *opening = find(pools, tally_span_of(id), &at);

	must(opening != NULL, "finding");
	opening->pool.is_retired = true;
}

void tally_fake_pools_drop(struct tally_pools *pools, const char *id)
{
	size_t at;
	struct opening *opening = find(pools, tally_span_of(id), &at);

	must(opening != NULL, "finding");
	pools->all[at] = pools->all[--pools->count];
	tally_pool_release(&opening->pool);
}

struct tally_pool *tally_pools_at(struct tally_pools *pools, size_t i)
{
	if (i >= pools->count)
		return NULL;
	pools->all[i]->refs++;
	return &pools->all[i]->pool;
}

void tally_pool_release(struct tally_pool *pool)
{
	struct opening *opening = (struct opening *)pool;

	if (--opening->refs > 0)
		return;
	tally_arena_free(opening->arena);
	free(opening);
}

void tally_pools_free(struct tally_pools *pools)
{
	for (size_t i = 0; i < pools->count; i++) {
		must(pools->all[i]->refs == 1, "everybody gave back");
		tally_pool_release(&pools->all[i]->pool);
	}
	free(pools);
}
