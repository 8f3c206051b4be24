/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "status/access.h"

#include "base/secret.h"
#include "http/failures.h"

static bool has_word(struct tally_span words, struct tally_span word)
{
	while (words.p != NULL && word.n > 0)
		if (tally_span_eq(tally_span_cut(&words, ' '), word))
			return true;
	return false;
}

static bool has_scope(struct tally_span scope, enum tally_access access)
{
	if (access != TALLY_ACCESS_UPDATE && has_word(scope, TALLY_SPAN("status:issue")))
		return true;
	return access != TALLY_ACCESS_ISSUE && has_word(scope, TALLY_SPAN("status:update"));
}

static enum tally_fault refuse(struct tally_request *rq, const char *why)
{
	tally_failures_note(rq, TALLY_FAILURES_OF_POOLS, tally_span(NULL, 0));
	return tally_fault(rq, TALLY_FAULT_UNAUTHORIZED, "%s", why);
}

static enum tally_fault read_key(struct tally_request *rq, struct tally_caller *caller)
{
	enum tally_err err = tally_sha256(rq->params.api_key, caller->digest);

	if (err != TALLY_OK)
		return tally_fault_of(rq, err, "hashing the key of a pool");
	caller->has_key = true;
	if (!tally_pools_have_key(rq->services->pools, caller->digest))
		return refuse(rq, "the key in X-Api-Key is of no pool");
	return TALLY_FAULT_NONE;
}

static enum tally_fault read_bearer(struct tally_request *rq, enum tally_access access,
				    struct tally_caller *caller)
{
	enum tally_err err = rq->services->bearer(rq, &caller->bearer);

	if (err == TALLY_ERR_NOT_FOUND)
		return tally_fault(rq, TALLY_FAULT_UNAUTHORIZED,
				   "neither X-Api-Key nor a bearer token (if the client sent an "
				   "Authorization header, the web server does not pass it on: see "
				   "CGIPassAuth)");
	if (err == TALLY_ERR_VERIFY)
		return refuse(rq, "the bearer token is none of ours, expired or revoked");
	if (err != TALLY_OK)
		return tally_fault_of(rq, err, "looking at a token");
	if (!has_scope(caller->bearer.scope, access))
		return tally_fault(rq, TALLY_FAULT_INSUFFICIENT_SCOPE,
				   "the token of client %.*s lacks the scope for this",
				   TALLY_SPAN_ARG(caller->bearer.client_id));
	return TALLY_FAULT_NONE;
}

enum tally_fault tally_access_read(struct tally_request *rq, enum tally_access access,
				   struct tally_caller *caller)
{
	*caller = (struct tally_caller){ .has_key = false };
	if (rq->services->pools == NULL)
		return tally_fault(rq, TALLY_FAULT_NOT_FOUND,
				   "there are no status lists, since no Redis is configured");
	if (!tally_pools_are_known(rq->services->pools))
		return tally_fault(rq, TALLY_FAULT_UNAVAILABLE,
				   "the pools have not been read from the database yet");
	enum tally_fault fault =
		tally_failures_check(rq, TALLY_FAILURES_OF_POOLS, tally_span(NULL, 0));

	if (fault != TALLY_FAULT_NONE)
		return fault;
	return rq->params.api_key.p != NULL ? read_key(rq, caller)
					    : read_bearer(rq, access, caller);
}

/* Compares with every place there could be, whether or not there is a pool. */
static bool is_key_of(const struct tally_pool *pool, const uint8_t digest[TALLY_SHA256_SIZE])
{
	static const struct tally_pool_key nobody;
	unsigned int found = 0;

	for (size_t i = 0; i < TALLY_POOL_KEYS_MAX; i++) {
		unsigned int there = pool && i < pool->conf.key_count;
		const struct tally_pool_key *key = there ? &pool->conf.keys[i] : &nobody;
		unsigned int equal = tally_secret_equal(key->digest, digest, TALLY_SHA256_SIZE);

		found |= equal & there;
	}
	return found != 0;
}

static bool is_theirs(const struct tally_pool *pool, const struct tally_caller *caller)
{
	if (caller->has_key)
		return is_key_of(pool, caller->digest);
	return pool && has_word(tally_span_of(pool->conf.clients), caller->bearer.client_id);
}

enum tally_fault tally_access_pool(struct tally_request *rq, const struct tally_caller *caller,
				   struct tally_span id, struct tally_pool **out)
{
	struct tally_pool *pool = tally_pools_get(rq->services->pools, id);

	if (!is_theirs(pool, caller)) {
		const char *why = pool == NULL      ? "there is no such pool"
				  : caller->has_key ? "the key in X-Api-Key is another pool's"
						    : "the token's client is none of the pool's";

		tally_pool_release(pool);
		return refuse(rq, why);
	}
	if (!pool->is_open) {
		tally_pool_release(pool);
		return tally_fault(rq, TALLY_FAULT_UNAVAILABLE,
				   "the pool has not been read from Redis yet");
	}
	*out = pool;
	return TALLY_FAULT_NONE;
}
