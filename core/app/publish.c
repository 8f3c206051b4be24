/* SPDX-License-Identifier: Apache-2.0 */
/* What publishes status lists, in a process that serves or in one of its own. */
#include "config.h"

#include "app/internal.h"
#include "status/files.h"
#include "status/publish.h"

enum { PUBLISHER_ON, PUBLISHER_OFF }; /* the words of status.publisher */

/* Those of the site in force, held for the publisher. */
static struct tally_keyset *find_keys(void *context)
{
	unsigned int generation;
	struct tally_site_box *site = tally_app_site(context, &generation);
	const struct tally_keyset *keys = tally_site_of(site)->keys;
	struct tally_keyset *held = keys ? tally_keyset_ref(keys) : NULL;

	tally_site_free(site);
	return held;
}

/* pool NULL: all. */
static enum tally_err make_publisher(struct tally_app *app, const char *pool)
{
	const struct tally_services *services = &app->services;

	app->publisher = tally_publisher_new(tally_app_conf(app), services->pools, services->lists,
					     find_keys, app);
	if (app->publisher == NULL)
		return TALLY_ERR_NOMEM;
	if (pool != NULL)
		tally_publisher_limit(app->publisher, tally_span_of(pool));
	return TALLY_OK;
}

/* None where there is no folder for them. */
static enum tally_err make_files(struct tally_app *app)
{
	const char *directory = tally_app_conf(app)->status_directory;
	const struct tally_services *services = &app->services;

	if (directory == NULL)
		return TALLY_OK;
	app->files = tally_files_new(directory, services->pools, services->lists);
	return app->files ? TALLY_OK : TALLY_ERR_NOMEM;
}

enum tally_err tally_app_publishing_start(struct tally_app *app)
{
	bool publishes = app->publishes_only ||
			 tally_app_conf(app)->status_publisher == PUBLISHER_ON;
	enum tally_err err = publishes ? make_publisher(app, app->only_pool) : TALLY_OK;

	if (err == TALLY_OK && publishes)
		err = tally_publisher_start(app->publisher);
	if (err == TALLY_OK)
		err = make_files(app);
	if (err == TALLY_OK && app->files != NULL)
		err = tally_files_start(app->files);
	return err;
}

void tally_app_publishing_stop(struct tally_app *app)
{
	tally_publisher_free(app->publisher);
	tally_files_free(app->files);
}

static enum tally_err want_redis(const struct tally_app *app)
{
	if (app->services.pools != NULL)
		return TALLY_OK;
	return tally_conf_wrong(tally_app_conf(app), "redis.host",
				"it or redis.socket must be given: status lists are in Redis");
}

enum tally_err tally_app_publish(struct tally_app *app, const char *pool)
{
	enum tally_err err = want_redis(app);

	app->publishes_only = true;
	app->only_pool = pool;
	return err == TALLY_OK ? tally_app_start(app) : err;
}

/* Another process of this host that writes the files does it as well. */
static enum tally_err write_files(struct tally_app *app)
{
	enum tally_err err = make_files(app);

	if (err == TALLY_OK && app->files != NULL)
		err = tally_files_once(app->files);
	return err == TALLY_ERR_EXISTS ? TALLY_OK : err;
}

enum tally_err tally_app_publish_once(struct tally_app *app, const char *pool, bool force)
{
	struct tally_lists *lists = app->services.lists;
	enum tally_err err = want_redis(app), done = TALLY_OK;

	if (err == TALLY_OK)
		err = lists->ops->check(lists);
	if (err != TALLY_OK)
		return err;
	err = tally_keeper_look(app);
	/* Pools that are wrong are told, and do not stop the others. */
	if (err == TALLY_OK || err == TALLY_ERR_CONFIG)
		done = make_publisher(app, pool);
	if (app->publisher != NULL)
		done = tally_publisher_once(app->publisher, force);
	if (err == TALLY_OK)
		err = done;
	if (app->publisher != NULL)
		done = write_files(app);
	return err == TALLY_OK ? done : err;
}
