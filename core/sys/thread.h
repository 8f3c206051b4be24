/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A thread that does the same thing again and again until it is stopped. It has
 * all signals blocked: they are for the main thread.
 */
#ifndef TALLY_SYS_THREAD_H
#define TALLY_SYS_THREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct tally_thread;

/*
 * Does it once; returns for how many milliseconds it may rest. One that takes long
 * looks at tally_thread_stopping now and then.
 */
typedef int64_t tally_thread_step(void *context);

/* The first step is done at once. Owned. TALLY_ERR_NOMEM: there can be no thread. */
enum tally_err tally_thread_start(tally_thread_step *step, void *context, size_t stack,
				  struct tally_thread **out) TALLY_MUST_CHECK;

/* Waits for the end of the step under way, and ends. NULL is allowed. */
void tally_thread_stop(struct tally_thread *thread);

/* Whether the calling thread is one of these, and is to end. */
bool tally_thread_stopping(void);

/* Ends the rest that is being taken, or else the next. */
void tally_thread_wake(struct tally_thread *thread);

#endif
