/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a pool of status lists is configured to be, wherever that stands: in a
 * section [pool.NAME] of the configuration file or in the database. The table
 * is pool.def.
 */
#ifndef TALLY_SYS_POOL_CONF_H
#define TALLY_SYS_POOL_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"
#include "sys/conf.h"

#define TALLY_POOL_ID_MAX 32u
#define TALLY_POOL_TEXT_MAX 8192u /* a definition, in bytes */
#define TALLY_POOL_KEYS_MAX 8u
#define TALLY_POOL_KEY_ID_MAX 32u
#define TALLY_POOLS_MAX 1024u /* of the file, and of the database */

enum tally_pool_underflow { TALLY_POOL_DELAY, TALLY_POOL_FAIL };
enum tally_pool_publish { TALLY_POOL_INTERVAL, TALLY_POOL_IMMEDIATE };

/* What somebody must know to use a pool: the SHA-256 of a random text. */
struct tally_pool_key {
	struct tally_span id; /* for people */
	uint8_t digest[32];
};

struct tally_conf_part; /* where each directive was given */

struct tally_pool_conf {
	struct tally_span id;
#define TALLY_POOL(name, type, preset, least, most) tally_conf_##type name;
#include "sys/pool.def"
#undef TALLY_POOL
	/* api_keys and final_status, parsed. */
	struct tally_pool_key keys[TALLY_POOL_KEYS_MAX];
	size_t key_count;
	int final_value; /* -1: none */
	unsigned int line; /* of its section in the file; 0: it is not from the file */
	const struct tally_conf_part *part;
};

/* 1 to TALLY_POOL_ID_MAX of a–z, 0–9 and '-'; begins and ends with no '-'. */
bool tally_pool_id_is_valid(struct tally_span id);

/*
 * The pools of the file, in its order; they live as long as conf. A definition
 * that makes no sense in itself (bits 3, a threshold above the capacity, a ttl
 * beyond the lifetime, no size divisible into bytes) has been reported when conf
 * was loaded.
 */
const struct tally_pool_conf *tally_conf_pools(const struct tally_conf *conf, size_t *count);

/*
 * A pool from a text of lines "directive = value", as the database has it; all of
 * *out is the arena's. Mistakes are logged with the pool's name: TALLY_ERR_CONFIG.
 */
enum tally_err tally_pool_conf_parse(struct tally_span id, struct tally_span text,
				     struct tally_arena *arena, struct tally_pool_conf *out)
	TALLY_MUST_CHECK;

/*
 * The pool of our own tokens, which tokens.status-pool names, as it is when it is
 * defined nowhere; *out is the arena's.
 */
enum tally_err tally_pool_conf_own(const struct tally_conf *conf, struct tally_arena *arena,
				   struct tally_pool_conf *out) TALLY_MUST_CHECK;

/*
 * Fills in what a pool takes over from the configuration where it has none of its
 * own: server.issuer, tokens.algorithm; borrowed from conf.
 */
void tally_pool_conf_complete(struct tally_pool_conf *pool, const struct tally_conf *conf);

/*
 * A copy that lives as long as the arena, since a configuration goes with its
 * reload. TALLY_ERR_NOMEM.
 */
enum tally_err tally_pool_conf_copy(const struct tally_pool_conf *from, struct tally_arena *arena,
				    struct tally_pool_conf *out) TALLY_MUST_CHECK;

/* Whether two define the same, wherever they stand. */
bool tally_pool_conf_is_same(const struct tally_pool_conf *a, const struct tally_pool_conf *b);

/* A directive of a pool, as it would stand in a file. */
struct tally_pool_value {
	const char *directive;
	struct tally_span text; /* empty: there is none, and no default */
	bool is_number;
	bool is_given;          /* it is not the default that stands here */
};

/* Calls visit for every directive; what it is told lives during the call. */
typedef void tally_pool_value_visit(void *context, const struct tally_pool_value *value);
void tally_pool_conf_values(const struct tally_pool_conf *pool, tally_pool_value_visit *visit,
			    void *context);

/*
 * As tally_conf_wrong, for checks that come later than parsing: directive without
 * its section, for example "certificates".
 */
enum tally_err tally_pool_conf_wrong(const struct tally_pool_conf *pool, const char *directive,
				     const char *format, ...) TALLY_PRINTF(3, 4) TALLY_MUST_CHECK;

#endif
