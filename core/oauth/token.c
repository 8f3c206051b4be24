/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "oauth/token.h"

#include "codec/json_out.h"
#include "oauth/auth.h"
#include "oauth/grant.h"
#include "oauth/mint.h"
#include "sys/clock.h"

#define ANSWER_FIXED_MAX 160u /* names, punctuation and expires_in */

static enum tally_fault parse_form(struct tally_request *rq, struct tally_form *form)
{
	struct tally_span type = rq->params.content_type;
	struct tally_span media = tally_span_trim(tally_span_cut(&type, ';'));
	const char *why = "";

	if (!tally_span_eq_nocase(media, TALLY_SPAN("application/x-www-form-urlencoded")))
		return tally_fault(rq, TALLY_FAULT_INVALID_REQUEST,
				   "content type is \"%.*s\", not a form",
				   TALLY_SPAN_ARG(rq->params.content_type));
	enum tally_err err = tally_form_parse(form, rq->arena, rq->body, &why);

	if (err == TALLY_ERR_NOMEM)
		return tally_fault_of(rq, err, "reading a form");
	if (err != TALLY_OK)
		return tally_fault(rq, TALLY_FAULT_INVALID_REQUEST, "form: %s", why);
	return TALLY_FAULT_NONE;
}

static enum tally_fault find_grant(struct tally_request *rq, const struct tally_form *form,
				   enum tally_grant_id *id)
{
	struct tally_span type = tally_form_get(form, TALLY_SPAN("grant_type"));

	if (type.p == NULL)
		return tally_fault(rq, TALLY_FAULT_INVALID_REQUEST, "no grant_type");
	if (tally_grant_find(type, id) == NULL)
		return tally_fault(rq, TALLY_FAULT_UNSUPPORTED_GRANT_TYPE,
				   "unknown grant_type \"%.*s\"", TALLY_SPAN_ARG(type));
	return TALLY_FAULT_NONE;
}

static enum tally_fault check_grant_allowed(struct tally_request *rq,
					    const struct tally_client *client,
					    enum tally_grant_id id)
{
	if (client->grants & UINT32_C(1) << id)
		return TALLY_FAULT_NONE;
	return tally_fault(rq, TALLY_FAULT_UNAUTHORIZED_CLIENT,
			   "client %.*s may not use the grant %s",
			   TALLY_SPAN_ARG(client->client_id), tally_grant(id)->type);
}

static enum tally_fault check_scope(struct tally_request *rq, struct tally_token_request *token)
{
	struct tally_span text = tally_form_get(token->form, TALLY_SPAN("scope"));
	struct tally_span denied;

	if (text.p == NULL)
		return TALLY_FAULT_NONE;
	enum tally_err err = tally_scopes_parse(&token->scopes, rq->arena, text);

	if (err == TALLY_ERR_NOMEM)
		return tally_fault_of(rq, err, "reading a scope");
	if (err != TALLY_OK)
		return tally_fault(rq, TALLY_FAULT_INVALID_SCOPE, "scope of %zu bytes: %s", text.n,
				   tally_err_text(err));
	if (!tally_scopes_allowed(&token->client->allowed, &token->scopes, &denied))
		return tally_fault(rq, TALLY_FAULT_INVALID_SCOPE,
				   "client %.*s may not have the scope \"%.*s\"",
				   TALLY_SPAN_ARG(token->client->client_id),
				   TALLY_SPAN_ARG(denied));
	return TALLY_FAULT_NONE;
}

/* What the client gets when the grant does not say otherwise. */
static void fill_mint(struct tally_request *rq, const struct tally_token_request *token,
		      struct tally_mint *mint)
{
	const struct tally_client *client = token->client;
	const struct tally_conf *conf = rq->site->conf;
	uint32_t lifetime = client->access_lifetime ? client->access_lifetime
						    : conf->tokens_access_lifetime;

	*mint = (struct tally_mint){
		.scope = token->scopes.count ? tally_scopes_join(&token->scopes, rq->arena)
					     : client->default_scope,
		.audience = client->audience.n ? client->audience : rq->site->audience,
		.access_lifetime = lifetime < conf->tokens_max_lifetime
					   ? lifetime
					   : conf->tokens_max_lifetime,
	};
}

/* RFC 6749 §5.1. */
static enum tally_fault answer(struct tally_request *rq, const struct tally_mint *mint,
			       struct tally_span client_id)
{
	struct tally_json_out out;
	struct tally_buf buf;

	tally_buf_in(&buf, rq->arena,
		     ANSWER_FIXED_MAX + mint->scope.n + tally_mint_size(rq, mint, client_id));
	tally_json_begin(&out, &buf);
	tally_json_object(&out, NULL);
	tally_json_string_begin(&out, "access_token");
	enum tally_err err = tally_mint_access_token(rq, mint, client_id, tally_clock_now(), &buf);

	if (err != TALLY_OK)
		return tally_fault_of(rq, err, "making an access token");
	tally_json_string_end(&out);
	tally_json_add_str(&out, "token_type", "Bearer");
	tally_json_add_i64(&out, "expires_in", mint->access_lifetime);
	if (mint->scope.n > 0)
		tally_json_add_span(&out, "scope", mint->scope);
	tally_json_object_end(&out);
	if (tally_buf_err(&buf) != TALLY_OK)
		return tally_fault_of(rq, tally_buf_err(&buf), "writing the answer");
	tally_response_json(rq, tally_buf_span(&buf));
	tally_log_info("issued an access token to client %.*s, subject %.*s, scope \"%.*s\", %u s",
		       TALLY_SPAN_ARG(client_id), TALLY_SPAN_ARG(mint->subject),
		       TALLY_SPAN_ARG(mint->scope), mint->access_lifetime);
	return TALLY_FAULT_NONE;
}

static enum tally_fault grant_token(struct tally_request *rq, struct tally_token_request *token,
				    enum tally_grant_id id)
{
	struct tally_mint mint;
	enum tally_fault fault = check_grant_allowed(rq, token->client, id);

	if (fault == TALLY_FAULT_NONE)
		fault = check_scope(rq, token);
	if (fault != TALLY_FAULT_NONE)
		return fault;
	fill_mint(rq, token, &mint);
	fault = tally_grant(id)->decide(rq, token, &mint);
	if (fault != TALLY_FAULT_NONE)
		return fault;
	return answer(rq, &mint, token->client->client_id);
}

enum tally_fault tally_oauth_token(struct tally_request *rq)
{
	struct tally_form form;
	struct tally_token_request token = { .form = &form };
	enum tally_grant_id id;
	enum tally_fault fault = parse_form(rq, &form);

	if (fault == TALLY_FAULT_NONE)
		fault = find_grant(rq, &form, &id);
	if (fault == TALLY_FAULT_NONE)
		fault = tally_auth_client(rq, &form, &token.client);
	if (fault != TALLY_FAULT_NONE)
		return fault;
	fault = grant_token(rq, &token, id);
	tally_client_release(rq, token.client);
	return fault;
}
