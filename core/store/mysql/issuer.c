/* SPDX-License-Identifier: Apache-2.0 */
/* Trusted issuers. */
#include "config.h"

#include "store/mysql/ops.h"
#include "store/mysql/work.h"

#define ISSUER_MAX 255u /* as in the schema */
#define PAGE_BYTES (4u << 20)

static bool is_issuer(struct tally_span issuer)
{
	return issuer.n > 0 && issuer.n <= ISSUER_MAX;
}

static void read_issuer(struct tally_query *q, struct tally_arena *arena,
			struct tally_issuer_record *out)
{
	*out = (struct tally_issuer_record){ 0 };
	out->issuer = tally_query_span(q, arena, ISSUER_MAX);
	out->jwks = tally_query_span(q, arena, TALLY_JWKS_MAX);
	out->audience = tally_query_span(q, arena, TALLY_AUDIENCE_MAX);
	/* One that a newer version wrote is no user of ours, whom nobody has. */
	int64_t mapping = tally_query_int(q);

	out->mapping = mapping == TALLY_SUBJECT_AS_IS   ? TALLY_SUBJECT_AS_IS
		       : mapping == TALLY_SUBJECT_LOGIN ? TALLY_SUBJECT_LOGIN
							: TALLY_SUBJECT_USER;
	out->created_at = tally_query_int(q);
	out->disabled_at = tally_query_int(q);
}

static enum tally_err find(struct tally_db *db, struct tally_arena *arena, struct tally_span issuer,
			   struct tally_issuer_record *out)
{
	struct tally_query q;

	tally_query_begin(&q, db, TALLY_STATEMENT_issuer_find);
	tally_query_put_bytes(&q, issuer);
	tally_query_run(&q);
	bool found = tally_query_next(&q);

	if (found)
		read_issuer(&q, arena, out);
	enum tally_err err = tally_query_end(&q);

	return err == TALLY_OK && !found ? TALLY_ERR_NOT_FOUND : err;
}

enum tally_err tally_mysql_issuer_find(struct tally_store *store, struct tally_arena *arena,
				       struct tally_span issuer, struct tally_issuer_record *out)
{
	struct tally_work work = tally_work(store, TALLY_WORK_READ);

	if (!is_issuer(issuer))
		return TALLY_ERR_NOT_FOUND;
	while (tally_work_next(&work))
		work.err = find(work.db, arena, issuer, out);
	return work.err;
}

/* A walk over all issuers, a page at a time. */
struct walk {
	struct tally_arena *arena;
	char last[ISSUER_MAX]; /* what the page before ended with */
	size_t last_size;
	struct tally_issuer_record *issuers;
	size_t count;
};

static enum tally_err read_page(struct tally_db *db, struct walk *walk)
{
	struct tally_query q;

	tally_query_begin(&q, db, TALLY_STATEMENT_issuer_page);
	tally_query_put_bytes(&q, tally_span(walk->last, walk->last_size));
	tally_query_run(&q);
	walk->count = 0;
	walk->issuers =
		tally_arena_array(walk->arena, tally_query_rows(&q), sizeof(walk->issuers[0]));
	if (walk->issuers == NULL)
		tally_query_no_memory(&q);
	while (tally_query_next(&q))
		read_issuer(&q, walk->arena, &walk->issuers[walk->count++]);
	return tally_query_end(&q);
}

static enum tally_err visit_page(struct walk *walk, tally_issuer_visit *visit, void *context)
{
	enum tally_err err = TALLY_OK;

	for (size_t i = 0; err == TALLY_OK && i < walk->count; i++) {
		struct tally_span name = walk->issuers[i].issuer;

		memcpy(walk->last, name.p, name.n);
		walk->last_size = name.n;
		err = visit(context, &walk->issuers[i]);
	}
	return err;
}

enum tally_err tally_mysql_issuer_list(struct tally_store *store, tally_issuer_visit *visit,
				       void *context)
{
	struct walk walk = { .arena = tally_arena_new(64u << 10, PAGE_BYTES), .count = 1 };
	enum tally_err err = walk.arena ? TALLY_OK : TALLY_ERR_NOMEM;

	while (err == TALLY_OK && walk.count > 0) {
		struct tally_work work = tally_work(store, TALLY_WORK_READ);

		tally_arena_reset(walk.arena);
		while (tally_work_next(&work))
			work.err = read_page(work.db, &walk);
		/* Between two pages the connection is free for others, and for the visitor. */
		err = work.err ? work.err : visit_page(&walk, visit, context);
	}
	tally_arena_free(walk.arena);
	return err;
}

/* ---- changes ---- */

static enum tally_err insert(struct tally_db *db, const struct tally_issuer_record *issuer)
{
	struct tally_query q;

	tally_query_begin(&q, db, TALLY_STATEMENT_issuer_add);
	tally_query_put_bytes(&q, issuer->issuer);
	tally_query_put_bytes(&q, issuer->jwks);
	tally_query_put_bytes(&q, issuer->audience);
	tally_query_put_int(&q, issuer->mapping);
	tally_query_put_int(&q, issuer->created_at);
	tally_query_put_int(&q, issuer->disabled_at);
	tally_query_run(&q);
	return tally_query_end(&q);
}

enum tally_err tally_mysql_issuer_add(struct tally_store *store,
				      const struct tally_issuer_record *issuer)
{
	struct tally_work work = tally_work(store, TALLY_WORK_WRITE);

	if (!is_issuer(issuer->issuer) || issuer->jwks.n > TALLY_JWKS_MAX)
		return TALLY_ERR_LIMIT;
	while (tally_work_next(&work))
		work.err = insert(work.db, issuer);
	return work.err;
}

static enum tally_err update(struct tally_db *db, const struct tally_issuer_record *issuer,
			     unsigned int parts)
{
	struct tally_query q;

	tally_query_begin(&q, db, TALLY_STATEMENT_issuer_set);
	tally_query_put_int(&q, parts & TALLY_ISSUER_JWKS);
	tally_query_put_bytes(&q, issuer->jwks);
	tally_query_put_int(&q, parts & TALLY_ISSUER_AUDIENCE);
	tally_query_put_bytes(&q, issuer->audience);
	tally_query_put_int(&q, parts & TALLY_ISSUER_MAPPING);
	tally_query_put_int(&q, issuer->mapping);
	tally_query_put_bytes(&q, issuer->issuer);
	tally_query_run(&q);
	return tally_query_end_found(&q);
}

enum tally_err tally_mysql_issuer_set(struct tally_store *store,
				      const struct tally_issuer_record *issuer, unsigned int parts)
{
	struct tally_work work = tally_work(store, TALLY_WORK_ONE);

	if (!is_issuer(issuer->issuer))
		return TALLY_ERR_NOT_FOUND;
	if (issuer->jwks.n > TALLY_JWKS_MAX)
		return TALLY_ERR_LIMIT;
	while (tally_work_next(&work))
		work.err = update(work.db, issuer, parts);
	return work.err;
}

enum tally_err tally_mysql_issuer_disable(struct tally_store *store, struct tally_span issuer,
					  int64_t at)
{
	if (!is_issuer(issuer))
		return TALLY_ERR_NOT_FOUND;
	return tally_mysql_named_disable(store, TALLY_STATEMENT_issuer_disable, issuer, at);
}

enum tally_err tally_mysql_issuer_remove(struct tally_store *store, struct tally_span issuer)
{
	if (!is_issuer(issuer))
		return TALLY_ERR_NOT_FOUND;
	return tally_mysql_named_remove(store, TALLY_STATEMENT_issuer_remove, issuer);
}
