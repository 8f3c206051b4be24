/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pools of a process: those of the configuration and those of the database,
 * opened in Redis. Shared by all threads; a pool that is held stays as it is,
 * whatever is configured meanwhile.
 */
#ifndef TALLY_STATUS_POOL_H
#define TALLY_STATUS_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"
#include "status/permute.h"
#include "store/lists.h"
#include "store/store.h"
#include "sys/pool_conf.h"

/* "status-lists/" and a list's name behind the issuer and a slash. */
#define TALLY_LIST_NAME_MAX (TALLY_POOL_ID_MAX + 1 + 12)
#define TALLY_LIST_URI_MAX  384u

struct tally_references; /* status/reference.h */

struct tally_pool {
	struct tally_pool_conf conf;  /* issuer and algorithm filled in */
	bool is_retired;              /* hands out no references; all else goes on */
	bool is_open;                 /* Redis has answered: what follows is there */
	struct tally_list_pool shape; /* size, bits and seed; the rest as it was when opened */
	struct tally_permutation names;
	struct tally_lists *lists;
	struct tally_references *references; /* the same for all openings of a pool */
};

struct tally_pools;

/*
 * lists: borrowed; outlives the pools. Opens nothing yet. Owned; NULL: out of
 * memory.
 */
struct tally_pools *tally_pools_new(struct tally_lists *lists);

/*
 * Gives unused references back, and ends everything. What was held has been
 * released, and nobody takes references any more.
 */
void tally_pools_free(struct tally_pools *pools);

/*
 * Starts the thread that reserves references ahead; who only publishes or
 * manages pools does without.
 */
enum tally_err tally_pools_start(struct tally_pools *pools) TALLY_MUST_CHECK;

/*
 * Brings the pools in line with what is configured: opens new ones, changes
 * those that have changed, forgets those that are gone. Called at the start, on
 * reload and every keys.refresh seconds, by one thread. A definition that is wrong,
 * or has not the size and bits with which the pool was created, is logged once, with
 * what to do; the pool stays as it was, and the others are opened. TALLY_ERR_CONFIG:
 * it is one of the configuration file. TALLY_ERR_UNAVAILABLE: the database or Redis
 * does not answer, what was open stays open.
 *
 * Of two pools with one name that of the configuration file counts. The pool of
 * our own tokens (tokens.status-pool) needs no definition: without one it is there
 * when tokens.status is on, or once a token was to have a status, for ever.
 */
enum tally_err tally_pools_refresh(struct tally_pools *pools, const struct tally_conf *conf,
				   struct tally_store *store) TALLY_MUST_CHECK;

/*
 * What tally_pools_refresh would say, without creating anything: neither pools nor
 * threads.
 */
enum tally_err tally_pools_check(struct tally_lists *lists, const struct tally_conf *conf,
				 struct tally_store *store) TALLY_MUST_CHECK;

/* How many there are, open or not. */
size_t tally_pools_count(struct tally_pools *pools);

/* Held for the caller until released, open or not. NULL: there is no such pool. */
struct tally_pool *tally_pools_get(struct tally_pools *pools, struct tally_span id);
/* All open pools one after the other: i from 0 until NULL; each held. */
struct tally_pool *tally_pools_at(struct tally_pools *pools, size_t i);
void tally_pool_release(struct tally_pool *pool);

/*
 * The pool of our own tokens, open and held. TALLY_ERR_NOT_FOUND: there is none;
 * TALLY_ERR_UNAVAILABLE: that is not known, or it is not open.
 */
enum tally_err tally_pools_own(struct tally_pools *pools, struct tally_pool **out) TALLY_MUST_CHECK;

/* From the next refresh on there is one. */
void tally_pools_want_own(struct tally_pools *pools);

/* Whether the database has told its pools yet; until then one may be missing. */
bool tally_pools_are_known(struct tally_pools *pools);

/* Whether this is the digest of a key of any pool. */
bool tally_pools_have_key(struct tally_pools *pools, const uint8_t digest[32]);

/* When an update has to be published: now, or an update-interval from now. */
int64_t tally_pool_due_ms(const struct tally_pool *pool);

/* ---- names of lists ---- */

/*
 * A list is called POOL-XXXXXXXXXXXX: what stands behind the last '-' is its
 * number under a permutation of 48 bits, in hexadecimal. So it is found without
 * a look-up, cannot be guessed, and a pool whose Redis was lost never gives a
 * list the name of an old one.
 */
struct tally_span tally_list_name(const struct tally_pool *pool, uint32_t list,
				  char out[TALLY_LIST_NAME_MAX + 1]);

/* The pool's id in a name; p NULL: it is no name of a list. Canonical ones only. */
struct tally_span tally_list_name_pool(struct tally_span name);

/* The number behind a name of this pool, maybe of a list that does not exist. */
enum tally_err tally_list_name_number(const struct tally_pool *pool, struct tally_span name,
				      uint32_t *list) TALLY_MUST_CHECK;

/* issuer "/status-lists/" name. */
struct tally_span tally_list_uri(const struct tally_pool *pool, uint32_t list,
				 char out[TALLY_LIST_URI_MAX]);

/* The name at the end of a URI that is this pool's; p NULL: it is none. */
struct tally_span tally_list_uri_name(const struct tally_pool *pool, struct tally_span uri);

/* The aggregation URI of a pool, issuer "/aggregation/" aggregation-id; empty: none. */
struct tally_span tally_aggregation_uri(const struct tally_pool *pool,
					char out[TALLY_LIST_URI_MAX]);

#endif
