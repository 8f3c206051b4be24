/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "app/app.h"

#include "app/internal.h"
#include "oauth/client.h"
#include "store/mysql/mysql.h"
#include "sys/log.h"

#include <stdlib.h>

static struct tally_cache *new_client_cache(const struct tally_conf *conf,
					    struct tally_store *store)
{
	const struct tally_cache_limits limits = {
		.fresh = conf->clients_cache,
		.stale = conf->clients_cache_stale,
		.entries = conf->clients_cache_size,
	};

	return tally_cache_new(&tally_client_cache_type, store, limits);
}

static enum tally_err fill(struct tally_app *app, struct tally_store *store)
{
	const struct tally_conf *conf = tally_site_of(app->site)->conf;
	enum tally_err err = TALLY_OK;

	app->first_site = tally_site_ref(app->site);
	if (store == NULL)
		err = tally_mysql_open(conf, &store);
	app->store = store;
	if (err != TALLY_OK)
		return err;
	app->clients = new_client_cache(conf, store);
	return app->clients ? tally_keeper_open(app) : TALLY_ERR_NOMEM;
}

enum tally_err tally_app_open(struct tally_conf *conf, struct tally_store *store,
			      struct tally_app **out)
{
	struct tally_site_box *site = NULL;
	struct tally_app *app = NULL;
	enum tally_err err = tally_site_new(conf, NULL, &site);

	if (err == TALLY_OK) {
		app = calloc(1, sizeof(*app));
		err = app ? TALLY_OK : TALLY_ERR_NOMEM;
	}
	if (err != TALLY_OK) {
		if (store != NULL)
			store->ops->close(store);
		tally_site_free(site);
		return err;
	}
	app->site = site;
	app->wake = -1;
	atomic_init(&app->generation, 1);
	pthread_mutex_init(&app->lock, NULL);
	err = fill(app, store);
	if (err == TALLY_OK)
		*out = app;
	else
		tally_app_close(app);
	return err;
}

enum tally_err tally_app_start(struct tally_app *app)
{
	return tally_keeper_start(app);
}

void tally_app_close(struct tally_app *app)
{
	if (app == NULL)
		return;
	tally_keeper_stop(app);
	if (app->clients != NULL)
		tally_cache_free(app->clients);
	if (app->store != NULL)
		app->store->ops->close(app->store);
	tally_site_free(app->site);
	tally_site_free(app->first_site);
	pthread_mutex_destroy(&app->lock);
	free(app);
}

const struct tally_conf *tally_app_conf(const struct tally_app *app)
{
	return tally_site_of(app->first_site)->conf;
}

struct tally_site_box *tally_app_site(struct tally_app *app, unsigned int *generation)
{
	pthread_mutex_lock(&app->lock);
	struct tally_site_box *site = tally_site_ref(app->site);

	*generation = atomic_load(&app->generation);
	pthread_mutex_unlock(&app->lock);
	return site;
}

void tally_app_set_site(struct tally_app *app, struct tally_site_box *site)
{
	pthread_mutex_lock(&app->lock);
	struct tally_site_box *old = app->site;

	app->site = site;
	atomic_fetch_add(&app->generation, 1);
	pthread_mutex_unlock(&app->lock);
	tally_site_free(old);
}

enum tally_err tally_app_open_log(const struct tally_conf *conf)
{
	static const enum tally_log_level levels[] = {
		[TALLY_CONF_LOG_NOTICE] = TALLY_LOG_NOTICE, [TALLY_CONF_LOG_ERROR] = TALLY_LOG_ERROR,
		[TALLY_CONF_LOG_WARN] = TALLY_LOG_WARN,     [TALLY_CONF_LOG_INFO] = TALLY_LOG_INFO,
		[TALLY_CONF_LOG_DEBUG] = TALLY_LOG_DEBUG,
	};

	return tally_log_open(conf->log_target,
			      conf->log_format ? TALLY_LOG_JSON : TALLY_LOG_TEXT,
			      levels[conf->log_level]);
}
