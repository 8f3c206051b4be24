/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Access tokens as credentials for our own endpoints outside the token half
 * (RFC 6750). The room oauth provides it, the room app puts it into the
 * services.
 */
#ifndef TALLY_HTTP_BEARER_H
#define TALLY_HTTP_BEARER_H

#include "base/err.h"
#include "base/span.h"

struct tally_request;

struct tally_bearer {
	struct tally_span client_id;
	struct tally_span scope;
};

/*
 * Who the access token in the Authorization header speaks for; it is valid, for
 * our issuer and not revoked. TALLY_ERR_NOT_FOUND: there is none;
 * TALLY_ERR_VERIFY: it is not valid; TALLY_ERR_UNAVAILABLE.
 */
typedef enum tally_err tally_bearer_check(struct tally_request *rq, struct tally_bearer *out);

#endif
