/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "status/token_status.h"

#include "status/reference.h"

#include <pthread.h>
#include <stdlib.h>

#define INVALID 1u   /* draft-ietf-oauth-status-list §7.1 */
#define BATCH   256u /* entries that are looked through at once */

/* The URI of a list; there are few, and tokens name them while this lives. */
struct uri {
	struct uri *next;
	size_t n;
	char text[];
};

struct own {
	struct tally_token_status status; /* the first member */
	struct tally_pools *pools;
	pthread_mutex_t lock; /* guards what follows */
	struct uri *uris;
	/*
	 * The one before is mostly the one that is wanted again; to make its name
	 * takes as long as all the rest. pool: held, so that it is no other's
	 * address; NULL: there was none.
	 */
	struct tally_pool *last_pool;
	uint32_t last_list;
	struct tally_span last_uri;
};

static struct own *own_of(struct tally_token_status *status)
{
	return (struct own *)status;
}

/* ---- taking ---- */

static enum tally_err keep(struct own *own, struct tally_span text, struct tally_span *out)
{
	struct uri *uri = own->uris;

	while (uri != NULL && !tally_span_eq(tally_span(uri->text, uri->n), text))
		uri = uri->next;
	if (uri == NULL) {
		uri = malloc(sizeof(*uri) + text.n);
		if (uri == NULL)
			return TALLY_ERR_NOMEM;
		uri->n = text.n;
		memcpy(uri->text, text.p, text.n);
		uri->next = own->uris;
		own->uris = uri;
	}
	*out = tally_span(uri->text, uri->n);
	return TALLY_OK;
}

/* *pool: held; exchanged for the one before when the list is another one now. */
static enum tally_err name_list(struct own *own, struct tally_pool **pool, uint32_t list)
{
	char text[TALLY_LIST_URI_MAX];
	struct tally_pool *before = own->last_pool;

	if (before == *pool && own->last_list == list)
		return TALLY_OK;
	enum tally_err err = keep(own, tally_list_uri(*pool, list, text), &own->last_uri);

	if (err != TALLY_OK)
		return err;
	own->last_list = list;
	own->last_pool = *pool;
	*pool = before;
	return TALLY_OK;
}

static enum tally_err take_of(struct own *own, struct tally_pool **pool,
			      struct tally_status_ref *out, struct tally_span *uri)
{
	struct tally_reference reference;
	enum tally_err err = tally_references_take(*pool, &reference, 1);

	if (err != TALLY_OK)
		return err == TALLY_ERR_LIMIT ? TALLY_ERR_UNAVAILABLE : err;
	*out = (struct tally_status_ref){ .list = reference.list, .index = reference.index };
	pthread_mutex_lock(&own->lock);
	err = name_list(own, pool, reference.list);
	*uri = own->last_uri;
	pthread_mutex_unlock(&own->lock);
	return err;
}

static enum tally_err take(struct tally_token_status *status, struct tally_status_ref *out,
			   struct tally_span *uri)
{
	struct own *own = own_of(status);
	struct tally_pool *pool;
	enum tally_err err = tally_pools_own(own->pools, &pool);

	if (err == TALLY_ERR_NOT_FOUND) {
		tally_pools_want_own(own->pools);
		return TALLY_ERR_UNAVAILABLE;
	}
	if (err != TALLY_OK)
		return err;
	err = take_of(own, &pool, out, uri);
	tally_pool_release(pool);
	return err;
}

/* ---- revoking ---- */

/* Whatever an entry was set to before: its token is revoked from now on. */
static enum tally_err revoke_list(const struct tally_pool *pool, uint32_t list,
				  const struct tally_list_update *updates, size_t n)
{
	struct tally_lists *lists = pool->lists;
	size_t at;
	enum tally_err err = lists->ops->update(lists, pool->conf.id, list, updates, n,
						TALLY_LIST_NO_FINAL, tally_pool_due_ms(pool), &at);

	/* A retired list: all of its tokens have expired. */
	return err == TALLY_ERR_NOT_FOUND ? TALLY_OK : err;
}

