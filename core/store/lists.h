/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Status lists where they live: in Redis, written to disk before an operation
 * returns (appendfsync always). A store is a table of functions, like store.h,
 * so that tests have one in memory. Any thread may call any operation.
 *
 * A pool is a row of lists of one shape, numbered from 0. Its entries are
 * counted through: position p is place p % size of list p / size; which index
 * of the list that place is, and what the list is called outside, is computed
 * from the pool's seed (status/permute.h) and stored nowhere.
 *
 * Every operation is atomic and one round trip, and touches one pool, whose
 * keys lie together in a cluster. TALLY_ERR_UNAVAILABLE: Redis does not answer
 * (logged once per outage), or does not keep what it is told. Ids are checked by
 * the caller (tally_pool_id_is_valid). Times are UTC: seconds, or milliseconds
 * where the name ends in _ms.
 *
 * An answer may be lost on its way: then the operation returns
 * TALLY_ERR_UNAVAILABLE, and was done or not. All but two may simply be repeated:
 * pool_open, update, fill, lease, release, publish and retire come to the same
 * (fill then counts nothing as changed, and retire finds nothing). reserve may be
 * repeated too, and the positions of the lost answer are lost. give_back must not:
 * what was given back the first time may be reserved by another by now, so after
 * a failure the positions are to be forgotten.
 */
#ifndef TALLY_STORE_LISTS_H
#define TALLY_STORE_LISTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"
#include "sys/conf.h"

#define TALLY_POOL_SEED_SIZE 32u
#define TALLY_LIST_RANGES_MAX 16u   /* of one reservation */
#define TALLY_LIST_UPDATES_MAX 10000u /* of one list in one call */
#define TALLY_LIST_FILL_MAX 65536u  /* entries in one call: Redis does nothing else meanwhile */
#define TALLY_LIST_CHANGES_MAX 256u /* of one look */
#define TALLY_LIST_OWNER_MAX 64u    /* bytes that name a publisher */

/* What a pool was created with, and how far it has come. */
struct tally_list_pool {
	uint32_t size;      /* entries of a list */
	unsigned int bits;  /* 1, 2, 4 or 8 */
	uint8_t seed[TALLY_POOL_SEED_SIZE]; /* secret, random */
	uint32_t lists;     /* created and published so far, retired ones too */
	uint64_t next;      /* the first position that was never reserved */
	uint64_t returned;  /* positions given back, to be reserved again */
};

/* Who publishes a pool's lists. */
struct tally_list_holder {
	char owner[TALLY_LIST_OWNER_MAX + 1]; /* "": nobody does */
	uint32_t left_ms;                     /* of its lease */
};

/* count positions from first on; they may span lists. */
struct tally_list_range {
	uint64_t first;
	uint32_t count;
};

struct tally_list_update {
	uint64_t index; /* of the list, as clients know it; any value */
	unsigned int value;
};

/* What has become of a list. */
struct tally_list_state {
	uint32_t list;
	bool is_retired;     /* the rest is 0 then */
	int64_t created_at;  /* iat of its first publication */
	int64_t reserved_at; /* when positions of it were last reserved, the latest now; 0: never */
	int64_t iat, exp;    /* of what is published */
	uint64_t version;    /* 0 at first; grows with each update that changes something */
	uint64_t published;  /* the version that is published */
	uint64_t recipe;     /* of what is published */
};

/* A list as the publisher reads it. */
struct tally_list_snapshot {
	uint64_t version;
	struct tally_span bits; /* size * bits / 8 bytes, least significant entry first */
};

/* A list as it is published; the same bytes for every node. */
struct tally_list_publication {
	uint64_t sequence; /* of the pool's publications, from 1; set by the store */
	uint64_t version;
	/*
	 * What it was made by: key, certificates, issuer, lifetimes as one number,
	 * so that a publisher sees which lists another configuration has signed.
	 * Kept as it is given.
	 */
	uint64_t recipe;
	int64_t iat, exp;
	struct tally_span jwt, cwt;
};

