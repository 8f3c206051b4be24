/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Over store/cache.h. What it holds is renewed every 100 ms while it is asked for;
 * that costs a few bytes of Redis as long as nothing new is published: the new
 * object then shares the bytes of the one before.
 */
#include "config.h"

#include "status/shelf.h"

#include "base/b64.h"
#include "codec/deflate.h"
#include "crypt/digest.h"
#include "store/cache.h"
#include "sys/clock.h"

#include <stdatomic.h>
#include <stdlib.h>

#define FRESH_MS   200u
#define COPY_FIRST 4096u
#define COPY_MAX   (1024u << 20) /* a list of the largest size, in all its forms */
#define ETAG_BYTES 16u           /* of a digest */

/* The bytes of one publication, all in one arena. */
struct copy {
	_Atomic unsigned int refs;
	struct tally_arena *arena;
	struct tally_list_publication publication;
};

/* An object of the cache. */
struct shelved {
	struct tally_cached cached;
	struct tally_cache *cache;
	struct copy *copy;
	struct tally_shelved view; /* into copy */
};

struct tally_shelf {
	struct tally_lists *lists;
	struct tally_cache *cache;
};

/* Four bytes of the list's number, then the pool's id. */
struct key {
	char bytes[sizeof(uint32_t) + TALLY_POOL_ID_MAX];
};

static struct tally_span pool_of(struct tally_span key)
{
	return tally_span(key.p + sizeof(uint32_t), key.n - sizeof(uint32_t));
}

static uint32_t list_of(struct tally_span key)
{
	uint32_t list;

	memcpy(&list, key.p, sizeof(list));
	return list;
}

static struct tally_span key_of(const struct tally_pool *pool, uint32_t list, struct key *key)
{
	memcpy(key->bytes, &list, sizeof(list));
	memcpy(key->bytes + sizeof(list), pool->conf.id.p, pool->conf.id.n);
	return tally_span(key->bytes, sizeof(list) + pool->conf.id.n);
}

/* ---- copies ---- */

static void copy_unref(struct copy *copy)
{
	if (atomic_fetch_sub_explicit(&copy->refs, 1, memory_order_acq_rel) != 1)
		return;
	tally_arena_free(copy->arena);
	free(copy);
}

static struct copy *copy_new(void)
{
	struct copy *copy = calloc(1, sizeof(*copy));

	if (copy == NULL)
		return NULL;
	atomic_init(&copy->refs, 1);
	copy->arena = tally_arena_new(COPY_FIRST, COPY_MAX);
	if (copy->arena == NULL) {
		free(copy);
		return NULL;
	}
	return copy;
}

static enum tally_err make_etag(struct tally_arena *arena, struct tally_span body,
				struct tally_span *out)
{
	uint8_t digest[TALLY_SHA256_SIZE];
	struct tally_buf buf;
	enum tally_err err = tally_sha256(body, digest);

	if (err != TALLY_OK)
		return err;
	tally_buf_in(&buf, arena, TALLY_B64URL_SIZE(ETAG_BYTES) + 2);
	tally_buf_add_char(&buf, '"');
	tally_b64url_add(&buf, digest, ETAG_BYTES);
	tally_buf_add_char(&buf, '"');
	*out = tally_buf_span(&buf);
	return tally_buf_err(&buf);
}

/* It takes back what base64 has added; with the shortest of lists not even that. */
static enum tally_err make_gzip(struct tally_arena *arena, struct tally_shelved *view)
{
	struct tally_span jwt = view->body[TALLY_LIST_JWT];
	struct tally_buf buf;

	tally_buf_in(&buf, arena, jwt.n);
	enum tally_err err = tally_deflate(TALLY_GZIP, TALLY_LIST_GZIP_LEVEL, jwt, &buf);

	if (err == TALLY_ERR_LIMIT)
		return TALLY_OK;
	view->gzip = tally_buf_span(&buf);
	return err == TALLY_OK ? make_etag(arena, view->gzip, &view->etag[TALLY_LIST_FORMATS])
			       : err;
}

static enum tally_err make_view(struct copy *copy, struct tally_shelved *view)
{
	const struct tally_list_publication *publication = &copy->publication;
	char date[TALLY_HTTP_DATE_SIZE];
	enum tally_err err = TALLY_OK;

	*view = (struct tally_shelved){
		.iat = publication->iat,
		.exp = publication->exp,
		.body = { [TALLY_LIST_JWT] = publication->jwt,
			  [TALLY_LIST_CWT] = publication->cwt },
		.last_modified = tally_arena_dup(copy->arena, tally_span_of(tally_clock_format_http(
								      date, publication->iat))),
	};
	if (view->last_modified.p == NULL)
		return TALLY_ERR_NOMEM;
	for (size_t i = 0; i < TALLY_LIST_FORMATS && err == TALLY_OK; i++)
		err = make_etag(copy->arena, view->body[i], &view->etag[i]);
	return err;
}

