/* SPDX-License-Identifier: Apache-2.0 */
/* Bringing the pools of a process in line with what is configured. */
#include "config.h"

#include "base/secret.h"
#include "status/pool_priv.h"
#include "sys/log.h"
#include "sys/rand.h"

#include <stdlib.h>

#define SCRATCH_FIRST (16u * 1024)
#define SCRATCH_MAX   (64u * 1024 * 1024) /* as many definitions as there may be */

/* What a pool is to be. */
struct wanted {
	struct tally_pool_conf conf;
	bool is_retired;
	bool from_database;
	struct tally_span definition; /* of the database */
};

struct refresh {
	struct tally_pools *pools;
	const struct tally_conf *conf;
	struct tally_store *store;
	struct tally_arena *arena;
	struct wanted *wanted;
	size_t count;
	bool database_seen;
	struct tally_pool_set set; /* what comes of it */
	struct tally_pool_set refused;
	enum tally_err err;
};

/* A mistake outweighs an outage, which passes. */
static void note(struct refresh *refresh, enum tally_err err)
{
	if (err != TALLY_OK && (refresh->err == TALLY_OK || err == TALLY_ERR_CONFIG))
		refresh->err = err;
}

/* A pool of the database is passed over; nobody else is to suffer from it. */
static void note_about(struct refresh *refresh, const struct wanted *wanted, enum tally_err err)
{
	if (err != TALLY_ERR_CONFIG || !wanted->from_database)
		note(refresh, err);
}

/* box: taken, also on failure. */
static enum tally_err add(struct tally_pool_set *set, struct tally_pool_box *box)
{
	struct tally_pool_box **boxes =
		reallocarray(set->boxes, set->count + 1, sizeof(struct tally_pool_box *));

	if (boxes == NULL) {
		tally_pool_release(&box->pool);
		return TALLY_ERR_NOMEM;
	}
	set->boxes = boxes;
	set->boxes[set->count++] = box;
	return TALLY_OK;
}

static enum tally_err add_again(struct tally_pool_set *set, struct tally_pool_box *box)
{
	tally_pool_hold(&box->pool);
	return add(set, box);
}

/* ---- what there is to be ---- */

static bool is_wanted(const struct refresh *refresh, struct tally_span id)
{
	for (size_t i = 0; i < refresh->count; i++)
		if (tally_span_eq(refresh->wanted[i].conf.id, id))
			return true;
	return false;
}

static struct wanted *want(struct refresh *refresh, const struct tally_pool_conf *conf)
{
	struct wanted *wanted = &refresh->wanted[refresh->count++];

	*wanted = (struct wanted){ .conf = *conf, .is_retired = conf->retired != 0 };
	tally_pool_conf_complete(&wanted->conf, refresh->conf);
	return wanted;
}

/* How the pool of our own tokens was made; TALLY_ERR_NOT_FOUND: it was not. */
static enum tally_err look_at_own(const struct refresh *refresh, struct tally_span id,
				  struct tally_list_pool *shape)
{
	struct tally_lists *lists = refresh->pools->lists;
	const struct tally_pool_box *old = tally_pool_set_find(&refresh->pools->set, id);
	struct tally_list_holder holder;

	if (old == NULL || !old->pool.is_open)
		return lists->ops->pool_look(lists, id, shape, &holder);
	*shape = old->pool.shape;
	return TALLY_OK;
}

/*
 * The pool of our own tokens, when it is not defined; which nobody knows before the
 * database has answered. A client may want it alone, or it was wanted once and its
 * tokens live on: then it is in Redis. It may have had a definition then, so it
 * goes on with the size that it has.
 */
static enum tally_err want_own(struct refresh *refresh)
{
	const struct tally_conf *conf = refresh->conf;
	struct tally_span id = tally_span_of(conf->tokens_status_pool);
	bool is_needed = conf->tokens_status || atomic_load(&refresh->pools->own_wanted);
	struct tally_list_pool shape;
	struct tally_pool_conf own;

	if (!refresh->database_seen || is_wanted(refresh, id))
		return TALLY_OK;
	enum tally_err looked = look_at_own(refresh, id, &shape);

	if (looked == TALLY_ERR_NOT_FOUND && !is_needed)
		return TALLY_OK;
	enum tally_err err = tally_pool_conf_own(conf, refresh->arena, &own);

	if (err != TALLY_OK)
		return err;
	if (looked == TALLY_OK) {
		own.size = shape.size;
		own.bits = shape.bits;
		tally_secret_wipe(&shape, sizeof(shape));
	}
	want(refresh, &own);
	return TALLY_OK;
}

