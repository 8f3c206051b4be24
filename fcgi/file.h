/* SPDX-License-Identifier: Apache-2.0 */
/* Files that a command line names. What goes wrong is printed, with the name. */
#ifndef TALLY_FCGI_FILE_H
#define TALLY_FCGI_FILE_H

#include "base/arena.h"

/*
 * A whole file of at most max bytes; "-" is standard input. The arena's.
 * TALLY_ERR_USAGE: it cannot be read, or is larger.
 */
enum tally_err tally_file_read(const char *path, size_t max, struct tally_arena *arena,
			       struct tally_span *out) TALLY_MUST_CHECK;

/*
 * Calls work with each line of standard input that is not empty, without blanks
 * around it, until one fails; its error is returned. TALLY_ERR_USAGE: standard
 * input cannot be read, or is larger than TALLY_FILE_LINES_MAX.
 */
#define TALLY_FILE_LINES_MAX (1024u * 1024) /* bytes */

enum tally_err tally_file_each_line(struct tally_arena *arena,
				    enum tally_err (*work)(void *context,
							   struct tally_span line),
				    void *context) TALLY_MUST_CHECK;

/*
 * A new file that only its owner may read. TALLY_ERR_USAGE: it exists already, or
 * cannot be made; TALLY_ERR_IO: not everything is in it, and it is removed.
 */
struct tally_file {
	const char *path;
	int fd;
};

enum tally_err tally_file_create(const char *path, struct tally_file *out) TALLY_MUST_CHECK;
enum tally_err tally_file_finish(struct tally_file *file, struct tally_span content)
	TALLY_MUST_CHECK;

/* Instead of tally_file_finish: removes it. */
void tally_file_abandon(struct tally_file *file);

#endif
