/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "status/folder.h"

#include "status/pool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK ".lock"
#define FILE_MODE 0644 /* the umask takes away from it */
#define FOLDER_MODE 0755
#define OPEN_FOLDER (O_RDONLY | O_DIRECTORY | O_CLOEXEC)

static const char *const names[TALLY_FILE_FORMS] = {
	[TALLY_FILE_JWT] = "jwt",
	[TALLY_FILE_JWT_GZIP] = "jwt.gz",
	[TALLY_FILE_CWT] = "cwt",
};

/* A file's name in a folder: that of its list, and until it is whole with a dot in front. */
struct file_name {
	char text[1 + TALLY_LIST_NAME_MAX + 1];
};

static struct file_name finished(struct tally_span list)
{
	struct file_name name;

	snprintf(name.text, sizeof(name.text), "%.*s", TALLY_SPAN_ARG(list));
	return name;
}

static struct file_name unfinished(struct tally_span list)
{
	struct file_name name;

	snprintf(name.text, sizeof(name.text), ".%.*s", TALLY_SPAN_ARG(list));
	return name;
}

/* ---- the folder ---- */

void tally_folder_init(struct tally_folder *folder, const char *path)
{
	*folder = (struct tally_folder){ .path = path, .root = -1, .lock = -1 };
	for (size_t i = 0; i < TALLY_FILE_FORMS; i++)
		folder->forms[i] = -1;
}

/* The caller's errno is the reason. */
static enum tally_err failed(struct tally_folder *folder)
{
	folder->reason = errno;
	return TALLY_ERR_IO;
}

static void close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void tally_folder_close(struct tally_folder *folder)
{
	for (size_t i = 0; i < TALLY_FILE_FORMS; i++)
		close_one(&folder->forms[i]);
	close_one(&folder->lock); /* and with it the lock */
	close_one(&folder->root);
}

static enum tally_err take_lock(struct tally_folder *folder)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	folder->lock = openat(folder->root, LOCK, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
			      FILE_MODE);
	if (folder->lock < 0)
		return failed(folder);
	if (fcntl(folder->lock, F_OFD_SETLK, &whole) == 0)
		return TALLY_OK;
	return errno == EAGAIN || errno == EACCES ? TALLY_ERR_EXISTS : failed(folder);
}

static enum tally_err open_forms(struct tally_folder *folder)
{
	for (size_t i = 0; i < TALLY_FILE_FORMS; i++) {
		if (mkdirat(folder->root, names[i], FOLDER_MODE) != 0 && errno != EEXIST)
			return failed(folder);
		folder->forms[i] = openat(folder->root, names[i], OPEN_FOLDER | O_NOFOLLOW);
		if (folder->forms[i] < 0)
			return failed(folder);
	}
	return TALLY_OK;
}

enum tally_err tally_folder_open(struct tally_folder *folder)
{
	struct stat st;

	folder->root = open(folder->path, OPEN_FOLDER);
	enum tally_err err = folder->root >= 0 && fstat(folder->root, &st) == 0 ? TALLY_OK
										: failed(folder);

	if (err == TALLY_OK)
		err = take_lock(folder);
	if (err == TALLY_OK)
		err = open_forms(folder);
	if (err != TALLY_OK) {
		tally_folder_close(folder);
		return err;
	}
	folder->device = st.st_dev;
	folder->inode = st.st_ino;
	folder->changed = true;
	return TALLY_OK;
}

bool tally_folder_is_in_place(const struct tally_folder *folder)
{
	struct stat st;

	if (stat(folder->path, &st) != 0 || st.st_dev != folder->device ||
	    st.st_ino != folder->inode)
		return false;
	for (size_t i = 0; i < TALLY_FILE_FORMS; i++)
		if (fstat(folder->forms[i], &st) != 0 || st.st_nlink == 0)
			return false;
	return fstat(folder->lock, &st) == 0 && st.st_nlink > 0;
}

enum tally_err tally_folder_sync(struct tally_folder *folder)
{
	if (!folder->changed)
		return TALLY_OK;
	for (size_t i = 0; i < TALLY_FILE_FORMS; i++)
		if (fsync(folder->forms[i]) != 0)
			return failed(folder);
	if (fsync(folder->root) != 0)
		return failed(folder);
	folder->changed = false;
	return TALLY_OK;
}

/* ---- a set ---- */

/*
 * In microseconds: a web server may look no closer (Apache). Forms of the same size
 * are told apart, too: of size and time it makes the ETag.
 */
static struct timespec time_of(int64_t iat, uint64_t sequence, size_t form)
{
	uint64_t fraction = (sequence * TALLY_FILE_FORMS + form) % 1000000;

	return (struct timespec){ (time_t)iat, (long)fraction * 1000 };
}

