/* SPDX-License-Identifier: Apache-2.0 */
/* tallystick publish: status lists are signed, and written for the web server. */
#include "config.h"

#include "app/app.h"
#include "fcgi/command.h"
#include "fcgi/signals.h"
#include "sys/log.h"

/* A limit of the size of files is an error of a write, and no signal. */
static void ignore_limit(void)
{
	signal(SIGXFSZ, SIG_IGN);
}

static enum tally_err publish_until_stopped(struct tally_app *app, const char *pool,
					    const sigset_t *signals)
{
	enum tally_err err = tally_app_open_log(tally_app_conf(app));

	if (err == TALLY_OK)
		err = tally_app_publish(app, pool);
	if (err != TALLY_OK)
		return err;
	tally_log_notice("started %s, which publishes status lists%s%s", PACKAGE_VERSION,
			 pool ? " of pool " : "", pool ? pool : "");
	tally_signals_wait(app, signals);
	return TALLY_OK;
}

enum tally_err tally_cmd_publish(const struct tally_invocation *call)
{
	const char *pool = tally_option_value(call, TALLY_OPTION_POOL);
	bool once = tally_option_given(call, TALLY_OPTION_ONCE);
	bool force = tally_option_given(call, TALLY_OPTION_FORCE);
	struct tally_conf *conf = NULL;
	struct tally_app *app = NULL;
	sigset_t signals;

	if (force && !once) {
		tally_log_error("--force goes with --once: what publishes all the time would "
				"never come to an end");
		return TALLY_ERR_USAGE;
	}
	ignore_limit();
	if (!once)
		tally_signals_block(&signals);
	enum tally_err err = tally_conf_load(call->conf_path, &conf);

	if (err == TALLY_OK)
		err = tally_app_open(conf, (struct tally_app_stores){ .store = NULL }, &app);
	if (err == TALLY_OK)
		err = once ? tally_app_publish_once(app, pool, force)
			   : publish_until_stopped(app, pool, &signals);
	tally_app_close(app);
	if (err == TALLY_OK && !once)
		tally_log_notice("stopped");
	return err;
}
