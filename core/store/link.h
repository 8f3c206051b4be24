/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections to a server that keeps things, whichever it is: a pool of a fixed
 * number, each opened when first needed. Whoever finds none free waits, but
 * never longer than the pool's timeout. After a connection could not be made,
 * nobody tries again for a second; in that time one waits for those that are
 * open, and is refused at once when there are none.
 */
#ifndef TALLY_STORE_LINK_H
#define TALLY_STORE_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* What a failure means for the connection, and for its neighbours. */
enum tally_link_fate {
	TALLY_LINK_KEEP,
	TALLY_LINK_DROP, /* it is of no use, nor, most likely, are the others */
	TALLY_LINK_WRITE /* it may only be read from: so do those, but ask once a second only */
};

struct tally_link_failure {
	unsigned int code;  /* of the server or its library; 0: ours */
	enum tally_err err;
	enum tally_link_fate fate;
	const char *advice; /* what to do; static; NULL: none */
	char text[256];
};

/* The first member of every connection. Used by one thread at a time. */
struct tally_link {
	bool is_open;
	struct tally_link_failure failure; /* the last one */
	uint64_t generation;               /* the pool's own business, as the next */
	int64_t used_at;                   /* ms */
};

struct tally_link_type {
	/* Makes a connection; names are resolved anew. On failure link->failure says why. */
	enum tally_err (*connect)(struct tally_link *link);
	void (*close)(struct tally_link *link);
	/*
	 * Whether an idle connection looks usable: the server did not close it.
	 * With ask, also asks the server.
	 */
	bool (*alive)(struct tally_link *link, bool ask);
	const char *busy_advice; /* what to do when all are busy */
};

struct tally_links;

/*
 * links: count pointers to connections that are not open, which stay the
 * caller's. timeout: seconds. type outlives the pool. Owned; NULL: out of memory.
 */
struct tally_links *tally_links_new(const struct tally_link_type *type,
				    struct tally_link *const links[], size_t count,
				    uint32_t timeout);

/* Closes the connections, all of which must have been put back. */
void tally_links_free(struct tally_links *pool);

/*
 * A connection that is open and seems usable, for the calling thread alone.
 * TALLY_ERR_UNAVAILABLE: *failure says why.
 */
enum tally_err tally_links_get(struct tally_links *pool, struct tally_link **out,
			       struct tally_link_failure *failure) TALLY_MUST_CHECK;

/*
 * Gives it back. When its last failure says so, it is closed, and the others
 * are remade before their next use: what ended one connection (a restart, a
 * fail-over) has most likely ended them all.
 */
void tally_links_put(struct tally_links *pool, struct tally_link *link,
		     enum tally_link_fate fate);

#endif
