/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "oauth/issuer.h"

#include "sys/log.h"

#define ARENA_FIRST 4096u
#define ARENA_MAX   (2u * TALLY_JWKS_MAX + 16384u)

static enum tally_err fill(struct tally_store *store, struct tally_span iss,
			   struct tally_issuer *issuer)
{
	enum tally_err err = store->ops->issuer_find(store, issuer->arena, iss, &issuer->record);

	if (err != TALLY_OK)
		return err;
	err = tally_jwks_parse(issuer->record.jwks, TALLY_JWKS_MAX, issuer->arena, &issuer->keys);
	if (err == TALLY_OK || err == TALLY_ERR_NOMEM)
		return err;
	tally_log_error("the key set of issuer %.*s in the database is unusable (%s): remove the "
			"issuer and add it again",
			TALLY_SPAN_ARG(iss), tally_err_text(err));
	return TALLY_ERR_NOT_FOUND;
}

static void free_issuer(struct tally_cached *cached)
{
	struct tally_issuer *issuer = (struct tally_issuer *)cached;

	tally_jwks_end(&issuer->keys);
	tally_arena_free(issuer->arena);
}

static enum tally_err load_issuer(void *context, struct tally_span iss,
				  const struct tally_cached *before, struct tally_cached **out)
{
	(void)before;
	struct tally_arena *arena = tally_arena_new(ARENA_FIRST, ARENA_MAX);
	struct tally_issuer *issuer = arena ? tally_arena_zalloc(arena, sizeof(*issuer)) : NULL;

	if (issuer == NULL) {
		tally_arena_free(arena);
		return TALLY_ERR_NOMEM;
	}
	issuer->arena = arena;
	enum tally_err err = fill(context, iss, issuer);

	if (err == TALLY_OK)
		*out = &issuer->cached;
	else
		free_issuer(&issuer->cached);
	return err;
}

const struct tally_cache_type tally_issuer_cache_type = { .load = load_issuer,
							  .free = free_issuer };

enum tally_err tally_issuer_get(struct tally_request *rq, struct tally_span iss,
				const struct tally_issuer **out)
{
	struct tally_cached *cached = NULL;
	enum tally_err err = tally_cache_get(rq->services->issuers, iss, &cached);

	*out = (const struct tally_issuer *)cached;
	return err;
}

void tally_issuer_release(struct tally_request *rq, const struct tally_issuer *issuer)
{
	/* Constant for the request; the cache counts its holders. */
	if (issuer != NULL)
		tally_cache_release(rq->services->issuers, (struct tally_cached *)&issuer->cached);
}
