/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What has ended tokens that are not kept. It is asked live for each of them; a
 * look-up that finds something has found its end.
 */
#include "config.h"

#include "store/mysql/ops.h"
#include "store/mysql/text.h"
#include "store/mysql/work.h"

static const struct tally_revocation_query *query_of(const struct tally_lookup *lookup)
{
	return *(const struct tally_revocation_query **)lookup->context;
}

/* ---- one ---- */

static void put_id(struct tally_query *q, const struct tally_token_id *id)
{
	tally_query_put_int(q, tally_token_id_day(id));
	tally_query_put_bytes(q, tally_span(id->bytes, sizeof(id->bytes)));
}

/* What is not asked for is looked up by a key that nothing has. */
static enum tally_err find_one(struct tally_db *db, struct tally_lookup *lookup)
{
	const struct tally_revocation_query *query = query_of(lookup);
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
	lookup->found = tally_query_rows(&q) > 0;
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

static bool ends(const struct tally_revocation_query *query, unsigned long what,
		 struct tally_span name, int64_t until_us)
{
	const struct tally_token_id *id = &query->id, *family = &query->family;

	if (what == 0)
		return is_id(id, name) || (!tally_token_id_is_none(family) && is_id(family, name));
	return tally_span_eq(name_of(query, (enum tally_watermark_kind)(what - 1)), name) &&
	       tally_token_id_since_us(id, family) <= until_us;
}

static void judge(struct tally_lookup *const lookups[], size_t n, MYSQL_RES *result)
{
	MYSQL_ROW row;

	while ((row = mysql_fetch_row(result)) != NULL) {
		struct tally_span name = tally_span(row[1], mysql_fetch_lengths(result)[1]);
		unsigned long what = strtoul(row[0], NULL, 10);
		int64_t until_us = strtoll(row[2], NULL, 10);

		for (size_t i = 0; i < n; i++)
			lookups[i]->found |= ends(query_of(lookups[i]), what, name, until_us);
	}
}

static enum tally_err find_several(struct tally_db *db, struct tally_lookup *const lookups[],
				   size_t n)
{
	const struct tally_revocation_query *queries[TALLY_LOOKUP_BATCH];
	struct tally_buf text;
	enum tally_err err;

	for (size_t i = 0; i < n; i++)
		queries[i] = query_of(lookups[i]);
	tally_buf_grow(&text, TALLY_TEXT_MAX);
	tally_mysql_revoked_text(&text, queries, n);
	MYSQL_RES *result = tally_text_rows(db, &text, &err);

	if (result != NULL)
		judge(lookups, n, result);
	mysql_free_result(result);
	tally_buf_free(&text);
	return err;
}

static enum tally_err find_all(struct tally_db *db, struct tally_lookup *const lookups[], size_t n)
{
	return n == 1 ? find_one(db, lookups[0]) : find_several(db, lookups, n);
}

static const struct tally_lookup_kind kind = {
	.id = TALLY_LOOKUP_REVOKED, .most = TALLY_LOOKUP_BATCH, .ask = find_all,
};

enum tally_err tally_mysql_revoked(struct tally_store *store,
				   const struct tally_revocation_query *query, bool *out)
{
	struct tally_lookup lookup = { .kind = &kind, .context = &query };
	enum tally_err err = tally_lookup(store, &lookup);

	*out = lookup.found;
	return err == TALLY_ERR_NOT_FOUND ? TALLY_OK : err;
}
