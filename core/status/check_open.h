/* SPDX-License-Identifier: Apache-2.0 */
/* A signed token of either form, opened. Private to core/status. */
#ifndef TALLY_STATUS_CHECK_OPEN_H
#define TALLY_STATUS_CHECK_OPEN_H

#include "status/check.h"
#include "status/claims.h"

struct tally_opened {
	enum tally_format format;
	struct tally_span typ; /* p NULL: it has none */
	struct tally_claims claims;
};

/* Whether these are the bytes of a CWT: a tag has its high bit set, which no text has. */
static inline bool tally_check_is_binary(struct tally_span token)
{
	return token.n > 0 && (uint8_t)token.p[0] >= 0x80;
}

/*
 * The text of a JWT, or the bytes of a CWT whatever way they were written; the
 * arena's or the token's own. At most max bytes. Errors as in check.h.
 */
enum tally_err tally_check_decode(struct tally_check *check, struct tally_span token, size_t max,
				  struct tally_span *out) TALLY_MUST_CHECK;

/*
 * Takes a decoded token apart, whose signature must be by one of the keys. Ended by
 * tally_claims_end(&out->claims). Errors as in check.h.
 */
enum tally_err tally_check_open(struct tally_check *check, const struct tally_check_keys *keys,
				struct tally_span token, struct tally_opened *out) TALLY_MUST_CHECK;

/* Says why there is no statement; returns TALLY_ERR_VERIFY. */
static inline enum tally_err tally_check_refuse(struct tally_check *check, const char *why)
{
	check->why = why;
	return TALLY_ERR_VERIFY;
}

#endif
