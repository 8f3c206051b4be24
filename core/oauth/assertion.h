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

/* What an assertion claims; nothing of it is believed before its signature is checked. */
struct tally_assertion {
	struct tally_jws jws;
	struct tally_span iss;
	struct tally_span sub;
	struct tally_span jti; /* p NULL: none */
	int64_t iat;           /* 0: none */
	int64_t nbf;           /* 0: none */
	int64_t exp;
	struct tally_span audiences[8];
	size_t audience_count;
	bool audience_is_array; /* "aud":["x"], not "aud":"x" */
};

/*
 * Parses; refuses (with the fault given) what is malformed, a typ that is not
 * "JWT", "client-authentication+jwt" or absent, and times that no assertion may
 * have: exp missing or past, iat or nbf more than 10 s ahead, older than
 * assertions.max-age, exp further away than that.
 */
enum tally_fault tally_assertion_parse(struct tally_request *rq, struct tally_span text,
				       enum tally_fault fault, struct tally_assertion *out);

/* Whether aud is exactly this one value, given once (RFC 10070). */
bool tally_assertion_is_for_only(const struct tally_assertion *assertion,
				 struct tally_span audience);

/* Whether this value is among aud. */
bool tally_assertion_is_for(const struct tally_assertion *assertion, struct tally_span audience);

/*
 * Uses up the jti, under its issuer, until exp. required: an assertion without
 * one is refused. Refuses with this fault what was used before, and with
 * TALLY_FAULT_UNAVAILABLE when the marks cannot be written.
 */
enum tally_fault tally_assertion_use_once(struct tally_request *rq,
					  const struct tally_assertion *assertion, bool required,
					  enum tally_fault fault);

#endif
