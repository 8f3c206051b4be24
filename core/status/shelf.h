/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Published lists as a process hands them out: fetched from Redis once per
 * publication, with everything ready that an answer needs. Shared by all
 * threads; what is held stays as it is.
 */
#ifndef TALLY_STATUS_SHELF_H
#define TALLY_STATUS_SHELF_H

#include "base/err.h"
#include "base/span.h"
#include "status/format.h"
#include "status/pool.h"

struct tally_shelved {
	int64_t iat, exp;
	uint32_t ttl;
	struct tally_span body[TALLY_LIST_FORMATS];
	struct tally_span gzip;                     /* of the JWT */
	/* Quoted, one per form and coding; the last is of gzip. */
	struct tally_span etag[TALLY_LIST_FORMATS + 1];
	struct tally_span last_modified;            /* as HTTP has dates */
};

struct tally_shelf;

/* size: how many lists are kept (status.shelf-size). */
struct tally_shelf *tally_shelf_new(size_t size);
void tally_shelf_free(struct tally_shelf *shelf);

/*
 * Held for the caller until released. At most 200 ms older than what Redis has.
 * TALLY_ERR_NOT_FOUND; TALLY_ERR_UNAVAILABLE: not here, and Redis does not answer
 * (what is here and has not expired is handed out through an outage).
 */
enum tally_err tally_shelf_get(struct tally_shelf *shelf, struct tally_pool *pool, uint32_t list,
			       const struct tally_shelved **out) TALLY_MUST_CHECK;
void tally_shelf_release(const struct tally_shelved *shelved);

#endif
