/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may use a pool of status lists: whoever knows one of its keys (X-Api-Key),
 * or has an access token of one of its clients with the scope for what is done.
 *
 * In two steps, since what names the pool may be a body: first who asks, before
 * anything is read for them; then whether the pool is theirs. Whoever fails learns
 * nothing of pools: that there is none, and that it is another's, is one answer
 * after the same work. Failures are counted per address (http/failures.h).
 */
#ifndef TALLY_STATUS_ACCESS_H
#define TALLY_STATUS_ACCESS_H

#include "crypt/digest.h"
#include "http/bearer.h"
#include "http/request.h"
#include "status/pool.h"

enum tally_access {
	TALLY_ACCESS_ISSUE,  /* scope status:issue */
	TALLY_ACCESS_UPDATE, /* scope status:update */
	TALLY_ACCESS_READ    /* either of them */
};

struct tally_caller {
	bool has_key;
	uint8_t digest[TALLY_SHA256_SIZE]; /* of the key */
	struct tally_bearer bearer;        /* without a key */
};

/* TALLY_FAULT_UNAUTHORIZED unless the credentials are good for some pool. */
enum tally_fault tally_access_read(struct tally_request *rq, enum tally_access access,
				   struct tally_caller *caller);

/*
 * The pool with this id, open and held until released; TALLY_FAULT_UNAUTHORIZED when
 * there is none that is the caller's. id is any bytes.
 */
enum tally_fault tally_access_pool(struct tally_request *rq, const struct tally_caller *caller,
				   struct tally_span id, struct tally_pool **out);

#endif
