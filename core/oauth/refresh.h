/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Refresh tokens (RFC 6749 §6, rotation as in RFC 9700 §4.14.2). Every one is
 * usable once, and its successors form a family that ends together.
 *
 * A kept one is opaque, and its row in the store says what it is good for. A
 * sealed one is not kept: it carries all that in itself, encrypted with
 * AES-256-GCM, and that it has been used is a mark in Redis. Which of the two
 * is made is a matter of the persistence; both are always understood, so that
 * changing the persistence leaves no token unusable.
 */
#ifndef TALLY_OAUTH_REFRESH_H
#define TALLY_OAUTH_REFRESH_H

#include "http/request.h"
#include "store/store.h"

/* Characters of a refresh token at the most, in either form. */
#define TALLY_REFRESH_MAX 8192u

/*
 * Appends a refresh token for this record. sealed false: record->digest is set,
 * and the caller has the record kept.
 */
enum tally_err tally_refresh_write(struct tally_request *rq, struct tally_refresh_record *record,
				   bool sealed, struct tally_buf *out) TALLY_MUST_CHECK;

/* A refresh token that has been read; spans are the request's. */
struct tally_refresh {
	struct tally_refresh_record record;
	bool sealed;
	int64_t used_at_us; /* of a kept one; 0: not used */
	bool is_revoked;    /* of a kept one: it, its family, its client or user */
};

/*
 * Reads and authenticates a token of either form. TALLY_ERR_NOT_FOUND: it is
 * none of ours, or expired; TALLY_ERR_UNAVAILABLE.
 */
enum tally_err tally_refresh_read(struct tally_request *rq, struct tally_span text,
				  struct tally_refresh *out) TALLY_MUST_CHECK;

/* Whether a repeat now, of a token first used at used_at_us, is forgiven. */
bool tally_refresh_in_grace(const struct tally_request *rq, int64_t used_at_us, int64_t now_us);

/*
 * Uses up a sealed token, when all that it is exchanged for is ready: should what
 * follows fail, the grace covers the repeat. made: the status of the access token
 * that comes of it; NULL: it has none. TALLY_FAULT_INVALID_GRANT: it was used
 * before, and its family has been ended.
 */
enum tally_fault tally_refresh_use_sealed(struct tally_request *rq,
					  const struct tally_refresh *refresh,
					  const struct tally_live_ref *made);

/*
 * A refresh token was used twice: ends its family, logs a warning, and returns
 * the fault for whoever brought it.
 */
enum tally_fault tally_refresh_reused(struct tally_request *rq,
				      const struct tally_refresh *refresh);

#endif
