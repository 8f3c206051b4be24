/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps a batch of tokens: one INSERT per table for all of them, one commit.
 * When only one table is concerned, that is a single statement.
 */
#include "config.h"

#include "store/mysql/ops.h"
#include "store/mysql/text.h"
#include "store/mysql/work.h"

#include "sys/log.h"
#include "sys/rand.h"

struct batch {
	struct tally_token_job **jobs;
	size_t count;
	size_t uses;            /* jobs that use up a refresh token */
	size_t *order;          /* of these, by id: processes never lock crosswise */
	uint64_t *nonces;       /* per job; by it a row of refresh_use is its own */
	struct tally_buf *text; /* the statement in the making */
};

/* ---- values ---- */

static void add_span(struct tally_buf *text, struct tally_span s)
{
	tally_buf_add_char(text, ',');
	tally_text_add_hex(text, s.p, s.n);
}

/* MariaDB takes bytes without a character set as they are, ASCII or not. */
static void add_text(struct tally_buf *text, struct tally_span s)
{
	tally_buf_add_str(text, ",_utf8mb4 ");
	tally_text_add_hex(text, s.p, s.n);
}

static void add_number(struct tally_buf *text, uint64_t value)
{
	tally_buf_add_char(text, ',');
	tally_buf_add_u64(text, value);
}

static bool is_zero(const uint8_t *p, size_t n)
{
	uint8_t any = 0;

	for (size_t i = 0; i < n; i++)
		any |= p[i];
	return any == 0;
}

/* All zero is kept as nothing at all. */
static void add_unless_zero(struct tally_buf *text, const uint8_t *p, size_t n)
{
	add_span(text, tally_span(p, is_zero(p, n) ? 0 : n));
}

static struct tally_span span_of_id(const struct tally_token_id *id)
{
	return tally_span(id->bytes, sizeof(id->bytes));
}

/* "(day,id" of a row, behind the one before. */
static void begin_row(struct tally_buf *text, const struct tally_token_id *id, bool first)
{
	tally_buf_add_str(text, first ? "(" : ",(");
	tally_buf_add_u64(text, tally_token_id_day(id));
	add_span(text, span_of_id(id));
}

/* The columns family to audience. */
static void add_owner(struct tally_buf *text, const struct tally_token_owner *owner)
{
	add_number(text, owner->client);
	add_number(text, owner->user);
	add_span(text, owner->subject);
	add_text(text, owner->scope);
	add_text(text, owner->audience);
}

static void add_access(struct tally_buf *text, const struct tally_access_record *access, bool first)
{
	begin_row(text, &access->id, first);
	add_unless_zero(text, access->family.bytes, sizeof(access->family.bytes));
	add_owner(text, &access->owner);
	add_unless_zero(text, access->digest, sizeof(access->digest));
	add_number(text, (uint64_t)access->expires_at);
	if (access->status_uri.n > 0) {
		add_number(text, access->status.list);
		add_number(text, access->status.index);
	} else {
		tally_buf_add_str(text, ",NULL,NULL");
	}
	tally_buf_add_char(text, ')');
}

static void add_refresh(struct tally_buf *text, const struct tally_refresh_record *refresh,
			bool first)
{
	uint8_t live[TALLY_LIVE_REFS_SIZE];

	begin_row(text, &refresh->id, first);
	add_span(text, span_of_id(&refresh->family));
	add_owner(text, &refresh->owner);
	add_span(text, tally_span(refresh->digest, sizeof(refresh->digest)));
	add_number(text, (uint64_t)refresh->expires_at);
	add_number(text, (uint64_t)refresh->family_expires_at);
	add_span(text, tally_live_refs_pack(&refresh->live, live));
	tally_buf_add_char(text, ')');
}

/* ---- statements ---- */

/* What makes a repetition harmless, and hides no other mistake, as IGNORE would. */
static void end_insert(struct tally_buf *text, bool again)
{
	if (again)
		tally_buf_add_str(text, " ON DUPLICATE KEY UPDATE day = day");
}

static enum tally_err insert_access(struct tally_db *db, struct batch *batch, bool again)
{
	struct tally_buf *text = batch->text;
	bool first = true;

