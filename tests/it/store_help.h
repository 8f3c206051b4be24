/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the store against a real server have in common. */
#ifndef TALLY_TESTS_IT_STORE_HELP_H
#define TALLY_TESTS_IT_STORE_HELP_H

#include "base/arena.h"
#include "store/mysql/migration.h"
#include "store/mysql/mysql.h"
#include "store/mysql/query.h"
#include "store/mysql/work.h"
#include "sys/clock.h"
#include "sys/log.h"

struct store_help {
	struct tally_conf *conf;
	struct tally_store *store;
	struct tally_arena *arena;
};

/* By the configuration that TALLYSTICK_CONF names. */
void store_help_open(struct store_help *help);
void store_help_close(struct store_help *help);

/* A connection of the test's own, to look at the server past the store. */
struct tally_db *store_direct(struct store_help *help);
void store_direct_end(struct tally_db *db);

/* Runs SQL on such a connection; it must succeed. */
void store_sql(struct store_help *help, const char *text);
int64_t store_number(struct store_help *help, const char *text);

/* Removes what users and tokens are in the tables, and their clients. */
void store_empty(struct store_help *help);

/* The tables of tokens empty, and with the one partition that they begin with. */
void store_partition_afresh(struct store_help *help);

/* A client with `count` secrets s0, s1, …; s0 never expires. */
struct tally_client_record store_make_client(struct store_help *help, const char *id,
					     struct tally_secret_record *secrets, size_t count);
void store_add_client(struct store_help *help, const char *id, size_t count);

/* Between these two, what is logged goes to a file; what it got since the last call. */
void store_log_begin(void);
void store_log_end(void);
const char *store_logged(void);

/* How often what is in text. */
size_t store_count(const char *text, const char *what);

/* A variable of the environment that must be set. */
const char *store_given(const char *name);

/* Has the server of TALLY_IT_SERVER do as the verb says. */
void store_server(const char *verb);

/* Runs SQL as a user who may do everything. */
void store_admin(struct store_help *help, const char *text);

/* A connection of the pool, open, and back. */
struct tally_db *store_borrow(struct tally_links *pool);
void store_return(struct tally_links *pool, struct tally_db *db);

/* Opens all connections of the pool, by holding them at once. */
void store_fill_pool(struct store_help *help);

/* Has the server end the connections that are there, whatever they are doing. */
void store_end_connections(struct store_help *help);

/* Opens them, and has the server end them. */
void store_kill_connections(struct store_help *help);

#endif
