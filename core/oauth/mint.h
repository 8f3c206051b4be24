/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes signed tokens: access tokens in the profile of RFC 9068 and ID tokens
 * (OpenID Connect Core §2). Sizes are known beforehand, so that an answer is
 * written into memory of its size.
 */
#ifndef TALLY_OAUTH_MINT_H
#define TALLY_OAUTH_MINT_H

#include "http/request.h"
#include "oauth/grant.h"

/*
 * Appends the access token that access describes. A token that came with a
 * refresh token names its family ("fam"), so that it ends with it even when it
 * is not kept. TALLY_ERR_UNAVAILABLE: no key signs yet.
 */
enum tally_err tally_mint_access_token(struct tally_request *rq,
				       const struct tally_access_record *access,
				       struct tally_buf *out) TALLY_MUST_CHECK;

/* Characters that it takes at the most. */
size_t tally_mint_access_size(const struct tally_request *rq,
			      const struct tally_access_record *access);

/* Appends an ID token about mint->user for client_id. */
enum tally_err tally_mint_id_token(struct tally_request *rq, const struct tally_mint *mint,
				   struct tally_span client_id, int64_t now,
				   struct tally_buf *out) TALLY_MUST_CHECK;
size_t tally_mint_id_size(const struct tally_request *rq, const struct tally_mint *mint,
			  struct tally_span client_id);

#endif
