/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What has ended tokens that are not kept. It is asked live for each of them;
 * requests that ask at the same time share one statement, which costs server
 * and network little more than one question would.
 */
#include "config.h"

#include "store/mysql/ops.h"
#include "store/mysql/text.h"
#include "store/mysql/work.h"

#define RUNS 2u /* statements under way at once; each takes a connection */

struct lookup {
	const struct tally_revocation_query *query;
	bool is_ended;
	enum tally_err err;
};

/* ---- one ---- */

static void put_id(struct tally_query *q, const struct tally_token_id *id)
{
	tally_query_put_int(q, tally_token_id_day(id));
	tally_query_put_bytes(q, tally_span(id->bytes, sizeof(id->bytes)));
}

/* What is not asked for is looked up by a key that nothing has. */
static enum tally_err find_one(struct tally_db *db, struct lookup *lookup)
{
	const struct tally_revocation_query *query = lookup->query;
	struct tally_query q;
	int64_t since_us = tally_token_id_since_us(&query->id, &query->family);

	tally_query_begin(&q, db, TALLY_STATEMENT_revoked);
	put_id(&q, &query->id);
	put_id(&q, &query->family);
	tally_query_put_bytes(&q, query->client_id);
	tally_query_put_int(&q, since_us);
	tally_query_put_bytes(&q, query->subject);
	tally_query_put_int(&q, since_us);
	tally_query_run(&q);
	lookup->is_ended = tally_query_rows(&q) > 0;
	return tally_query_end(&q);
}

/* ---- several ---- */

static void add_ids(struct tally_buf *text, const struct tally_revocation_query *const queries[],
		    size_t n)
{
	for (size_t i = 0; i < n; i++) {
		tally_text_add_id(text, &queries[i]->id, i == 0);
		if (!tally_token_id_is_none(&queries[i]->family))
			tally_text_add_id(text, &queries[i]->family, false);
	}
}

static void add_name(struct tally_buf *text, enum tally_watermark_kind kind, struct tally_span who,
		     bool *first)
{
	tally_buf_add_str(text, *first ? "(kind=" : " OR (kind=");
	*first = false;
	tally_buf_add_u64(text, kind);
	tally_buf_add_str(text, " AND who=");
	tally_text_add_hex(text, who.p, who.n);
	tally_buf_add_char(text, ')');
}

static struct tally_span name_of(const struct tally_revocation_query *query,
				 enum tally_watermark_kind kind)
{
	return kind == TALLY_WATERMARK_CLIENT ? query->client_id : query->subject;
}

/* Neighbours are often of the same client, which is asked once then. */
static void add_names(struct tally_buf *text, const struct tally_revocation_query *const queries[],
		      size_t n, enum tally_watermark_kind kind, bool *first)
{
	struct tally_span last = TALLY_SPAN("");

	for (size_t i = 0; i < n; i++) {
		struct tally_span who = name_of(queries[i], kind);

		if (who.n > 0 && !tally_span_eq(who, last))
			add_name(text, kind, who, first);
		last = who;
	}
}

/* The rows: 0, an id; or 1 and 2, a client or a subject, and its watermark. */
void tally_mysql_revoked_text(struct tally_buf *text,
			      const struct tally_revocation_query *const queries[], size_t n)
{
	bool first = true;

	tally_text_begin(text, "SELECT 0, id, 0 FROM revocation WHERE ");
	add_ids(text, queries, n);
	tally_buf_add_str(text, " UNION ALL SELECT kind + 1, who, until_us FROM watermark WHERE ");
	add_names(text, queries, n, TALLY_WATERMARK_CLIENT, &first);
	add_names(text, queries, n, TALLY_WATERMARK_SUBJECT, &first);
	if (first)
		tally_buf_add_str(text, "FALSE");
}

static bool is_id(const struct tally_token_id *id, struct tally_span bytes)
{
	return tally_span_eq(tally_span(id->bytes, sizeof(id->bytes)), bytes);
}

static bool ends(const struct lookup *lookup, unsigned long what, struct tally_span name,
		 int64_t until_us)
{
	const struct tally_token_id *id = &lookup->query->id, *family = &lookup->query->family;

	if (what == 0)
		return is_id(id, name) || (!tally_token_id_is_none(family) && is_id(family, name));
	return tally_span_eq(name_of(lookup->query, (enum tally_watermark_kind)(what - 1)), name) &&
	       tally_token_id_since_us(id, family) <= until_us;
}

static void judge(void *const items[], size_t n, MYSQL_RES *result)
{
	MYSQL_ROW row;

	while ((row = mysql_fetch_row(result)) != NULL) {
		struct tally_span name = tally_span(row[1], mysql_fetch_lengths(result)[1]);
		unsigned long what = strtoul(row[0], NULL, 10);
		int64_t until_us = strtoll(row[2], NULL, 10);

		for (size_t i = 0; i < n; i++) {
			struct lookup *lookup = items[i];

			lookup->is_ended |= ends(lookup, what, name, until_us);
		}
	}
}

static enum tally_err find_several(struct tally_db *db, void *const items[], size_t n)
{
	const struct tally_revocation_query *queries[TALLY_REVOKED_BATCH];
	struct tally_buf text;
	enum tally_err err;

	for (size_t i = 0; i < n; i++)
		queries[i] = ((const struct lookup *)items[i])->query;
	tally_buf_grow(&text, TALLY_TEXT_MAX);
	tally_mysql_revoked_text(&text, queries, n);
	MYSQL_RES *result = tally_text_rows(db, &text, &err);

	if (result != NULL)
		judge(items, n, result);
	mysql_free_result(result);
	tally_buf_free(&text);
	return err;
}

/* ---- a batch ---- */

static void find_all(void *context, void *const items[], size_t n)
{
	struct tally_mysql *mysql = context;
	struct tally_work work = tally_work(&mysql->store, TALLY_WORK_READ);

	while (tally_work_next(&work))
		work.err = n == 1 ? find_one(work.db, items[0]) : find_several(work.db, items, n);
	for (size_t i = 0; i < n; i++)
		((struct lookup *)items[i])->err = work.err;
}

/* As many may wait as there are threads: what they hold up is themselves. */
struct tally_gather *tally_mysql_revoked_new(struct tally_mysql *mysql)
{
	return tally_gather_new(find_all, mysql, (struct tally_gather_limits){
		.queue = SIZE_MAX, .batch = TALLY_REVOKED_BATCH, .runs = RUNS });
}

enum tally_err tally_mysql_revoked(struct tally_store *store,
				   const struct tally_revocation_query *query, bool *out)
{
	/* The store is the first member. */
	struct tally_mysql *mysql = (struct tally_mysql *)store;
	struct lookup lookup = { .query = query, .err = TALLY_ERR_UNAVAILABLE };

	if (!tally_gather_put(mysql->revoked, &lookup))
		return TALLY_ERR_UNAVAILABLE;
	*out = lookup.is_ended;
	return lookup.err;
}