/* Its lists stay for as long as a token may live. */
static void keep_for_tokens(struct refresh *refresh)
{
	struct tally_span id = tally_span_of(refresh->conf->tokens_status_pool);
	uint32_t least = refresh->conf->tokens_max_lifetime;

	for (size_t i = 0; i < refresh->count; i++) {
		struct tally_pool_conf *conf = &refresh->wanted[i].conf;

		if (tally_span_eq(conf->id, id) && conf->reference_lifetime != 0 &&
		    conf->reference_lifetime < least)
			conf->reference_lifetime = least;
	}
}

/* A definition that is known to be wrong is not looked at again. */
static struct tally_pool_box *refused_before(const struct refresh *refresh,
					     const struct tally_pool_record *record)
{
	struct tally_pool_box *box = tally_pool_set_find(&refresh->pools->refused, record->pool_id);

	return box && tally_span_eq(box->definition, record->definition) ? box : NULL;
}

static enum tally_err refuse_record(struct refresh *refresh, const struct tally_pool_record *record)
{
	struct tally_pool_box *box = tally_pool_box_new();

	if (box == NULL)
		return TALLY_ERR_NOMEM;
	box->from_database = true;
	box->pool.conf.id = tally_arena_dup(box->arena, record->pool_id);
	box->definition = tally_arena_dup(box->arena, record->definition);
	if (box->pool.conf.id.p == NULL || box->definition.p == NULL) {
		tally_pool_release(&box->pool);
		return TALLY_ERR_NOMEM;
	}
	return add(&refresh->refused, box);
}

/* What was open under this name goes on. */
static enum tally_err keep_old(struct refresh *refresh, struct tally_span id)
{
	struct tally_pool_box *old = tally_pool_set_find(&refresh->pools->set, id);

	return old ? add_again(&refresh->set, old) : TALLY_OK;
}

static enum tally_err want_record(struct refresh *refresh, const struct tally_pool_record *record)
{
	struct tally_pool_box *refused = refused_before(refresh, record);
	struct tally_pool_conf conf;
	enum tally_err err;

	if (is_wanted(refresh, record->pool_id))
		return TALLY_OK;
	if (refused != NULL) {
		err = add_again(&refresh->refused, refused);
		return err == TALLY_OK ? keep_old(refresh, record->pool_id) : err;
	}
	err = tally_pool_conf_parse(record->pool_id, record->definition, refresh->arena, &conf);
	if (err == TALLY_ERR_CONFIG) {
		tally_log_error("pool %.*s of the database is not opened as it is defined: "
				"correct it by \"tallystick pool set\"",
				TALLY_SPAN_ARG(record->pool_id));
		err = refuse_record(refresh, record);
		return err == TALLY_OK ? keep_old(refresh, record->pool_id) : err;
	}
	if (err != TALLY_OK)
		return err;
	struct wanted *wanted = want(refresh, &conf);

	wanted->is_retired = wanted->is_retired || record->retired_at != 0;
	wanted->from_database = true;
	wanted->definition = record->definition;
	return TALLY_OK;
}

static enum tally_err collect(struct refresh *refresh)
{
	size_t of_file, of_database = 0;
	const struct tally_pool_conf *confs = tally_conf_pools(refresh->conf, &of_file);
	struct tally_pool_record *records = NULL;
	enum tally_err err = refresh->store->ops->pool_list(refresh->store, refresh->arena,
							    &records, &of_database);

	refresh->database_seen = err == TALLY_OK;
	if (err == TALLY_ERR_UNAVAILABLE)
		note(refresh, err);
	else if (err != TALLY_OK)
		return err;
	refresh->wanted = tally_arena_array(refresh->arena, of_file + of_database + 1,
					    sizeof(*refresh->wanted));
	if (refresh->wanted == NULL)
		return TALLY_ERR_NOMEM;
	for (size_t i = 0; i < of_file; i++)
		want(refresh, &confs[i]);
	err = TALLY_OK;
	for (size_t i = 0; i < of_database && err == TALLY_OK; i++)
		err = want_record(refresh, &records[i]);
	if (err == TALLY_OK)
		err = want_own(refresh);
	keep_for_tokens(refresh);
	return err;
}

/* ---- opening ---- */

static bool is_same(const struct tally_pool_box *box, const struct wanted *wanted)
{
	return box->pool.is_retired == wanted->is_retired &&
	       tally_pool_conf_is_same(&box->pool.conf, &wanted->conf);
}

