/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Published lists as a process hands them out: fetched from Redis once per
 * publication, with everything ready that an answer needs. Shared by all
 * threads; what is held stays as it is. The longest unused go first.
 */
#ifndef TALLY_STATUS_SHELF_H
#define TALLY_STATUS_SHELF_H

#include "base/err.h"
#include "base/span.h"
#include "status/format.h"
#include "status/pool.h"

struct tally_shelved {
	int64_t iat, exp;
	struct tally_span body[TALLY_LIST_FORMATS];
	struct tally_span gzip; /* of the JWT; empty: as it is is better */
	/* Quoted, one per form and coding; the last is of gzip. */
	struct tally_span etag[TALLY_LIST_FORMATS + 1];
	struct tally_span last_modified; /* as HTTP has dates */
};

struct tally_shelf;

/*
 * lists: borrowed, outlives the shelf. size: how many lists are kept
 * (status.shelf-size). Owned; NULL: out of memory.
 */
struct tally_shelf *tally_shelf_new(struct tally_lists *lists, size_t size);

/* What was held has been released. */
void tally_shelf_free(struct tally_shelf *shelf);

/*
 * Held for the caller until released. At most 200 ms older than what Redis has.
 * TALLY_ERR_NOT_FOUND; TALLY_ERR_UNAVAILABLE: not here, and Redis does not answer.
 * What is here is handed out through an outage; the caller looks whether it has
 * expired.
 */
enum tally_err tally_shelf_get(struct tally_shelf *shelf, const struct tally_pool *pool,
			       uint32_t list, const struct tally_shelved **out) TALLY_MUST_CHECK;

/* What was valid at a time, fetched for this call alone, without gzip. */
enum tally_err tally_shelf_past(struct tally_shelf *shelf, const struct tally_pool *pool,
				uint32_t list, int64_t time,
				const struct tally_shelved **out) TALLY_MUST_CHECK;

void tally_shelf_release(const struct tally_shelved *shelved);

#endif
