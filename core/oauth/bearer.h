/* SPDX-License-Identifier: Apache-2.0 */
/* Our access tokens as credentials for endpoints outside this room: http/bearer.h. */
#ifndef TALLY_OAUTH_BEARER_H
#define TALLY_OAUTH_BEARER_H

#include "http/bearer.h"

tally_bearer_check tally_oauth_bearer;

#endif
