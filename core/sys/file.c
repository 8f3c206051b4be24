/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

/* -1: errno says why. */
static ssize_t read_all(int fd, char *out, size_t size)
{
	size_t n = 0;

	while (n < size) {
		ssize_t got = read(fd, out + n, size - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		n += (size_t)got;
	}
	return (ssize_t)n;
}

enum tally_err tally_file_line(const char *path, char *out, size_t size)
{
	bool is_stdin = strcmp(path, "-") == 0;
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read_all(fd, out, size);
	int saved = errno;

	if (fd >= 0 && !is_stdin)
		close(fd);
	errno = saved;
	out[n > 0 && (size_t)n < size ? n : 0] = '\0';
	if (n >= 0 && (size_t)n == size)
		errno = EFBIG;
	if (n < 0 || (size_t)n == size)
		return TALLY_ERR_IO;
	out[strcspn(out, "\r\n")] = '\0';
	return TALLY_OK;
}
