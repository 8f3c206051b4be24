/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Status lists in memory, which fail when a test says so; leases and what is kept
 * of the past end by the fake or the real clock. Any thread may use them.
 */
#ifndef TALLY_FAKE_LISTS_H
#define TALLY_FAKE_LISTS_H

#include <stdbool.h>

#include "store/lists.h"

/* No pool yet; ended by the close operation. NULL: out of memory. */
struct tally_lists *tally_fake_lists_new(void);

/* The nth operation from now (1: the next) does nothing and returns err, once; 0: none does. */
void tally_fake_lists_fail(struct tally_lists *lists, unsigned int nth, enum tally_err err);

/* The nth from now is done, but its answer is lost: TALLY_ERR_UNAVAILABLE; 0: none. */
void tally_fake_lists_lose(struct tally_lists *lists, unsigned int nth);

/* While they are down, every operation returns TALLY_ERR_UNAVAILABLE. */
void tally_fake_lists_down(struct tally_lists *lists, bool down);

/* Whether check finds that nothing is kept: TALLY_ERR_CONFIG. */
void tally_fake_lists_forgetful(struct tally_lists *lists, bool forgetful);

/* How many operations were called, failed ones included; check and close are none. */
unsigned int tally_fake_lists_calls(struct tally_lists *lists);

#endif
