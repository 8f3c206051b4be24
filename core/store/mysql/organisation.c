/* SPDX-License-Identifier: Apache-2.0 */
/* Organisations. Clients and users bring theirs with them: client.c, user.c. */
#include "config.h"

#include "store/mysql/ops.h"
#include "store/mysql/page.h"
#include "store/mysql/work.h"

#define PAGE_BYTES (1u << 20)

static void read_organisation(struct tally_query *q, struct tally_arena *arena,
			      struct tally_organisation_record *out)
{
	*out = (struct tally_organisation_record){ .created_at = 0 };
	out->organisation_id = tally_query_span(q, arena, TALLY_ID_MAX);
	out->name = tally_query_span(q, arena, TALLY_NAME_MAX);
	out->created_at = tally_query_int(q);
	out->disabled_at = tally_query_int(q);
}

static enum tally_err find(struct tally_db *db, struct tally_arena *arena, struct tally_span id,
			   struct tally_organisation_record *out)
{
	struct tally_query q;

	tally_query_begin(&q, db, TALLY_STATEMENT_organisation_find);
	tally_query_put_bytes(&q, id);
	tally_query_run(&q);
	bool found = tally_query_next(&q);

	if (found)
		read_organisation(&q, arena, out);
	enum tally_err err = tally_query_end(&q);

	return err == TALLY_OK && !found ? TALLY_ERR_NOT_FOUND : err;
}

enum tally_err tally_mysql_organisation_find(struct tally_store *store, struct tally_arena *arena,
					     struct tally_span organisation_id,
					     struct tally_organisation_record *out)
{
	struct tally_work work = tally_work(store, TALLY_WORK_READ);

	if (!tally_mysql_is_id(organisation_id))
		return TALLY_ERR_NOT_FOUND;
	while (tally_work_next(&work))
		work.err = find(work.db, arena, organisation_id, out);
	return work.err;
}

/* ---- all of them ---- */

static void read_record(struct tally_query *q, struct tally_arena *arena, void *record)
{
	read_organisation(q, arena, record);
}

static void keep_id(struct tally_page_key *key, const void *record)
{
	const struct tally_organisation_record *organisation = record;

	tally_page_keep_name(key, organisation->organisation_id);
}

static const struct tally_page_kind pages = {
	.statement = TALLY_STATEMENT_organisation_page,
	.record_size = sizeof(struct tally_organisation_record),
	.bytes = PAGE_BYTES,
	.put = tally_page_put_name,
	.read = read_record,
	.keep = keep_id,
};

struct visitor {
	tally_organisation_visit *visit;
	void *context;
};

static enum tally_err visit_record(void *context, const void *record)
{
	const struct visitor *visitor = context;

	return visitor->visit(visitor->context, record);
}

enum tally_err tally_mysql_organisation_list(struct tally_store *store,
					     tally_organisation_visit *visit, void *context)
{
	return tally_page_walk(store, &pages, visit_record, &(struct visitor){ visit, context });
}

/* ---- changes ---- */

static enum tally_err insert(struct tally_db *db, const struct tally_organisation_record *record)
{
	struct tally_query q;

	tally_query_begin(&q, db, TALLY_STATEMENT_organisation_add);
	tally_query_put_bytes(&q, record->organisation_id);
	tally_query_put_text(&q, record->name);
	tally_query_put_int(&q, record->created_at);
	tally_query_put_int(&q, record->disabled_at);
	tally_query_run(&q);
	return tally_query_end(&q);
}

enum tally_err
tally_mysql_organisation_add(struct tally_store *store,
			     const struct tally_organisation_record *organisation)
{
	struct tally_work work = tally_work(store, TALLY_WORK_WRITE);

	if (!tally_mysql_is_id(organisation->organisation_id) ||
	    organisation->name.n > TALLY_NAME_MAX)
		return TALLY_ERR_LIMIT;
	while (tally_work_next(&work))
		work.err = insert(work.db, organisation);
	return work.err;
}

enum tally_err tally_mysql_organisation_disable(struct tally_store *store,
						struct tally_span organisation_id, int64_t at)
{
	if (!tally_mysql_is_id(organisation_id))
		return TALLY_ERR_NOT_FOUND;
	return tally_mysql_named_disable(store, TALLY_STATEMENT_organisation_disable,
					 organisation_id, at);
}

/* The number of an organisation, whose row stays locked, by one of two statements. */
static enum tally_err lock(struct tally_db *db, enum tally_statement how, struct tally_span id,
			   int64_t *out)
{
	struct tally_query q;

	tally_query_begin(&q, db, how);
	tally_query_put_bytes(&q, id);
	tally_query_run(&q);
	bool found = tally_query_next(&q);

	if (found)
		*out = tally_query_int(&q);
	enum tally_err err = tally_query_end(&q);

	return err == TALLY_OK && !found ? TALLY_ERR_NOT_FOUND : err;
}

enum tally_err tally_mysql_hold_organisation(struct tally_db *db, struct tally_span organisation_id,
					     int64_t *out)
{
	if (organisation_id.n == 0)
		organisation_id = TALLY_SPAN(TALLY_ORGANISATION_DEFAULT);
	if (organisation_id.n > TALLY_ID_MAX)
		return TALLY_ERR_STATE;
	enum tally_err err =
		lock(db, TALLY_STATEMENT_organisation_hold, organisation_id, out);

	return err == TALLY_ERR_NOT_FOUND ? TALLY_ERR_STATE : err;
}

static enum tally_err check_empty(struct tally_db *db, int64_t organisation)
{
	struct tally_query q;

	tally_query_begin(&q, db, TALLY_STATEMENT_organisation_member);
	tally_query_put_int(&q, organisation);
	tally_query_put_int(&q, organisation);
	tally_query_run(&q);
	bool found = tally_query_next(&q);
	enum tally_err err = tally_query_end(&q);

	return err == TALLY_OK && found ? TALLY_ERR_STATE : err;
}

static enum tally_err remove_empty(struct tally_db *db, struct tally_span id)
{
	struct tally_query q;
	int64_t organisation = 0;
	/* Nobody joins it until the transaction ends: whoever does, holds the row. */
	enum tally_err err = lock(db, TALLY_STATEMENT_organisation_lock, id, &organisation);

	if (err == TALLY_OK)
		err = check_empty(db, organisation);
	if (err != TALLY_OK)
		return err;
	tally_query_begin(&q, db, TALLY_STATEMENT_organisation_remove);
	tally_query_put_bytes(&q, id);
	tally_query_run(&q);
	return tally_query_end_found(&q);
}

enum tally_err tally_mysql_organisation_remove(struct tally_store *store,
					       struct tally_span organisation_id)
{
	struct tally_work work = tally_work(store, TALLY_WORK_WRITE);

	if (tally_span_eq(organisation_id, TALLY_SPAN(TALLY_ORGANISATION_DEFAULT)))
		return TALLY_ERR_STATE;
	if (!tally_mysql_is_id(organisation_id))
		return TALLY_ERR_NOT_FOUND;
	while (tally_work_next(&work))
		work.err = remove_empty(work.db, organisation_id);
	return work.err;
}
