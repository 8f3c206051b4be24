/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a relying party does with a token that refers to a status list
 * (draft-ietf-oauth-status-list §8.3), strictly: the token itself first, and
 * only when it is good the list, which the caller has got from the token's URI.
 * Whatever is not as it should be ends in no statement about the token.
 *
 * Both tokens may be JWTs (an SD-JWT too; its key binding is not looked at) or
 * CWTs (COSE_Sign1; in bytes, hexadecimal or base64url), each with the other.
 */
#ifndef TALLY_STATUS_CHECK_H
#define TALLY_STATUS_CHECK_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"
#include "crypt/chain.h"
#include "crypt/jwks.h"
#include "status/format.h"

/* Bytes of a token that refers to a list, and of a list's. */
#define TALLY_CHECK_TOKEN_MAX 65536u
#define TALLY_CHECK_LIST_MAX  (64u * 1024 * 1024)

/* How far ahead the clocks of others may be, in seconds. */
#define TALLY_CHECK_LEEWAY 10

/* Whose signatures are believed. */
struct tally_check_keys {
	const struct tally_jwks *jwks; /* NULL: none */
	const struct tally_trust
		*trust;  /* what certificates may lead to; NULL: they count for nothing */
	const char *eku; /* which these must have (§10); NULL: any */
};

/* A place in a list. */
struct tally_check_reference {
	struct tally_span uri;
	uint64_t index;
};

/* What a list says about a place. */
struct tally_check_status {
	enum tally_format format;
	unsigned int value;
	unsigned int bits;
	uint64_t entries;
	int64_t iat;
	int64_t exp;  /* 0: it has none */
	uint64_t ttl; /* 0: it has none */
};

struct tally_check {
	int64_t now;
	size_t inflated_max; /* bytes that a list may have when it is not compressed */
	struct tally_arena *arena;
	const char *why; /* there is no statement; static or the arena's */
};

/*
 * Whether a token is good in itself, and where its status stands; *out is the
 * arena's, empty after a failure. TALLY_ERR_VERIFY: it is not, check->why says why;
 * TALLY_ERR_NOMEM.
 */
enum tally_err tally_check_token(struct tally_check *check, const struct tally_check_keys *keys,
				 struct tally_span token,
				 struct tally_check_reference *out) TALLY_MUST_CHECK;

/* What a Status List Token says about a place. Errors as above. */
enum tally_err tally_check_list(struct tally_check *check, const struct tally_check_keys *keys,
				struct tally_span list,
				const struct tally_check_reference *reference,
				struct tally_check_status *out) TALLY_MUST_CHECK;

/* "VALID", "INVALID", "SUSPENDED", "APPLICATION_SPECIFIC" or "UNASSIGNED" (§7.1). */
const char *tally_status_name(unsigned int value);

#endif
