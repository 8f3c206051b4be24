/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits guessing: failed logins and failed client authentications are counted
 * per account and per address, in Redis, so that all processes share the count.
 * Only failures cost a round trip. A process that learns that an account or an
 * address has failed too often refuses it until the window ends, without asking
 * again; when Redis does not answer, it counts for itself.
 */
#ifndef TALLY_OAUTH_FAILURES_H
#define TALLY_OAUTH_FAILURES_H

#include "http/request.h"

struct tally_failures;

/* Owned; NULL: out of memory. */
struct tally_failures *tally_failures_new(void);
void tally_failures_free(struct tally_failures *failures);

enum tally_failures_of { TALLY_FAILURES_OF_LOGINS, TALLY_FAILURES_OF_CLIENTS };

/*
 * Before a secret is looked at: TALLY_FAULT_NONE, or TALLY_FAULT_TOO_MANY (429
 * with Retry-After) for this account or the address of the request.
 */
enum tally_fault tally_failures_check(struct tally_request *rq, enum tally_failures_of of,
				      struct tally_span account);

/* After a secret was wrong. */
void tally_failures_note(struct tally_request *rq, enum tally_failures_of of,
			 struct tally_span account);

#endif