	tally_text_begin(text, "INSERT INTO access_token (day, id, family, client, user, subject,"
		    " scope, audience, digest, expires_at, status_list, status_index) VALUES ");
	for (size_t i = 0; i < batch->count; i++) {
		const struct tally_token_job *job = batch->jobs[i];

		if (job->err != TALLY_OK || job->access == NULL)
			continue;
		add_access(text, job->access, first);
		first = false;
	}
	end_insert(text, again);
	return first ? TALLY_OK : tally_text_run(db, text);
}

static enum tally_err insert_refresh(struct tally_db *db, struct batch *batch, bool again)
{
	struct tally_buf *text = batch->text;
	bool first = true;

	tally_text_begin(text, "INSERT INTO refresh_token (day, id, family, client, user, subject,"
		    " scope, audience, digest, expires_at, family_expires_at, live) VALUES ");
	for (size_t i = 0; i < batch->count; i++) {
		const struct tally_token_job *job = batch->jobs[i];

		if (job->err != TALLY_OK || job->refresh == NULL)
			continue;
		add_refresh(text, job->refresh, first);
		first = false;
	}
	end_insert(text, again);
	return first ? TALLY_OK : tally_text_run(db, text);
}

/* ---- using up refresh tokens ---- */

/* A duplicate is somebody else's use, so IGNORE; no value here can be wrong. */
static enum tally_err insert_uses(struct tally_db *db, struct batch *batch)
{
	struct tally_buf *text = batch->text;

	tally_text_begin(text, "INSERT IGNORE INTO refresh_use (day, id, nonce, used_at_us, next)"
		    " VALUES ");
	for (size_t i = 0; i < batch->uses; i++) {
		const struct tally_token_job *job = batch->jobs[batch->order[i]];

		begin_row(text, &job->use->id, i == 0);
		add_number(text, batch->nonces[batch->order[i]]);
		add_number(text, (uint64_t)job->now_us);
		add_span(text, job->refresh ? span_of_id(&job->refresh->id) : TALLY_SPAN(""));
		tally_buf_add_char(text, ')');
	}
	return tally_text_run(db, text);
}

/* What one row of refresh_use means to the jobs that want the same token. */
static void judge(const struct batch *batch, const char *id, uint64_t nonce, int64_t used_at_us)
{
	for (size_t i = 0; i < batch->uses; i++) {
		struct tally_token_job *job = batch->jobs[batch->order[i]];

		if (memcmp(job->use->id.bytes, id, sizeof(job->use->id.bytes)) != 0 ||
		    batch->nonces[batch->order[i]] == nonce)
			continue;
		job->err = TALLY_ERR_CONFLICT;
		job->used_at_us = used_at_us;
	}
}

void tally_mysql_uses_text(struct tally_buf *text, struct tally_token_job *const jobs[],
			   const size_t order[], size_t n)
{
	tally_text_begin(text, "SELECT id, nonce, used_at_us FROM refresh_use WHERE ");
	for (size_t i = 0; i < n; i++)
		tally_text_add_id(text, &jobs[order[i]]->use->id, i == 0);
}

static enum tally_err read_uses(struct tally_db *db, struct batch *batch)
{
	enum tally_err err;
	MYSQL_ROW row;

	tally_mysql_uses_text(batch->text, batch->jobs, batch->order, batch->uses);
	MYSQL_RES *result = tally_text_rows(db, batch->text, &err);

	while (result != NULL && (row = mysql_fetch_row(result)) != NULL)
		judge(batch, row[0], strtoull(row[1], NULL, 10), strtoll(row[2], NULL, 10));
	mysql_free_result(result);
	return err;
}

/*
 * Uses up what the jobs want used up; who comes too late gets
 * TALLY_ERR_CONFLICT. Where all rows went in, there is nobody to ask for.
 */
static enum tally_err use(struct tally_db *db, struct batch *batch)
{
	if (batch->uses == 0)
		return TALLY_OK;
	enum tally_err err = insert_uses(db, batch);

	if (err != TALLY_OK || mysql_affected_rows(db->mysql) == batch->uses)
		return err;
	return read_uses(db, batch);
}

