/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The claims of a JWT and those of a CWT, read alike: what is a member of an
 * object in one is a label of a map in the other (RFC 8392 §4).
 */
#ifndef TALLY_STATUS_CLAIMS_H
#define TALLY_STATUS_CLAIMS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"
#include "codec/cbor_in.h"
#include "codec/json_in.h"

enum tally_claim_name {
	TALLY_CLAIM_SUB,
	TALLY_CLAIM_EXP,
	TALLY_CLAIM_NBF,
	TALLY_CLAIM_IAT,
	TALLY_CLAIM_TTL,
	TALLY_CLAIM_STATUS_LIST,
	TALLY_CLAIM_STATUS
};

/* One of the two; a CWT's borrows its bytes. Ended by tally_claims_end. */
struct tally_claims {
	struct tally_json *json;
	struct tally_cbor cbor;
};

/* TALLY_ERR_SYNTAX: no object or map; TALLY_ERR_LIMIT; TALLY_ERR_NOMEM. */
enum tally_err tally_claims_of_jwt(struct tally_span payload,
				   struct tally_claims *out) TALLY_MUST_CHECK;
enum tally_err tally_claims_of_cwt(struct tally_span payload,
				   struct tally_claims *out) TALLY_MUST_CHECK;
void tally_claims_end(struct tally_claims *claims);

/* A value; borrowed from the claims. It may be absent. */
struct tally_claim {
	const struct tally_json *json;
	struct tally_cbor cbor;
};

struct tally_claim tally_claim(const struct tally_claims *claims, enum tally_claim_name name);
struct tally_claim tally_claim_member(struct tally_claim claim, const char *name);

bool tally_claim_is_there(struct tally_claim claim);
bool tally_claim_is_object(struct tally_claim claim);

/* false when the value is absent or of another type. */
bool tally_claim_text(struct tally_claim claim, struct tally_span *out);
bool tally_claim_u64(struct tally_claim claim, uint64_t *out);

/* A NumericDate, rounded down. */
bool tally_claim_time(struct tally_claim claim, int64_t *out);

/*
 * A positive number of seconds, rounded up to 1 (draft-ietf-oauth-status-list
 * §5.1: any positive number in a JWT; §5.2: an unsigned integer in a CWT).
 */
bool tally_claim_ttl(struct tally_claim claim, uint64_t *out);

/*
 * Bytes: base64url in JSON, decoded into the arena; a byte string in CBOR.
 * TALLY_ERR_SYNTAX, TALLY_ERR_NOMEM.
 */
enum tally_err tally_claim_bytes(struct tally_claim claim, struct tally_arena *arena,
				 struct tally_span *out) TALLY_MUST_CHECK;

#endif
