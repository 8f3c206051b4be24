/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits guessing: failed logins and failed client authentications are counted
 * per account and per address, those at pools of status lists per address, in
 * Redis, so that all processes share the count. Only failures cost a round trip:
 * a process learns that an account or an address has failed too often from a
 * failure of its own, and refuses it from then on until the window ends, without
 * asking again. So each process lets at most one attempt through beyond the
 * limit. When Redis does not answer, or there is none, it counts for itself.
 *
 * Accounts that do not exist are counted like the others. An address is what
 * the web server says (REMOTE_ADDR); of IPv6 its first 64 bits, since whoever
 * has one of these addresses has them all. A request without one counts for
 * its account alone.
 */
#ifndef TALLY_HTTP_FAILURES_H
#define TALLY_HTTP_FAILURES_H

#include "http/request.h"

struct tally_failures;

/* Owned; NULL: out of memory, or of random bytes. */
struct tally_failures *tally_failures_new(void);
void tally_failures_free(struct tally_failures *failures);

enum tally_failures_of {
	TALLY_FAILURES_OF_LOGINS,
	TALLY_FAILURES_OF_CLIENTS,
	TALLY_FAILURES_OF_POOLS /* of status lists */
};

/*
 * Before a secret is looked at: TALLY_FAULT_NONE, or TALLY_FAULT_TOO_MANY (429
 * with Retry-After) for this account or the address of the request. An empty
 * account: the address alone counts.
 */
enum tally_fault tally_failures_check(struct tally_request *rq, enum tally_failures_of of,
				      struct tally_span account);

/* After a secret was wrong. */
void tally_failures_note(struct tally_request *rq, enum tally_failures_of of,
			 struct tally_span account);

#endif
