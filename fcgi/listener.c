/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "fcgi/listener.h"

#include "sys/clock.h"
#include "sys/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define IO_TIMEOUT_MS 30000 /* that a peer may take for one read or write */
#define ACCEPT_MS 500       /* after which an accept looks whether it is to stop */
#define ACCEPT_PAUSE_MS 100 /* when there are no file descriptors left */
#define DRAIN_MS 500        /* after a stop, for what is on its way to us */
#define DRAIN_PAUSE_US 5000

/* What an event is about: the stop, or a connection. */
#define STOPPED UINT64_C(1)
#define CONNECTION(fd, closing) ((uint64_t)(uint32_t)(fd) << 32 | ((closing) ? 3u : 2u))
#define IS_CLOSING(tag) (((tag) & UINT32_MAX) == 3)

struct tally_listener {
	int listen_fd;
	int epoll; /* of kept connections */
	int stop; /* an eventfd that stays readable once stopped */
	bool is_unix;
	_Atomic bool stopped;
	int64_t drain_until; /* tally_clock_ms; set before stopped */
	_Atomic bool shut;   /* stopped, and nothing more is accepted */
	_Atomic unsigned int quiet; /* kept connections that wait for a request */
};

static struct timeval milliseconds(long ms)
{
	return (struct timeval){ .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };
}

static enum tally_err watch_stop(struct tally_listener *listener)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u64 = STOPPED };

	return epoll_ctl(listener->epoll, EPOLL_CTL_ADD, listener->stop, &event) == 0
		       ? TALLY_OK
		       : TALLY_ERR_IO;
}

/*
 * A signal cannot end an accept without a race, and shutting the socket down
 * would end the other processes that share it. So an accept ends by itself.
 */
static enum tally_err make_blocking(int fd)
{
	const struct timeval limit = milliseconds(ACCEPT_MS);
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) != 0)
		return TALLY_ERR_IO;
	return TALLY_OK;
}

static bool is_unix_socket(int fd)
{
	struct sockaddr_storage address;
	socklen_t size = sizeof(address);

	return getsockname(fd, (struct sockaddr *)&address, &size) == 0 &&
	       address.ss_family == AF_UNIX;
}

enum tally_err tally_listener_new(int listen_fd, struct tally_listener **out)
{
	struct tally_listener *listener = calloc(1, sizeof(*listener));

	if (listener == NULL)
		return TALLY_ERR_NOMEM;
	listener->listen_fd = listen_fd;
	listener->is_unix = is_unix_socket(listen_fd);
	listener->epoll = epoll_create1(EPOLL_CLOEXEC);
	listener->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (listener->epoll < 0 || listener->stop < 0 ||
	    watch_stop(listener) != TALLY_OK || make_blocking(listen_fd) != TALLY_OK) {
		tally_log_error("the listening socket cannot be used: %s", strerror(errno));
		tally_listener_free(listener);
		return TALLY_ERR_IO;
	}
	*out = listener;
	return TALLY_OK;
}

void tally_listener_free(struct tally_listener *listener)
{
	if (listener == NULL)
		return;
	if (listener->epoll >= 0)
		close(listener->epoll);
	if (listener->stop >= 0)
		close(listener->stop);
	free(listener);
}

/* A peer that stops in mid-request must not hold a thread for ever. */
static void set_timeouts(int fd)
{
	const struct timeval limit = milliseconds(IO_TIMEOUT_MS);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

/* A new connection, or -1: none has come for a while. */
static int accept_one(struct tally_listener *listener)
{
	int fd = accept4(listener->listen_fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd >= 0) {
		set_timeouts(fd);
		return fd;
	}
	if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
		tally_log_error("no connection can be accepted: %s; when files are short, raise "
				"their limit (LimitNOFILE, ulimit -n)", strerror(errno));
		usleep(ACCEPT_PAUSE_MS * 1000);
	}
	return -1;
}

