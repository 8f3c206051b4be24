/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "sys/command.h"

#include "base/secret.h"
#include "sys/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ERRORS_MAX 512u /* of standard error, the end is kept */
#define NAP_MS     10

extern char **environ;

struct run {
	pid_t pid;
	int out; /* we read its standard output from here; -1: it is closed */
	int err;
	int64_t until; /* ms */
	struct tally_command_output *to;
	bool too_long;
	char errors[ERRORS_MAX + 1];
	size_t error_n;
};

static void close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Away from 0 to 2, which the command gets new ones for: ours may be closed. */
static int move_up(int fd)
{
	if (fd > STDERR_FILENO)
		return fd;
	int moved = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

	close(fd);
	return moved;
}

static bool make_pipe(int ends[2])
{
	if (pipe2(ends, O_CLOEXEC) != 0) {
		ends[0] = ends[1] = -1;
		return false;
	}
	ends[0] = move_up(ends[0]);
	ends[1] = move_up(ends[1]);
	return ends[0] >= 0 && ends[1] >= 0;
}

/* A process group of its own, so that it can be ended with what it started. */
static int set_attributes(posix_spawnattr_t *attr)
{
	sigset_t none, all;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_setsigmask(attr, &none);
	posix_spawnattr_setsigdefault(attr, &all);
	posix_spawnattr_setpgroup(attr, 0);
	return posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
						      POSIX_SPAWN_SETPGROUP);
}

/*
 * 0 is our listening socket, and libraries open descriptors that are not
 * O_CLOEXEC: so 0 to 2 are new and all others are closed.
 */
static int set_files(posix_spawn_file_actions_t *files, int out, int err)
{
	int failed =
		posix_spawn_file_actions_addopen(files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (failed == 0)
		failed = posix_spawn_file_actions_adddup2(files, out, STDOUT_FILENO);
	if (failed == 0)
		failed = posix_spawn_file_actions_adddup2(files, err, STDERR_FILENO);
	if (failed == 0)
		failed = posix_spawn_file_actions_addclosefrom_np(files, STDERR_FILENO + 1);
	return failed;
}

/* Returns 0 or an errno. */
static int spawn(struct run *run, const char *const argv[], int out, int err)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	int failed = posix_spawn_file_actions_init(&files);

	if (failed != 0)
		return failed;
	failed = posix_spawnattr_init(&attr);
	if (failed != 0) {
		posix_spawn_file_actions_destroy(&files);
		return failed;
	}
	failed = set_files(&files, out, err);
	if (failed == 0)
		failed = set_attributes(&attr);
	if (failed == 0)
		failed = posix_spawnp(&run->pid, argv[0], &files, &attr,
				      (char *const *)(uintptr_t)argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return failed;
}

static int start(struct run *run, const char *const argv[])
{
	int out[2] = { -1, -1 }, err[2] = { -1, -1 };
	int failed = 0;

	if (!make_pipe(out) || !make_pipe(err))
		failed = errno;
	if (failed == 0)
		failed = spawn(run, argv, out[1], err[1]);
	close_end(&out[1]);
	close_end(&err[1]);
	run->out = out[0];
	run->err = err[0];
	return failed;
}

static void read_output(struct run *run)
{
	struct tally_command_output *to = run->to;
	size_t room = to->size - to->n;
	char more;
	ssize_t got = read(run->out, room ? to->p + to->n : &more, room ? room : 1);

	if (got > 0 && room == 0)
		run->too_long = true;
	else if (got > 0)
		to->n += (size_t)got;
	else if (got == 0 || errno != EINTR)
		close_end(&run->out);
}

static void read_errors(struct run *run)
{
	char part[ERRORS_MAX / 2];
	ssize_t got = read(run->err, part, sizeof(part));

	if (got < 0 && errno == EINTR)
		return;
	if (got <= 0) {
		close_end(&run->err);
		return;
	}
	size_t n = (size_t)got;

	if (run->error_n + n > ERRORS_MAX) {
		size_t drop = run->error_n + n - ERRORS_MAX;

		run->error_n -= drop;
		memmove(run->errors, run->errors + drop, run->error_n);
	}
	memcpy(run->errors + run->error_n, part, n);
	run->error_n += n;
}

/* Takes what is there, or comes within ms; false: nothing did. */
static bool take(struct run *run, int64_t ms)
{
	struct pollfd ends[] = { { .fd = run->out, .events = POLLIN },
				 { .fd = run->err, .events = POLLIN } };

	if (poll(ends, 2, (int)(ms > 0 ? ms : 0)) <= 0)
		return false;
	if (ends[0].revents != 0)
		read_output(run);
	if (ends[1].revents != 0)
		read_errors(run);
	return true;
}

static int64_t left(const struct run *run)
{
	return run->until - tally_clock_ms();
}

/*
 * Until its output is closed and it has ended. What it leaves behind may hold
 * its standard error open; that is not waited for. False: time is over, or it
 * printed too much.
 */
static bool follow(struct run *run, int *status)
{
	while (run->out >= 0 && !run->too_long && left(run) > 0)
		(void)take(run, left(run));
	while (run->out < 0 && left(run) > 0) {
		pid_t pid = waitpid(run->pid, status, WNOHANG);

		if (pid != 0)
			return pid == run->pid;
		(void)take(run, NAP_MS);
	}
	return false;
}

static const char *last_line(struct run *run)
{
	size_t n = run->error_n;

	while (n > 0 && strchr(" \t\r\n", run->errors[n - 1]) != NULL)
		n--;
	run->errors[n] = '\0';
	const char *newline = strrchr(run->errors, '\n');

	return newline ? newline + 1 : run->errors;
}

/* Says what is wrong with how it ended; TALLY_OK: nothing. */
static enum tally_err judge(struct run *run, int status, char why[TALLY_COMMAND_WHY_SIZE])
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return TALLY_OK;
	while (run->err >= 0 && take(run, 0))
		;
	const char *line = last_line(run);
	bool exited = WIFEXITED(status);

	snprintf(why, TALLY_COMMAND_WHY_SIZE, "%s %d%s%.200s",
		 exited ? "ended with status" : "was ended by signal",
		 exited ? WEXITSTATUS(status) : WTERMSIG(status), line[0] ? ": " : "", line);
	return TALLY_ERR_IO;
}

