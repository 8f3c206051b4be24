/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "status/track.h"

#include "base/arena.h"
#include "base/buf.h"
#include "codec/bits.h"
#include "codec/deflate.h"
#include "status/format.h"
#include "store/lists.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "sys/thread.h"

#include <stdlib.h>

#define STATES_AT_A_TIME 64u
#define MARGIN 1     /* seconds: between two looks, and for the request that is under way */

/* A list is base64 twice in a JWT, and once as it is in a CWT; the rest are certificates. */
#define PUBLICATION_MAX(bytes) (8 * (size_t)(bytes) + (1u << 20))

static struct tally_seat *enter(void)
{
	struct tally_track *track = calloc(1, sizeof(*track));

	return track ? &track->seat : NULL;
}

/* What is to be served until when may be another matter now. */
static void changed(struct tally_seat *seat)
{
	((struct tally_track *)seat)->complete = false;
}

static struct tally_span name_of(const struct tally_track *track, uint32_t list,
				 char out[TALLY_LIST_NAME_MAX + 1])
{
	return tally_list_name(track->seat.pool, list, out);
}

static enum tally_err remove_files(const struct tally_track *track, struct tally_folder *folder,
				   uint32_t list)
{
	char name[TALLY_LIST_NAME_MAX + 1];

	return tally_folder_remove(folder, name_of(track, list, name));
}

static void leave(void *context, struct tally_seat *seat, bool is_gone)
{
	struct tally_track *track = (struct tally_track *)seat;
	struct tally_folder *folder = context;

	for (size_t i = 0; i < track->count && is_gone && folder->root >= 0; i++)
		if (remove_files(track, folder, track->lists[i].list) != TALLY_OK)
			tally_log_error("a file of pool %s, which is gone, cannot be removed from "
					"%s: %s", seat->id, folder->path, strerror(folder->reason));
	free(track->lists);
	free(track);
}

const struct tally_roster_type tally_track_type = {
	.enter = enter,
	.changed = changed,
	.leave = leave,
};

/* ---- what is known ---- */

