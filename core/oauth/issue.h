/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a grant's decision to the answer of the token endpoint: makes the
 * tokens, has kept what is to be kept, and only then answers.
 */
#ifndef TALLY_OAUTH_ISSUE_H
#define TALLY_OAUTH_ISSUE_H

#include "oauth/grant.h"

/*
 * Fills rq->response (RFC 6749 §5.1, OpenID Connect Core §3.1.3.3). client
 * NULL: the grant needs none, and the subject stands in its place.
 * TALLY_FAULT_INVALID_GRANT: mint->from was used up by another request.
 * TALLY_FAULT_UNAVAILABLE: also when the access token is to have a status, and no
 * entry of a list is to be had: there is no token that could not be revoked.
 */
enum tally_fault tally_issue(struct tally_request *rq, const struct tally_client *client,
			     const struct tally_mint *mint);

#endif
