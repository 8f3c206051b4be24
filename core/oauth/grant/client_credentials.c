/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 6749 §4.4: the client acts for itself, so it is its own subject (RFC 9068 §2.2). */
#include "config.h"

#include "oauth/grant.h"

static enum tally_fault decide(struct tally_request *rq, const struct tally_token_request *token,
			       struct tally_mint *mint)
{
	(void)rq;
	mint->subject = token->client->client_id;
	return TALLY_FAULT_NONE;
}

extern const struct tally_grant tally_grant_client_credentials;

const struct tally_grant tally_grant_client_credentials = {
	.type = "client_credentials",
	.flags = TALLY_GRANT_CONFIDENTIAL_ONLY,
	.decide = decide,
};
