/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "status/files.h"

#include "status/folder.h"
#include "status/track.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "sys/thread.h"

#include <errno.h>
#include <stdlib.h>

#define LOOK_MS 250
#define OPEN_MS 1000        /* how often one asks for the folder that another process has */
#define RETRY_MS 2000       /* after a failure of the disk */
#define COMPARE_MS 600000   /* how often everything is compared with what is there */
#define STACK_SIZE (256u * 1024)

struct tally_files {
	struct tally_pools *pools;
	struct tally_lists *lists;
	struct tally_folder folder;
	struct tally_roster tracks;
	struct tally_thread *thread;
	/* Of tally_clock_ms. */
	int64_t open_at, compare_at, retry_at;
	enum tally_err told; /* what is wrong, as it was logged; TALLY_OK: nothing */
	int told_reason;     /* errno */
};

struct tally_files *tally_files_new(const char *directory, struct tally_pools *pools,
				    struct tally_lists *lists)
{
	struct tally_files *files = calloc(1, sizeof(*files));

	if (files == NULL)
		return NULL;
	files->pools = pools;
	files->lists = lists;
	tally_folder_init(&files->folder, directory);
	files->tracks = (struct tally_roster){ &tally_track_type, &files->folder, NULL, 0 };
	return files;
}

void tally_files_free(struct tally_files *files)
{
	if (files == NULL)
		return;
	tally_thread_stop(files->thread);
	tally_roster_end(&files->tracks);
	tally_folder_close(&files->folder);
	free(files);
}

/* ---- what goes wrong ---- */

static const char *advice(int reason)
{
	switch (reason) {
	case ENOENT:
	case ENOTDIR:
		return "make it, for the user that this runs as to write to";
	case EACCES:
	case EPERM:
		return "give it to the user that this runs as (systemd: ReadWritePaths)";
	case EROFS:
		return "it must be writable (systemd: ReadWritePaths)";
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return "make room; until then old files are served for as long as they are valid";
	}
	return "it is tried again";
}

/* Once for as long as it is the same. An outage of Redis is told there. */
static void tell(struct tally_files *files, enum tally_err err)
{
	int reason = err == TALLY_ERR_IO ? files->folder.reason : 0;

	if (err == TALLY_ERR_UNAVAILABLE || err == TALLY_ERR_EXISTS ||
	    (err == files->told && reason == files->told_reason))
		return;
	if (err == TALLY_OK)
		tally_log_notice("static files are written to %s again", files->folder.path);
	else if (err == TALLY_ERR_IO)
		tally_log_error("status.directory %s: %s; %s", files->folder.path, strerror(reason),
				advice(reason));
	else
		tally_log_error("status.directory %s: some files cannot be written: %s",
				files->folder.path, tally_err_text(err));
	files->told = err;
	files->told_reason = reason;
}

/* ---- the folder ---- */

static bool is_open(const struct tally_files *files)
{
	return files->folder.root >= 0;
}

static void open_folder(struct tally_files *files, int64_t now)
{
	if (is_open(files) && !tally_folder_is_in_place(&files->folder))
		tally_folder_close(&files->folder);
	files->open_at = now + OPEN_MS;
	if (is_open(files))
		return;
	enum tally_err err = tally_folder_open(&files->folder);

	if (err != TALLY_OK)
		tell(files, err);
	files->compare_at = files->retry_at = 0;
}

static struct tally_track *track_at(const struct tally_files *files, size_t i)
{
	return (struct tally_track *)files->tracks.seats[i];
}

/* A pool may be known though Redis has not told of it yet. */
static bool is_known(const struct tally_files *files, struct tally_span id)
{
	struct tally_pool *pool = tally_pools_get(files->pools, id);

	tally_pool_release(pool);
	return pool != NULL || !tally_pools_are_known(files->pools);
}

/* Whether a name belongs to a list that is published, or may be. */
static bool keep(void *context, struct tally_span name)
{
	const struct tally_files *files = context;
	struct tally_span id = tally_list_name_pool(name);
	const struct tally_seat *seat = tally_roster_find(&files->tracks, id, 0);
	const struct tally_track *track = (const struct tally_track *)seat;

	if (track == NULL)
		return is_known(files, id);
	return !track->complete || tally_track_knows(track, name);
}

/* ---- rounds ---- */

/* The first that the operator must know of. */
static void note(enum tally_err *first, enum tally_err err)
{
	if (*first == TALLY_OK || *first == TALLY_ERR_UNAVAILABLE)
		*first = err;
}

static enum tally_err follow_all(struct tally_files *files, bool compare)
{
	enum tally_err first = TALLY_OK;
	bool sweep = compare;

	for (size_t i = 0; i < files->tracks.count && !tally_thread_stopping(); i++) {
		struct tally_track *track = track_at(files, i);
		bool look = compare || !track->complete;

		sweep = sweep || look;
		note(&first, look ? tally_track_compare(track, files->lists, &files->folder)
				  : tally_track_follow(track, files->lists, &files->folder));
	}
	if (sweep)
		note(&first, tally_folder_sweep(&files->folder, keep, files));
	return first;
}

static enum tally_err expire_all(struct tally_files *files)
{
	enum tally_err first = TALLY_OK;

	for (size_t i = 0; i < files->tracks.count; i++)
		note(&first, tally_track_expire(track_at(files, i), &files->folder));
	note(&first, tally_folder_sync(&files->folder));
	return first;
}

/* One look at everything; the folder is open. */
static enum tally_err look(struct tally_files *files, int64_t now)
{
	bool compare = files->compare_at <= now;
	enum tally_err first = tally_roster_update(&files->tracks, files->pools, "");

	if (files->retry_at > now) {
		note(&first, expire_all(files));
		return TALLY_ERR_EXISTS; /* what was told last still is */
	}
	note(&first, follow_all(files, compare));
	note(&first, expire_all(files));
	if (first == TALLY_OK && compare)
		files->compare_at = now + COMPARE_MS;
	files->retry_at = first == TALLY_OK ? 0 : now + RETRY_MS;
	return first;
}

int64_t tally_files_round(struct tally_files *files)
{
	int64_t now = tally_clock_ms();

	if (files->open_at <= now)
		open_folder(files, now);
	if (!is_open(files))
		return OPEN_MS;
	tell(files, look(files, now));
	return LOOK_MS;
}

static int64_t round_of(void *context)
{
	return tally_files_round(context);
}

enum tally_err tally_files_start(struct tally_files *files)
{
	return tally_thread_start(round_of, files, STACK_SIZE, &files->thread);
}

enum tally_err tally_files_once(struct tally_files *files)
{
	int64_t now = tally_clock_ms();

	open_folder(files, now);
	if (!is_open(files))
		return files->told == TALLY_OK ? TALLY_ERR_EXISTS : files->told;
	enum tally_err err = look(files, now);

	tell(files, err);
	return err;
}
