/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Token introspection (RFC 7662), for clients that authenticate. A client learns
 * only about tokens that it may know: its own, access tokens that are meant for
 * it (aud is its client_id), or any if it may introspect. Of all others, and of
 * whatever does not hold, it learns {"active":false}.
 */
#ifndef TALLY_OAUTH_INTROSPECT_H
#define TALLY_OAUTH_INTROSPECT_H

#include "http/request.h"

tally_handler tally_oauth_introspect;

#endif
