/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates (RFC 5280) that stand in the header of a signature: x5c (RFC 7515
 * §4.1.6) and x5chain (RFC 9360), the signer's first, each the issuer of the one
 * before it.
 */
#ifndef TALLY_CRYPT_CHAIN_H
#define TALLY_CRYPT_CHAIN_H

#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"
#include "crypt/key.h"

/* Certificates of a chain, and bytes of all of them together. */
#define TALLY_CHAIN_MAX       8u
#define TALLY_CHAIN_BYTES_MAX 32768u

struct tally_chain {
	struct tally_span certificates[TALLY_CHAIN_MAX]; /* DER */
	size_t count;
};

/* TALLY_ERR_LIMIT: more bytes than above. */
enum tally_err tally_chain_check_size(const struct tally_chain *chain) TALLY_MUST_CHECK;

/*
 * The certificates of a PEM file, the arena's, if the first is for this key and
 * each is signed by the next. Whatever is wrong is logged with the name of the
 * file: TALLY_ERR_CONFIG, TALLY_ERR_NOMEM.
 */
enum tally_err tally_chain_load(const char *path, const struct tally_key *key,
				struct tally_arena *arena,
				struct tally_chain *out) TALLY_MUST_CHECK;

/* UTC seconds: from when until when all of a chain is valid. TALLY_ERR_SYNTAX. */
enum tally_err tally_chain_validity(const struct tally_chain *chain, int64_t *not_before,
				    int64_t *not_after) TALLY_MUST_CHECK;

/* Authorities that somebody has decided to trust. */
struct tally_trust;

/* From a PEM file; wrong as above. Owned. */
enum tally_err tally_trust_load(const char *path, struct tally_trust **out) TALLY_MUST_CHECK;
void tally_trust_free(struct tally_trust *trust);

/* What a chain must be good for. */
struct tally_chain_use {
	const struct tally_alg *alg; /* of the key in the first certificate */
	int64_t now;                 /* when all of it must be valid */
	const char *eku;             /* an extended key usage, dotted; NULL: any */
};

/*
 * The key of the first certificate, if the chain leads to one of the authorities
 * (RFC 5280 §6; without revocation lists). Owned, ended by tally_key_free.
 * TALLY_ERR_VERIFY: it does not, with the reason in *why (static); TALLY_ERR_SYNTAX:
 * no certificates; TALLY_ERR_UNSUPPORTED: the key is not for this algorithm;
 * TALLY_ERR_NOMEM.
 */
enum tally_err tally_chain_verify(const struct tally_chain *chain, const struct tally_trust *trust,
				  const struct tally_chain_use *use, const char **why,
				  struct tally_key **out) TALLY_MUST_CHECK;

#endif
