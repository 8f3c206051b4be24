/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "oauth/bearer.h"

#include "codec/basic.h"
#include "oauth/token_check.h"
#include "sys/log.h"

/* RFC 6750 §2.1: in the header, and nowhere else. */
enum tally_err tally_oauth_bearer(struct tally_request *rq, struct tally_bearer *out)
{
	struct tally_span text;
	struct tally_token token;
	const char *why = NULL;

	if (!tally_authorization_is(rq->params.authorization, TALLY_SPAN("Bearer"), &text))
		return TALLY_ERR_NOT_FOUND;
	enum tally_err err = tally_token_read(rq, text, &token);

	if (err == TALLY_ERR_NOT_FOUND || err == TALLY_ERR_UNSUPPORTED)
		return TALLY_ERR_VERIFY;
	if (err != TALLY_OK)
		return err;
	if (token.kind != TALLY_TOKEN_ACCESS)
		return TALLY_ERR_VERIFY;
	err = tally_token_check(rq, &token, NULL, &why);
	if (err != TALLY_OK)
		return err;
	if (why != NULL) {
		tally_log_debug("a bearer token of client %.*s is not taken: %s",
				TALLY_SPAN_ARG(token.owner.client_id), why);
		return TALLY_ERR_VERIFY;
	}
	*out = (struct tally_bearer){ token.owner.client_id, token.owner.scope };
	return TALLY_OK;
}