static enum tally_err fill(struct tally_pool_box *box, const struct wanted *wanted)
{
	box->from_database = wanted->from_database;
	box->pool.is_retired = wanted->is_retired;
	if (wanted->definition.p != NULL) {
		box->definition = tally_arena_dup(box->arena, wanted->definition);
		if (box->definition.p == NULL)
			return TALLY_ERR_NOMEM;
	}
	return tally_pool_conf_copy(&wanted->conf, box->arena, &box->pool.conf);
}

static enum tally_err look(struct tally_lists *lists, struct tally_pool *pool)
{
	struct tally_list_holder holder;
	struct tally_list_pool shape;
	enum tally_err err = lists->ops->pool_look(lists, pool->conf.id, &shape, &holder);

	if (err == TALLY_OK)
		pool->shape = shape;
	return err == TALLY_ERR_NOT_FOUND ? TALLY_OK : err;
}

static enum tally_err read_shape(struct refresh *refresh, struct tally_pool *pool,
				 const struct tally_pool_box *old)
{
	struct tally_lists *lists = refresh->pools->lists;

	if (old != NULL && old->pool.is_open) {
		pool->shape = old->pool.shape;
		return TALLY_OK;
	}
	pool->shape = (struct tally_list_pool){ .size = pool->conf.size, .bits = pool->conf.bits };
	if (refresh->pools->looks_only)
		return look(lists, pool);
	enum tally_err err = tally_rand_bytes(pool->shape.seed, sizeof(pool->shape.seed));

	return err == TALLY_OK ? lists->ops->pool_open(lists, pool->conf.id, &pool->shape) : err;
}

/* What is published has a shape; to change it would be to change what it says. */
static enum tally_err check_shape(const struct tally_pool *pool)
{
	const struct tally_list_pool *shape = &pool->shape;

	if (shape->size == pool->conf.size && shape->bits == pool->conf.bits)
		return TALLY_OK;
	return tally_pool_conf_wrong(
		&pool->conf, shape->size != pool->conf.size ? "size" : "bits",
		"the lists of this pool were created with %u entries of %u "
		"bits, which cannot be changed, found %u of %u: set them back, "
		"or take another pool",
		shape->size, shape->bits, pool->conf.size, pool->conf.bits);
}

static enum tally_err complete(struct refresh *refresh, struct tally_pool *pool,
			       struct tally_pool_box *old)
{
	enum tally_err err = check_shape(pool);

	if (err != TALLY_OK)
		return err;
	pool->lists = refresh->pools->lists;
	tally_permutation_of_names(&pool->names, pool->shape.seed);
	pool->references = old && old->pool.references
				   ? tally_references_ref(old->pool.references)
				   : tally_references_new(refresh->pools->refill, &pool->conf);
	if (pool->references == NULL)
		return TALLY_ERR_NOMEM;
	pool->is_open = true;
	tally_references_set(pool->references, &pool->conf, pool->is_retired);
	return TALLY_OK;
}

/* Without Redis it is known all the same, so that nobody is told that it does not exist. */
static enum tally_err open_new(struct refresh *refresh, const struct wanted *wanted,
			       struct tally_pool_box *old)
{
	struct tally_pool_box *box = tally_pool_box_new();

	if (box == NULL)
		return TALLY_ERR_NOMEM;
	enum tally_err err = fill(box, wanted);

	if (err == TALLY_OK)
		err = read_shape(refresh, &box->pool, old);
	if (err == TALLY_OK)
		err = complete(refresh, &box->pool, old);
	if (err == TALLY_OK)
		return add(&refresh->set, box);
	note_about(refresh, wanted, err);
	if (err == TALLY_ERR_UNAVAILABLE)
		return add(&refresh->set, box);
	if (err != TALLY_ERR_CONFIG) {
		tally_pool_release(&box->pool);
		return err;
	}
	err = add(&refresh->refused, box);
	return err == TALLY_OK ? keep_old(refresh, wanted->conf.id) : err;
}

/*
 * Whether Redis has lost what was open, and maybe has another pool of that name by
 * now: one with another seed, whose lists have other names.
 */
static bool is_lost(const struct refresh *refresh, const struct tally_pool *pool)
{
	struct tally_lists *lists = refresh->pools->lists;
	struct tally_list_holder holder;
	struct tally_list_pool shape;
	enum tally_err err = lists->ops->pool_look(lists, pool->conf.id, &shape, &holder);
	bool is_other = err == TALLY_OK &&
			!tally_secret_equal(shape.seed, pool->shape.seed, sizeof(shape.seed));

	tally_secret_wipe(&shape, sizeof(shape));
	return is_other || err == TALLY_ERR_NOT_FOUND;
}

