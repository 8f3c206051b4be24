/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens, their use, and what ends them. */
#include "config.h"

#include "tests/fake/store_priv.h"

#include <stdlib.h>

/* The last bytes of an id are random. */
static size_t bucket_of(const struct tally_token_id *id)
{
	return (size_t)(id->bytes[14] << 8 | id->bytes[15]) % FAKE_TABLES_BUCKETS;
}

static struct fake_row *find(const struct fake_table *table, const struct tally_token_id *id)
{
	struct fake_row *row = table->buckets ? table->buckets[bucket_of(id)] : NULL;

	while (row != NULL && !tally_token_id_eq(&row->id, id))
		row = row->next;
	return row;
}

/* NULL: out of memory. */
static struct fake_row *insert(struct fake_table *table, const struct tally_token_id *id)
{
	struct fake_row *row = calloc(1, sizeof(*row));

	if (table->buckets == NULL)
		table->buckets = calloc(FAKE_TABLES_BUCKETS, sizeof(struct fake_row *));
	if (row == NULL || table->buckets == NULL) {
		free(row);
		return NULL;
	}
	row->id = *id;
	row->next = table->buckets[bucket_of(id)];
	table->buckets[bucket_of(id)] = row;
	return row;
}

/* Removes the rows of days before this one; their number. */
static uint64_t remove_before(struct fake_table *table, int64_t day, bool dry_run)
{
	uint64_t count = 0;

	for (size_t i = 0; table->buckets != NULL && i < FAKE_TABLES_BUCKETS; i++) {
		struct fake_row **link = &table->buckets[i];

		while (*link != NULL) {
			struct fake_row *row = *link;
			bool expired = tally_token_id_day(&row->id) < day;

			count += expired;
			if (!expired || dry_run) {
				link = &row->next;
				continue;
			}
			*link = row->next;
			free(row);
		}
	}
	return count;
}

static void end_table(struct fake_table *table)
{
	remove_before(table, INT64_MAX, false);
	free(table->buckets);
}

void fake_tokens_end(struct fake *fake)
{
	end_table(&fake->access);
	end_table(&fake->refresh);
	end_table(&fake->use);
	end_table(&fake->revocation);
}

static bool copy_owner(struct tally_arena *arena, struct tally_token_owner *owner)
{
	return fake_dup_all(arena,
			    (struct tally_span *[]){ &owner->client_id, &owner->subject,
						     &owner->scope, &owner->audience },
			    4);
}

/* ---- writing ---- */

static enum tally_err check_owner(const struct tally_token_owner *owner)
{
	if (owner->subject.n > TALLY_SUBJECT_MAX || owner->scope.n > TALLY_SCOPE_TEXT_MAX ||
	    owner->audience.n > TALLY_AUDIENCE_MAX)
		return TALLY_ERR_LIMIT;
	for (size_t i = 0; i < owner->scope.n; i++)
		if ((unsigned char)owner->scope.p[i] >= 0x80)
			return TALLY_ERR_SYNTAX;
	return TALLY_OK;
}

/* Whether all of a job can be done. */
static enum tally_err check_job(const struct fake *fake, struct tally_token_job *job)
{
	const struct fake_row *use = job->use ? find(&fake->use, &job->use->id) : NULL;
	enum tally_err err = TALLY_OK;

	if (use != NULL) {
		job->used_at_us = use->used_at_us;
		return TALLY_ERR_CONFLICT;
	}
	if ((job->access && find(&fake->access, &job->access->id)) ||
	    (job->refresh && find(&fake->refresh, &job->refresh->id)))
		return TALLY_ERR_EXISTS;
	if (job->access)
		err = check_owner(&job->access->owner);
	return err == TALLY_OK && job->refresh ? check_owner(&job->refresh->owner) : err;
}

static enum tally_err add_access(struct fake *fake, const struct tally_access_record *record)
{
	struct fake_row *row = insert(&fake->access, &record->id);

	if (row == NULL)
		return TALLY_ERR_NOMEM;
	row->access = *record;
	/* The URI is not kept, only that there is an entry. */
	if (record->status_uri.n > 0)
		row->access.status_uri = TALLY_SPAN("kept");
	return copy_owner(fake->arena, &row->access.owner) ? TALLY_OK : TALLY_ERR_NOMEM;
}

static enum tally_err add_refresh(struct fake *fake, const struct tally_refresh_record *record)
{
	struct fake_row *row = insert(&fake->refresh, &record->id);

	if (row == NULL)
		return TALLY_ERR_NOMEM;
	row->refresh = *record;
	return copy_owner(fake->arena, &row->refresh.owner) ? TALLY_OK : TALLY_ERR_NOMEM;
}

static enum tally_err add_use(struct fake *fake, const struct tally_token_job *job)
{
	struct fake_row *row = insert(&fake->use, &job->use->id);

	if (row == NULL)
		return TALLY_ERR_NOMEM;
	row->used_at_us = job->now_us;
	if (job->refresh != NULL)
		row->successor = job->refresh->id;
	return TALLY_OK;
}

