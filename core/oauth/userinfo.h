/* SPDX-License-Identifier: Apache-2.0 */
/* The UserInfo endpoint (OpenID Connect Core §5.3): who a bearer token speaks for. */
#ifndef TALLY_OAUTH_USERINFO_H
#define TALLY_OAUTH_USERINFO_H

#include "http/request.h"

tally_handler tally_oauth_userinfo;

#endif
