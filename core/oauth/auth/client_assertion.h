/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What private_key_jwt and client_secret_jwt have in common (RFC 7523 §2.2, §3,
 * with RFC 10070). They differ in what proves the assertion, and which of the
 * two a request uses is said by its alg; each has its own keys, so that what is
 * made for the one is nothing to the other.
 */
#ifndef TALLY_OAUTH_AUTH_CLIENT_ASSERTION_H
#define TALLY_OAUTH_AUTH_CLIENT_ASSERTION_H

#include "oauth/assertion.h"
#include "oauth/auth.h"

/* Whether the request has a client assertion with this kind of proof. */
bool tally_client_assertion_present(const struct tally_request *rq, const struct tally_form *form,
				    enum tally_assertion_use use);

/* TALLY_OK: it is the client's; TALLY_ERR_VERIFY: it is not. */
typedef enum tally_err tally_client_assertion_prove(struct tally_request *rq,
						    const struct tally_client *client,
						    const struct tally_assertion *assertion);

enum tally_fault tally_client_assertion_authenticate(struct tally_request *rq,
						     const struct tally_form *form,
						     enum tally_assertion_use use,
						     tally_client_assertion_prove *prove,
						     const struct tally_client **out);

#endif