/* Where the list is, or would be. */
static size_t place_of(const struct tally_track *track, uint32_t list)
{
	size_t low = 0, high = track->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (track->lists[middle].list < list)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct tally_tracked *find(const struct tally_track *track, uint32_t list)
{
	size_t i = place_of(track, list);

	return i < track->count && track->lists[i].list == list ? &track->lists[i] : NULL;
}

static struct tally_tracked *find_or_add(struct tally_track *track, uint32_t list)
{
	size_t i = place_of(track, list), room = track->room ? 2 * track->room : 16;

	if (i < track->count && track->lists[i].list == list)
		return &track->lists[i];
	if (track->count == track->room) {
		struct tally_tracked *lists = realloc(track->lists, room * sizeof(*lists));

		if (lists == NULL)
			return NULL;
		track->lists = lists;
		track->room = room;
	}
	memmove(&track->lists[i + 1], &track->lists[i],
		(track->count++ - i) * sizeof(track->lists[0]));
	track->lists[i] = (struct tally_tracked){ .list = list };
	return &track->lists[i];
}

static void forget(struct tally_track *track, uint32_t list)
{
	size_t i = place_of(track, list);

	if (i < track->count && track->lists[i].list == list)
		memmove(&track->lists[i], &track->lists[i + 1],
			(--track->count - i) * sizeof(track->lists[0]));
}

bool tally_track_knows(const struct tally_track *track, struct tally_span name)
{
	uint32_t list;

	return tally_list_name_number(track->seat.pool, name, &list) == TALLY_OK &&
	       find(track, list) != NULL;
}

static int64_t goes_at(const struct tally_track *track, int64_t exp)
{
	return exp - track->seat.pool->conf.ttl - MARGIN;
}

/* ---- one list ---- */

static enum tally_err write_publication(const struct tally_track *track,
					struct tally_folder *folder, uint32_t list,
					const struct tally_list_publication *publication)
{
	char name[TALLY_LIST_NAME_MAX + 1];
	struct tally_buf gzip;

	tally_buf_grow(&gzip, publication->jwt.n + publication->jwt.n / 512 + 1024);
	enum tally_err err =
		tally_deflate(TALLY_GZIP, TALLY_LIST_GZIP_LEVEL, publication->jwt, &gzip);
	const struct tally_file_set set = {
		.name = name_of(track, list, name),
		.iat = publication->iat,
		.sequence = publication->sequence,
		.bytes = {
			[TALLY_FILE_JWT] = publication->jwt,
			[TALLY_FILE_JWT_GZIP] = tally_buf_span(&gzip),
			[TALLY_FILE_CWT] = publication->cwt,
		},
	};

	if (err == TALLY_OK)
		err = tally_folder_write(folder, &set);
	tally_buf_free(&gzip);
	return err;
}

/* Brings its files in line with what is published, which is read. */
static enum tally_err renew(struct tally_track *track, struct tally_lists *lists,
			    struct tally_folder *folder, uint32_t list)
{
	const struct tally_list_pool *shape = &track->seat.pool->shape;
	size_t most = PUBLICATION_MAX(tally_bits_bytes(shape->size, shape->bits));
	struct tally_arena *arena = tally_arena_new(0, most);
	struct tally_tracked *tracked = arena ? find_or_add(track, list) : NULL;
	struct tally_list_publication publication;
	enum tally_err err = TALLY_ERR_NOMEM;

	if (tracked != NULL)
		err = lists->ops->published(lists, tally_span_of(track->seat.id), list, arena,
					    &publication);
	if (err == TALLY_OK) {
		tracked->goes_at = goes_at(track, publication.exp);
		tracked->iat = publication.iat;
		if (tracked->goes_at > tally_clock_now())
			err = write_publication(track, folder, list, &publication);
		else
			err = remove_files(track, folder, list);
		tracked->sequence = err == TALLY_OK ? publication.sequence : 0;
	}
	tally_arena_free(arena);
	return err;
}

static enum tally_err drop(struct tally_track *track, struct tally_folder *folder, uint32_t list)
{
	enum tally_err err = remove_files(track, folder, list);

	if (err == TALLY_OK)
		forget(track, list);
	return err;
}

/* Whether what is published is there. look: on the disk; else by what is known. */
static bool is_done(const struct tally_track *track, const struct tally_folder *folder,
		    const struct tally_list_change *change, bool look)
{
	struct tally_tracked *tracked = find(track, change->list);
	char name[TALLY_LIST_NAME_MAX + 1];

	if (tracked == NULL)
		return false;
	if (look && tracked->goes_at > tally_clock_now())
		tracked->sequence = tally_folder_has(folder, name_of(track, change->list, name),
						     tracked->iat, change->sequence)
					    ? change->sequence
					    : 0;
	return tracked->sequence == change->sequence;
}

static enum tally_err take_change(struct tally_track *track, struct tally_lists *lists,
				  struct tally_folder *folder,
				  const struct tally_list_change *change, bool look)
{
	enum tally_err err;

	if (change->is_retired)
		return drop(track, folder, change->list);
	if (is_done(track, folder, change, look))
		return TALLY_OK;
	err = renew(track, lists, folder, change->list);
	/* Retired since. */
	return err == TALLY_ERR_NOT_FOUND ? drop(track, folder, change->list) : err;
}

/* ---- all of them ---- */

/* The changes after one sequence; track->after stays before the first that failed. */
static enum tally_err take_changes(struct tally_track *track, struct tally_lists *lists,
				   struct tally_folder *folder, bool look)
{
	struct tally_list_change changes[TALLY_LIST_CHANGES_MAX];
	enum tally_err first = TALLY_OK;
	uint64_t after = track->after;
	size_t n = TALLY_LIST_CHANGES_MAX;

	while (n == TALLY_LIST_CHANGES_MAX && !tally_thread_stopping()) {
		enum tally_err err = lists->ops->changes(lists, tally_span_of(track->seat.id),
							 after, changes, &n);

		if (err != TALLY_OK)
			return err;
		for (size_t i = 0; i < n && err != TALLY_ERR_UNAVAILABLE; i++) {
			err = take_change(track, lists, folder, &changes[i], look);
			first = first == TALLY_OK ? err : first;
			after = changes[i].sequence;
			if (first == TALLY_OK)
				track->after = after;
		}
		if (err == TALLY_ERR_UNAVAILABLE)
			return err;
	}
	return first;
}

enum tally_err tally_track_follow(struct tally_track *track, struct tally_lists *lists,
				  struct tally_folder *folder)
{
	return take_changes(track, lists, folder, false);
}

/* Until when each list may be served, before its files are looked at. */
static enum tally_err read_states(struct tally_track *track, struct tally_lists *lists)
{
	struct tally_list_state states[STATES_AT_A_TIME];
	size_t n = STATES_AT_A_TIME;
	uint32_t next = 0;

	while (n == STATES_AT_A_TIME) {
		enum tally_err err = lists->ops->states(lists, tally_span_of(track->seat.id), next,
							states, STATES_AT_A_TIME, &n);

		for (size_t i = 0; i < n && err == TALLY_OK; i++) {
			struct tally_tracked *tracked =
				states[i].is_retired ? NULL : find_or_add(track, states[i].list);

			next = states[i].list + 1;
			if (tracked != NULL) {
				tracked->iat = states[i].iat;
				tracked->goes_at = goes_at(track, states[i].exp);
			} else if (!states[i].is_retired) {
				err = TALLY_ERR_NOMEM;
			}
		}
		if (err != TALLY_OK)
			return err;
	}
	return TALLY_OK;
}

/* Lists that have gone come as changes, too. */
enum tally_err tally_track_compare(struct tally_track *track, struct tally_lists *lists,
				   struct tally_folder *folder)
{
	enum tally_err err = read_states(track, lists);

	if (err != TALLY_OK)
		return err;
	track->after = 0;
	err = take_changes(track, lists, folder, true);
	track->complete = err == TALLY_OK || err == TALLY_ERR_IO;
	return err;
}

enum tally_err tally_track_expire(struct tally_track *track, struct tally_folder *folder)
{
	int64_t now = tally_clock_now();
	enum tally_err first = TALLY_OK;

	for (size_t i = 0; i < track->count; i++) {
		struct tally_tracked *tracked = &track->lists[i];

		if (tracked->goes_at == 0 || tracked->goes_at > now)
			continue;
		enum tally_err err = remove_files(track, folder, tracked->list);

		first = first == TALLY_OK ? err : first;
		if (err == TALLY_OK)
			tracked->goes_at = 0;
	}
	return first;
}
