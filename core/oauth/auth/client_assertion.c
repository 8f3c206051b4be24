/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Failures are not counted as wrong secrets are: 256 bits are not guessed, and
 * a count would let strangers lock a client out.
 */
#include "config.h"

#include "oauth/auth/client_assertion.h"

#define ASSERTION_TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

static struct tally_span text_of(const struct tally_form *form)
{
	return tally_form_get(form, TALLY_SPAN("client_assertion"));
}

static struct tally_span type_of(const struct tally_form *form)
{
	return tally_form_get(form, TALLY_SPAN("client_assertion_type"));
}

bool tally_client_assertion_present(const struct tally_request *rq, const struct tally_form *form,
				    enum tally_assertion_use use)
{
	struct tally_span text = text_of(form);
	bool is_mac;

	if (text.p == NULL && type_of(form).p == NULL)
		return false;
	is_mac = text.n <= TALLY_JWS_MAX && tally_jws_says_mac(text, rq->arena);
	return is_mac == (use == TALLY_ASSERTION_CLIENT_MAC);
}

static enum tally_fault check_parameters(struct tally_request *rq, const struct tally_form *form)
{
	if (text_of(form).p == NULL || type_of(form).p == NULL)
		return tally_fault(rq, TALLY_FAULT_INVALID_REQUEST,
				   "client_assertion and client_assertion_type go together "
				   "(RFC 7521 section 4.2)");
	if (!tally_span_eq(type_of(form), TALLY_SPAN(ASSERTION_TYPE)))
		return tally_fault(rq, TALLY_FAULT_INVALID_CLIENT,
				   "client_assertion_type \"%.*s\" is not " ASSERTION_TYPE,
				   TALLY_SPAN_ARG(type_of(form)));
	return TALLY_FAULT_NONE;
}

/* Whom it names, and to whom it is addressed. */
static enum tally_fault check_claims(struct tally_request *rq, const struct tally_form *form,
				     const struct tally_assertion *assertion)
{
	struct tally_span id = tally_form_get(form, TALLY_SPAN("client_id"));

	if (!tally_span_eq(assertion->iss, assertion->sub))
		return tally_fault(rq, TALLY_FAULT_INVALID_CLIENT,
				   "client assertion with iss \"%.*s\" and sub \"%.*s\": both are "
				   "the client_id",
				   TALLY_SPAN_ARG(assertion->iss), TALLY_SPAN_ARG(assertion->sub));
	if (id.p != NULL && !tally_span_eq(id, assertion->sub))
		return tally_fault(rq, TALLY_FAULT_INVALID_CLIENT,
				   "client_id \"%.*s\" differs from the client assertion's "
				   "\"%.*s\"",
				   TALLY_SPAN_ARG(id), TALLY_SPAN_ARG(assertion->sub));
	if (!tally_assertion_is_for_only(assertion, rq->site->issuer))
		return tally_fault(rq, TALLY_FAULT_INVALID_CLIENT,
				   "aud in the assertion of client \"%.*s\" is not our issuer, "
				   "and nothing else (RFC 10070)",
				   TALLY_SPAN_ARG(assertion->sub));
	return TALLY_FAULT_NONE;
}

static enum tally_fault prove_and_use(struct tally_request *rq, const struct tally_client *client,
				      const struct tally_assertion *assertion,
				      tally_client_assertion_prove *prove)
{
	enum tally_err err = client->disabled ? TALLY_ERR_STATE : prove(rq, client, assertion);

	if (err == TALLY_ERR_VERIFY || err == TALLY_ERR_STATE)
		return tally_fault(rq, TALLY_FAULT_INVALID_CLIENT,
				   err == TALLY_ERR_STATE
					   ? "disabled client %.*s"
					   : "the assertion of client %.*s is by none of its keys",
				   TALLY_SPAN_ARG(client->client_id));
	if (err != TALLY_OK)
		return tally_fault_of(rq, err, "verifying a client assertion");
	/* Last, so that nobody uses up what he could not have made. */
	return tally_assertion_use_once(rq, assertion);
}

static enum tally_fault find_and_prove(struct tally_request *rq,
				       const struct tally_assertion *assertion,
				       tally_client_assertion_prove *prove,
				       const struct tally_client **out)
{
	struct tally_cached *cached = NULL;
	enum tally_err err = TALLY_ERR_NOT_FOUND;

	if (assertion->sub.n <= TALLY_ID_MAX)
		err = tally_cache_get(rq->services->clients, assertion->sub, &cached);
	if (err == TALLY_ERR_NOT_FOUND)
		return tally_fault(rq, TALLY_FAULT_INVALID_CLIENT, "unknown client \"%.*s\"",
				   TALLY_SPAN_ARG(assertion->sub));
	if (err != TALLY_OK)
		return tally_fault_of(rq, err, "looking up a client");

	const struct tally_client *client = (const struct tally_client *)cached;
	enum tally_fault fault = prove_and_use(rq, client, assertion, prove);

	if (fault == TALLY_FAULT_NONE)
		*out = client;
	else
		tally_client_release(rq, client);
	return fault;
}

enum tally_fault tally_client_assertion_authenticate(struct tally_request *rq,
						     const struct tally_form *form,
						     enum tally_assertion_use use,
						     tally_client_assertion_prove *prove,
						     const struct tally_client **out)
{
	struct tally_assertion assertion;
	enum tally_fault fault = check_parameters(rq, form);

	if (fault == TALLY_FAULT_NONE)
		fault = tally_assertion_parse(rq, text_of(form), use, &assertion);
	if (fault == TALLY_FAULT_NONE)
		fault = check_claims(rq, form, &assertion);
	return fault == TALLY_FAULT_NONE ? find_and_prove(rq, &assertion, prove, out) : fault;
}