bool tally_folder_has(const struct tally_folder *folder, struct tally_span name, int64_t iat,
		      uint64_t sequence)
{
	struct file_name file = finished(name);
	struct stat st;

	for (size_t i = 0; i < TALLY_FILE_FORMS; i++) {
		struct timespec time = time_of(iat, sequence, i);

		if (fstatat(folder->forms[i], file.text, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
		    !S_ISREG(st.st_mode) || st.st_mtim.tv_sec != time.tv_sec ||
		    st.st_mtim.tv_nsec != time.tv_nsec)
			return false;
	}
	return true;
}

static bool write_all(int fd, struct tally_span bytes)
{
	while (bytes.n > 0) {
		ssize_t n = write(fd, bytes.p, bytes.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		bytes.p += n;
		bytes.n -= (size_t)n;
	}
	return true;
}

/* Whether it is whole and on disk. */
static bool write_file(int folder, const char *file, struct tally_span bytes, struct timespec time)
{
	const struct timespec times[2] = { time, time };

	/* What a crash has left: not to be written to, it may be a link to anywhere. */
	if (unlinkat(folder, file, 0) != 0 && errno != ENOENT)
		return false;
	int fd = openat(folder, file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
			FILE_MODE);

	if (fd < 0)
		return false;
	bool done = write_all(fd, bytes) && futimens(fd, times) == 0 && fsync(fd) == 0;
	int saved = errno;

	if (close(fd) != 0 && done)
		return false;
	errno = saved;
	return done;
}

static void remove_unfinished(struct tally_folder *folder, struct tally_span name)
{
	struct file_name file = unfinished(name);

	for (size_t i = 0; i < TALLY_FILE_FORMS; i++)
		unlinkat(folder->forms[i], file.text, 0);
}

static bool write_unfinished(struct tally_folder *folder, const struct tally_file_set *set)
{
	struct file_name file = unfinished(set->name);

	for (size_t i = 0; i < TALLY_FILE_FORMS; i++)
		if (!write_file(folder->forms[i], file.text, set->bytes[i],
				time_of(set->iat, set->sequence, i)))
			return false;
	return true;
}

static bool put_in_place(struct tally_folder *folder, struct tally_span name)
{
	struct file_name from = unfinished(name), to = finished(name);

	folder->changed = true;
	for (size_t i = 0; i < TALLY_FILE_FORMS; i++)
		if (renameat(folder->forms[i], from.text, folder->forms[i], to.text) != 0)
			return false;
	return true;
}

enum tally_err tally_folder_remove(struct tally_folder *folder, struct tally_span name)
{
	struct file_name file = finished(name);
	enum tally_err err = TALLY_OK;

	for (size_t i = 0; i < TALLY_FILE_FORMS; i++) {
		if (unlinkat(folder->forms[i], file.text, 0) == 0)
			folder->changed = true;
		else if (errno != ENOENT)
			err = failed(folder);
	}
	return err;
}

/* All are written before the first is put in place: a disk is full before, not then. */
enum tally_err tally_folder_write(struct tally_folder *folder, const struct tally_file_set *set)
{
	bool written = write_unfinished(folder, set);

	if (written && put_in_place(folder, set->name))
		return TALLY_OK;
	enum tally_err err = failed(folder);

	remove_unfinished(folder, set->name);
	if (written && tally_folder_remove(folder, set->name) != TALLY_OK) /* half a set is none */
		folder->changed = true;
	return err;
}

/* ---- what is there ---- */

/* Whether a file of this name has no right to be there. */
static bool is_rubbish(const char *file, tally_folder_keep *keep, void *context)
{
	bool is_unfinished = file[0] == '.';
	struct tally_span name = tally_span_of(file + is_unfinished);

	if (tally_list_name_pool(name).p == NULL)
		return false; /* nor is it ours */
	return is_unfinished || !keep(context, name);
}

static enum tally_err sweep_one(struct tally_folder *folder, int fd, tally_folder_keep *keep,
				void *context)
{
	int copy = openat(fd, ".", OPEN_FOLDER);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	enum tally_err err = TALLY_OK;
	struct dirent *entry;

	if (dir == NULL) {
		err = failed(folder);
		close_one(&copy);
		return err;
	}
	while ((errno = 0, entry = readdir(dir)) != NULL) {
		if (!is_rubbish(entry->d_name, keep, context))
			continue;
		if (unlinkat(fd, entry->d_name, 0) == 0)
			folder->changed = true;
		else if (errno != ENOENT)
			err = failed(folder);
	}
	if (errno != 0)
		err = failed(folder);
	closedir(dir);
	return err;
}

enum tally_err tally_folder_sweep(struct tally_folder *folder, tally_folder_keep *keep,
				  void *context)
{
	enum tally_err err = TALLY_OK;

	for (size_t i = 0; i < TALLY_FILE_FORMS && err == TALLY_OK; i++)
		err = sweep_one(folder, folder->forms[i], keep, context);
	return err;
}
