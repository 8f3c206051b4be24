/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "store/mysql/db.h"

#include <poll.h>
#include <pthread.h>

static const struct {
	unsigned int code;
	enum tally_err err;
	enum tally_link_fate fate;
	const char *advice;
} errors[] = {
#define TALLY_DB_ERROR(code, err, fate, advice) \
	{ code, TALLY_ERR_##err, TALLY_LINK_##fate, advice },
#include "store/mysql/error.def"
#undef TALLY_DB_ERROR
};

enum tally_err tally_db_failed(struct tally_db *db, unsigned int code, const char *text)
{
	struct tally_link_failure *f = &db->link.failure;
	bool client = code >= 2000 && code < 3000;

	*f = (struct tally_link_failure){
		.code = code,
		.err = TALLY_ERR_UNAVAILABLE,
		.fate = client ? TALLY_LINK_DROP : TALLY_LINK_KEEP,
	};
	snprintf(f->text, sizeof(f->text), "%s", text);
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		if (errors[i].code != code)
			continue;
		f->err = errors[i].err;
		f->fate = errors[i].fate;
		f->advice = errors[i].advice;
	}
	return f->err;
}

/*
 * The client library keeps something per thread, made on its first use and
 * given back by mysql_thread_end. Worker threads do not know of MySQL; so it is
 * done when the first operation of a thread runs, and a destructor of the
 * thread ends it. The library as a whole is never ended: OpenSSL outlives it.
 */
static pthread_once_t library_once = PTHREAD_ONCE_INIT;
static pthread_key_t thread_key;
static bool library_ready;

static void thread_end(void *value)
{
	(void)value;
	mysql_thread_end();
}

static void library_init(void)
{
	library_ready = mysql_library_init(0, NULL, NULL) == 0 &&
			pthread_key_create(&thread_key, thread_end) == 0;
}

enum tally_err tally_db_thread(void)
{
	if (pthread_once(&library_once, library_init) != 0 || !library_ready)
		return TALLY_ERR_NOMEM;
	if (pthread_getspecific(thread_key) != NULL)
		return TALLY_OK;
	if (mysql_thread_init() != 0)
		return TALLY_ERR_NOMEM;
	return pthread_setspecific(thread_key, &thread_key) == 0 ? TALLY_OK : TALLY_ERR_NOMEM;
}

void tally_db_forget(struct tally_db *db, enum tally_statement id)
{
	struct tally_db_prepared *p = &db->prepared[id];

	if (p->stmt != NULL)
		mysql_stmt_close(p->stmt);
	free(p->binds);
	free(p->cells);
	*p = (struct tally_db_prepared){ 0 };
}

void tally_db_close(struct tally_db *db)
{
	if (db->mysql == NULL)
		return;
	for (unsigned int i = 0; i < TALLY_STATEMENT_COUNT; i++)
		tally_db_forget(db, i);
	mysql_close(db->mysql);
	db->mysql = NULL;
}

bool tally_db_alive(struct tally_db *db, bool ask)
{
	/*
	 * A server that is idle has nothing to say: if there is something to
	 * read, it is the end, or the message that precedes it.
	 */
	struct pollfd p = { .fd = (int)db->mysql->net.fd, .events = POLLIN };

	return poll(&p, 1, 0) == 0 && (!ask || mysql_ping(db->mysql) == 0);
}

enum tally_err tally_db_exec(struct tally_db *db, const char *text)
{
	if (mysql_real_query(db->mysql, text, strlen(text)) == 0)
		return TALLY_OK;
	return tally_db_failed(db, mysql_errno(db->mysql), mysql_error(db->mysql));
}

enum tally_err tally_db_number(struct tally_db *db, const char *text, int64_t *out)
{
	enum tally_err err = tally_db_exec(db, text);
	MYSQL_RES *result = NULL;
	MYSQL_ROW row;

	*out = 0;
	if (err == TALLY_OK && (result = mysql_store_result(db->mysql)) == NULL)
		err = tally_db_failed(db, mysql_errno(db->mysql), mysql_error(db->mysql));
	if (result != NULL && (row = mysql_fetch_row(result)) != NULL && row[0] != NULL)
		*out = strtoll(row[0], NULL, 10);
	mysql_free_result(result);
	return err;
}

const char *tally_db_where(char out[TALLY_DB_WHERE_SIZE], const struct tally_conf *conf)
{
	char port[16] = "";
	const char *server = conf->database_socket;

	if (server == NULL) {
		server = conf->database_host ? conf->database_host : "127.0.0.1";
		snprintf(port, sizeof(port), ":%u", (unsigned int)conf->database_port);
	}
	snprintf(out, TALLY_DB_WHERE_SIZE, "server %s%s, database %s, user %s", server, port,
		 conf->database_name, conf->database_user);
	return out;
}
