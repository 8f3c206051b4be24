/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RFC 6749 §2.1, §3.2.1: a public client says who it is and proves nothing. Only
 * one that was made public may, and token.c keeps it from the grants that are
 * for confidential clients only.
 */
#include "config.h"

#include "oauth/auth.h"

static bool has(const struct tally_form *form, const char *name)
{
	return tally_form_get(form, tally_span_of(name)).p != NULL;
}

/* client_id may also stand beside every other method. */
static bool present(const struct tally_request *rq, const struct tally_form *form)
{
	return has(form, "client_id") && !has(form, "client_secret") &&
	       !has(form, "client_assertion") && !has(form, "client_assertion_type") &&
	       rq->params.authorization.p == NULL;
}

static enum tally_fault authenticate(struct tally_request *rq, const struct tally_form *form,
				     const struct tally_client **out)
{
	struct tally_span id = tally_form_get(form, TALLY_SPAN("client_id"));
	struct tally_cached *cached = NULL;
	enum tally_err err = TALLY_ERR_NOT_FOUND;

	if (id.n <= TALLY_ID_MAX)
		err = tally_cache_get(rq->services->clients, id, &cached);
	if (err != TALLY_OK && err != TALLY_ERR_NOT_FOUND)
		return tally_fault_of(rq, err, "looking up a client");

	const struct tally_client *client = (const struct tally_client *)cached;
	const char *why = client == NULL       ? "unknown"
			  : !client->is_public ? "without authentication came confidential"
			  : client->disabled   ? "disabled"
					       : NULL;

	if (why == NULL) {
		*out = client;
		return TALLY_FAULT_NONE;
	}
	tally_client_release(rq, client);
	return tally_fault(rq, TALLY_FAULT_INVALID_CLIENT, "%s client %.*s", why,
			   TALLY_SPAN_ARG(id));
}

extern const struct tally_auth_method tally_auth_none;

const struct tally_auth_method tally_auth_none = {
	.name = "none",
	.present = present,
	.authenticate = authenticate,
};
