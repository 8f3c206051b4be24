/* SPDX-License-Identifier: Apache-2.0 */
/* One request on its way through the rooms, and what its handler may reach. */
#ifndef TALLY_HTTP_REQUEST_H
#define TALLY_HTTP_REQUEST_H

#include "base/arena.h"
#include "base/span.h"
#include "crypt/jws.h"
#include "http/fault.h"
#include "http/params.h"
#include "http/response.h"
#include "http/services.h"
#include "http/site.h"

#define TALLY_REQUEST_ID_SIZE 16u /* hexadecimal digits */
#define TALLY_SEGMENTS_MAX 2u

struct tally_app; /* the process; only the room app looks inside */

/*
 * Everything here lives until the request is answered, and belongs to the one
 * thread that works on it; site and services are shared.
 */
struct tally_request {
	struct tally_params params; /* as the web server sent them */
	struct tally_span path;     /* of the request URI, as it was sent */
	struct tally_span query;    /* behind '?'; p NULL: none */
	struct tally_span body;
	struct tally_span segments[TALLY_SEGMENTS_MAX]; /* what stands for each {} of the route */
	const char *allow;          /* methods of the path, for 405 */
	enum tally_fault_form fault_form;
	char id[TALLY_REQUEST_ID_SIZE + 1];

	struct tally_arena *arena;
	const struct tally_site *site;
	const struct tally_services *services;
	struct tally_signer *signer;    /* access tokens (at+jwt); NULL: no key yet */
	struct tally_signer *id_signer; /* ID tokens (JWT); NULL: no key yet */
	struct tally_verifier_cache *verifier_cache; /* of this thread */
	const struct tally_app *app;

	struct tally_response response;
	uint32_t retry_after; /* seconds, when it is refused; 0: a usual value */
	/* What a body belongs to that is not the request's: released when it has been sent. */
	const void *held;
	void (*release)(const void *held);
};

/*
 * A handler fills rq->response and returns TALLY_FAULT_NONE, or returns the
 * fault, having given the reason to the log (tally_fault).
 */
typedef enum tally_fault tally_handler(struct tally_request *rq);

#endif
