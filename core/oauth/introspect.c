/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "oauth/introspect.h"

#include "codec/json_out.h"
#include "oauth/auth.h"
#include "oauth/form_in.h"
#include "oauth/token_check.h"

#define FIXED_MAX 512u /* names, punctuation, times and ids */
#define JSON_GROWTH 6u /* a byte as \u00NN */

static bool may_know(const struct tally_client *client, const struct tally_token *token)
{
	const struct tally_token_owner *owner = &token->owner;

	if (client->may_introspect)
		return true;
	if (tally_span_eq(client->client_id, owner->client_id))
		return owner->client == 0 || owner->client == client->number;
	return token->kind == TALLY_TOKEN_ACCESS &&
	       tally_span_eq(client->client_id, owner->audience);
}

/* RFC 7662 §2.2. */
static void add_members(struct tally_json_out *out, const struct tally_request *rq,
			const struct tally_token *token, const struct tally_user_record *user)
{
	const struct tally_token_owner *owner = &token->owner;

	if (owner->scope.n > 0)
		tally_json_add_span(out, "scope", owner->scope);
	tally_json_add_span(out, "client_id", owner->client_id);
	if (user != NULL && user->kind == TALLY_USER_HUMAN)
		tally_json_add_span(out, "username", user->login);
	if (token->kind == TALLY_TOKEN_ACCESS)
		tally_json_add_str(out, "token_type", "Bearer");
	tally_json_add_i64(out, "exp", token->expires_at);
	tally_json_add_i64(out, "iat", tally_token_id_issued_us(&token->id) / 1000000);
	tally_json_add_span(out, "sub", owner->subject);
	tally_json_add_span(out, "aud", owner->audience);
	tally_json_add_span(out, "iss", rq->site->issuer);
	tally_json_add_b64url(out, "jti", token->id.bytes, sizeof(token->id.bytes));
}

static enum tally_fault answer(struct tally_request *rq, const struct tally_token *token,
			       const struct tally_user_record *user)
{
	const struct tally_token_owner *owner = &token->owner;
	struct tally_json_out out;
	struct tally_buf buf;

	tally_buf_in(&buf, rq->arena,
		     FIXED_MAX + JSON_GROWTH * (owner->scope.n + owner->client_id.n +
						owner->subject.n + owner->audience.n +
						rq->site->issuer.n + (user ? user->login.n : 0)));
	tally_json_begin(&out, &buf);
	tally_json_object(&out, NULL);
	tally_json_add_bool(&out, "active", true);
	add_members(&out, rq, token, user);
	tally_json_object_end(&out);
	if (tally_buf_err(&buf) != TALLY_OK)
		return tally_fault_of(rq, tally_buf_err(&buf), "answering an introspection");
	tally_response_json(rq, tally_buf_span(&buf));
	return TALLY_FAULT_NONE;
}

/* One answer for all that is not to be known; why is for the log. */
static enum tally_fault answer_inactive(struct tally_request *rq, const struct tally_client *client,
					const char *why)
{
	tally_log_info("client %.*s was told that a token is not active: it is %s",
		       TALLY_SPAN_ARG(client->client_id), why);
	tally_response_json(rq, TALLY_SPAN("{\"active\":false}"));
	return TALLY_FAULT_NONE;
}

static enum tally_fault introspect(struct tally_request *rq, const struct tally_client *client,
				   struct tally_span text)
{
	const struct tally_user_record *user = NULL;
	struct tally_token token;
	const char *why = NULL;
	enum tally_err err = tally_token_read(rq, text, &token);

	if (err == TALLY_ERR_NOT_FOUND || err == TALLY_ERR_UNSUPPORTED)
		return answer_inactive(rq, client, "none of ours, or expired");
	if (err == TALLY_OK && !may_know(client, &token))
		return answer_inactive(rq, client, "another client's, and not meant for this one");
	if (err == TALLY_OK)
		err = tally_token_check(rq, &token, &user, &why);
	if (err != TALLY_OK)
		return tally_fault_of(rq, err, "looking at a token");
	return why ? answer_inactive(rq, client, why) : answer(rq, &token, user);
}

enum tally_fault tally_oauth_introspect(struct tally_request *rq)
{
	const struct tally_client *client = NULL;
	struct tally_form form;
	enum tally_fault fault = tally_oauth_form(rq, &form);

	if (fault == TALLY_FAULT_NONE)
		fault = tally_auth_client(rq, &form, false, &client);
	if (fault != TALLY_FAULT_NONE)
		return fault;
	struct tally_span text = tally_form_get(&form, TALLY_SPAN("token"));

	/* RFC 7662 §2.1: it must be known who asks, and a public client may be anybody. */
	if (client->is_public)
		fault = tally_fault(rq, TALLY_FAULT_INVALID_CLIENT,
				    "client %.*s is public, and introspection wants a secret",
				    TALLY_SPAN_ARG(client->client_id));
	else if (text.p == NULL)
		fault = tally_fault(rq, TALLY_FAULT_INVALID_REQUEST, "no token");
	else
		fault = introspect(rq, client, text);
	tally_client_release(rq, client);
	return fault;
}
