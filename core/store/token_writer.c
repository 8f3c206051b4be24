/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "store/token_writer.h"

#include "store/gather.h"

#include <stdlib.h>

/*
 * Microseconds. A commit that is on disk costs the database some 230 µs of
 * processor time and each row of it 10, so that a batch of 32 takes half of what
 * two of 16 do; and it takes a few hundred µs of the client's time anyway.
 */
#define PATIENCE 2000u
#define COMPANY  10u /* see gather.h */

struct tally_token_writer {
	struct tally_store *store;
	struct tally_gather *gather; /* of jobs */
};

/* Has the store keep a batch; every job then has its answer. */
static void write_batch(void *context, void *const items[], size_t n)
{
	const struct tally_token_writer *writer = context;
	struct tally_token_job *jobs[TALLY_GATHER_MAX];

	for (size_t i = 0; i < n; i++)
		jobs[i] = items[i];
	enum tally_err err = writer->store->ops->token_write(writer->store, jobs, n);

	for (size_t i = 0; err != TALLY_OK && i < n; i++)
		jobs[i]->err = err;
}

/*
 * Batches as large as they come: the statements of 256 jobs stay below a
 * megabyte.
 */
struct tally_token_writer *tally_token_writer_new(struct tally_store *store, size_t queue,
						  unsigned int writers)
{
	struct tally_token_writer *writer = calloc(1, sizeof(*writer));

	if (writer == NULL)
		return NULL;
	writer->store = store;
	const struct tally_gather_limits limits = {
		.queue = queue,
		.batch = TALLY_GATHER_MAX,
		.runs = writers,
		.patience = PATIENCE,
		.company = COMPANY,
	};

	writer->gather = tally_gather_new(write_batch, writer, limits);
	if (writer->gather == NULL) {
		free(writer);
		return NULL;
	}
	return writer;
}

void tally_token_writer_free(struct tally_token_writer *writer)
{
	if (writer == NULL)
		return;
	tally_gather_free(writer->gather);
	free(writer);
}

enum tally_err tally_token_writer_put(struct tally_token_writer *writer,
				      struct tally_token_job *job)
{
	if (!tally_gather_put(writer->gather, job))
		job->err = TALLY_ERR_LIMIT;
	return job->err;
}

size_t tally_token_writer_waiting(struct tally_token_writer *writer)
{
	return tally_gather_waiting(writer->gather);
}
