/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept sealed, sealed with another key: found by what it was before. */
#include "config.h"

#include "store/mysql/ops.h"
#include "store/mysql/work.h"

static enum tally_err rewrap_secret(struct tally_db *db, uint64_t client,
				    const struct tally_secret_record *before,
				    struct tally_span wrapped)
{
	struct tally_query q;

	tally_query_begin(&q, db, TALLY_STATEMENT_client_secret_rewrap);
	tally_query_put_bytes(&q, wrapped);
	tally_query_put_int(&q, (int64_t)client);
	tally_query_put_bytes(&q, before->secret_id);
	tally_query_put_bytes(&q, before->wrapped);
	tally_query_run(&q);
	return tally_query_end_found(&q);
}

enum tally_err tally_mysql_client_secret_rewrap(struct tally_store *store, uint64_t client,
						const struct tally_secret_record *before,
						struct tally_span wrapped)
{
	struct tally_work work = tally_work(store, TALLY_WORK_WRITE);

	while (tally_work_next(&work))
		work.err = rewrap_secret(work.db, client, before, wrapped);
	return work.err;
}

static enum tally_err rewrap_key(struct tally_db *db, const struct tally_key_record *before,
				 struct tally_span wrapped)
{
	struct tally_query q;

	tally_query_begin(&q, db, TALLY_STATEMENT_key_rewrap);
	tally_query_put_bytes(&q, wrapped);
	tally_query_put_bytes(&q, before->kid);
	tally_query_put_bytes(&q, before->wrapped);
	tally_query_run(&q);
	return tally_query_end_found(&q);
}

enum tally_err tally_mysql_key_rewrap(struct tally_store *store,
				      const struct tally_key_record *before,
				      struct tally_span wrapped)
{
	struct tally_work work = tally_work(store, TALLY_WORK_WRITE);

	while (tally_work_next(&work))
		work.err = rewrap_key(work.db, before, wrapped);
	return work.err;
}
