/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "fcgi/front.h"

#include "base/secret.h"

#include <fcgiapp.h>

#include <limits.h>

/*
 * libfcgi accepts, reads a request, and closes a connection in ways that are
 * not ours: a signal between its test and its accept is lost, a kept
 * connection blocks its thread, and a close waits up to two seconds for the
 * peer. So connections come from a listener and go back to it, and libfcgi only
 * speaks the protocol on them. For that, two members of FCGX_Request are set
 * which its header asks to leave alone: ipcFd, the connection, and
 * keepConnection, by which it decides whether to close. Both have meant the
 * same in every release.
 */
static void attach(FCGX_Request *fcgi, int fd)
{
	fcgi->ipcFd = fd;
	fcgi->keepConnection = 1; /* FCGX_Accept_r begins with FCGX_Finish_r */
}

/* Ends the request and takes the connection back; -1: it was lost. */
static int detach(FCGX_Request *fcgi)
{
	fcgi->keepConnection = 1;
	FCGX_Finish_r(fcgi);
	int fd = fcgi->ipcFd;

	fcgi->ipcFd = -1;
	return fd;
}

enum tally_err tally_front_init(void)
{
	return FCGX_Init() == 0 ? TALLY_OK : TALLY_ERR_IO;
}

static size_t read_body(void *context, char *out, size_t n)
{
	FCGX_Request *fcgi = context;
	int got = FCGX_GetStr(out, n > INT_MAX ? INT_MAX : (int)n, fcgi->in);

	return got > 0 ? (size_t)got : 0;
}

static bool pick_params(FCGX_Request *fcgi, struct tally_params *params)
{
	bool bad = false;

	for (char **entry = fcgi->envp; *entry != NULL; entry++)
		bad |= tally_params_add(params, *entry) != TALLY_OK;
	return bad;
}

static void wipe(struct tally_span param)
{
	tally_secret_wipe((char *)(uintptr_t)param.p, param.n);
}

static void serve_one(struct tally_worker *worker, FCGX_Request *fcgi)
{
	struct tally_params params = { 0 };
	bool bad = pick_params(fcgi, &params);
	struct tally_answer answer = tally_worker_handle(worker, &params, bad, read_body, fcgi);

	/* A peer that is gone needs no answer; libfcgi notes the error. */
	FCGX_PutStr(answer.head.p, (int)answer.head.n, fcgi->out);
	if (answer.body.n > 0)
		FCGX_PutStr(answer.body.p, (int)answer.body.n, fcgi->out);
	tally_worker_forget(worker);
	/* libfcgi frees the parameters as they are; these hold secrets. */
	wipe(params.authorization);
	wipe(params.api_key);
}

static void serve_connection(struct tally_worker *worker, struct tally_listener *listener,
			     FCGX_Request *fcgi, int fd)
{
	attach(fcgi, fd);
	if (FCGX_Accept_r(fcgi) != 0)
		return; /* no request on it, and libfcgi has closed it */
	bool keep = fcgi->keepConnection != 0;

	serve_one(worker, fcgi);
	bool all_read = FCGX_HasSeenEOF(fcgi->in) != 0;
	bool failed = FCGX_GetError(fcgi->in) != 0;

	fd = detach(fcgi);
	if (fd < 0)
		return;
	if (keep && all_read && !failed)
		tally_listener_keep(listener, fd);
	else
		tally_listener_close(listener, fd, all_read || failed);
}

enum tally_err tally_front_run(struct tally_app *app, struct tally_listener *listener,
			       tally_listener_source *source)
{
	struct tally_worker *worker = tally_worker_new(app);
	FCGX_Request fcgi;
	int fd;

	if (worker == NULL || FCGX_InitRequest(&fcgi, -1, 0) != 0) {
		tally_worker_free(worker);
		return TALLY_ERR_NOMEM;
	}
	while ((fd = source(listener)) >= 0)
		serve_connection(worker, listener, &fcgi, fd);
	tally_worker_free(worker);
	return TALLY_OK;
}
