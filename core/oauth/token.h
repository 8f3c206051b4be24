/* SPDX-License-Identifier: Apache-2.0 */
/* The token endpoint (RFC 6749 §3.2). */
#ifndef TALLY_OAUTH_TOKEN_H
#define TALLY_OAUTH_TOKEN_H

#include "http/request.h"

tally_handler tally_oauth_token;

#endif
