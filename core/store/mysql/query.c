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
	q->db->link.failure.err = err;
	q->err = err;
}

void tally_query_no_memory(struct tally_query *q)
{
	if (q->err == TALLY_OK)
		fail_here(q, TALLY_ERR_NOMEM, "out of memory");
}

void tally_query_forgive(struct tally_query *q)
{
	q->db->link.failure = (struct tally_link_failure){ 0 };
	q->err = TALLY_OK;
}

static bool is_number(enum enum_field_types type)
{
	return type == MYSQL_TYPE_TINY || type == MYSQL_TYPE_SHORT || type == MYSQL_TYPE_INT24 ||
	       type == MYSQL_TYPE_LONG || type == MYSQL_TYPE_LONGLONG;
}

/*
 * Numbers are fetched with the row. Bytes are bound with no room, which tells
 * their size, and are taken one by one into memory of that size.
 */
static void bind_column(MYSQL_BIND *bind, struct tally_db_cell *cell, const MYSQL_FIELD *field)
{
	cell->is_number = is_number(field->type);
	*bind = (MYSQL_BIND){
		.buffer_type = cell->is_number ? MYSQL_TYPE_LONGLONG : MYSQL_TYPE_BLOB,
		.buffer = cell->is_number ? &cell->number : NULL,
		.length = &cell->size,
		.is_null = &cell->null,
	};
}

/* Binds the columns once, for all runs. */
static bool bind_columns(struct tally_query *q, struct tally_db_prepared *p)
{
	MYSQL_RES *meta = mysql_stmt_result_metadata(p->stmt);

	if (meta == NULL) {
		fail(q, p->stmt);
		return false;
	}
	for (unsigned int i = 0; i < p->columns; i++)
		bind_column(&p->binds[p->params + i], &p->cells[p->params + i],
			    mysql_fetch_field_direct(meta, i));
	mysql_free_result(meta);
	if (mysql_stmt_bind_result(p->stmt, &p->binds[p->params]) == 0)
		return true;
	fail(q, p->stmt);
	return false;
}

static bool prepare(struct tally_query *q, struct tally_db_prepared *p, const char *text)
{
	if (mysql_stmt_prepare(p->stmt, text, strlen(text)) != 0) {
		fail(q, p->stmt);
		return false;
	}
	p->params = (unsigned int)mysql_stmt_param_count(p->stmt);
	p->columns = mysql_stmt_field_count(p->stmt);
	p->binds = calloc(p->params + p->columns + 1, sizeof(p->binds[0]));
	p->cells = calloc(p->params + p->columns + 1, sizeof(p->cells[0]));
	if (p->binds == NULL || p->cells == NULL) {
		tally_query_no_memory(q);
		return false;
	}
	return p->columns == 0 || bind_columns(q, p);
}

void tally_query_begin(struct tally_query *q, struct tally_db *db, enum tally_statement id)
{
	struct tally_db_prepared *p = &db->prepared[id];

	*q = (struct tally_query){ .db = db, .prepared = p };
	if (p->stmt != NULL)
		return;
	p->stmt = mysql_stmt_init(db->mysql);
	if (p->stmt == NULL)
		tally_query_no_memory(q);
	else if (!prepare(q, p, tally_statements[id].text))
		tally_db_forget(db, id);
}

/* The number of the next of `count` cells; false when the query failed, or now does. */
static bool take(struct tally_query *q, unsigned int count, unsigned int *i)
{
	if (q->err != TALLY_OK)
		return false;
	if (q->next >= count) {
		fail_here(q, TALLY_ERR_LIMIT, "a statement has fewer cells than its caller uses");
		return false;
	}
	*i = q->next++;
	return true;
}

/* The next column; NULL when there is none to be had. */
static struct tally_db_cell *take_column(struct tally_query *q)
{
	unsigned int i;

	return take(q, q->prepared->columns, &i) ? &q->prepared->cells[q->prepared->params + i] :
						   NULL;
}

