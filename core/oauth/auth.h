/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Client authentication (RFC 6749 §2.3). A method is a file and a row:
 * auth/<name>.c and auth.def.
 */
#ifndef TALLY_OAUTH_AUTH_H
#define TALLY_OAUTH_AUTH_H

#include "codec/form.h"
#include "http/request.h"
#include "oauth/client.h"

struct tally_auth_method {
	const char *name; /* as in token_endpoint_auth_methods_supported (RFC 8414 §2) */
	/* Whether the request uses this method, rightly or wrongly. */
	bool (*present)(const struct tally_request *rq, const struct tally_form *form);
	/* On TALLY_FAULT_NONE *out is held until tally_client_release. */
	enum tally_fault (*authenticate)(struct tally_request *rq, const struct tally_form *form,
					 const struct tally_client **out);
};

size_t tally_auth_method_count(void);
const struct tally_auth_method *tally_auth_method(size_t i);

/*
 * Finds the one method that the request uses and authenticates by it. Two at
 * once are invalid_request (RFC 6749 §2.3), none is invalid_client, or, when
 * authentication is optional, *out NULL. A disabled client is refused like an
 * unknown one.
 */
enum tally_fault tally_auth_client(struct tally_request *rq, const struct tally_form *form,
				   bool optional, const struct tally_client **out);

/*
 * What the methods share that present a secret: looks the client up and
 * compares digests. An unknown client costs the same and is answered the same
 * as a wrong secret.
 */
enum tally_fault tally_auth_secret(struct tally_request *rq, struct tally_span client_id,
				   struct tally_span secret, const struct tally_client **out);

void tally_client_release(struct tally_request *rq, const struct tally_client *client);

#endif
