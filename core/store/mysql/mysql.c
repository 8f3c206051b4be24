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

static enum tally_err connect_link(struct tally_link *link)
{
	struct tally_db *db = (struct tally_db *)link;

	return tally_db_connect(db, db->conf->database_timeout);
}

static void close_link(struct tally_link *link)
{
	tally_db_close((struct tally_db *)link);
}

static bool is_alive(struct tally_link *link, bool ask)
{
	return tally_db_alive((struct tally_db *)link, ask);
}

static const struct tally_link_type link_type = {
	.connect = connect_link,
	.close = close_link,
	.alive = is_alive,
	.busy_advice = "raise database.connections, or find out why the server is slow",
};

static struct tally_links *make_pool(struct tally_mysql *mysql)
{
	uint32_t count = mysql->conf->database_connections;
	struct tally_link **links = calloc(count, sizeof(*links));
	struct tally_links *pool = NULL;

	mysql->dbs = calloc(count, sizeof(mysql->dbs[0]));
	for (uint32_t i = 0; links && mysql->dbs && i < count; i++) {
		mysql->dbs[i].conf = mysql->conf;
		links[i] = &mysql->dbs[i].link;
	}
	if (links != NULL && mysql->dbs != NULL)
		pool = tally_links_new(&link_type, links, count, mysql->conf->database_timeout);
	free(links);
	return pool;
}

static void close_store(struct tally_store *store)
{
	struct tally_mysql *mysql = (struct tally_mysql *)store;

	if (tally_db_thread() == TALLY_OK)
		tally_links_free(mysql->pool);
	tally_lookups_end(mysql);
	free(mysql->dbs);
	tally_outage_end(&mysql->unreachable);
	tally_outage_end(&mysql->read_only);
	free(mysql);
}

static const struct tally_store_ops ops = {
	.ping = ping,
	.client_find = tally_mysql_client_find,
	.client_list = tally_mysql_client_list,
	.client_add = tally_mysql_client_add,
	.client_set = tally_mysql_client_set,
	.client_disable = tally_mysql_client_disable,
	.client_remove = tally_mysql_client_remove,
	.client_secret_add = tally_mysql_client_secret_add,
	.client_secret_remove = tally_mysql_client_secret_remove,
	.client_secret_rewrap = tally_mysql_client_secret_rewrap,
	.key_rewrap = tally_mysql_key_rewrap,
	.organisation_find = tally_mysql_organisation_find,
	.organisation_list = tally_mysql_organisation_list,
	.organisation_add = tally_mysql_organisation_add,
	.organisation_disable = tally_mysql_organisation_disable,
	.organisation_remove = tally_mysql_organisation_remove,
	.key_list = tally_mysql_key_list,
	.key_add = tally_mysql_key_add,
	.key_activate = tally_mysql_key_activate,
	.key_retire = tally_mysql_key_retire,
	.key_remove = tally_mysql_key_remove,
	.client_key_add = tally_mysql_client_key_add,
	.client_key_remove = tally_mysql_client_key_remove,
	.user_find = tally_mysql_user_find,
	.user_find_login = tally_mysql_user_find_login,
	.user_list = tally_mysql_user_list,
	.user_add = tally_mysql_user_add,
	.user_set_password = tally_mysql_user_set_password,
	.user_disable = tally_mysql_user_disable,
	.user_remove = tally_mysql_user_remove,
	.user_key_find = tally_mysql_user_key_find,
	.user_key_list = tally_mysql_user_key_list,
	.user_key_add = tally_mysql_user_key_add,
	.user_key_remove = tally_mysql_user_key_remove,
	.issuer_find = tally_mysql_issuer_find,
	.issuer_list = tally_mysql_issuer_list,
	.issuer_add = tally_mysql_issuer_add,
	.issuer_set = tally_mysql_issuer_set,
	.issuer_disable = tally_mysql_issuer_disable,
	.issuer_remove = tally_mysql_issuer_remove,
	.pool_list = tally_mysql_pool_list,
	.pool_add = tally_mysql_pool_add,
	.pool_set = tally_mysql_pool_set,
	.pool_retire = tally_mysql_pool_retire,
	.token_write = tally_mysql_token_write,
	.access_find = tally_mysql_access_find,
	.refresh_find = tally_mysql_refresh_find,
	.refresh_next = tally_mysql_refresh_next,
	.entry_page = tally_mysql_entry_page,
	.revoked = tally_mysql_revoked,
	.revoke = tally_mysql_revoke,
	.revoke_all = tally_mysql_revoke_all,
	.purge = tally_mysql_purge,
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
	mysql->pool = make_pool(mysql);
	bool gathers = tally_lookups_begin(mysql);

	tally_db_where(mysql->where, conf);
	tally_outage_init(&mysql->unreachable, "the database cannot be used",
			  "the database can be used again", mysql->where);
	tally_outage_init(&mysql->read_only, "the database takes no changes",
			  "the database takes changes again", mysql->where);
	if (mysql->pool == NULL || !gathers) {
		close_store(&mysql->store);
		return TALLY_ERR_NOMEM;
	}
	*out = &mysql->store;
	return TALLY_OK;
}
