/* SPDX-License-Identifier: Apache-2.0 */
/* Trusted issuers (RFC 7523 §2.1), as the endpoints see them. */
#ifndef TALLY_OAUTH_ISSUER_H
#define TALLY_OAUTH_ISSUER_H

#include "crypt/jwks.h"
#include "http/request.h"
#include "store/cache.h"
#include "store/store.h"

struct tally_issuer {
	struct tally_cached cached;
	struct tally_arena *arena; /* all below is in it */
	struct tally_issuer_record record;
	struct tally_jwks keys; /* of record.jwks, parsed once */
};

/* From "iss"; context: the store. */
extern const struct tally_cache_type tally_issuer_cache_type;

/*
 * The issuer of this name; released by tally_issuer_release. TALLY_ERR_NOT_FOUND,
 * TALLY_ERR_UNAVAILABLE. A disabled one is found.
 */
enum tally_err tally_issuer_get(struct tally_request *rq, struct tally_span iss,
				const struct tally_issuer **out) TALLY_MUST_CHECK;
void tally_issuer_release(struct tally_request *rq, const struct tally_issuer *issuer);

#endif
