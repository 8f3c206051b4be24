/* SPDX-License-Identifier: Apache-2.0 */
/* The store as a whole; its operations are in client.c, signing_key.c, … */
#include "config.h"

#include "store/mysql/mysql.h"

#include "store/mysql/ops.h"
#include "store/mysql/work.h"

static enum tally_err ping(struct tally_store *store)
{
	struct tally_work work = tally_work(store, TALLY_WORK_READ);

	while (tally_work_next(&work))
		if (mysql_ping(work.db->mysql) != 0)
			work.err = tally_db_failed(work.db, mysql_errno(work.db->mysql),
						   mysql_error(work.db->mysql));
	return work.err;
}

static void close_store(struct tally_store *store)
{
	struct tally_mysql *mysql = (struct tally_mysql *)store;

	tally_dbpool_free(mysql->pool);
	tally_outage_end(&mysql->unreachable);
	tally_outage_end(&mysql->read_only);
	free(mysql);
}

static const struct tally_store_ops ops = {
	.ping = ping,
	.client_find = tally_mysql_client_find,
	.client_list = tally_mysql_client_list,
	.client_add = tally_mysql_client_add,
	.client_disable = tally_mysql_client_disable,
	.client_remove = tally_mysql_client_remove,
	.client_secret_add = tally_mysql_client_secret_add,
	.client_secret_remove = tally_mysql_client_secret_remove,
	.key_list = tally_mysql_key_list,
	.key_add = tally_mysql_key_add,
	.key_activate = tally_mysql_key_activate,
	.key_retire = tally_mysql_key_retire,
	.key_remove = tally_mysql_key_remove,
	.close = close_store,
};

enum tally_err tally_mysql_open(const struct tally_conf *conf, struct tally_store **out)
{
	*out = NULL;
	if (conf->database_tls == TALLY_TLS_VERIFY && conf->database_tls_ca_file == NULL)
		return tally_conf_wrong(conf, "database.tls-ca-file",
					"database.tls = verify needs the certificates of the "
					"authorities that are trusted");
	enum tally_err err = tally_db_thread();
	struct tally_mysql *mysql = err == TALLY_OK ? calloc(1, sizeof(*mysql)) : NULL;

	if (mysql == NULL)
		return TALLY_ERR_NOMEM;
	mysql->store.ops = &ops;
	mysql->conf = conf;
	mysql->pool = tally_dbpool_new(conf);
	tally_outage_init(&mysql->unreachable, "the database cannot be used",
			  "the database can be used again");
	tally_outage_init(&mysql->read_only, "the database takes no changes",
			  "the database takes changes again");
	if (mysql->pool == NULL) {
		close_store(&mysql->store);
		return TALLY_ERR_NOMEM;
	}
	*out = &mysql->store;
	return TALLY_OK;
}
