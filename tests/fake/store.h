/* SPDX-License-Identifier: Apache-2.0 */
/* A store in memory that fails when a test says so. Any thread may use it. */
#ifndef TALLY_FAKE_STORE_H
#define TALLY_FAKE_STORE_H

#include <stdbool.h>

#include "store/store.h"

/* An empty store; ended by its close operation. NULL: out of memory. */
struct tally_store *tally_fake_store_new(void);

/* The nth operation from now (1: the next) returns err, once; 0: none does. */
void tally_fake_store_fail(struct tally_store *store, unsigned int nth, enum tally_err err);

/* While it is down, every operation returns TALLY_ERR_UNAVAILABLE. */
void tally_fake_store_down(struct tally_store *store, bool down);

/* How many operations were called, failed ones included; close is none. */
unsigned int tally_fake_store_calls(struct tally_store *store);

#endif
