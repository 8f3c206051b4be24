/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "store/mysql/query.h"

static void fail(struct tally_query *q, MYSQL_STMT *stmt)
{
	q->err = tally_db_failed(q->db, mysql_stmt_errno(stmt), mysql_stmt_error(stmt));
}

/* A statement that does not fit its caller, or a value that does not fit us. */
static void fail_here(struct tally_query *q, enum tally_err err, const char *text)
{
	tally_db_failed(q->db, 0, text);
	q->db->failure.err = err;
	q->err = err;
}

void tally_query_no_memory(struct tally_query *q)
{
	if (q->err == TALLY_OK)
		fail_here(q, TALLY_ERR_NOMEM, "out of memory");
}

static bool is_number(enum enum_field_types type)
{
	return type == MYSQL_TYPE_TINY || type == MYSQL_TYPE_SHORT || type == MYSQL_TYPE_INT24 ||
	       type == MYSQL_TYPE_LONG || type == MYSQL_TYPE_LONGLONG;
}

static uint32_t number_columns(MYSQL_STMT *stmt, unsigned int columns)
{
	MYSQL_RES *meta = mysql_stmt_result_metadata(stmt);
	uint32_t numbers = 0;

	if (meta == NULL)
		return 0;
	for (unsigned int i = 0; i < columns; i++)
		if (is_number(mysql_fetch_field_direct(meta, i)->type))
			numbers |= UINT32_C(1) << i;
	mysql_free_result(meta);
	return numbers;
}

static void prepare(struct tally_query *q, struct tally_db_prepared *p, const char *text)
{
	MYSQL_STMT *stmt = mysql_stmt_init(q->db->mysql);

	if (stmt == NULL) {
		tally_query_no_memory(q);
		return;
	}
	if (mysql_stmt_prepare(stmt, text, strlen(text)) != 0) {
		fail(q, stmt);
		mysql_stmt_close(stmt);
		return;
	}
	p->params = (unsigned int)mysql_stmt_param_count(stmt);
	p->columns = mysql_stmt_field_count(stmt);
	if (p->params > TALLY_QUERY_CELLS || p->columns > TALLY_QUERY_CELLS) {
		fail_here(q, TALLY_ERR_LIMIT, "a statement has more cells than a query");
		mysql_stmt_close(stmt);
		return;
	}
	p->numbers = number_columns(stmt, p->columns);
	p->stmt = stmt;
}

void tally_query_begin(struct tally_query *q, struct tally_db *db, enum tally_statement id)
{
	struct tally_db_prepared *p = &db->prepared[id];

	q->db = db;
	q->prepared = p;
	q->err = TALLY_OK;
	q->next = 0;
	if (p->stmt == NULL)
		prepare(q, p, tally_statements[id].text);
}

/* The next parameter or column, or NULL when there is none or the query failed. */
static MYSQL_BIND *take(struct tally_query *q, unsigned int count)
{
	if (q->err != TALLY_OK)
		return NULL;
	if (q->next >= count) {
		fail_here(q, TALLY_ERR_LIMIT, "a statement has fewer cells than its caller uses");
		return NULL;
	}
	return &q->binds[q->next++];
}

static void put(struct tally_query *q, enum enum_field_types type, struct tally_span value)
{
	MYSQL_BIND *bind = take(q, q->prepared->params);

	if (bind == NULL)
		return;
	*bind = (MYSQL_BIND){
		.buffer_type = type,
		/* The library does not write to parameters, but has no const. */
		.buffer = (void *)(uintptr_t)(value.n ? value.p : ""),
		.buffer_length = value.n,
	};
}

void tally_query_put_bytes(struct tally_query *q, struct tally_span value)
{
	put(q, MYSQL_TYPE_BLOB, value);
}

void tally_query_put_text(struct tally_query *q, struct tally_span value)
{
	put(q, MYSQL_TYPE_STRING, value);
}

void tally_query_put_int(struct tally_query *q, int64_t value)
{
	MYSQL_BIND *bind = take(q, q->prepared->params);

	if (bind == NULL)
		return;
	int64_t *number = &q->cells[bind - q->binds].number;

	*number = value;
	*bind = (MYSQL_BIND){ .buffer_type = MYSQL_TYPE_LONGLONG, .buffer = number };
}

/*
 * Numbers are fetched with the row. Bytes are bound with no room, which tells
 * their size, and are taken one by one into memory of that size.
 */
static void bind_columns(struct tally_query *q)
{
	for (unsigned int i = 0; i < q->prepared->columns; i++) {
		bool number = q->prepared->numbers >> i & 1;

		q->binds[i] = (MYSQL_BIND){
			.buffer_type = number ? MYSQL_TYPE_LONGLONG : MYSQL_TYPE_BLOB,
			.buffer = number ? &q->cells[i].number : NULL,
			.length = &q->cells[i].size,
			.is_null = &q->cells[i].null,
		};
	}
}

