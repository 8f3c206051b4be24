/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Group commit. Requests that want tokens kept wait together: one of them
 * writes for all that wait at that moment, in one multi-row statement per table
 * and one COMMIT, while the next ones gather. No thread of its own, no delay:
 * alone, a request is written at once.
 */
#ifndef TALLY_STORE_TOKEN_WRITER_H
#define TALLY_STORE_TOKEN_WRITER_H

#include "base/err.h"
#include "store/store.h"

struct tally_token_writer;

/*
 * store: borrowed. queue: how many may wait. writers: how many batches may be
 * under way at once (each takes one connection) where so many wait that it is
 * worth it (gather.h). Owned, ended when no put is
 * under way; NULL: out of memory.
 */
struct tally_token_writer *tally_token_writer_new(struct tally_store *store, size_t queue,
						  unsigned int writers);
void tally_token_writer_free(struct tally_token_writer *writer);

/*
 * Returns when job is committed (TALLY_OK) or not: TALLY_ERR_CONFLICT as in
 * struct tally_token_job; TALLY_ERR_LIMIT: the queue is full; TALLY_ERR_UNAVAILABLE.
 */
enum tally_err tally_token_writer_put(struct tally_token_writer *writer,
				      struct tally_token_job *job) TALLY_MUST_CHECK;

/* How many requests are in the queue. */
size_t tally_token_writer_waiting(struct tally_token_writer *writer);

#endif
