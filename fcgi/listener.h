/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where connections of the web server come from: the listening socket, and the
 * connections that it keeps open between requests. A kept connection occupies
 * a thread only while it has a request; between two it waits here, so that a
 * web server with connection reuse (Apache: enablereuse) may keep more of them
 * than there are threads.
 *
 * Some threads wait in accept for new connections, others for what is kept.
 * The kernel gives new connections to the threads of all processes in turn,
 * and wakes one for each. With the listening socket in an epoll set instead,
 * the first process gets most of them, and more threads wake than find one.
 */
#ifndef TALLY_FCGI_LISTENER_H
#define TALLY_FCGI_LISTENER_H

#include <stdbool.h>

#include "base/err.h"

struct tally_listener;

/*
 * Around a listening socket, which is made blocking with a timeout and stays
 * the caller's. TALLY_ERR_IO: logged. Owned.
 */
enum tally_err tally_listener_new(int listen_fd, struct tally_listener **out) TALLY_MUST_CHECK;
void tally_listener_free(struct tally_listener *listener);

/*
 * Where a thread gets its connections from: it waits for one, which is then the
 * calling thread's alone. -1: the listener has been stopped.
 */
typedef int tally_listener_source(struct tally_listener *listener);

/* New connections. */
tally_listener_source tally_listener_accept;

/* Kept connections that have something to read. */
tally_listener_source tally_listener_kept;

/* A connection whose request is answered, kept open for the next one. */
void tally_listener_keep(struct tally_listener *listener, int fd);

/*
 * A connection that is to be closed. all_read: everything the peer sent has
 * been read, so that closing at once cannot cut off the answer; otherwise it
 * is closed when the peer has closed.
 */
void tally_listener_close(struct tally_listener *listener, int fd, bool all_read);

/*
 * Makes the sources return -1 in every thread, once what has been sent already
 * is handed out; it may take them half a second to notice.
 */
void tally_listener_stop(struct tally_listener *listener);

#endif
