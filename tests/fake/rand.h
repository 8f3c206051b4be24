/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random bytes that are the same in every run. Takes the place of
 * core/sys/rand.c in a test that calls one of these functions; see clock.h.
 */
#ifndef TALLY_FAKE_RAND_H
#define TALLY_FAKE_RAND_H

#include <stdint.h>

/* Starts the sequence of this seed. Without it: that of seed 0. */
void tally_fake_rand_seed(uint64_t seed);

/* The nth request for bytes from now fails, once (1: the next); 0: none. */
void tally_fake_rand_fail(unsigned int nth);

#endif
