/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ending tokens before their time: an access token alone, a refresh token with
 * its family and all access tokens that came of it. It is written down in two
 * places: in the store, for those who ask us (introspection), and in the status
 * lists that access tokens name, for those who read these.
 */
#ifndef TALLY_OAUTH_END_H
#define TALLY_OAUTH_END_H

#include "oauth/token_check.h"

/*
 * Ends a token. Both places are tried whatever becomes of the other, and doing it
 * again is harmless. TALLY_ERR_UNAVAILABLE: not everything was written down, so
 * that whoever asked for it must ask again (RFC 7009 §2.2.1).
 *
 * Known of the access tokens that came of a refresh token are the newest in each
 * line of its successors (TALLY_LIVE_REFS_MAX).
 */
enum tally_err tally_token_end(struct tally_request *rq, const struct tally_token *token)
	TALLY_MUST_CHECK;

/*
 * Marks what a refresh token that was ended before knows: it may have been made
 * while its family was being ended. What fails is logged.
 */
void tally_token_end_late(struct tally_request *rq, const struct tally_live_refs *live);

#endif