/* At most BATCH of them: those of one list together. */
static enum tally_err revoke_some(const struct tally_pool *pool,
				  const struct tally_status_ref *refs, size_t n)
{
	struct tally_list_update updates[BATCH];
	bool done[BATCH] = { false };
	enum tally_err err = TALLY_OK;

	for (size_t i = 0; i < n && err == TALLY_OK; i++) {
		size_t count = 0;

		for (size_t k = i; k < n && !done[i]; k++)
			if (refs[k].list == refs[i].list)
				updates[count++] =
					(struct tally_list_update){ refs[k].index, INVALID };
		if (count == 0)
			continue;
		for (size_t k = i; k < n; k++)
			done[k] |= refs[k].list == refs[i].list;
		err = revoke_list(pool, refs[i].list, updates, count);
	}
	return err;
}

static enum tally_err revoke(struct tally_token_status *status, const struct tally_status_ref *refs,
			     size_t n)
{
	struct tally_pool *pool;
	enum tally_err err = tally_pools_own(own_of(status)->pools, &pool);

	if (err != TALLY_OK)
		return err == TALLY_ERR_NOT_FOUND ? TALLY_OK : err;
	for (size_t i = 0; i < n && err == TALLY_OK; i += BATCH)
		err = revoke_some(pool, refs + i, n - i < BATCH ? n - i : BATCH);
	tally_pool_release(pool);
	return err;
}

/* ---- looking ---- */

static enum tally_err is_revoked(struct tally_token_status *status, struct tally_status_ref ref,
				 bool *out)
{
	struct tally_pool *pool;
	unsigned int value = 0;
	enum tally_err err = tally_pools_own(own_of(status)->pools, &pool);

	*out = false;
	if (err != TALLY_OK)
		return err == TALLY_ERR_NOT_FOUND ? TALLY_ERR_UNAVAILABLE : err;
	err = pool->lists->ops->read(pool->lists, pool->conf.id, ref.list, ref.index, &value);
	tally_pool_release(pool);
	/*
	 * A list that is gone has no live token. If there is one all the same, what
	 * Redis knew has been lost, and nobody else can verify it either.
	 */
	*out = value != 0 || err == TALLY_ERR_NOT_FOUND || err == TALLY_ERR_LIMIT;
	return *out ? TALLY_OK : err;
}

static enum tally_err find_in(const struct tally_pool *pool, struct tally_span uri, uint64_t idx,
			      struct tally_status_ref *out)
{
	struct tally_span name = tally_list_uri_name(pool, uri);
	enum tally_err err =
		name.p ? tally_list_name_number(pool, name, &out->list) : TALLY_ERR_NOT_FOUND;

	if (err == TALLY_OK && idx >= pool->shape.size)
		err = TALLY_ERR_NOT_FOUND;
	if (err == TALLY_OK)
		out->index = (uint32_t)idx;
	return err;
}

static enum tally_err find(struct tally_token_status *status, struct tally_span uri, uint64_t idx,
			   struct tally_status_ref *out)
{
	struct tally_pool *pool;
	enum tally_err err = tally_pools_own(own_of(status)->pools, &pool);

	if (err != TALLY_OK)
		return err;
	err = find_in(pool, uri, idx, out);
	tally_pool_release(pool);
	return err;
}

/* ---- the whole ---- */

struct tally_token_status *tally_token_status_new(struct tally_pools *pools)
{
	struct own *own = calloc(1, sizeof(*own));

	if (own == NULL)
		return NULL;
	own->status = (struct tally_token_status){
		.take = take,
		.revoke = revoke,
		.is_revoked = is_revoked,
		.find = find,
	};
	own->pools = pools;
	pthread_mutex_init(&own->lock, NULL);
	return &own->status;
}

void tally_token_status_free(struct tally_token_status *status)
{
	struct own *own = own_of(status);

	if (own == NULL)
		return;
	tally_pool_release(own->last_pool);
	while (own->uris != NULL) {
		struct uri *next = own->uris->next;

		free(own->uris);
		own->uris = next;
	}
	pthread_mutex_destroy(&own->lock);
	free(own);
}
