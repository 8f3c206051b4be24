/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the server publishes about itself: its metadata (RFC 8414 §2, OpenID
 * Connect Discovery 1.0 §3) and its keys (RFC 7517 §5). Both are rendered once
 * per site.
 */
#ifndef TALLY_OAUTH_METADATA_H
#define TALLY_OAUTH_METADATA_H

#include "base/buf.h"
#include "http/request.h"

/*
 * Appends the document. Every URL in it begins with the issuer, never with what
 * a request said.
 */
enum tally_err tally_oauth_render_metadata(const struct tally_site *site, struct tally_buf *out)
	TALLY_MUST_CHECK;

/* Appends the JWK set of all published keys. */
enum tally_err tally_oauth_render_jwks(const struct tally_keyset *keys, struct tally_buf *out)
	TALLY_MUST_CHECK;

tally_handler tally_oauth_metadata;
tally_handler tally_oauth_jwks;

#endif