static void put(struct tally_query *q, enum enum_field_types type, struct tally_span value)
{
	unsigned int i;

	if (!take(q, q->prepared->params, &i))
		return;
	q->prepared->binds[i] = (MYSQL_BIND){
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
	unsigned int i;

	if (!take(q, q->prepared->params, &i))
		return;
	q->prepared->cells[i].number = value;
	q->prepared->binds[i] = (MYSQL_BIND){
		.buffer_type = MYSQL_TYPE_LONGLONG,
		.buffer = &q->prepared->cells[i].number,
	};
}

void tally_query_run(struct tally_query *q)
{
	MYSQL_STMT *stmt = q->prepared->stmt;

	if (q->err == TALLY_OK && q->next != q->prepared->params)
		fail_here(q, TALLY_ERR_LIMIT, "a statement has more cells than its caller uses");
	if (q->err != TALLY_OK)
		return;
	if ((q->prepared->params > 0 && mysql_stmt_bind_param(stmt, q->prepared->binds) != 0) ||
	    mysql_stmt_execute(stmt) != 0 ||
	    (q->prepared->columns > 0 && mysql_stmt_store_result(stmt) != 0))
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
	const struct tally_db_prepared *p = q->prepared;

	return q->err == TALLY_OK && q->next < p->columns && p->cells[p->params + q->next].null;
}

/* Fetches the column that was taken last, of which size bytes are there. */
static void fetch(struct tally_query *q, void *out, size_t size)
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

	if (size > 0 && mysql_stmt_fetch_column(q->prepared->stmt, &bind, q->next - 1, 0) != 0)
		fail(q, q->prepared->stmt);
}

/* The next column, unless it is NULL or longer than max. */
static const struct tally_db_cell *take_bytes(struct tally_query *q, size_t max)
{
	const struct tally_db_cell *cell = take_column(q);

	if (cell == NULL || cell->null)
		return NULL;
	if (cell->size <= max)
		return cell;
	fail_here(q, TALLY_ERR_LIMIT, "a value in the database is longer than allowed");
	return NULL;
}

struct tally_span tally_query_span(struct tally_query *q, struct tally_arena *arena, size_t max)
{
	const struct tally_db_cell *cell = take_bytes(q, max);

	if (cell == NULL)
		return tally_span(NULL, 0);
	char *p = tally_arena_alloc(arena, cell->size + 1);

	if (p == NULL) {
		tally_query_no_memory(q);
		return tally_span(NULL, 0);
	}
	p[cell->size] = '\0';
	fetch(q, p, cell->size);
	return tally_span(p, cell->size);
}

struct tally_span tally_query_copy(struct tally_query *q, void *out, size_t max)
{
	const struct tally_db_cell *cell = take_bytes(q, max);

	if (cell == NULL)
		return tally_span(NULL, 0);
	fetch(q, out, cell->size);
	return tally_span(out, cell->size);
}

void tally_query_exact(struct tally_query *q, void *out, size_t size)
{
	const struct tally_db_cell *cell = take_column(q);

	if (cell == NULL)
		return;
	if (cell->null || cell->size != size)
		fail_here(q, TALLY_ERR_LIMIT, "a value in the database has the wrong length");
	else
		fetch(q, out, size);
}

int64_t tally_query_int(struct tally_query *q)
{
	const struct tally_db_cell *cell = take_column(q);

	if (cell == NULL || cell->null)
		return 0;
	if (!cell->is_number) {
		fail_here(q, TALLY_ERR_LIMIT, "a column is not a number");
		return 0;
	}
	return cell->number;
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

enum tally_err tally_query_end_found(struct tally_query *q)
{
	bool found = tally_query_changed(q) > 0;
	enum tally_err err = tally_query_end(q);

	return err == TALLY_OK && !found ? TALLY_ERR_NOT_FOUND : err;
}
