/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "store/mysql/page.h"

#include "store/mysql/work.h"

#define FIRST_BYTES (64u << 10)

struct walk {
	const struct tally_page_kind *kind;
	struct tally_arena *arena; /* of one page */
	struct tally_page_key last;
	char *records;
	size_t count;
};

static void *record_at(const struct walk *walk, size_t i)
{
	return walk->records + i * walk->kind->record_size;
}

static void read_row(struct walk *walk, struct tally_query *q)
{
	const struct tally_page_kind *kind = walk->kind;

	if (walk->count == 0 || kind->read_more == NULL ||
	    !kind->read_more(q, walk->arena, record_at(walk, walk->count - 1)))
		kind->read(q, walk->arena, record_at(walk, walk->count++));
}

static enum tally_err read_page(struct tally_db *db, struct walk *walk)
{
	struct tally_query q;

	tally_query_begin(&q, db, walk->kind->statement);
	walk->kind->put(&q, &walk->last);
	tally_query_run(&q);
	walk->count = 0;
	walk->records = tally_arena_array(walk->arena, tally_query_rows(&q),
					  walk->kind->record_size);
	if (walk->records == NULL)
		tally_query_no_memory(&q);
	while (tally_query_next(&q))
		read_row(walk, &q);
	return tally_query_end(&q);
}

static enum tally_err visit_page(struct walk *walk, tally_page_visit *visit, void *context)
{
	enum tally_err err = TALLY_OK;

	if (walk->count > 0)
		walk->kind->keep(&walk->last, record_at(walk, walk->count - 1));
	for (size_t i = 0; err == TALLY_OK && i < walk->count; i++)
		err = visit(context, record_at(walk, i));
	return err;
}

enum tally_err tally_page_walk(struct tally_store *store, const struct tally_page_kind *kind,
			       tally_page_visit *visit, void *context)
{
	struct walk walk = {
		.kind = kind,
		.arena = tally_arena_new(FIRST_BYTES, kind->bytes),
		.count = 1,
	};
	enum tally_err err = walk.arena ? TALLY_OK : TALLY_ERR_NOMEM;

	while (err == TALLY_OK && walk.count > 0) {
		struct tally_work work = tally_work(store, TALLY_WORK_READ);

		tally_arena_reset(walk.arena);
		while (tally_work_next(&work))
			work.err = read_page(work.db, &walk);
		err = work.err ? work.err : visit_page(&walk, visit, context);
	}
	tally_arena_free(walk.arena);
	return err;
}

void tally_page_put_name(struct tally_query *q, const struct tally_page_key *after)
{
	tally_query_put_bytes(q, tally_span(after->text, after->size));
}

void tally_page_keep_name(struct tally_page_key *key, struct tally_span name)
{
	memcpy(key->text, name.p, name.n);
	key->size = name.n;
}