/* ---- a batch ---- */

static enum tally_err write_once(struct tally_db *db, struct batch *batch, bool again)
{
	for (size_t i = 0; i < batch->count; i++)
		batch->jobs[i]->err = TALLY_OK;
	enum tally_err err = use(db, batch);

	if (err == TALLY_OK)
		err = insert_access(db, batch, again);
	return err == TALLY_OK ? insert_refresh(db, batch, again) : err;
}

/* One table, hence one statement: then it needs no transaction around it. */
static enum tally_work_kind kind_of(const struct batch *batch)
{
	bool access = false, refresh = false;

	for (size_t i = 0; i < batch->count; i++) {
		access |= batch->jobs[i]->access != NULL;
		refresh |= batch->jobs[i]->refresh != NULL;
	}
	return batch->uses == 0 && !(access && refresh) ? TALLY_WORK_ONE : TALLY_WORK_REPEAT;
}

/* All of the jobs with one commit, or none. */
static enum tally_err write_all(struct tally_store *store, struct batch *batch)
{
	struct tally_work work = tally_work(store, kind_of(batch));

	while (tally_work_next(&work))
		work.err = write_once(work.db, batch, work.lost > 0);
	return work.err;
}

static int compare_uses(const void *a, const void *b, void *context)
{
	const struct batch *batch = context;
	const struct tally_token_job *x = batch->jobs[*(const size_t *)a];
	const struct tally_token_job *y = batch->jobs[*(const size_t *)b];

	return memcmp(x->use->id.bytes, y->use->id.bytes, sizeof(x->use->id.bytes));
}

static enum tally_err plan(struct batch *batch)
{
	batch->uses = 0;
	for (size_t i = 0; i < batch->count; i++)
		if (batch->jobs[i]->use != NULL)
			batch->order[batch->uses++] = i;
	if (batch->uses == 0)
		return TALLY_OK;
	qsort_r(batch->order, batch->uses, sizeof(batch->order[0]), compare_uses, batch);
	return tally_rand_bytes(batch->nonces, batch->count * sizeof(batch->nonces[0]));
}

static void settle(const struct batch *batch, enum tally_err err)
{
	for (size_t i = 0; err != TALLY_OK && i < batch->count; i++)
		batch->jobs[i]->err = err;
}

/* Whether it is the data of a job that the server did not like. */
static bool is_of_data(enum tally_err err)
{
	return err == TALLY_ERR_EXISTS || err == TALLY_ERR_LIMIT || err == TALLY_ERR_SYNTAX;
}

/* One of them is bad; so that the others do not suffer, each on its own. */
static void write_singly(struct tally_store *store, const struct batch *all)
{
	for (size_t i = 0; i < all->count; i++) {
		struct batch one = *all;

		one.jobs = &all->jobs[i];
		one.count = 1;
		enum tally_err err = plan(&one);

		if (err == TALLY_OK)
			err = write_all(store, &one);
		settle(&one, err);
		if (is_of_data(err))
			tally_log_error("a token cannot be kept: %s", tally_err_text(err));
	}
}

static enum tally_err write(struct tally_store *store, struct batch *batch)
{
	enum tally_err err = plan(batch);

	if (err == TALLY_OK)
		err = write_all(store, batch);
	if (is_of_data(err)) {
		write_singly(store, batch);
		return TALLY_OK;
	}
	settle(batch, err);
	return err;
}

enum tally_err tally_mysql_token_write(struct tally_store *store, struct tally_token_job **jobs,
				       size_t count)
{
	struct tally_buf text;
	struct batch batch = {
		.jobs = jobs,
		.count = count,
		.text = &text,
		.order = calloc(count, sizeof(*batch.order)),
		.nonces = calloc(count, sizeof(*batch.nonces)),
	};
	enum tally_err err = TALLY_ERR_NOMEM;

	tally_buf_grow(&text, TALLY_TEXT_MAX);
	if (batch.order != NULL && batch.nonces != NULL)
		err = write(store, &batch);
	else
		settle(&batch, err);
	tally_buf_free(&text);
	free(batch.order);
	free(batch.nonces);
	return err;
}
