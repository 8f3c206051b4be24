/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 7523 §2.2 with a signature by one of the client's registered keys. */
#include "config.h"

#include "oauth/auth/client_assertion.h"

#include "crypt/verifier_cache.h"
#include "sys/clock.h"

static bool present(const struct tally_request *rq, const struct tally_form *form)
{
	return tally_client_assertion_present(rq, form, TALLY_ASSERTION_CLIENT);
}

static enum tally_err prove(struct tally_request *rq, const struct tally_client *client,
			    const struct tally_assertion *assertion)
{
	struct tally_key *key = tally_client_find_key(client, assertion->jws.kid,
						      assertion->jws.alg, tally_clock_now());

	if (key == NULL)
		return TALLY_ERR_VERIFY;
	return tally_verifier_cache_verify(rq->verifier_cache, key, &assertion->jws);
}

static enum tally_fault authenticate(struct tally_request *rq, const struct tally_form *form,
				     const struct tally_client **out)
{
	return tally_client_assertion_authenticate(rq, form, TALLY_ASSERTION_CLIENT, prove, out);
}

extern const struct tally_auth_method tally_auth_private_key_jwt;

const struct tally_auth_method tally_auth_private_key_jwt = {
	.name = "private_key_jwt",
	.present = present,
	.authenticate = authenticate,
};
