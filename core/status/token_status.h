/* SPDX-License-Identifier: Apache-2.0 */
/* The status of our own access tokens, in the pool tokens.status-pool: http/token_status.h. */
#ifndef TALLY_STATUS_TOKEN_STATUS_H
#define TALLY_STATUS_TOKEN_STATUS_H

#include "http/token_status.h"
#include "status/pool.h"

/* pools: borrowed, outlives it. Owned; NULL: out of memory. */
struct tally_token_status *tally_token_status_new(struct tally_pools *pools);
void tally_token_status_free(struct tally_token_status *status);

#endif
