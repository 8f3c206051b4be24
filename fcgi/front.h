/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FastCGI (libfcgi) ⇄ the application: the only file that knows both. One front
 * per thread.
 */
#ifndef TALLY_FCGI_FRONT_H
#define TALLY_FCGI_FRONT_H

#include "app/app.h"
#include "fcgi/listener.h"

/* Once per process, before any thread. */
enum tally_err tally_front_init(void) TALLY_MUST_CHECK;

/*
 * Serves requests of connections from this source until the listener is
 * stopped. app and listener are borrowed. TALLY_ERR_NOMEM.
 */
enum tally_err tally_front_run(struct tally_app *app, struct tally_listener *listener,
			       tally_listener_source *source) TALLY_MUST_CHECK;

#endif
