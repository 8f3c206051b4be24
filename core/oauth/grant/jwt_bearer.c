/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RFC 7523 §2.1. An assertion is either a machine user's, signed with a key that
 * is registered for exactly this user, and says who asks all by itself; or it is
 * a trusted issuer's about somebody, and then a client that has authenticated
 * must bring it. No refresh token goes with either (RFC 7521 §4.1).
 */
#include "config.h"

#include "oauth/grant.h"

#include "crypt/verifier_cache.h"
#include "oauth/assertion.h"
#include "oauth/issuer.h"
#include "oauth/user.h"
#include "sys/clock.h"

static enum tally_fault set_user(struct tally_request *rq, const struct tally_user_record *user,
				 struct tally_mint *mint)
{
	mint->user = tally_user_copy(rq, user);
	if (mint->user == NULL)
		return tally_fault_of(rq, TALLY_ERR_NOMEM, "copying a user");
	mint->subject = mint->user->user_id;
	return TALLY_FAULT_NONE;
}

static enum tally_fault refuse(struct tally_request *rq, const struct tally_assertion *assertion,
			       const char *why)
{
	return tally_fault(rq, TALLY_FAULT_INVALID_GRANT,
			   "assertion of \"%.*s\" about \"%.*s\", kid \"%.*s\": %s",
			   TALLY_SPAN_ARG(assertion->iss), TALLY_SPAN_ARG(assertion->sub),
			   TALLY_SPAN_ARG(assertion->jws.kid), why);
}

static enum tally_fault verify(struct tally_request *rq, const struct tally_assertion *assertion,
			       struct tally_key *key)
{
	enum tally_err err = tally_verifier_cache_verify(rq->verifier_cache, key, &assertion->jws);

	if (err == TALLY_ERR_VERIFY)
		return refuse(rq, assertion, "the signature is not this key's");
	return err == TALLY_OK ? TALLY_FAULT_NONE
			       : tally_fault_of(rq, err, "verifying an assertion");
}

/* ---- machine users ---- */

/* Whether the key may speak for whom the assertion names. NULL: it may. */
static const char *wrong_with_key(const struct tally_request *rq,
				  const struct tally_assertion *assertion,
				  const struct tally_user_key *key)
{
	if (!tally_span_eq(key->user.user_id, assertion->iss))
		return "the key is another user's";
	if (key->user.kind != TALLY_USER_MACHINE)
		return "the user is no machine user";
	if (tally_user_is_disabled(&key->user))
		return "the user is disabled";
	if (key->record.expires_at != 0 && key->record.expires_at <= tally_clock_now())
		return "the key has expired";
	if (assertion->iat == 0)
		return "iat is missing";
	if (!tally_assertion_is_for_us(rq, assertion))
		return "aud is neither our issuer nor our token endpoint";
	return NULL;
}

static enum tally_fault from_key(struct tally_request *rq, const struct tally_assertion *assertion,
				 const struct tally_user_key *key, struct tally_mint *mint)
{
	const char *why = wrong_with_key(rq, assertion, key);

	if (why != NULL)
		return refuse(rq, assertion, why);
	enum tally_fault fault = verify(rq, assertion, key->key);

	return fault == TALLY_FAULT_NONE ? set_user(rq, &key->user, mint) : fault;
}

static enum tally_fault from_machine(struct tally_request *rq,
				     const struct tally_assertion *assertion,
				     struct tally_mint *mint)
{
	const struct tally_user_key *key;

	if (!tally_span_eq(assertion->iss, assertion->sub))
		return refuse(rq, assertion,
			      "iss and sub differ, as only those of a trusted issuer "
			      "may, brought by a client that authenticates");
	enum tally_err err = tally_user_key_get(rq, assertion->jws.kid, &key);

	if (err == TALLY_ERR_NOT_FOUND)
		return refuse(rq, assertion, "no machine user has a key of this kid");
	if (err != TALLY_OK)
		return tally_fault_of(rq, err, "looking up the key of a machine user");
	enum tally_fault fault = from_key(rq, assertion, key, mint);

	tally_user_key_release(rq, key);
	return fault;
}

/* ---- trusted issuers ---- */

static enum tally_fault set_mapped_user(struct tally_request *rq,
					const struct tally_assertion *assertion,
					const struct tally_user *user, struct tally_mint *mint)
{
	if (tally_user_is_disabled(&user->record))
		return refuse(rq, assertion, "the user is disabled");
	return set_user(rq, &user->record, mint);
}

