/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 6749 §2.3.1: client_id and client_secret as HTTP Basic credentials. */
#include "config.h"

#include "oauth/auth.h"

#include "codec/basic.h"

static bool present(const struct tally_request *rq, const struct tally_form *form)
{
	struct tally_span rest;

	(void)form;
	return tally_authorization_is(rq->params.authorization, TALLY_SPAN("Basic"), &rest);
}

static enum tally_fault authenticate(struct tally_request *rq, const struct tally_form *form,
				     const struct tally_client **out)
{
	struct tally_span id = tally_form_get(form, TALLY_SPAN("client_id"));
	struct tally_span credentials;
	struct tally_basic basic;

	if (!tally_authorization_is(rq->params.authorization, TALLY_SPAN("Basic"), &credentials) ||
	    tally_basic_parse(&basic, rq->arena, credentials) != TALLY_OK)
		return tally_fault(rq, TALLY_FAULT_INVALID_CLIENT,
				   "malformed Basic credentials (RFC 6749 section 2.3.1)");
	/* client_id alone is allowed in the body beside it, if it says the same. */
	if (id.p != NULL && !tally_span_eq(id, basic.user))
		return tally_fault(rq, TALLY_FAULT_INVALID_REQUEST,
				   "client_id differs from the Basic credentials");
	return tally_auth_secret(rq, basic.user, basic.password, out);
}

extern const struct tally_auth_method tally_auth_client_secret_basic;

const struct tally_auth_method tally_auth_client_secret_basic = {
	.name = "client_secret_basic",
	.present = present,
	.authenticate = authenticate,
};
