/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Client secrets that are kept sealed beside their digests, for clients that
 * prove they know them instead of sending them (client_secret_jwt).
 */
#ifndef TALLY_OAUTH_SECRET_H
#define TALLY_OAUTH_SECRET_H

#include "crypt/derive.h"
#include "store/store.h"

#define TALLY_SECRET_WRAPPED_MAX (128u + TALLY_SEAL_OVERHEAD)

/* What a sealed secret is bound to (crypt/seal.h), over bytes. tally_buf_err says if it fits. */
#define TALLY_SECRET_PLACE_MAX (16u + 2 * (TALLY_ID_MAX + 1u))
struct tally_span tally_secret_place(struct tally_buf *buf, char bytes[TALLY_SECRET_PLACE_MAX],
				     struct tally_span client_id, struct tally_span secret_id);

/* Appends the sealed form, which opens only for this client and secret_id. */
enum tally_err tally_secret_wrap(const struct tally_seal_key *wrap, struct tally_span client_id,
				 struct tally_span secret_id, struct tally_span secret,
				 struct tally_buf *out) TALLY_MUST_CHECK;

/* Appends the secret; wipe it. TALLY_ERR_VERIFY: it was sealed with another key. */
enum tally_err tally_secret_unwrap(const struct tally_wrap_keys *wrap, struct tally_span client_id,
				   const struct tally_secret_record *record,
				   struct tally_buf *out) TALLY_MUST_CHECK;

#endif
