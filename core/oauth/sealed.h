/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sealed refresh tokens: a record that is kept nowhere but in the token. As
 * text it is the prefix ts_ and base64url of
 *
 *    4 bytes  the id of the sealing key, which is made of the wrap key
 *   16 bytes  the id of the token
 *    n bytes  nonce, ciphertext and tag (crypt/seal.h) of the packed record,
 *             bound to the two ids
 *
 * Every token is sealed with a key of its own, made of the sealing key and the
 * token's id in the one-step way of NIST SP 800-56C §4.1. So the bound of
 * AES-GCM with random nonces, 2^32 values under one key, is never near.
 */
#ifndef TALLY_OAUTH_SEALED_H
#define TALLY_OAUTH_SEALED_H

#include "base/arena.h"
#include "base/buf.h"
#include "crypt/derive.h"
#include "store/store.h"

/* For tally_derive_keys. */
#define TALLY_SEALED_PURPOSE "tallystick sealed refresh token 1"

/* Bytes of a packed record at the most. */
#define TALLY_SEALED_PACKED_MAX 6000u

/*
 * Appends the token of a record; its digest is not part of it. TALLY_ERR_CONFIG:
 * there is no sealing key. TALLY_ERR_LIMIT: the record is too large.
 */
enum tally_err tally_sealed_write(const struct tally_derived_keys *keys,
				  const struct tally_refresh_record *record, struct tally_buf *out)
	TALLY_MUST_CHECK;

/*
 * Opens a token; spans are the arena's. TALLY_ERR_NOT_FOUND: it is none of ours,
 * or was altered. Nothing is said of times.
 */
enum tally_err tally_sealed_read(const struct tally_derived_keys *keys, struct tally_span text,
				 struct tally_arena *arena, struct tally_refresh_record *out)
	TALLY_MUST_CHECK;

/* The record but for its id, as bytes, and back. TALLY_ERR_SYNTAX; spans point into packed. */
void tally_sealed_pack(const struct tally_refresh_record *record, struct tally_buf *out);
enum tally_err tally_sealed_unpack(struct tally_span packed, struct tally_refresh_record *out)
	TALLY_MUST_CHECK;

#endif
