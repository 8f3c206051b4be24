/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "oauth/token.h"

#include "oauth/auth.h"
#include "oauth/form_in.h"
#include "oauth/grant.h"
#include "oauth/issue.h"

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
	if (client == NULL)
		return TALLY_FAULT_NONE; /* the grant decides who may use it */
	if (client->is_public && tally_grant(id)->flags & TALLY_GRANT_CONFIDENTIAL_ONLY)
		return tally_fault(rq, TALLY_FAULT_UNAUTHORIZED_CLIENT,
				   "client %.*s is public, and the grant %s wants a secret",
				   TALLY_SPAN_ARG(client->client_id), tally_grant(id)->type);
	if (client->grants & UINT32_C(1) << id)
		return TALLY_FAULT_NONE;
	return tally_fault(rq, TALLY_FAULT_UNAUTHORIZED_CLIENT,
			   "client %.*s may not use the grant %s",
			   TALLY_SPAN_ARG(client->client_id), tally_grant(id)->type);
}

/* What may be asked for: of a client by its own list, else by the configured one. */
static enum tally_err find_allowed(struct tally_request *rq, const struct tally_client *client,
				   struct tally_scopes *allowed)
{
	if (client == NULL)
		return tally_scopes_parse_allowed(allowed, rq->arena,
						  tally_span_of(rq->site->conf->assertions_scopes));
	*allowed = client->allowed;
	return TALLY_OK;
}

static enum tally_fault check_scope(struct tally_request *rq, struct tally_token_request *token)
{
	struct tally_span text = tally_form_get(token->form, TALLY_SPAN("scope"));
	struct tally_scopes allowed;
	struct tally_span denied;

	if (text.p == NULL)
		return TALLY_FAULT_NONE;
	enum tally_err err = tally_scopes_parse(&token->scopes, rq->arena, text);

	if (err != TALLY_OK && err != TALLY_ERR_NOMEM)
		return tally_fault(rq, TALLY_FAULT_INVALID_SCOPE, "scope of %zu bytes: %s", text.n,
				   tally_err_text(err));
	if (err == TALLY_OK)
		err = find_allowed(rq, token->client, &allowed);
	if (err != TALLY_OK)
		return tally_fault_of(rq, err, "reading a scope");
	if (!tally_scopes_allowed(&allowed, &token->scopes, &denied))
		return tally_fault(rq, TALLY_FAULT_INVALID_SCOPE, "scope \"%.*s\" is not allowed",
				   TALLY_SPAN_ARG(denied));
	return TALLY_FAULT_NONE;
}

/* What the client gets when the grant does not say otherwise. */
static void fill_mint(struct tally_request *rq, const struct tally_token_request *token,
		      struct tally_mint *mint)
{
	const struct tally_client *client = token->client;
	const struct tally_conf *conf = rq->site->conf;
	uint32_t lifetime = client && client->access_lifetime ? client->access_lifetime
							      : conf->tokens_access_lifetime;

	*mint = (struct tally_mint){
		.scope = token->scopes.count ? tally_scopes_join(&token->scopes, rq->arena)
			 : client            ? client->default_scope
					     : TALLY_SPAN(""),
		.audience = client && client->audience.n ? client->audience : rq->site->audience,
		.access_lifetime = lifetime < conf->tokens_max_lifetime
					   ? lifetime
					   : conf->tokens_max_lifetime,
	};
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
	return tally_issue(rq, token->client, &mint);
}

enum tally_fault tally_oauth_token(struct tally_request *rq)
{
	struct tally_form form;
	struct tally_token_request token = { .form = &form };
	enum tally_grant_id id;
	enum tally_fault fault = tally_oauth_form(rq, &form);

	if (fault == TALLY_FAULT_NONE)
		fault = find_grant(rq, &form, &id);
	if (fault == TALLY_FAULT_NONE)
		fault = tally_auth_client(rq, &form,
					  tally_grant(id)->flags & TALLY_GRANT_CLIENT_OPTIONAL,
					  &token.client);
	if (fault != TALLY_FAULT_NONE)
		return fault;
	fault = grant_token(rq, &token, id);
	tally_client_release(rq, token.client);
	return fault;
}