static enum tally_err open_lost(struct refresh *refresh, const struct wanted *wanted,
				struct tally_pool_box *old)
{
	tally_log_error("pool %.*s is no longer in Redis: it begins anew, and the lists it had "
			"are gone, with every status in them; restore Redis from a backup, or "
			"issue what refers to them again",
			TALLY_SPAN_ARG(wanted->conf.id));
	tally_references_forget(old->pool.references);
	return open_new(refresh, wanted, NULL);
}

static enum tally_err open_one(struct refresh *refresh, const struct wanted *wanted)
{
	struct tally_span id = wanted->conf.id;
	struct tally_pool_box *old = tally_pool_set_find(&refresh->pools->set, id);
	struct tally_pool_box *refused = tally_pool_set_find(&refresh->pools->refused, id);

	if (old != NULL && old->pool.is_open && is_lost(refresh, &old->pool))
		return open_lost(refresh, wanted, old);
	if (old != NULL && old->pool.is_open && is_same(old, wanted))
		return add_again(&refresh->set, old);
	if (refused == NULL || !is_same(refused, wanted))
		return open_new(refresh, wanted, old);
	note_about(refresh, wanted, TALLY_ERR_CONFIG);
	enum tally_err err = add_again(&refresh->refused, refused);

	return err == TALLY_OK ? keep_old(refresh, id) : err;
}

/* ---- all of it ---- */

/* While the database does not answer, its pools stay; so does that of our own tokens. */
static enum tally_err keep_others(struct refresh *refresh)
{
	const struct tally_pool_set *set = &refresh->pools->set;
	struct tally_span own = tally_span_of(refresh->conf->tokens_status_pool);
	enum tally_err err = TALLY_OK;

	for (size_t i = 0; i < set->count && err == TALLY_OK; i++) {
		struct tally_pool_box *box = set->boxes[i];

		if ((box->from_database || tally_span_eq(box->pool.conf.id, own)) &&
		    !is_wanted(refresh, box->pool.conf.id))
			err = add_again(&refresh->set, box);
	}
	return err;
}

static enum tally_err build(struct refresh *refresh)
{
	enum tally_err err = collect(refresh);

	for (size_t i = 0; i < refresh->count && err == TALLY_OK; i++)
		err = open_one(refresh, &refresh->wanted[i]);
	if (err == TALLY_OK && !refresh->database_seen)
		err = keep_others(refresh);
	return err;
}

static int by_id(const void *a, const void *b)
{
	const struct tally_pool_box *const *x = a, *const *y = b;

	return tally_span_cmp((*x)->pool.conf.id, (*y)->pool.conf.id);
}

static void sort(struct tally_pool_set *set)
{
	if (set->count > 0)
		qsort(set->boxes, set->count, sizeof(set->boxes[0]), by_id);
}

static void put_in_force(struct refresh *refresh)
{
	struct tally_pools *pools = refresh->pools;
	struct tally_pool_set before = pools->set;

	sort(&refresh->set);
	sort(&refresh->refused);
	pthread_rwlock_wrlock(&pools->lock);
	pools->set = refresh->set;
	pools->database_seen |= refresh->database_seen;
	snprintf(pools->own, sizeof(pools->own), "%s", refresh->conf->tokens_status_pool);
	pthread_rwlock_unlock(&pools->lock);
	refresh->set = before;
	tally_pool_set_clear(&pools->refused);
	pools->refused = refresh->refused;
	refresh->refused = (struct tally_pool_set){ .count = 0 };
}

enum tally_err tally_pools_refresh(struct tally_pools *pools, const struct tally_conf *conf,
				   struct tally_store *store)
{
	struct refresh refresh = {
		.pools = pools,
		.conf = conf,
		.store = store,
		.arena = tally_arena_new(SCRATCH_FIRST, SCRATCH_MAX),
	};
	enum tally_err err = refresh.arena ? build(&refresh) : TALLY_ERR_NOMEM;

	if (err == TALLY_OK)
		put_in_force(&refresh);
	else
		note(&refresh, err);
	tally_pool_set_clear(&refresh.set);
	tally_pool_set_clear(&refresh.refused);
	tally_arena_free(refresh.arena);
	return refresh.err;
}

enum tally_err tally_pools_check(struct tally_lists *lists, const struct tally_conf *conf,
				 struct tally_store *store)
{
	struct tally_pools *pools = tally_pools_new(lists);

	if (pools == NULL)
		return TALLY_ERR_NOMEM;
	pools->looks_only = true;
	enum tally_err err = tally_pools_refresh(pools, conf, store);

	tally_pools_free(pools);
	return err;
}