/* Something that nodes have to bring up to date. */
struct tally_list_change {
	uint32_t list;
	uint64_t sequence;
	bool is_retired; /* its files go */
};

#define TALLY_LIST_NO_FINAL (-1)

struct tally_lists;

struct tally_lists_ops {
	/* Whether Redis answers and keeps what it is told; as in marks.h. */
	enum tally_err (*check)(struct tally_lists *lists);

	/* ---- pools ---- */

	/*
	 * Reads the pool; when there is none, creates it as *io says (size, bits,
	 * seed). What is there wins: the caller compares size and bits. The
	 * operations below take a pool that was never opened for one without lists.
	 */
	enum tally_err (*pool_open)(struct tally_lists *lists, struct tally_span pool,
				    struct tally_list_pool *io);

	/*
	 * Reads the pool and who publishes its lists, and creates nothing.
	 * TALLY_ERR_NOT_FOUND.
	 */
	enum tally_err (*pool_look)(struct tally_lists *lists, struct tally_span pool,
				    struct tally_list_pool *out,
				    struct tally_list_holder *holder);

	/*
	 * Reserves up to count positions of lists that are published and not
	 * retired, those that were given back first. *n ranges; 0: none is left.
	 * Never the same position twice.
	 */
	enum tally_err (*reserve)(struct tally_lists *lists, struct tally_span pool,
				  uint32_t count, int64_t now,
				  struct tally_list_range ranges[TALLY_LIST_RANGES_MAX], size_t *n);

	/*
	 * Gives back positions that nobody was told; those of lists that have been
	 * retired meanwhile are dropped. TALLY_ERR_STATE: they were never reserved;
	 * nothing was done.
	 */
	enum tally_err (*give_back)(struct tally_lists *lists, struct tally_span pool,
				    const struct tally_list_range *ranges, size_t n);

	/* ---- entries ---- */

	/*
	 * Sets entries of one list, all or none, one after the other; the list is
	 * then due for publication at due_ms at the latest, unless all of them had
	 * their value already. final_status: an entry that has it keeps it
	 * (TALLY_LIST_NO_FINAL: none such). TALLY_ERR_NOT_FOUND: no such list, or
	 * retired. TALLY_ERR_LIMIT: updates[*at] is out of bounds, or its value does
	 * not fit the width. TALLY_ERR_DENIED: updates[*at] would undo the final
	 * status; setting what is set already is no undoing. The first that is wrong
	 * counts. n is 1 to TALLY_LIST_UPDATES_MAX.
	 */
	enum tally_err (*update)(struct tally_lists *lists, struct tally_span pool, uint32_t list,
				 const struct tally_list_update *updates, size_t n,
				 int final_status, int64_t due_ms, size_t *at);

	/* TALLY_ERR_NOT_FOUND: no such list; TALLY_ERR_LIMIT: out of bounds. */
	enum tally_err (*read)(struct tally_lists *lists, struct tally_span pool, uint32_t list,
			       uint64_t index, unsigned int *value);

	/*
	 * Sets count entries from index first on, of one list; those with the
	 * final status stay. *changed: how many were another value before; when
	 * there are any, the list is due as after an update. TALLY_ERR_NOT_FOUND: no
	 * such list, or retired; TALLY_ERR_LIMIT: out of bounds, count is above
	 * TALLY_LIST_FILL_MAX, or the value does not fit the width.
	 */
	enum tally_err (*fill)(struct tally_lists *lists, struct tally_span pool, uint32_t list,
			       uint32_t first, uint32_t count, unsigned int value,
			       int final_status, int64_t due_ms, uint32_t *changed);

	/* ---- publishing ---- */

