/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lists of all pools with one aggregation-id (draft-ietf-oauth-status-list §9),
 * as they are handed out; kept for a second, since anybody may ask.
 */
#ifndef TALLY_STATUS_AGGREGATION_H
#define TALLY_STATUS_AGGREGATION_H

#include "status/pool.h"
#include "store/cache.h"

/* From an aggregation-id to its document. Owned (tally_cache_free); NULL: out of memory. */
struct tally_cache *tally_aggregations_new(struct tally_pools *pools);

#endif
