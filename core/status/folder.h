/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The folder of static files that a web server hands out, as publish.h says: a
 * list is a set of files of one name, one in the folder of each form, all of them
 * or none. A file appears whole and on disk; one process of a node writes.
 * Nothing here ever leaves the folder, or touches a file that has no list's name.
 */
#ifndef TALLY_STATUS_FOLDER_H
#define TALLY_STATUS_FOLDER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/span.h"

enum tally_file_form {
	TALLY_FILE_JWT,
	TALLY_FILE_JWT_GZIP,
	TALLY_FILE_CWT,
	TALLY_FILE_FORMS
};

struct tally_folder {
	const char *path; /* borrowed */
	int root;         /* file descriptors; -1: not open */
	int lock;
	int forms[TALLY_FILE_FORMS];
	dev_t device; /* of root */
	ino_t inode;
	bool changed;     /* since the last tally_folder_sync */
	int reason;       /* of the last TALLY_ERR_IO: an errno */
};

/* One publication of a list. */
struct tally_file_set {
	struct tally_span name; /* of a list: tally_list_name */
	int64_t iat;
	uint64_t sequence;
	struct tally_span bytes[TALLY_FILE_FORMS];
};

/* Not open yet; path outlives it. */
void tally_folder_init(struct tally_folder *folder, const char *path);

/*
 * Opens the folder, makes those of the forms in it, and sees that no other process
 * writes there: TALLY_ERR_EXISTS. TALLY_ERR_IO here and below: folder->reason says
 * why.
 */
enum tally_err tally_folder_open(struct tally_folder *folder) TALLY_MUST_CHECK;
void tally_folder_close(struct tally_folder *folder);

/* Whether it is still the one at its path: somebody may have put another there. */
bool tally_folder_is_in_place(const struct tally_folder *folder);

/* Whether this publication is there, all of it. */
bool tally_folder_has(const struct tally_folder *folder, struct tally_span name, int64_t iat,
		      uint64_t sequence);

/* Puts a set in place of an older one, which stays whole on failure. */
enum tally_err tally_folder_write(struct tally_folder *folder,
				  const struct tally_file_set *set) TALLY_MUST_CHECK;

/* Removes a set, or what there is of it. */
enum tally_err tally_folder_remove(struct tally_folder *folder,
				   struct tally_span name) TALLY_MUST_CHECK;

/* What was put in place or removed so far is so after a power failure, too. */
enum tally_err tally_folder_sync(struct tally_folder *folder) TALLY_MUST_CHECK;

/* Whether the list of this name is to be kept. */
typedef bool tally_folder_keep(void *context, struct tally_span name);

/* Removes the sets that are not to be kept, and what a crash has left unfinished. */
enum tally_err tally_folder_sweep(struct tally_folder *folder, tally_folder_keep *keep,
				  void *context) TALLY_MUST_CHECK;

#endif