static enum tally_err do_job(struct fake *fake, struct tally_token_job *job)
{
	enum tally_err err = check_job(fake, job);

	if (err == TALLY_OK && job->use)
		err = add_use(fake, job);
	if (err == TALLY_OK && job->access)
		err = add_access(fake, job->access);
	if (err == TALLY_OK && job->refresh)
		err = add_refresh(fake, job->refresh);
	return err;
}

enum tally_err fake_token_write(struct tally_store *store, struct tally_token_job **jobs,
				size_t count)
{
	struct fake *fake = fake_of(store);
	enum tally_err err = fake_enter(fake);

	for (size_t i = 0; i < count; i++)
		jobs[i]->err = err ? err : do_job(fake, jobs[i]);
	return fake_leave(fake, err);
}

/* ---- reading ---- */

static bool is_past_mark(const struct fake *fake, enum tally_watermark_kind kind,
			 struct tally_span who, int64_t issued_us)
{
	for (size_t i = 0; i < fake->watermark_count; i++)
		if (fake->watermarks[i].kind == kind && tally_span_eq(fake->watermarks[i].who, who))
			return issued_us <= fake->watermarks[i].until_us;
	return false;
}

static bool is_revoked(const struct fake *fake, const struct tally_revocation_query *query)
{
	int64_t issued = tally_token_id_since_us(&query->id, &query->family);

	return find(&fake->revocation, &query->id) != NULL ||
	       find(&fake->revocation, &query->family) != NULL ||
	       is_past_mark(fake, TALLY_WATERMARK_CLIENT, query->client_id, issued) ||
	       is_past_mark(fake, TALLY_WATERMARK_SUBJECT, query->subject, issued);
}

static bool is_ended(const struct fake *fake, const struct tally_token_id *id,
		     const struct tally_token_id *family, const struct tally_token_owner *owner)
{
	const struct tally_revocation_query query = {
		.id = *id,
		.family = *family,
		.client_id = owner->client_id,
		.subject = owner->subject,
	};

	return is_revoked(fake, &query) ||
	       (owner->client != 0 && fake_client_numbered(fake, owner->client) == NULL) ||
	       (owner->user != 0 && fake_user_numbered(fake, owner->user) == NULL);
}

enum tally_err fake_access_find(struct tally_store *store, struct tally_arena *arena,
				const struct tally_token_id *id, struct tally_access_found *out)
{
	struct fake *fake = fake_of(store);
	enum tally_err err = fake_enter(fake);
	const struct fake_row *row = find(&fake->access, id);

	if (err == TALLY_OK && row == NULL)
		err = TALLY_ERR_NOT_FOUND;
	if (err == TALLY_OK) {
		out->token = row->access;
		out->token.status_uri = TALLY_SPAN("");
		out->is_revoked = is_ended(fake, id, &row->access.family, &row->access.owner);
		if (!copy_owner(arena, &out->token.owner))
			err = TALLY_ERR_NOMEM;
	}
	return fake_leave(fake, err);
}

enum tally_err fake_refresh_find(struct tally_store *store, struct tally_arena *arena,
				 const struct tally_token_id *id, struct tally_refresh_found *out)
{
	struct fake *fake = fake_of(store);
	enum tally_err err = fake_enter(fake);
	const struct fake_row *row = find(&fake->refresh, id);
	const struct fake_row *use = find(&fake->use, id);

	if (err == TALLY_OK && row == NULL)
		err = TALLY_ERR_NOT_FOUND;
	if (err == TALLY_OK) {
		out->token = row->refresh;
		out->used_at_us = use ? use->used_at_us : 0;
		out->is_revoked = is_ended(fake, id, &row->refresh.family, &row->refresh.owner);
		if (!copy_owner(arena, &out->token.owner))
			err = TALLY_ERR_NOMEM;
	}
	return fake_leave(fake, err);
}

enum tally_err fake_refresh_next(struct tally_store *store, struct tally_arena *arena,
				 const struct tally_token_id *id, struct tally_token_id *next,
				 struct tally_live_refs *live)
{
	struct fake *fake = fake_of(store);
	enum tally_err err = fake_enter(fake);
	const struct fake_row *use = find(&fake->use, id);
	const struct fake_row *row = use ? find(&fake->refresh, &use->successor) : NULL;

	(void)arena;
	if (err == TALLY_OK && row == NULL)
		err = TALLY_ERR_NOT_FOUND;
	if (err == TALLY_OK) {
		*next = row->id;
		*live = row->refresh.live;
	}
	return fake_leave(fake, err);
}

/* ---- entries of status lists ---- */

static bool is_of(const struct tally_entry_walk *walk, const struct tally_token_owner *owner)
{
	return walk->kind == TALLY_WATERMARK_CLIENT ? owner->client == walk->client
						    : tally_span_eq(owner->subject, walk->subject);
}