/* copy: taken, also on failure. */
static enum tally_err wrap(struct tally_shelf *shelf, struct copy *copy,
			   const struct tally_shelved *view, struct tally_cached **out)
{
	struct shelved *shelved = calloc(1, sizeof(*shelved));

	if (shelved == NULL) {
		copy_unref(copy);
		return TALLY_ERR_NOMEM;
	}
	shelved->cache = shelf->cache;
	shelved->copy = copy;
	shelved->view = *view;
	*out = &shelved->cached;
	return TALLY_OK;
}

/* ---- loading ---- */

static enum tally_err fetch(struct tally_shelf *shelf, struct tally_span key,
			    struct tally_cached **out)
{
	struct tally_lists *lists = shelf->lists;
	struct copy *copy = copy_new();
	struct tally_shelved view;

	if (copy == NULL)
		return TALLY_ERR_NOMEM;
	enum tally_err err = lists->ops->published(lists, pool_of(key), list_of(key), copy->arena,
						   &copy->publication);

	if (err == TALLY_OK)
		err = make_view(copy, &view);
	if (err == TALLY_OK)
		err = make_gzip(copy->arena, &view);
	if (err == TALLY_OK)
		return wrap(shelf, copy, &view, out);
	copy_unref(copy);
	return err;
}

/* Whether nothing was published since. */
static bool is_current(const struct tally_list_publication *publication,
		       const struct tally_list_state *state)
{
	return state->iat == publication->iat && state->exp == publication->exp &&
	       state->published == publication->version && state->recipe == publication->recipe;
}

static enum tally_err load(void *context, struct tally_span key, const struct tally_cached *before,
			   struct tally_cached **out)
{
	const struct shelved *old = (const struct shelved *)before;
	struct tally_shelf *shelf = context;
	struct tally_lists *lists = shelf->lists;
	struct tally_list_state state;
	size_t n;

	if (old == NULL)
		return fetch(shelf, key, out);
	enum tally_err err = lists->ops->states(lists, pool_of(key), list_of(key), &state, 1, &n);

	if (err != TALLY_OK)
		return err;
	if (n == 0 || state.is_retired)
		return TALLY_ERR_NOT_FOUND;
	if (!is_current(&old->copy->publication, &state))
		return fetch(shelf, key, out);
	atomic_fetch_add_explicit(&old->copy->refs, 1, memory_order_relaxed);
	return wrap(shelf, old->copy, &old->view, out);
}

static void free_shelved(struct tally_cached *cached)
{
	struct shelved *shelved = (struct shelved *)cached;

	copy_unref(shelved->copy);
	free(shelved);
}

static const struct tally_cache_type type = { .load = load, .free = free_shelved };

/* ---- the shelf ---- */

struct tally_shelf *tally_shelf_new(struct tally_lists *lists, size_t size)
{
	/* In an outage it is the list's own expiry that counts. */
	const struct tally_cache_limits limits = {
		.fresh_ms = FRESH_MS,
		.stale = UINT32_MAX,
		.entries = size,
	};
	struct tally_shelf *shelf = calloc(1, sizeof(*shelf));

	if (shelf == NULL)
		return NULL;
	shelf->lists = lists;
	shelf->cache = tally_cache_new(&type, shelf, limits);
	if (shelf->cache == NULL) {
		free(shelf);
		return NULL;
	}
	return shelf;
}

void tally_shelf_free(struct tally_shelf *shelf)
{
	if (shelf == NULL)
		return;
	tally_cache_free(shelf->cache);
	free(shelf);
}

enum tally_err tally_shelf_get(struct tally_shelf *shelf, const struct tally_pool *pool,
			       uint32_t list, const struct tally_shelved **out)
{
	struct tally_cached *cached;
	struct key key;
	enum tally_err err = tally_cache_get(shelf->cache, key_of(pool, list, &key), &cached);

	if (err == TALLY_OK)
		*out = &((struct shelved *)cached)->view;
	return err;
}

enum tally_err tally_shelf_past(struct tally_shelf *shelf, const struct tally_pool *pool,
				uint32_t list, int64_t time, const struct tally_shelved **out)
{
	struct tally_lists *lists = shelf->lists;
	struct copy *copy = copy_new();
	struct tally_cached *cached;
	struct tally_shelved view;

	if (copy == NULL)
		return TALLY_ERR_NOMEM;
	enum tally_err err =
		lists->ops->past(lists, pool->conf.id, list, time, copy->arena, &copy->publication);

	if (err == TALLY_OK)
		err = make_view(copy, &view);
	if (err != TALLY_OK) {
		copy_unref(copy);
		return err;
	}
	err = wrap(shelf, copy, &view, &cached);
	if (err != TALLY_OK)
		return err;
	tally_cached_hold_first(cached);
	*out = &((struct shelved *)cached)->view;
	return TALLY_OK;
}

void tally_shelf_release(const struct tally_shelved *shelved)
{
	const char *view = (const char *)shelved;

	if (shelved == NULL)
		return;
	struct shelved *object =
		(struct shelved *)(uintptr_t)(view - offsetof(struct shelved, view));

	tally_cache_release(object->cache, &object->cached);
}
