/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "sys/command.h"

#include "sys/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Standard input and output as below; the rest is closed. */
static bool set_files(posix_spawn_file_actions_t *files, int out)
{
	return posix_spawn_file_actions_addopen(files, STDIN_FILENO, "/dev/null", O_RDONLY, 0) == 0 &&
	       posix_spawn_file_actions_adddup2(files, out, STDOUT_FILENO) == 0 &&
	       posix_spawn_file_actions_addclosefrom_np(files, STDERR_FILENO + 1) == 0;
}

/* A process group of its own, and signals as a program expects them. */
static bool set_signals(posix_spawnattr_t *attr)
{
	sigset_t none, all;

	sigemptyset(&none);
	sigfillset(&all);
	return posix_spawnattr_setflags(attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
						      POSIX_SPAWN_SETSIGDEF) == 0 &&
	       posix_spawnattr_setpgroup(attr, 0) == 0 &&
	       posix_spawnattr_setsigmask(attr, &none) == 0 &&
	       posix_spawnattr_setsigdefault(attr, &all) == 0;
}

/* Its process id, or -1 and errno. */
static pid_t start(const char *text, int out)
{
	const char *const argv[] = { "sh", "-c", text, NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	pid_t pid = -1;
	int err = ENOMEM;

	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attr);
	if (set_files(&files, out) && set_signals(&attr))
		/* It does not write to its arguments, but has no const. */
		err = posix_spawn(&pid, "/bin/sh", &files, &attr, (char *const *)(uintptr_t)argv,
				  environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	errno = err;
	return err == 0 ? pid : -1;
}

/* All that it prints, until its end; NULL, or why not. */
static const char *read_output(int fd, int64_t until, char *out, size_t size)
{
	size_t n = 0;

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int64_t left = until - tally_clock_ms();

		if (left <= 0 || poll(&p, 1, (int)left) == 0)
			return "it took too long";
		ssize_t got = read(fd, out + n, size - n);

		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (got < 0)
			return strerror(errno);
		if (got == 0)
			break;
		n += (size_t)got;
		if (n == size)
			return "it printed too much";
	}
	out[n] = '\0';
	out[strcspn(out, "\r\n")] = '\0';
	return NULL;
}

/* Waits for its end, which comes by force when the time is over. */
static const char *end(pid_t pid, int64_t until)
{
	const struct timespec pause = { .tv_nsec = 5000000 };
	int status = 0;
	pid_t ended;

	while ((ended = waitpid(pid, &status, WNOHANG)) == 0 && tally_clock_ms() < until)
		nanosleep(&pause, NULL);
	if (ended == 0) {
		/* With all that it has started. */
		kill(-pid, SIGKILL);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		return "it took too long";
	}
	return ended == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? NULL : "it failed";
}

enum tally_err tally_command_line(const char *text, unsigned int seconds, char *out, size_t size,
				  const char **why)
{
	int64_t until = tally_clock_ms() + (int64_t)seconds * 1000;
	int ends[2];

	out[0] = '\0';
	*why = NULL;
	if (pipe2(ends, O_CLOEXEC) != 0) {
		*why = strerror(errno);
		return TALLY_ERR_IO;
	}
	pid_t pid = start(text, ends[1]);

	if (pid < 0)
		*why = strerror(errno);
	close(ends[1]);
	if (pid >= 0) {
		*why = read_output(ends[0], until, out, size);
		/* Who has closed its output in time has still to end. */
		const char *failed = end(pid, *why != NULL ? 0 : until);

		if (*why == NULL)
			*why = failed != NULL ? failed : out[0] ? NULL : "it printed nothing";
	}
	close(ends[0]);
	if (*why != NULL)
		out[0] = '\0';
	return *why != NULL ? TALLY_ERR_IO : TALLY_OK;
}
