/* SPDX-License-Identifier: Apache-2.0 */
/* Status lists in a process: their pools, and what hands them out. */
#include "config.h"

#include "app/internal.h"
#include "status/aggregation.h"
#include "status/shelf.h"
#include "status/signing.h"
#include "status/token_status.h"
#include "store/redis/redis.h"

enum tally_err tally_app_lists_open(struct tally_app *app, const struct tally_app_stores *stores)
{
	const struct tally_conf *conf = tally_app_conf(app);
	struct tally_services *services = &app->services;
	enum tally_err err = TALLY_OK;

	services->lists = stores->lists;
	services->token_status = stores->token_status;
	if (services->lists == NULL && tally_redis_is_configured(conf))
		err = tally_lists_open(conf, &services->lists);
	if (err != TALLY_OK || services->lists == NULL)
		return err;
	services->pools = tally_pools_new(services->lists);
	services->shelf = tally_shelf_new(services->lists, conf->status_shelf_size);
	if (services->pools == NULL || services->shelf == NULL)
		return TALLY_ERR_NOMEM;
	services->aggregations = tally_aggregations_new(services->pools);
	if (services->token_status == NULL)
		services->token_status = app->token_status =
			tally_token_status_new(services->pools);
	return services->aggregations && services->token_status ? TALLY_OK : TALLY_ERR_NOMEM;
}

enum tally_err tally_app_lists_refresh(struct tally_app *app)
{
	struct tally_services *services = &app->services;

	if (services->pools == NULL)
		return TALLY_OK;
	enum tally_err err = tally_pools_refresh(services->pools, tally_site_of(app->site)->conf,
						 services->store);

	atomic_store(&app->pools_missing, err == TALLY_ERR_UNAVAILABLE);
	return err;
}

enum tally_err tally_app_lists_start(struct tally_app *app)
{
	struct tally_services *services = &app->services;

	if (services->pools == NULL)
		return TALLY_OK;
	enum tally_err err = tally_app_lists_refresh(app);

	if (err != TALLY_OK && err != TALLY_ERR_UNAVAILABLE)
		return err;
	if (tally_pools_count(services->pools) > 0 &&
	    services->lists->ops->check(services->lists) == TALLY_ERR_CONFIG)
		return TALLY_ERR_CONFIG;
	err = app->publishes_only ? TALLY_OK : tally_pools_start(services->pools);
	return err == TALLY_OK ? tally_app_publishing_start(app) : err;
}

/* The key of a pool's own, with its certificates, as the publisher will open them. */
static enum tally_err check_signing(const struct tally_conf *conf, const struct tally_pool_conf *of)
{
	struct tally_signing *signing = tally_signing_new();
	struct tally_pool pool = { .conf = *of };

	if (signing == NULL)
		return TALLY_ERR_NOMEM;
	tally_pool_conf_complete(&pool.conf, conf);
	enum tally_err err = tally_signing_renew(signing, &pool, NULL);

	tally_signing_free(signing);
	if (err == TALLY_OK || err == TALLY_ERR_NOMEM)
		return err;
	return tally_pool_conf_wrong(of, "key-uri", "it or certificates cannot be used");
}

static enum tally_err check_keys(const struct tally_conf *conf)
{
	enum tally_err err = TALLY_OK;
	size_t count;
	const struct tally_pool_conf *pools = tally_conf_pools(conf, &count);

	for (size_t i = 0; i < count; i++) {
		enum tally_err one = pools[i].key_uri ? check_signing(conf, &pools[i]) : TALLY_OK;

		err = one != TALLY_OK ? one : err;
	}
	return err;
}

enum tally_err tally_app_lists_check(struct tally_app *app)
{
	const struct tally_conf *conf = tally_app_conf(app);
	struct tally_services *services = &app->services;
	enum tally_err err = check_keys(conf);

	if (services->lists == NULL)
		return err;
	enum tally_err looked = tally_pools_check(services->lists, conf, services->store);

	return err == TALLY_OK ? looked : err;
}

/* In the order of who uses whom; what is left of references is given back. */
void tally_app_lists_close(struct tally_app *app)
{
	struct tally_services *services = &app->services;

	tally_app_publishing_stop(app);
	tally_token_status_free(app->token_status);
	tally_cache_free(services->aggregations);
	tally_shelf_free(services->shelf);
	tally_pools_free(services->pools);
	if (services->lists != NULL)
		services->lists->ops->close(services->lists);
}
