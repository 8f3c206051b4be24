/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 6749 §2.3.1: client_id and client_secret in the request body. */
#include "config.h"

#include "oauth/auth.h"

static bool present(const struct tally_request *rq, const struct tally_form *form)
{
	(void)rq;
	return tally_form_get(form, TALLY_SPAN("client_secret")).p != NULL;
}

static enum tally_fault authenticate(struct tally_request *rq, const struct tally_form *form,
				     const struct tally_client **out)
{
	struct tally_span id = tally_form_get(form, TALLY_SPAN("client_id"));

	if (id.p == NULL)
		return tally_fault(rq, TALLY_FAULT_INVALID_REQUEST,
				   "client_secret without client_id");
	return tally_auth_secret(rq, id, tally_form_get(form, TALLY_SPAN("client_secret")), out);
}

extern const struct tally_auth_method tally_auth_client_secret_post;

const struct tally_auth_method tally_auth_client_secret_post = {
	.name = "client_secret_post",
	.present = present,
	.authenticate = authenticate,
};
