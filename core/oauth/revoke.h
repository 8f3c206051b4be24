/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Token revocation (RFC 7009). A refresh token ends with its family and with the
 * access tokens that came beside it; an access token ends alone.
 */
#ifndef TALLY_OAUTH_REVOKE_H
#define TALLY_OAUTH_REVOKE_H

#include "http/request.h"

tally_handler tally_oauth_revoke;

#endif
