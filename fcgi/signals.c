/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "fcgi/signals.h"

#include "sys/log.h"

#include <string.h>

void tally_signals_block(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGUSR1); /* the FastCGI specification's graceful stop */
	sigaddset(set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

void tally_signals_wait(struct tally_app *app, const sigset_t *set)
{
	for (;;) {
		int number = sigwaitinfo(set, NULL);

		if (number == SIGHUP) {
			tally_log_reopen();
			tally_app_reload(app);
		} else if (number > 0) { /* else EINTR */
			tally_log_notice("stopping on signal %d (%s)", number, strsignal(number));
			return;
		}
	}
}
