/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets that stand in files, such as passwords. */
#ifndef TALLY_SYS_FILE_H
#define TALLY_SYS_FILE_H

#include <stddef.h>

#include "base/err.h"

/*
 * The first line of a file without its end, NUL terminated; "-" is standard
 * input. TALLY_ERR_IO: errno says why, EFBIG when the file has size bytes or
 * more. Wipe out.
 */
enum tally_err tally_file_line(const char *path, char *out, size_t size) TALLY_MUST_CHECK;

#endif
