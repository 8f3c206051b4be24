/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One pool's part of the static files: which publications are there, and until
 * when. Belongs to one thread.
 */
#ifndef TALLY_STATUS_TRACK_H
#define TALLY_STATUS_TRACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "status/folder.h"
#include "status/roster.h"

/* A list that has files. */
struct tally_tracked {
	uint32_t list;
	uint64_t sequence; /* that is there; 0: it is not known, or there is none */
	int64_t iat;
	int64_t goes_at;   /* UTC seconds: until when its files may be served; 0: they are gone */
};

struct tally_track {
	struct tally_seat seat;
	bool complete;           /* all lists of the pool have been looked at */
	uint64_t after;          /* sequence up to which everything is done */
	struct tally_tracked *lists; /* by number */
	size_t count, room;
};

/* One for each pool; the context is the folder, from which the files of a gone pool go. */
extern const struct tally_roster_type tally_track_type;

/*
 * Compares everything with what is there: at the start, and now and then, since
 * others than we may have been in the folder. Then, or from then on, follows the
 * changes. TALLY_ERR_IO: the folder has the reason; it goes on with the other lists,
 * and the rest is tried again by the next call. TALLY_ERR_UNAVAILABLE, TALLY_ERR_NOMEM.
 */
enum tally_err tally_track_compare(struct tally_track *track, struct tally_lists *lists,
				   struct tally_folder *folder) TALLY_MUST_CHECK;
enum tally_err tally_track_follow(struct tally_track *track, struct tally_lists *lists,
				  struct tally_folder *folder) TALLY_MUST_CHECK;

/* Removes the files whose time is over. */
enum tally_err tally_track_expire(struct tally_track *track,
				  struct tally_folder *folder) TALLY_MUST_CHECK;

/* Whether a file of this pool has a list that is published. */
bool tally_track_knows(const struct tally_track *track, struct tally_span name);

#endif