static enum tally_fault map_subject(struct tally_request *rq,
				    const struct tally_assertion *assertion,
				    enum tally_subject_mapping mapping, struct tally_mint *mint)
{
	const struct tally_user *user = NULL;
	enum tally_err err = TALLY_OK;

	switch (mapping) {
	case TALLY_SUBJECT_AS_IS:
		mint->subject = assertion->sub;
		return TALLY_FAULT_NONE;
	case TALLY_SUBJECT_LOGIN:
		err = tally_user_by_login(rq, assertion->sub, &user);
		break;
	case TALLY_SUBJECT_USER:
		err = tally_user_by_id(rq, assertion->sub, &user);
		break;
	}
	if (err == TALLY_ERR_NOT_FOUND)
		return refuse(rq, assertion, "sub is none of our users");
	if (err != TALLY_OK)
		return tally_fault_of(rq, err, "looking up a user");
	enum tally_fault fault = set_mapped_user(rq, assertion, user, mint);

	tally_user_release(rq, user);
	return fault;
}

static enum tally_fault from_issuer(struct tally_request *rq,
				    const struct tally_assertion *assertion,
				    const struct tally_issuer *issuer, struct tally_mint *mint)
{
	struct tally_span audience = issuer->record.audience;
	struct tally_key *key =
		tally_jwks_find(&issuer->keys, assertion->jws.kid, assertion->jws.alg);

	if (issuer->record.disabled_at != 0)
		return refuse(rq, assertion, "the issuer is disabled");
	if (audience.n > 0 ? !tally_assertion_is_for(assertion, audience)
			   : !tally_assertion_is_for_us(rq, assertion))
		return refuse(rq, assertion, "aud is not what was agreed with the issuer");
	if (key == NULL)
		return refuse(rq, assertion,
			      "the issuer's key set has no such key, or, without "
			      "kid, not exactly one for the algorithm");
	enum tally_fault fault = verify(rq, assertion, key);

	return fault == TALLY_FAULT_NONE ? map_subject(rq, assertion, issuer->record.mapping, mint)
					 : fault;
}

/* A client brings it: a trusted issuer's, or else a machine user's. */
static enum tally_fault from_client(struct tally_request *rq,
				    const struct tally_assertion *assertion,
				    const struct tally_client *client, struct tally_mint *mint)
{
	const struct tally_issuer *issuer;
	enum tally_fault fault;
	enum tally_err err = tally_issuer_get(rq, assertion->iss, &issuer);

	if (err == TALLY_ERR_NOT_FOUND)
		return from_machine(rq, assertion, mint);
	if (err != TALLY_OK)
		return tally_fault_of(rq, err, "looking up a trusted issuer");
	if (client->is_public)
		fault = tally_fault(rq, TALLY_FAULT_UNAUTHORIZED_CLIENT,
				    "client %.*s is public, and the assertion of a trusted issuer "
				    "must come from one that authenticates",
				    TALLY_SPAN_ARG(client->client_id));
	else
		fault = from_issuer(rq, assertion, issuer, mint);
	tally_issuer_release(rq, issuer);
	return fault;
}

static enum tally_fault decide(struct tally_request *rq, const struct tally_token_request *token,
			       struct tally_mint *mint)
{
	struct tally_span text = tally_form_get(token->form, TALLY_SPAN("assertion"));
	struct tally_assertion assertion;

	if (text.p == NULL)
		return tally_fault(rq, TALLY_FAULT_INVALID_REQUEST, "no assertion");
	enum tally_fault fault = tally_assertion_parse(rq, text, TALLY_ASSERTION_GRANT, &assertion);

	if (fault != TALLY_FAULT_NONE)
		return fault;
	fault = token->client ? from_client(rq, &assertion, token->client, mint)
			      : from_machine(rq, &assertion, mint);
	if (fault == TALLY_FAULT_NONE && rq->site->conf->assertions_one_time)
		fault = tally_assertion_use_once(rq, &assertion);
	return fault;
}

extern const struct tally_grant tally_grant_jwt_bearer;

const struct tally_grant tally_grant_jwt_bearer = {
	.type = "urn:ietf:params:oauth:grant-type:jwt-bearer",
	.flags = TALLY_GRANT_CLIENT_OPTIONAL,
	.decide = decide,
};
