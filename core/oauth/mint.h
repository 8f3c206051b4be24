/* SPDX-License-Identifier: Apache-2.0 */
/* Makes access tokens in the profile of RFC 9068. */
#ifndef TALLY_OAUTH_MINT_H
#define TALLY_OAUTH_MINT_H

#include "http/request.h"
#include "oauth/grant.h"

/*
 * The id of an access token: the day on which it expires (days since 1970,
 * 2 bytes, big-endian), which is also the partition where it is kept, then 14
 * random bytes.
 */
#define TALLY_JTI_SIZE 16u

struct tally_jti {
	unsigned char bytes[TALLY_JTI_SIZE];
};

enum tally_err tally_jti_make(struct tally_jti *jti, int64_t expires_at) TALLY_MUST_CHECK;

/* The day in an id. */
unsigned int tally_jti_day(const struct tally_jti *jti);

/*
 * Appends the signed access token for mint, issued at now to client_id.
 * TALLY_ERR_UNAVAILABLE: no key signs yet.
 */
enum tally_err tally_mint_access_token(struct tally_request *rq, const struct tally_mint *mint,
				       struct tally_span client_id, int64_t now,
				       struct tally_buf *out) TALLY_MUST_CHECK;

/* Characters that such a token takes at the most; a bound to size buffers by. */
size_t tally_mint_size(const struct tally_request *rq, const struct tally_mint *mint,
		       struct tally_span client_id);

#endif
