/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "store/mysql/ops.h"
#include "store/mysql/work.h"

#define PAGE_BYTES (1u << 20)

void tally_mysql_read_user(struct tally_query *q, struct tally_arena *arena,
			   struct tally_user_record *out)
{
	*out = (struct tally_user_record){ .number = (uint64_t)tally_query_int(q) };
	out->user_id = tally_query_span(q, arena, TALLY_ID_MAX);
	out->login = tally_query_span(q, arena, TALLY_LOGIN_MAX);
	out->name = tally_query_span(q, arena, TALLY_NAME_MAX);
	out->kind =
		tally_query_int(q) == TALLY_USER_MACHINE ? TALLY_USER_MACHINE : TALLY_USER_HUMAN;
	out->password = tally_query_span(q, arena, TALLY_PASSWORD_TEXT_MAX);
	out->created_at = tally_query_int(q);
	out->disabled_at = tally_query_int(q);
	out->organisation = tally_query_span(q, arena, TALLY_ID_MAX);
	out->organisation_disabled_at = tally_query_int(q);
}

static void read_found(struct tally_query *q, struct tally_lookup *lookup)
{
	tally_mysql_read_user(q, lookup->arena, lookup->context);
}

static const struct tally_lookup_kind by_id = {
	.id = TALLY_LOOKUP_USER,
	.most = TALLY_LOOKUP_SLOTS,
	.ask = tally_lookup_rows,
	.one = TALLY_STATEMENT_user_find,
	.many = TALLY_STATEMENT_user_find_many,
	.selects = 1,
	.put = tally_query_put_bytes,
	.read = read_found,
};

static const struct tally_lookup_kind by_login = {
	.id = TALLY_LOOKUP_LOGIN,
	.most = TALLY_LOOKUP_SLOTS,
	.ask = tally_lookup_rows,
	.one = TALLY_STATEMENT_user_find_login,
	.many = TALLY_STATEMENT_user_find_login_many,
	.selects = 1,
	.put = tally_query_put_bytes,
	.read = read_found,
};

enum tally_err tally_mysql_user_find(struct tally_store *store, struct tally_arena *arena,
				     struct tally_span user_id, struct tally_user_record *out)
{
	struct tally_lookup lookup = {
		.kind = &by_id, .key = user_id, .arena = arena, .context = out,
	};

	if (!tally_mysql_is_id(user_id))
		return TALLY_ERR_NOT_FOUND;
	return tally_lookup(store, &lookup);
}

enum tally_err tally_mysql_user_find_login(struct tally_store *store, struct tally_arena *arena,
					   struct tally_span login, struct tally_user_record *out)
{
	struct tally_lookup lookup = {
		.kind = &by_login, .key = login, .arena = arena, .context = out,
	};

	if (login.n == 0 || login.n > TALLY_LOGIN_MAX)
		return TALLY_ERR_NOT_FOUND;
	return tally_lookup(store, &lookup);
}

/* A walk over all users, a page at a time. */
struct walk {
	struct tally_arena *arena;
	uint64_t last; /* the number that the page before ended with */
	struct tally_user_record *users;
	size_t count;
};

static enum tally_err read_page(struct tally_db *db, struct walk *walk)
{
	struct tally_query q;

	tally_query_begin(&q, db, TALLY_STATEMENT_user_page);
	tally_query_put_int(&q, (int64_t)walk->last);
	tally_query_run(&q);
	walk->count = 0;
	walk->users = tally_arena_array(walk->arena, tally_query_rows(&q), sizeof(walk->users[0]));
	if (walk->users == NULL)
		tally_query_no_memory(&q);
	while (tally_query_next(&q))
		tally_mysql_read_user(&q, walk->arena, &walk->users[walk->count++]);
	return tally_query_end(&q);
}

static enum tally_err visit_page(struct walk *walk, tally_user_visit *visit, void *context)
{
	enum tally_err err = TALLY_OK;

	for (size_t i = 0; err == TALLY_OK && i < walk->count; i++) {
		walk->last = walk->users[i].number;
		err = visit(context, &walk->users[i]);
	}
	return err;
}

enum tally_err tally_mysql_user_list(struct tally_store *store, tally_user_visit *visit,
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

static enum tally_err insert(struct tally_db *db, const struct tally_user_record *user)
{
	struct tally_query q;
	int64_t organisation;
	enum tally_err err = tally_mysql_hold_organisation(db, user->organisation, &organisation);

	if (err != TALLY_OK)
		return err;
	tally_query_begin(&q, db, TALLY_STATEMENT_user_add);
	tally_query_put_int(&q, organisation);
	tally_query_put_bytes(&q, user->user_id);
	tally_query_put_bytes(&q, user->login);
	tally_query_put_text(&q, user->name);
	tally_query_put_int(&q, user->kind);
	tally_query_put_text(&q, user->password);
	tally_query_put_int(&q, user->created_at);
	tally_query_put_int(&q, user->disabled_at);
	tally_query_run(&q);
	return tally_query_end(&q);
}

enum tally_err tally_mysql_user_add(struct tally_store *store, const struct tally_user_record *user)
{
	struct tally_work work = tally_work(store, TALLY_WORK_WRITE);

	if (!tally_mysql_is_id(user->user_id) || user->login.n > TALLY_LOGIN_MAX ||
	    user->name.n > TALLY_NAME_MAX)
		return TALLY_ERR_LIMIT;
	while (tally_work_next(&work))
		work.err = insert(work.db, user);
	return work.err;
}

static enum tally_err set_password(struct tally_db *db, struct tally_span user_id,
				   struct tally_span password)
{
	struct tally_query q;

	tally_query_begin(&q, db, TALLY_STATEMENT_user_set_password);
	tally_query_put_text(&q, password);
	tally_query_put_bytes(&q, user_id);
	tally_query_run(&q);
	return tally_query_end_found(&q);
}

enum tally_err tally_mysql_user_set_password(struct tally_store *store, struct tally_span user_id,
					     struct tally_span password)
{
	struct tally_work work = tally_work(store, TALLY_WORK_ONE);

	if (!tally_mysql_is_id(user_id))
		return TALLY_ERR_NOT_FOUND;
	while (tally_work_next(&work))
		work.err = set_password(work.db, user_id, password);
	return work.err;
}

enum tally_err tally_mysql_user_disable(struct tally_store *store, struct tally_span user_id,
					int64_t at)
{
	if (!tally_mysql_is_id(user_id))
		return TALLY_ERR_NOT_FOUND;
	return tally_mysql_named_disable(store, TALLY_STATEMENT_user_disable, user_id, at);
}

enum tally_err tally_mysql_user_remove(struct tally_store *store, struct tally_span user_id)
{
	if (!tally_mysql_is_id(user_id))
		return TALLY_ERR_NOT_FOUND;
	return tally_mysql_named_remove(store, TALLY_STATEMENT_user_remove, user_id);
}
