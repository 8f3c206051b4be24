/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "oauth/revoke.h"

#include "oauth/auth.h"
#include "oauth/end.h"
#include "oauth/form_in.h"

/* RFC 7009 §2.2: what is over, or never was, is as the client wants it. */
static enum tally_fault answer_done(struct tally_request *rq)
{
	rq->response.status = 200;
	return TALLY_FAULT_NONE;
}

static bool is_owner(const struct tally_client *client, const struct tally_token_owner *owner)
{
	return tally_span_eq(client->client_id, owner->client_id) &&
	       (owner->client == 0 || owner->client == client->number);
}

static enum tally_fault end_token(struct tally_request *rq, const struct tally_token *token)
{
	bool whole_family = token->kind == TALLY_TOKEN_REFRESH;
	enum tally_err err = tally_token_end(rq, token);

	if (err != TALLY_OK)
		return tally_fault_of(rq, err, "revoking a token");
	tally_log_info("client %.*s revoked %s of subject %.*s",
		       TALLY_SPAN_ARG(token->owner.client_id),
		       whole_family ? "a family of refresh tokens" : "an access token",
		       TALLY_SPAN_ARG(token->owner.subject));
	return answer_done(rq);
}

/* token_type_hint is not needed: the form of a token says what it is. */
static enum tally_fault revoke(struct tally_request *rq, const struct tally_client *client,
			       struct tally_span text)
{
	struct tally_token token;
	enum tally_err err = tally_token_read(rq, text, &token);

	if (err == TALLY_ERR_NOT_FOUND)
		return answer_done(rq);
	if (err == TALLY_ERR_UNSUPPORTED)
		return tally_fault(rq, TALLY_FAULT_UNSUPPORTED_TOKEN_TYPE,
				   "client %.*s brought a token of ours that is neither access "
				   "nor refresh token", TALLY_SPAN_ARG(client->client_id));
	if (err != TALLY_OK)
		return tally_fault_of(rq, err, "looking at a token");
	if (!is_owner(client, &token.owner))
		return tally_fault(rq, TALLY_FAULT_INVALID_GRANT,
				   "client %.*s brought a token of client %.*s",
				   TALLY_SPAN_ARG(client->client_id),
				   TALLY_SPAN_ARG(token.owner.client_id));
	return end_token(rq, &token);
}

enum tally_fault tally_oauth_revoke(struct tally_request *rq)
{
	const struct tally_client *client = NULL;
	struct tally_form form;
	enum tally_fault fault = tally_oauth_form(rq, &form);

	if (fault == TALLY_FAULT_NONE)
		fault = tally_auth_client(rq, &form, false, &client);
	if (fault != TALLY_FAULT_NONE)
		return fault;
	struct tally_span text = tally_form_get(&form, TALLY_SPAN("token"));

	fault = text.p ? revoke(rq, client, text)
		       : tally_fault(rq, TALLY_FAULT_INVALID_REQUEST, "no token");
	tally_client_release(rq, client);
	return fault;
}