/* Reads and forgets what still comes; closes when the peer has closed. */
static void discard(struct tally_listener *listener, int fd)
{
	char trash[4096];
	ssize_t n = recv(fd, trash, sizeof(trash), MSG_DONTWAIT);

	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		tally_listener_close(listener, fd, false);
	else
		close(fd);
}

/* Whether an accept would find something now. */
static bool is_somebody_there(const struct tally_listener *listener)
{
	struct pollfd fd = { .fd = listener->listen_fd, .events = POLLIN };

	return poll(&fd, 1, 0) == 1;
}

/*
 * What waits at the socket when the stop comes is still answered, until nothing
 * does: other processes may share it, and what comes later is theirs.
 */
int tally_listener_accept(struct tally_listener *listener)
{
	int fd = -1;

	while (fd < 0 && !atomic_load(&listener->stopped))
		fd = accept_one(listener);
	while (fd < 0 && !atomic_load(&listener->shut)) {
		if (tally_clock_ms() < listener->drain_until && is_somebody_there(listener))
			fd = accept_one(listener);
		else
			atomic_store(&listener->shut, true);
	}
	return fd;
}

/* The connection of an event, or -1 when there is nothing to do for it. */
static int take(struct tally_listener *listener, uint64_t tag)
{
	int fd = (int)(tag >> 32);

	if (tag == STOPPED)
		return -1;
	atomic_fetch_sub(&listener->quiet, 1);
	if (!IS_CLOSING(tag))
		return fd;
	discard(listener, fd);
	return -1;
}

/* A connection on which a request has come in; -1: stopped, and there is none now. */
static int take_kept(struct tally_listener *listener)
{
	struct epoll_event event;
	int fd = -1;

	/* Ready events come round in turn: two stops running, and there is no other. */
	for (int stops = 0; fd < 0 && stops < 2;) {
		if (epoll_wait(listener->epoll, &event, 1, -1) != 1)
			continue; /* EINTR */
		if (event.data.u64 == STOPPED)
			stops++;
		else
			fd = take(listener, event.data.u64);
	}
	return fd;
}

/*
 * After a stop, a quiet connection is not closed at once: the web server may be
 * about to send on it.
 */
int tally_listener_kept(struct tally_listener *listener)
{
	for (;;) {
		bool over = atomic_load(&listener->stopped) &&
			    (tally_clock_ms() >= listener->drain_until ||
			     atomic_load(&listener->quiet) == 0);
		int fd = take_kept(listener);

		if (fd >= 0 || over)
			return fd;
		usleep(DRAIN_PAUSE_US);
	}
}

/* A connection stays in the set, switched off while a thread has it. */
static void wait_here(struct tally_listener *listener, int fd, bool closing)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT,
				     .data.u64 = CONNECTION(fd, closing) };

	atomic_fetch_add(&listener->quiet, 1);
	if (epoll_ctl(listener->epoll, EPOLL_CTL_MOD, fd, &event) == 0 ||
	    epoll_ctl(listener->epoll, EPOLL_CTL_ADD, fd, &event) == 0)
		return;
	atomic_fetch_sub(&listener->quiet, 1);
	close(fd);
}

void tally_listener_keep(struct tally_listener *listener, int fd)
{
	/* Who has just been answered is not about to send again yet. */
	if (atomic_load(&listener->stopped))
		close(fd);
	else
		wait_here(listener, fd, false);
}

void tally_listener_close(struct tally_listener *listener, int fd, bool all_read)
{
	/* A TCP peer may be reset by data that it sent too late; let it go first. */
	if (all_read && listener->is_unix) {
		close(fd);
		return;
	}
	shutdown(fd, SHUT_WR);
	wait_here(listener, fd, true);
}

void tally_listener_stop(struct tally_listener *listener)
{
	const uint64_t one = 1;

	listener->drain_until = tally_clock_ms() + DRAIN_MS;
	atomic_store(&listener->stopped, true);
	ssize_t n = write(listener->stop, &one, sizeof(one));

	(void)n; /* full: it is readable already */
}
