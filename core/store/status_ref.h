/* SPDX-License-Identifier: Apache-2.0 */
/*
 * References to entries of status lists (draft-ietf-oauth-status-list §6.2), as
 * what concerns tokens carries them from room to room.
 *
 * A refresh token remembers the entries of the access tokens that were made from
 * its family and may still live, so that they can end with it. A few are enough:
 * who refreshes when the access token is about to expire has one or two.
 */
#ifndef TALLY_STORE_STATUS_REF_H
#define TALLY_STORE_STATUS_REF_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

/* An entry of a list of our own tokens. */
struct tally_status_ref {
	uint32_t list;  /* number of the list in the pool of our tokens */
	uint32_t index;
};

/* The entry of a token, which nobody needs when that has expired. */
struct tally_live_ref {
	struct tally_status_ref ref;
	int64_t expires_at; /* UTC seconds */
};

#define TALLY_LIVE_REFS_MAX 8u

struct tally_live_refs {
	struct tally_live_ref items[TALLY_LIVE_REFS_MAX]; /* newest first */
	size_t count;
};

/* Puts one in front; when there are too many, the oldest goes. */
void tally_live_refs_add(struct tally_live_refs *refs, struct tally_live_ref ref);

/* Leaves out those whose token has expired at this time. */
void tally_live_refs_expire(struct tally_live_refs *refs, int64_t now);

/* ---- as bytes: 12 each, list, index and expiry as numbers of 32 bits, big-endian ---- */

#define TALLY_LIVE_REF_SIZE 12u
#define TALLY_LIVE_REFS_SIZE (TALLY_LIVE_REFS_MAX * TALLY_LIVE_REF_SIZE)

/* The bytes in out. */
struct tally_span tally_live_refs_pack(const struct tally_live_refs *refs,
				       uint8_t out[TALLY_LIVE_REFS_SIZE]);

/* TALLY_ERR_SYNTAX: not a number of whole references, or too many. */
enum tally_err tally_live_refs_unpack(struct tally_span bytes, struct tally_live_refs *out)
	TALLY_MUST_CHECK;

#endif
