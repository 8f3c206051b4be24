/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "oauth/userinfo.h"

#include "codec/basic.h"
#include "codec/json_out.h"
#include "oauth/scope.h"
#include "oauth/token_check.h"

#define FIXED_MAX 128u /* names and punctuation */
#define JSON_GROWTH 6u /* a byte as \u00NN */

/* RFC 6750 §2.1: in the header, and nowhere else. */
static enum tally_fault read_bearer(struct tally_request *rq, struct tally_token *token)
{
	struct tally_span text;

	if (!tally_authorization_is(rq->params.authorization, TALLY_SPAN("Bearer"), &text))
		return tally_fault(rq, TALLY_FAULT_NO_TOKEN,
				   "no bearer token (if the client sent an Authorization header, "
				   "the web server does not pass it on: see CGIPassAuth)");
	enum tally_err err = tally_token_read(rq, text, token);

	if (err == TALLY_ERR_NOT_FOUND || err == TALLY_ERR_UNSUPPORTED)
		return tally_fault(rq, TALLY_FAULT_INVALID_TOKEN,
				   "the token is none of ours, or expired");
	if (err != TALLY_OK)
		return tally_fault_of(rq, err, "looking at a token");
	if (token->kind != TALLY_TOKEN_ACCESS)
		return tally_fault(rq, TALLY_FAULT_INVALID_TOKEN,
				   "a refresh token of client %.*s in place of an access token",
				   TALLY_SPAN_ARG(token->owner.client_id));
	return TALLY_FAULT_NONE;
}

static enum tally_fault check(struct tally_request *rq, const struct tally_token *token,
			      const struct tally_user_record **user)
{
	const struct tally_token_owner *owner = &token->owner;
	const char *why;
	enum tally_err err = tally_token_check(rq, token, user, &why);

	if (err != TALLY_OK)
		return tally_fault_of(rq, err, "looking at a token");
	if (why == NULL && *user == NULL)
		why = "its subject is no user";
	if (why != NULL)
		return tally_fault(rq, TALLY_FAULT_INVALID_TOKEN,
				   "the token of client %.*s, subject %.*s: %s",
				   TALLY_SPAN_ARG(owner->client_id),
				   TALLY_SPAN_ARG(owner->subject), why);
	if (!tally_scope_has(owner->scope, TALLY_SPAN("openid")))
		return tally_fault(rq, TALLY_FAULT_INSUFFICIENT_SCOPE,
				   "the token of client %.*s, subject %.*s has no scope openid",
				   TALLY_SPAN_ARG(owner->client_id),
				   TALLY_SPAN_ARG(owner->subject));
	return TALLY_FAULT_NONE;
}

/* OpenID Connect Core §5.1 and §5.4: what the scopes ask for. */
static enum tally_fault answer(struct tally_request *rq, const struct tally_token *token,
			       const struct tally_user_record *user)
{
	struct tally_json_out out;
	struct tally_buf buf;

	tally_buf_in(&buf, rq->arena,
		     FIXED_MAX + JSON_GROWTH * (user->user_id.n + user->name.n + user->login.n));
	tally_json_begin(&out, &buf);
	tally_json_object(&out, NULL);
	tally_json_add_span(&out, "sub", user->user_id);
	if (tally_scope_has(token->owner.scope, TALLY_SPAN("profile"))) {
		tally_json_add_span(&out, "name", user->name);
		tally_json_add_span(&out, "preferred_username", user->login);
	}
	tally_json_object_end(&out);
	if (tally_buf_err(&buf) != TALLY_OK)
		return tally_fault_of(rq, tally_buf_err(&buf), "answering userinfo");
	tally_response_json(rq, tally_buf_span(&buf));
	return TALLY_FAULT_NONE;
}

enum tally_fault tally_oauth_userinfo(struct tally_request *rq)
{
	const struct tally_user_record *user = NULL;
	struct tally_token token;
	enum tally_fault fault = read_bearer(rq, &token);

	if (fault == TALLY_FAULT_NONE)
		fault = check(rq, &token, &user);
	return fault == TALLY_FAULT_NONE ? answer(rq, &token, user) : fault;
}
