/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Assertions: JWTs that somebody signs to say who they are (RFC 7523), as a
 * grant (§2.1) or to authenticate a client (§2.2). What both share is here:
 * taking the JWT apart, the times, the audience, and that a jti is used once.
 */
#ifndef TALLY_OAUTH_ASSERTION_H
#define TALLY_OAUTH_ASSERTION_H

#include "crypt/jws.h"
#include "http/request.h"

#define TALLY_ASSERTION_AUDIENCES_MAX 8u
#define TALLY_ASSERTION_NAME_MAX 255u /* bytes of iss, sub and jti */

/* Seconds that the clock of whoever signed it may be ahead of ours. */
#define TALLY_ASSERTION_SKEW 10

/* What it is for, which decides on the typ, on what protects it, and on the fault. */
enum tally_assertion_use {
	TALLY_ASSERTION_GRANT,      /* invalid_grant */
	TALLY_ASSERTION_CLIENT,     /* invalid_client */
	TALLY_ASSERTION_CLIENT_MAC  /* HS256; invalid_client */
};

/* What an assertion claims; nothing of it is believed before its signature is checked. */
struct tally_assertion {
	enum tally_assertion_use use;
	struct tally_jws jws;
	struct tally_span iss; /* there, and not empty */
	struct tally_span sub; /* there, and not empty */
	struct tally_span jti; /* p NULL: none */
	int64_t iat;           /* 0: none */
	int64_t nbf;           /* 0: none */
	int64_t exp;
	struct tally_span audiences[TALLY_ASSERTION_AUDIENCES_MAX];
	size_t audience_count;
};

/* The fault for an assertion of this use that is not good enough. */
enum tally_fault tally_assertion_fault(enum tally_assertion_use use);

/*
 * Parses; refuses what is malformed, a typ of another kind of JWT (it may be
 * "JWT", absent, or, for a client, "client-authentication+jwt"), and times that
 * no assertion may have: exp missing, past, or further away than
 * assertions.max-age; iat older than that; iat or nbf ahead of our clock.
 */
enum tally_fault tally_assertion_parse(struct tally_request *rq, struct tally_span text,
				       enum tally_assertion_use use, struct tally_assertion *out);

/*
 * Whether aud is this one value and no other (RFC 10070 §4). An array with one
 * element says the same as a string (RFC 7519 §4.1.3).
 */
bool tally_assertion_is_for_only(const struct tally_assertion *assertion,
				 struct tally_span audience);

/* Whether this value is among aud. */
bool tally_assertion_is_for(const struct tally_assertion *assertion, struct tally_span audience);

/* Whether our issuer or our token endpoint is among aud (RFC 10070 §4, for grants). */
bool tally_assertion_is_for_us(const struct tally_request *rq,
			       const struct tally_assertion *assertion);

/*
 * Uses up the jti, under its issuer, for as long as the assertion could be
 * presented. One without jti is refused, as is what was used before;
 * TALLY_FAULT_UNAVAILABLE: the mark cannot be written.
 */
enum tally_fault tally_assertion_use_once(struct tally_request *rq,
					  const struct tally_assertion *assertion);

#endif
