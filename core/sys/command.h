/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets that a command of the operator's prints, such as tokens with a short life. */
#ifndef TALLY_SYS_COMMAND_H
#define TALLY_SYS_COMMAND_H

#include <stddef.h>

#include "base/err.h"

/*
 * Runs text with /bin/sh -c and gives the first line that it prints, NUL
 * terminated. It has no input and none of our file descriptors but standard
 * error, and is killed with all that it started after `seconds`. Wipe out.
 * TALLY_ERR_IO: *why, which is static or of strerror, says what happened.
 */
enum tally_err tally_command_line(const char *text, unsigned int seconds, char *out, size_t size,
				  const char **why) TALLY_MUST_CHECK;

#endif
