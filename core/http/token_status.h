/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the token half and the list half meet: the reference that an access
 * token carries (draft-ietf-oauth-status-list §6.2). The room status provides
 * this, the room oauth uses it; neither knows the other.
 */
#ifndef TALLY_HTTP_TOKEN_STATUS_H
#define TALLY_HTTP_TOKEN_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"
#include "store/status_ref.h"

#define TALLY_STATUS_URI_MAX 512u

struct tally_token_status {
	/*
	 * Takes an entry for a token, from memory. uri: of the list, lives as
	 * long as this does. TALLY_ERR_UNAVAILABLE: none is left within the
	 * pool's prefetch-timeout, or the pool is being made; TALLY_ERR_STATE:
	 * it is retired.
	 */
	enum tally_err (*take)(struct tally_token_status *status, struct tally_status_ref *out,
			       struct tally_span *uri);
	/*
	 * Marks tokens as INVALID (0x01), on disk when it returns. Entries of
	 * lists that are retired are done already.
	 */
	enum tally_err (*revoke)(struct tally_token_status *status,
				 const struct tally_status_ref *refs, size_t n);
	/* Whether a token is marked, read live. */
	enum tally_err (*is_revoked)(struct tally_token_status *status,
				     struct tally_status_ref ref, bool *out);
	/*
	 * Our entry that a token names. TALLY_ERR_NOT_FOUND: it is none of ours;
	 * TALLY_ERR_UNAVAILABLE: that cannot be told.
	 */
	enum tally_err (*find)(struct tally_token_status *status, struct tally_span uri,
			       uint64_t idx, struct tally_status_ref *out);
};

#endif
