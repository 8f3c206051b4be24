/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Publishing: makes signed lists of those that are due, creates lists ahead of
 * their use, signs again before expiry, retires what has expired. Whoever holds
 * a pool's lease does it, for all nodes; the lease is renewed while it lasts, and
 * its fence keeps a publisher that fell asleep from writing over the next.
 *
 * And on each node: the static files that the web server hands out (files.h),
 *
 *   status.directory/jwt/NAME  status.directory/jwt.gz/NAME  status.directory/cwt/NAME
 *
 * The form is a folder and no ending of the name: a web server takes a file from
 * another folder by a mere condition on the request, while for another name
 * lighttpd has to begin the request anew, which costs a tenth of its rate. What
 * is not finished has a name that is no list's (it begins with a dot).
 *
 * A file's mtime is what its Last-Modified and, with the size, its ETag are made
 * of: the second is the list's iat, the fraction comes from the sequence and the
 * form, so that all nodes say the same, and two publications within a second
 * differ, as do two forms that happen to have one size.
 *
 * The web server says the same "max-age" of all lists, the smallest ttl there is,
 * and cannot know when a list expires: a file that is not replaced in time goes
 * at exp - ttl, and the handler answers from then on, with what is left.
 */
#ifndef TALLY_STATUS_PUBLISH_H
#define TALLY_STATUS_PUBLISH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "status/pool.h"
#include "store/keyset.h"

struct tally_publisher;

/*
 * Where the publisher finds the keys that sign: called with each round; what it
 * returns is held for the publisher (tally_keyset_free). NULL: not loaded.
 */
typedef struct tally_keyset *tally_publisher_keys(void *context);

/*
 * conf: what [status] says. pools and lists are borrowed. Starts no thread.
 * Owned; NULL: out of memory.
 */
struct tally_publisher *tally_publisher_new(const struct tally_conf *conf,
					    struct tally_pools *pools, struct tally_lists *lists,
					    tally_publisher_keys *keys, void *context);

/* Only this pool's lists; before anything is started. */
void tally_publisher_limit(struct tally_publisher *publisher, struct tally_span pool);

/* Runs in a thread of its own until stopped. */
enum tally_err tally_publisher_start(struct tally_publisher *publisher) TALLY_MUST_CHECK;

/*
 * What the thread does, again and again; for tests, which have none. Returns the
 * milliseconds after which there may be more to do.
 */
int64_t tally_publisher_round(struct tally_publisher *publisher);

/* Stops the thread, gives up leases, and ends. */
void tally_publisher_free(struct tally_publisher *publisher);

/*
 * Without a thread: everything that is due, or with force everything, is signed.
 * Waits for as long as a lease lasts for one that nobody renews.
 * TALLY_ERR_EXISTS: another process publishes a pool's lists, and goes on doing so;
 * TALLY_ERR_NOT_FOUND: there is no such pool. Any error: what could be done has
 * been done, and the reason is logged.
 */
enum tally_err tally_publisher_once(struct tally_publisher *publisher, bool force)
	TALLY_MUST_CHECK;

#endif
