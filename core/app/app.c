/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "app/app.h"

#include "app/internal.h"
#include "http/failures.h"
#include "oauth/bearer.h"
#include "oauth/client.h"
#include "oauth/issuer.h"
#include "oauth/passwords.h"
#include "oauth/user.h"
#include "store/mysql/mysql.h"
#include "store/redis/redis.h"
#include "sys/log.h"

#include <stdlib.h>

#define WRITERS 2u /* batches of tokens under way at once; each takes a connection */

static bool open_caches(struct tally_services *services, const struct tally_conf *conf)
{
	const struct tally_cache_limits clients = {
		.fresh = conf->clients_cache,
		.stale = conf->clients_cache_stale,
		.entries = conf->clients_cache_size,
	};
	const struct tally_cache_limits users = {
		.fresh = conf->users_cache,
		.stale = conf->clients_cache_stale,
		.entries = conf->users_cache_size,
	};
	struct tally_store *store = services->store;

	services->clients = tally_cache_new(&tally_client_cache_type, store, clients);
	services->users = tally_cache_new(&tally_user_cache_type, store, users);
	services->user_keys = tally_cache_new(&tally_user_key_cache_type, store, users);
	services->issuers = tally_cache_new(&tally_issuer_cache_type, store, clients);
	return services->clients && services->users && services->user_keys && services->issuers;
}

static bool open_services(struct tally_services *services, const struct tally_conf *conf)
{
	services->writer =
		tally_token_writer_new(services->store, conf->tokens_write_queue, WRITERS);
	services->passwords = tally_passwords_new(conf);
	services->failures = tally_failures_new();
	services->bearer = tally_oauth_bearer;
	return services->writer && services->passwords && services->failures &&
	       open_caches(services, conf);
}

static void close_services(struct tally_services *services)
{
	tally_cache_free(services->clients);
	tally_cache_free(services->users);
	tally_cache_free(services->user_keys);
	tally_cache_free(services->issuers);
	tally_failures_free(services->failures);
	tally_passwords_free(services->passwords);
	tally_token_writer_free(services->writer);
	if (services->marks != NULL)
		services->marks->ops->close(services->marks);
	if (services->store != NULL)
		services->store->ops->close(services->store);
}

static enum tally_err fill(struct tally_app *app, const struct tally_app_stores *stores)
{
	const struct tally_conf *conf = tally_site_of(app->site)->conf;
	struct tally_services *services = &app->services;
	enum tally_err err = TALLY_OK;

	app->first_site = tally_site_ref(app->site);
	services->store = stores->store;
	services->marks = stores->marks;
	if (services->store == NULL)
		err = tally_mysql_open(conf, &services->store);
	if (err == TALLY_OK && services->marks == NULL && tally_redis_is_configured(conf))
		err = tally_redis_open(conf, &services->marks);
	/* Also after a failure: it takes what stores holds. */
	enum tally_err lists_err = tally_app_lists_open(app, stores);

	if (err == TALLY_OK)
		err = lists_err;
	if (err != TALLY_OK)
		return err;
	return open_services(services, conf) ? tally_keeper_open(app) : TALLY_ERR_NOMEM;
}

static void close_stores(const struct tally_app_stores *stores)
{
	if (stores->store != NULL)
		stores->store->ops->close(stores->store);
	if (stores->marks != NULL)
		stores->marks->ops->close(stores->marks);
	if (stores->lists != NULL)
		stores->lists->ops->close(stores->lists);
}

enum tally_err tally_app_open(struct tally_conf *conf, struct tally_app_stores stores,
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
		close_stores(&stores);
		tally_site_free(site);
		return err;
	}
	app->site = site;
	app->wake = -1;
	atomic_init(&app->generation, 1);
	pthread_mutex_init(&app->lock, NULL);
	err = fill(app, &stores);
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

enum tally_err tally_app_check(struct tally_app *app)
{
	struct tally_marks *marks = app->services.marks;
	enum tally_err err = marks ? marks->ops->check(marks) : TALLY_OK;

	/* Without Redis, too, there are keys and definitions to look at. */
	if (err == TALLY_OK || err == TALLY_ERR_UNAVAILABLE)
		err = tally_app_lists_check(app);
	return err == TALLY_ERR_UNAVAILABLE ? TALLY_OK : err;
}

void tally_app_close(struct tally_app *app)
{
	if (app == NULL)
		return;
	tally_keeper_stop(app);
	tally_app_lists_close(app);
	close_services(&app->services);
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