/* What a row of either table has. */
static struct tally_live_refs entries_of(const struct fake_row *row, bool is_refresh, int64_t now)
{
	const struct tally_access_record *access = &row->access;
	struct tally_live_refs live = { .count = 0 };

	if (is_refresh)
		live = row->refresh.live;
	else if (access->status_uri.n > 0)
		tally_live_refs_add(&live, (struct tally_live_ref){ access->status,
								    access->expires_at });
	tally_live_refs_expire(&live, now);
	return live;
}

static bool add_entries(struct fake *fake, struct tally_entry_walk *walk,
			struct tally_status_ref *refs, size_t *n)
{
	bool is_refresh = walk->part == 1;
	struct fake_table *table = is_refresh ? &fake->refresh : &fake->access;

	for (size_t i = 0; table->buckets != NULL && i < FAKE_TABLES_BUCKETS; i++)
		for (const struct fake_row *row = table->buckets[i]; row != NULL; row = row->next) {
			struct tally_live_refs live = entries_of(row, is_refresh, walk->now);

			walk->rows++;
			if (!is_of(walk, is_refresh ? &row->refresh.owner : &row->access.owner))
				continue;
			if (*n + live.count > TALLY_ENTRY_PAGE)
				return false;
			for (size_t k = 0; k < live.count; k++)
				refs[(*n)++] = live.items[k].ref;
		}
	return true;
}

/* A table is a page. */
enum tally_err fake_entry_page(struct tally_store *store, struct tally_arena *arena,
			       struct tally_entry_walk *walk,
			       struct tally_status_ref refs[TALLY_ENTRY_PAGE], size_t *n)
{
	struct fake *fake = fake_of(store);
	enum tally_err err = fake_enter(fake);

	(void)arena;
	*n = 0;
	if (err == TALLY_OK && !add_entries(fake, walk, refs, n))
		err = TALLY_ERR_LIMIT;
	walk->is_over = ++walk->part == 2;
	return fake_leave(fake, err);
}

/* ---- ending ---- */

enum tally_err fake_revoked(struct tally_store *store, const struct tally_revocation_query *query,
			    bool *out)
{
	struct fake *fake = fake_of(store);
	enum tally_err err = fake_enter(fake);

	*out = is_revoked(fake, query);
	return fake_leave(fake, err);
}

enum tally_err fake_revoke(struct tally_store *store, const struct tally_token_id *id, int64_t now)
{
	struct fake *fake = fake_of(store);
	enum tally_err err = fake_enter(fake);

	(void)now;
	if (err == TALLY_OK && find(&fake->revocation, id) == NULL &&
	    insert(&fake->revocation, id) == NULL)
		err = TALLY_ERR_NOMEM;
	return fake_leave(fake, err);
}

static enum tally_err set_mark(struct fake *fake, const struct fake_watermark *mark)
{
	size_t i = 0;

	while (i < fake->watermark_count && (fake->watermarks[i].kind != mark->kind ||
					     !tally_span_eq(fake->watermarks[i].who, mark->who)))
		i++;
	if (i < fake->watermark_count) {
		if (fake->watermarks[i].until_us < mark->until_us)
			fake->watermarks[i].until_us = mark->until_us;
		return TALLY_OK;
	}
	if (i == FAKE_WATERMARKS || mark->who.n == 0)
		return TALLY_ERR_LIMIT;
	fake->watermarks[i] = *mark;
	if (!fake_dup_all(fake->arena, (struct tally_span *[]){ &fake->watermarks[i].who }, 1))
		return TALLY_ERR_NOMEM;
	fake->watermark_count++;
	return TALLY_OK;
}

enum tally_err fake_revoke_all(struct tally_store *store, enum tally_watermark_kind kind,
			       struct tally_span who, int64_t until_us)
{
	const struct fake_watermark mark = { .kind = kind, .who = who, .until_us = until_us };
	struct fake *fake = fake_of(store);
	enum tally_err err = fake_enter(fake);

	if (err == TALLY_OK)
		err = set_mark(fake, &mark);
	return fake_leave(fake, err);
}

/* There are no partitions here, only the rows that would go with them. */
enum tally_err fake_purge(struct tally_store *store, int64_t now, unsigned int ahead, bool dry_run,
			  tally_purge_step *step, void *context, struct tally_purge_report *report)
{
	struct fake *fake = fake_of(store);
	enum tally_err err = fake_enter(fake);
	struct fake_table *const tables[] = { &fake->access, &fake->refresh, &fake->use,
					      &fake->revocation };
	static const char *const names[] = { "access_token", "refresh_token", "refresh_use",
					     "revocation" };

	(void)ahead;
	*report = (struct tally_purge_report){ 0 };
	for (size_t i = 0; err == TALLY_OK && i < sizeof(tables) / sizeof(tables[0]); i++) {
		uint64_t rows = remove_before(tables[i], now / 86400, dry_run);

		if (rows > 0 && step != NULL)
			step(context, "drop", names[i], "past", rows);
		report->dropped += rows > 0;
		report->rows += rows;
	}
	return fake_leave(fake, err);
}