	/*
	 * Takes or renews the lease on publishing a pool's lists for ttl_ms, by
	 * the clock of Redis. owner is unique to a process. *fence: grows whenever
	 * the lease is taken, not when it is renewed. TALLY_ERR_EXISTS: another one
	 * holds it, for *left_ms more. TALLY_ERR_NOT_FOUND: no such pool.
	 */
	enum tally_err (*lease)(struct tally_lists *lists, struct tally_span pool,
				struct tally_span owner, uint32_t ttl_ms, uint64_t *fence,
				uint32_t *left_ms);
	/* Gives it up; nothing happens when another one has it. */
	enum tally_err (*release)(struct tally_lists *lists, struct tally_span pool,
				  struct tally_span owner);

	/*
	 * Numbers of lists that are due at now_ms, longest due first, at most
	 * max. *next_ms: when the first of all is due (0: none is waiting).
	 */
	enum tally_err (*due)(struct tally_lists *lists, struct tally_span pool, int64_t now_ms,
			      uint32_t *out, size_t max, size_t *n, int64_t *next_ms);

	/*
	 * Version and entries of one moment, which are about to be published: only
	 * who holds the lease asks, for it is noted that from now on each update is
	 * one that this publication lacks. TALLY_ERR_NOT_FOUND.
	 */
	enum tally_err (*snapshot)(struct tally_lists *lists, struct tally_span pool, uint32_t list,
				   struct tally_arena *arena, struct tally_list_snapshot *out);

	/*
	 * Publishes a list: keeps the signed tokens and gives them the next
	 * sequence. It is due again at again_ms (to be signed anew before it
	 * expires); or, when it has been updated since the snapshot, as those
	 * updates said. A list with the number pool.lists is created hereby, with
	 * all entries 0 and version 0. history: seconds for which what is replaced
	 * can still be had by time; 0: not at all. TALLY_ERR_CONFLICT: the lease has
	 * passed to another, nothing was done; TALLY_ERR_STATE: no such list (a gap,
	 * retired, or the pool would have more than 2^53 positions).
	 */
	enum tally_err (*publish)(struct tally_lists *lists, struct tally_span pool, uint32_t list,
				  uint64_t fence, const struct tally_list_publication *publication,
				  int64_t again_ms, uint32_t history);

	/* States of up to max lists from number first on, in their order. */
	enum tally_err (*states)(struct tally_lists *lists, struct tally_span pool, uint32_t first,
				 struct tally_list_state *out, size_t max, size_t *n);

	/*
	 * Removes a list and all that was published of it; its number stays
	 * taken. TALLY_ERR_STATE: positions of it can still be reserved: it was
	 * never full, or some were given back. TALLY_ERR_CONFLICT as above;
	 * TALLY_ERR_NOT_FOUND.
	 */
	enum tally_err (*retire)(struct tally_lists *lists, struct tally_span pool, uint32_t list,
				 uint64_t fence);

	/* ---- handing out ---- */

	/* What is published. TALLY_ERR_NOT_FOUND. */
	enum tally_err (*published)(struct tally_lists *lists, struct tally_span pool,
				    uint32_t list, struct tally_arena *arena,
				    struct tally_list_publication *out);

	/*
	 * What was valid at a time: iat <= time < iat of the next, and time < exp
	 * (0: it has none). TALLY_ERR_NOT_FOUND.
	 */
	enum tally_err (*past)(struct tally_lists *lists, struct tally_span pool, uint32_t list,
			       int64_t time, struct tally_arena *arena,
			       struct tally_list_publication *out);

	/*
	 * Lists published or retired after a sequence, each once, in the order of
	 * their sequence, at most TALLY_LIST_CHANGES_MAX.
	 */
	enum tally_err (*changes)(struct tally_lists *lists, struct tally_span pool,
				  uint64_t after, struct tally_list_change *out, size_t *n);

	void (*close)(struct tally_lists *lists);
};

/* The first member of every implementation. */
struct tally_lists {
	const struct tally_lists_ops *ops;
};

/* In Redis (redis/lists.c). conf is borrowed and outlives it. Opening does not connect. */
enum tally_err tally_lists_open(const struct tally_conf *conf, struct tally_lists **out)
	TALLY_MUST_CHECK;

#endif
