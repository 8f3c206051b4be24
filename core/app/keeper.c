/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread that keeps what a process knows in step with the world: it reads
 * the keys again every keys.refresh seconds, reloads on demand, and watches
 * whether the database and Redis answer.
 */
#include "config.h"

#include "app/internal.h"
#include "sys/clock.h"
#include "sys/log.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define RETRY_MS 1000        /* while the database or Redis does not answer */
#define STACK_SIZE (256u * 1024)

static void note_database(struct tally_app *app, enum tally_err err)
{
	int64_t since = atomic_load(&app->database_down_since);

	if (err == TALLY_ERR_UNAVAILABLE && since == 0)
		atomic_store(&app->database_down_since, tally_clock_ms());
	else if (err != TALLY_ERR_UNAVAILABLE && since != 0)
		atomic_store(&app->database_down_since, 0);
}

/* What is wrong is logged there. */
static enum tally_err check_marks(struct tally_app *app)
{
	struct tally_marks *marks = app->services.marks;
	enum tally_err err = marks ? marks->ops->check(marks) : TALLY_OK;

	atomic_store(&app->marks_down, err != TALLY_OK);
	return err;
}

static void log_signing(const struct tally_site *site)
{
	const struct tally_keyset_key *key = tally_keyset_signing(site->keys, site->token_alg);

	if (key == NULL)
		tally_log_error("no %s key signs, so no token can be issued: run "
				"\"tallystick key add --alg %s --activate\", or change "
				"tokens.algorithm", site->token_alg->name, site->token_alg->name);
	else
		tally_log_notice("key %s signs (%s); keys published: %zu", key->kid,
				 key->alg->name, tally_keyset_count(site->keys));
}

static void refresh_keys(struct tally_app *app)
{
	struct tally_keyset *keys = NULL;
	struct tally_site_box *site = NULL;
	const struct tally_site *now = tally_site_of(app->site);
	enum tally_err err = tally_keyset_load(app->services.store, now->wrap,
					       tally_clock_now(), tally_key_tokens_live(now->conf),
					       now->keys, &keys);

	note_database(app, err);
	if (err == TALLY_OK && keys != now->keys)
		err = tally_site_with_keys(app->site, keys, &site);
	tally_keyset_free(keys);
	if (site != NULL) {
		log_signing(tally_site_of(site));
		tally_app_set_site(app, site);
	} else if (err != TALLY_OK && err != TALLY_ERR_UNAVAILABLE) {
		tally_log_error("the keys cannot be read anew (%s); the old ones stay in force",
				tally_err_text(err));
	}
}

/*
 * What was set up at the start stays as it was: threads, connections, caches.
 * Everything else is read from the configuration in force.
 */
static void warn_about_restart(void *context, const char *directive)
{
	static const char *const fixed[] = { "server.threads", "server.stop-timeout", "database.",
					     "redis.", "clients.", "users.", "passwords.",
					     "tokens.write-queue", "status." };

	(void)context;
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		if (strncmp(directive, fixed[i], strlen(fixed[i])) == 0)
			tally_log_warn("%s has changed; that takes effect after a restart",
				       directive);
}

static void reload(struct tally_app *app)
{
	const struct tally_site *now = tally_site_of(app->site);
	struct tally_conf *conf = NULL;
	struct tally_site_box *site = NULL;
	enum tally_err err = tally_conf_load(now->conf->path, &conf);

	if (err == TALLY_OK) {
		tally_conf_compare(tally_app_conf(app), conf, warn_about_restart, NULL);
		err = tally_site_new(conf, (struct tally_keyset *)now->keys, &site);
	}
	if (err != TALLY_OK) {
		tally_log_error("the configuration in %s was not reloaded; the old one stays in "
				"force", now->conf->path);
		return;
	}
	conf = (struct tally_conf *)tally_site_of(site)->conf;
	if (tally_app_open_log(conf) != TALLY_OK)
		tally_log_error("the log goes where it went before");
	tally_app_set_site(app, site);
	tally_log_notice("configuration reloaded from %s", conf->path);
}

static int wait_ms(const struct tally_app *app)
{
	const struct tally_site *site = tally_site_of(app->site);

	if (site->keys == NULL || atomic_load(&app->database_down_since) != 0 ||
	    atomic_load(&app->marks_down) || atomic_load(&app->pools_missing))
		return RETRY_MS;
	return (int)site->conf->keys_refresh * 1000;
}

static void wait_for_work(struct tally_app *app)
{
	struct pollfd fd = { .fd = app->wake, .events = POLLIN };
	uint64_t count;

	if (poll(&fd, 1, wait_ms(app)) > 0 && read(app->wake, &count, sizeof(count)) < 0)
		tally_log_debug("the keeper was woken for nothing");
}

static void *keep(void *context)
{
	struct tally_app *app = context;

	while (wait_for_work(app), !atomic_load(&app->stopping)) {
		if (atomic_exchange(&app->reload_wanted, false))
			reload(app);
		refresh_keys(app);
		check_marks(app);
		tally_app_lists_refresh(app);
	}
	return NULL;
}

enum tally_err tally_keeper_open(struct tally_app *app)
{
	app->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return app->wake < 0 ? TALLY_ERR_IO : TALLY_OK;
}

enum tally_err tally_keeper_look(struct tally_app *app)
{
	refresh_keys(app);
	return tally_app_lists_refresh(app);
}

enum tally_err tally_keeper_start(struct tally_app *app)
{
	pthread_attr_t attr;
	sigset_t all, before;

	if (check_marks(app) == TALLY_ERR_CONFIG)
		return TALLY_ERR_CONFIG;
	refresh_keys(app);
	enum tally_err err = tally_app_lists_start(app);

	if (err != TALLY_OK)
		return err;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	app->keeper_runs = pthread_create(&app->keeper, &attr, keep, app) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return app->keeper_runs ? TALLY_OK : TALLY_ERR_NOMEM;
}

static void wake(struct tally_app *app)
{
	const uint64_t one = 1;
	ssize_t n = write(app->wake, &one, sizeof(one));

	(void)n; /* full: it is awake */
}

void tally_keeper_stop(struct tally_app *app)
{
	atomic_store(&app->stopping, true);
	if (app->keeper_runs) {
		wake(app);
		pthread_join(app->keeper, NULL);
	}
	if (app->wake >= 0)
		close(app->wake);
}

void tally_app_reload(struct tally_app *app)
{
	atomic_store(&app->reload_wanted, true);
	wake(app);
}
