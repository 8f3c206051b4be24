/* SPDX-License-Identifier: Apache-2.0 */
/* What is done alike to every kind of record that has a name. */
#include "config.h"

#include "store/mysql/ops.h"
#include "store/mysql/work.h"

static enum tally_err disable(struct tally_db *db, enum tally_statement id, struct tally_span name,
			      int64_t at)
{
	struct tally_query q;

	tally_query_begin(&q, db, id);
	tally_query_put_int(&q, at);
	tally_query_put_bytes(&q, name);
	tally_query_run(&q);
	return tally_query_end_found(&q);
}

enum tally_err tally_mysql_named_disable(struct tally_store *store, enum tally_statement id,
					 struct tally_span name, int64_t at)
{
	struct tally_work work = tally_work(store, TALLY_WORK_ONE);

	while (tally_work_next(&work))
		work.err = disable(work.db, id, name, at);
	return work.err;
}

static enum tally_err remove_row(struct tally_db *db, enum tally_statement id,
				 struct tally_span name)
{
	struct tally_query q;

	tally_query_begin(&q, db, id);
	tally_query_put_bytes(&q, name);
	tally_query_run(&q);
	return tally_query_end_found(&q);
}

enum tally_err tally_mysql_named_remove(struct tally_store *store, enum tally_statement id,
					struct tally_span name)
{
	struct tally_work work = tally_work(store, TALLY_WORK_WRITE);

	while (tally_work_next(&work))
		work.err = remove_row(work.db, id, name);
	return work.err;
}
