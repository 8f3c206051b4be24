/* SPDX-License-Identifier: Apache-2.0 */
/* The Authorization header: its scheme, and Basic credentials of a client. */
#ifndef TALLY_CODEC_BASIC_H
#define TALLY_CODEC_BASIC_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"

/*
 * Whether the header's scheme is this one (without case, RFC 9110 §11.1);
 * *rest is then what follows it, without the blanks between.
 */
bool tally_authorization_is(struct tally_span header, struct tally_span scheme,
			    struct tally_span *rest);

struct tally_basic {
	struct tally_span user;     /* decoded, the arena's */
	struct tally_span password; /* decoded, the arena's */
};

/*
 * The credentials behind "Basic" (RFC 7617), each side form-decoded as RFC 6749
 * §2.3.1 wants it. TALLY_ERR_SYNTAX: not base64, no colon, bad escape, NUL or
 * control characters. TALLY_ERR_LIMIT: longer than 4096 characters.
 */
enum tally_err tally_basic_parse(struct tally_basic *basic, struct tally_arena *arena,
				 struct tally_span credentials) TALLY_MUST_CHECK;

#endif
