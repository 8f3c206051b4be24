/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "fcgi/file.h"

#include "sys/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

static enum tally_err wrong(const char *path, const char *why)
{
	tally_log_error("%s: %s", path, why);
	return TALLY_ERR_USAGE;
}

/* Up to size bytes; -1: errno says why. */
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

/* How much there may be to read: what a plain file has, but never more than max. */
static size_t size_of(int fd, size_t max)
{
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || (uint64_t)st.st_size > max)
		return max;
	return (size_t)st.st_size;
}

static enum tally_err read_into(struct tally_arena *arena, const char *path, int fd, size_t max,
				struct tally_span *out)
{
	size_t size = size_of(fd, max) + 1; /* one more shows that there is more */
	char *bytes = tally_arena_alloc(arena, size);

	if (bytes == NULL)
		return TALLY_ERR_NOMEM;
	ssize_t n = read_all(fd, bytes, size);

	if (n < 0)
		return wrong(path, strerror(errno));
	if (n == 0)
		return wrong(path, "it is empty");
	if ((size_t)n == size)
		return wrong(path, "it is too large, or grows");
	*out = tally_span(bytes, (size_t)n);
	return TALLY_OK;
}

enum tally_err tally_file_read(const char *path, size_t max, struct tally_arena *arena,
			       struct tally_span *out)
{
	if (strcmp(path, "-") == 0)
		return read_into(arena, path, STDIN_FILENO, max, out);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return wrong(path, strerror(errno));
	enum tally_err err = read_into(arena, path, fd, max, out);

	close(fd);
	return err;
}

enum tally_err tally_file_each_line(struct tally_arena *arena,
				    enum tally_err (*work)(void *context,
							   struct tally_span line),
				    void *context)
{
	struct tally_span rest;
	enum tally_err err = tally_file_read("-", TALLY_FILE_LINES_MAX, arena, &rest);

	while (err == TALLY_OK && rest.n > 0) {
		struct tally_span line = tally_span_trim(tally_span_cut(&rest, '\n'));

		if (line.n > 0)
			err = work(context, line);
	}
	return err;
}

enum tally_err tally_file_create(const char *path, struct tally_file *out)
{
	*out = (struct tally_file){ path,
				    open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600) };
	return out->fd < 0 ? wrong(path, strerror(errno)) : TALLY_OK;
}

void tally_file_abandon(struct tally_file *file)
{
	if (file->fd < 0)
		return;
	close(file->fd);
	unlink(file->path);
	file->fd = -1;
}

static bool write_all(int fd, struct tally_span content)
{
	while (content.n > 0) {
		ssize_t n = write(fd, content.p, content.n);

		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0)
			content = tally_span(content.p + n, content.n - (size_t)n);
	}
	return fsync(fd) == 0;
}

enum tally_err tally_file_finish(struct tally_file *file, struct tally_span content)
{
	if (write_all(file->fd, content)) {
		close(file->fd);
		file->fd = -1;
		return TALLY_OK;
	}
	tally_log_error("%s: %s", file->path, strerror(errno));
	tally_file_abandon(file);
	return TALLY_ERR_IO;
}
