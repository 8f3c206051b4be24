/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries of status lists that the kept tokens of a client or a subject name.
 * There is no index by either, and there shall be none: who issues would pay for
 * what is asked for once in a while. So live tokens are looked through in the
 * order of their ids, a page per statement, without a lock.
 */
#include "config.h"

#include "store/mysql/ops.h"
#include "store/mysql/work.h"

#include "sys/clock.h"

#define LIFE_MAX (30 * TALLY_DAY) /* the longest life of an access token, see conf.def */

/* In the order in which they are looked through. page: the LIMIT of statement.c. */
static const struct part {
	enum tally_statement statement;
	unsigned int page;
	unsigned int days; /* ahead of today on which tokens may expire */
} parts[] = {
	{ TALLY_STATEMENT_entry_page_access, TALLY_ENTRY_PAGE, 31 },
	{ TALLY_STATEMENT_entry_page_refresh, TALLY_ENTRY_PAGE / TALLY_LIVE_REFS_MAX, 366 },
};

#define PARTS (sizeof(parts) / sizeof(parts[0]))

/* Before the first id of a day that matters: what was made earlier made nothing that lives. */
static void go_to_day(struct tally_entry_walk *walk, int64_t day)
{
	int64_t since_us = (walk->now - LIFE_MAX) * 1000000;

	walk->after = (struct tally_token_id){ .bytes = { (uint8_t)(day >> 8), (uint8_t)day } };
	for (unsigned int i = 0; i < 7; i++)
		walk->after.bytes[2 + i] = (uint8_t)(since_us >> 8 * (6 - i));
}

/* Behind a page that was the last one of its day. */
static void go_on(struct tally_entry_walk *walk)
{
	int64_t today = walk->now / TALLY_DAY;
	int64_t next = tally_token_id_day(&walk->after) + 1;

	if (next > today + parts[walk->part].days) {
		next = today;
		walk->part++;
	}
	walk->is_over = walk->part == PARTS;
	go_to_day(walk, next);
}

struct page {
	int64_t rows;
	struct tally_token_id last;
	struct tally_status_ref *refs;
	size_t n;
};

static void add(struct page *page, struct tally_status_ref ref)
{
	if (page->n < TALLY_ENTRY_PAGE)
		page->refs[page->n++] = ref;
}

/* Of a refresh token: all that it knows and that may still live. */
static void add_live(struct tally_query *q, struct tally_arena *arena, int64_t now,
		     struct page *page)
{
	struct tally_live_refs live;

	if (tally_live_refs_unpack(tally_query_span(q, arena, TALLY_LIVE_REFS_SIZE), &live) !=
	    TALLY_OK)
		return;
	tally_live_refs_expire(&live, now);
	for (size_t i = 0; i < live.count; i++)
		add(page, live.items[i].ref);
}

/* One row says how far the page goes, all others are of tokens that are looked for. */
static void read_row(struct tally_query *q, struct tally_arena *arena,
		     const struct tally_entry_walk *walk, struct page *page)
{
	bool is_token = tally_query_is_null(q);
	int64_t rows = tally_query_int(q);

	if (!is_token) {
		page->rows = rows;
		if (rows > 0)
			tally_query_exact(q, page->last.bytes, sizeof(page->last.bytes));
		return;
	}
	tally_query_seek(q, 2);
	if (parts[walk->part].statement == TALLY_STATEMENT_entry_page_refresh) {
		add_live(q, arena, walk->now, page);
		return;
	}
	uint32_t list = tally_query_u32(q);

	add(page, (struct tally_status_ref){ .list = list, .index = tally_query_u32(q) });
}

static void put_page(struct tally_query *q, const struct tally_entry_walk *walk)
{
	tally_query_put_int(q, tally_token_id_day(&walk->after));
	tally_query_put_bytes(q, tally_span(walk->after.bytes, sizeof(walk->after.bytes)));
}

/* What is not asked for is looked for by a value that no row has. */
static enum tally_err read_page(struct tally_db *db, struct tally_arena *arena,
				const struct tally_entry_walk *walk, struct page *page)
{
	const struct part *part = &parts[walk->part];
	bool of_client = walk->kind == TALLY_WATERMARK_CLIENT;
	struct tally_query q;

	page->n = 0;
	page->rows = 0;
	tally_query_begin(&q, db, part->statement);
	put_page(&q, walk);
	put_page(&q, walk);
	tally_query_put_int(&q, of_client ? (int64_t)walk->client : -1);
	tally_query_put_bytes(&q, of_client ? TALLY_SPAN("") : walk->subject);
	if (part->statement == TALLY_STATEMENT_entry_page_access)
		tally_query_put_int(&q, walk->now);
	tally_query_run(&q);
	while (tally_query_next(&q))
		read_row(&q, arena, walk, page);
	return tally_query_end(&q);
}

enum tally_err tally_mysql_entry_page(struct tally_store *store, struct tally_arena *arena,
				      struct tally_entry_walk *walk,
				      struct tally_status_ref refs[TALLY_ENTRY_PAGE], size_t *n)
{
	struct tally_work work = tally_work(store, TALLY_WORK_READ);
	struct page page = { .refs = refs };

	if (tally_token_id_is_none(&walk->after))
		go_to_day(walk, walk->now / TALLY_DAY);
	while (tally_work_next(&work))
		work.err = read_page(work.db, arena, walk, &page);
	if (work.err != TALLY_OK)
		return work.err;
	*n = page.n;
	walk->rows += (uint64_t)page.rows;
	if (page.rows < parts[walk->part].page)
		go_on(walk);
	else
		walk->after = page.last;
	return TALLY_OK;
}