void tally_query_run(struct tally_query *q)
{
	MYSQL_STMT *stmt = q->prepared->stmt;

	if (q->err == TALLY_OK && q->next != q->prepared->params)
		fail_here(q, TALLY_ERR_LIMIT, "a statement has more cells than its caller uses");
	if (q->err != TALLY_OK)
		return;
	if (q->prepared->params > 0 && mysql_stmt_bind_param(stmt, q->binds) != 0) {
		fail(q, stmt);
		return;
	}
	if (mysql_stmt_execute(stmt) != 0) {
		fail(q, stmt);
		return;
	}
	if (q->prepared->columns == 0)
		return;
	bind_columns(q);
	if (mysql_stmt_bind_result(stmt, q->binds) != 0 || mysql_stmt_store_result(stmt) != 0)
		fail(q, stmt);
}

size_t tally_query_rows(const struct tally_query *q)
{
	return q->err == TALLY_OK ? (size_t)mysql_stmt_num_rows(q->prepared->stmt) : 0;
}

size_t tally_query_changed(const struct tally_query *q)
{
	return q->err == TALLY_OK ? (size_t)mysql_stmt_affected_rows(q->prepared->stmt) : 0;
}

int64_t tally_query_inserted(const struct tally_query *q)
{
	return q->err == TALLY_OK ? (int64_t)mysql_stmt_insert_id(q->prepared->stmt) : 0;
}

bool tally_query_next(struct tally_query *q)
{
	if (q->err != TALLY_OK)
		return false;
	q->next = 0;
	switch (mysql_stmt_fetch(q->prepared->stmt)) {
	case 0:
	case MYSQL_DATA_TRUNCATED: /* bytes, bound with no room */
		return true;
	case MYSQL_NO_DATA:
		return false;
	}
	fail(q, q->prepared->stmt);
	return false;
}

bool tally_query_is_null(const struct tally_query *q)
{
	return q->err == TALLY_OK && q->next < q->prepared->columns && q->cells[q->next].null;
}

/* Fetches column i, of which size bytes are there, to out. */
static void fetch(struct tally_query *q, unsigned int i, void *out, size_t size)
{
	tally_db_bool null = 0;
	unsigned long length = 0;
	MYSQL_BIND bind = {
		.buffer_type = MYSQL_TYPE_BLOB,
		.buffer = out,
		.buffer_length = size,
		.length = &length,
		.is_null = &null,
	};

	if (size > 0 && mysql_stmt_fetch_column(q->prepared->stmt, &bind, i, 0) != 0)
		fail(q, q->prepared->stmt);
}

struct tally_span tally_query_span(struct tally_query *q, struct tally_arena *arena, size_t max)
{
	unsigned int i = q->next;

	if (take(q, q->prepared->columns) == NULL || q->cells[i].null)
		return tally_span(NULL, 0);
	size_t size = q->cells[i].size;

	if (size > max) {
		fail_here(q, TALLY_ERR_LIMIT, "a value in the database is longer than allowed");
		return tally_span(NULL, 0);
	}
	char *p = tally_arena_alloc(arena, size + 1);

	if (p == NULL) {
		tally_query_no_memory(q);
		return tally_span(NULL, 0);
	}
	p[size] = '\0';
	fetch(q, i, p, size);
	return tally_span(p, size);
}

void tally_query_exact(struct tally_query *q, void *out, size_t size)
{
	unsigned int i = q->next;

	if (take(q, q->prepared->columns) == NULL)
		return;
	if (q->cells[i].null || q->cells[i].size != size)
		fail_here(q, TALLY_ERR_LIMIT, "a value in the database has the wrong length");
	else
		fetch(q, i, out, size);
}

int64_t tally_query_int(struct tally_query *q)
{
	unsigned int i = q->next;

	if (take(q, q->prepared->columns) == NULL || q->cells[i].null)
		return 0;
	if (!(q->prepared->numbers >> i & 1)) {
		fail_here(q, TALLY_ERR_LIMIT, "a column is not a number");
		return 0;
	}
	return q->cells[i].number;
}

uint32_t tally_query_u32(struct tally_query *q)
{
	int64_t value = tally_query_int(q);

	if (value >= 0 && value <= UINT32_MAX)
		return (uint32_t)value;
	fail_here(q, TALLY_ERR_LIMIT, "a number in the database is larger than allowed");
	return 0;
}

enum tally_err tally_query_end(struct tally_query *q)
{
	if (q->prepared->stmt != NULL && q->prepared->columns > 0)
		mysql_stmt_free_result(q->prepared->stmt);
	return q->err;
}
