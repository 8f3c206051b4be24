/* SPDX-License-Identifier: Apache-2.0 */
/* The token endpoint (RFC 6749 §3.2). */
#ifndef TALLY_OAUTH_TOKEN_H
#define TALLY_OAUTH_TOKEN_H

#include "http/request.h"

/* Behind the issuer, this is the URL of the endpoint. */
#define TALLY_TOKEN_PATH "/oauth2/token"

tally_handler tally_oauth_token;

#endif
