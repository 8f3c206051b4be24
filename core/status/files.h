/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The static files of this node: follows what is published in Redis, whoever
 * published it, and keeps status.directory in line with it. Of the processes of a
 * node one writes; another one takes over when it ends.
 *
 * A full disk or an outage of Redis leaves whole files; what cannot be replaced
 * goes before it would be served beyond its time, and comes back by itself.
 */
#ifndef TALLY_STATUS_FILES_H
#define TALLY_STATUS_FILES_H

#include <stdint.h>

#include "base/err.h"
#include "status/pool.h"

struct tally_files;

/* directory, pools and lists: borrowed. Owned; NULL: out of memory. */
struct tally_files *tally_files_new(const char *directory, struct tally_pools *pools,
				    struct tally_lists *lists);

/* Runs in a thread of its own until stopped. */
enum tally_err tally_files_start(struct tally_files *files) TALLY_MUST_CHECK;

/*
 * What the thread does, again and again. Returns the milliseconds after which
 * there may be more to do.
 */
int64_t tally_files_round(struct tally_files *files);

/*
 * Without a thread: what is published now is written. What went wrong is logged;
 * TALLY_ERR_EXISTS: another process of this node writes, which is as good.
 */
enum tally_err tally_files_once(struct tally_files *files) TALLY_MUST_CHECK;

/* Stops the thread; the files stay. */
void tally_files_free(struct tally_files *files);

#endif
