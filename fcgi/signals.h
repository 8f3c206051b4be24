/* SPDX-License-Identifier: Apache-2.0 */
/* The signals of what runs until it is told to stop. */
#ifndef TALLY_FCGI_SIGNALS_H
#define TALLY_FCGI_SIGNALS_H

#include <signal.h>

#include "app/app.h"

/* Before the first thread is started; the main thread waits for them alone. */
void tally_signals_block(sigset_t *set);

/* Until told to stop, which is logged; SIGHUP reloads. */
void tally_signals_wait(struct tally_app *app, const sigset_t *set);

#endif
