/* SPDX-License-Identifier: Apache-2.0 */
/* Makes access tokens in the profile of RFC 9068. */
#ifndef TALLY_OAUTH_MINT_H
#define TALLY_OAUTH_MINT_H

#include "http/request.h"
#include "oauth/grant.h"

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
