/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pools that a test defines, opened in the lists it has. Takes the place of
 * core/status/pool.c where a test calls one of these functions; for one thread.
 */
#ifndef TALLY_FAKE_POOLS_H
#define TALLY_FAKE_POOLS_H

#include "status/pool.h"

struct tally_pools *tally_fake_pools_new(struct tally_lists *lists);

/*
 * Opens a pool of this definition (lines of tallystick.conf), or opens it anew;
 * the issuer is https://as.example unless it says otherwise. Ends the program when
 * it cannot.
 */
struct tally_pool *tally_fake_pools_set(struct tally_pools *pools, const char *id,
					const char *definition);

void tally_fake_pools_retire(struct tally_pools *pools, const char *id);
void tally_fake_pools_drop(struct tally_pools *pools, const char *id);

#endif