enum tally_err tally_command_exec(const char *const argv[], unsigned int ms,
				  struct tally_command_output *out,
				  char why[TALLY_COMMAND_WHY_SIZE])
{
	struct run run = { .until = tally_clock_ms() + (int64_t)ms, .to = out };
	int status = 0;
	enum tally_err err = TALLY_ERR_IO;

	out->n = 0;
	int failed = start(&run, argv);

	if (failed != 0) {
		snprintf(why, TALLY_COMMAND_WHY_SIZE, "cannot be started: %s", strerror(failed));
		err = failed == ENOENT ? TALLY_ERR_NOT_FOUND : TALLY_ERR_IO;
	} else if (follow(&run, &status)) {
		err = judge(&run, status, why);
	} else {
		/* It has not been waited for, so the number is still its own. */
		kill(-run.pid, SIGKILL);
		while (waitpid(run.pid, &status, 0) < 0 && errno == EINTR)
			;
		if (run.too_long)
			snprintf(why, TALLY_COMMAND_WHY_SIZE, "printed more than %zu bytes",
				 out->size);
		else
			snprintf(why, TALLY_COMMAND_WHY_SIZE, "did not end within %u ms", ms);
	}
	close_end(&run.out);
	close_end(&run.err);
	if (err != TALLY_OK) {
		tally_secret_wipe(out->p, out->n);
		out->n = 0;
	}
	return err;
}

enum tally_err tally_command_run(const char *text, unsigned int ms, char *out, size_t size,
				 char why[TALLY_COMMAND_WHY_SIZE])
{
	const char *const argv[] = { "/bin/sh", "-c", text, NULL };
	struct tally_command_output to = { .p = out, .size = size - 1 };
	enum tally_err err = tally_command_exec(argv, ms, &to, why);

	if (err != TALLY_OK) {
		tally_secret_wipe(out, size);
		return TALLY_ERR_IO;
	}
	out[to.n] = '\0';
	return TALLY_OK;
}
