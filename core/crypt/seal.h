/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sealed bytes: AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce in
 * front and the 128-bit tag behind. The associated data binds a sealed value to
 * its place, for example a wrapped key to its kid. With random nonces one key
 * may seal 2^32 values (§8.3 there).
 */
#ifndef TALLY_CRYPT_SEAL_H
#define TALLY_CRYPT_SEAL_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

#define TALLY_SEAL_KEY_SIZE 32u
#define TALLY_SEAL_OVERHEAD (12u + 16u)

struct tally_seal_key {
	uint8_t bytes[TALLY_SEAL_KEY_SIZE];
};

/*
 * Reads exactly 32 raw bytes from a file that only its owner (or group, for
 * reading) may access. Whatever is wrong is logged with what to do about it:
 * TALLY_ERR_NOT_FOUND, TALLY_ERR_IO, TALLY_ERR_CONFIG (mode or size).
 */
enum tally_err tally_seal_key_load(const char *path, struct tally_seal_key *out)
	TALLY_MUST_CHECK;

/* Appends nonce, ciphertext and tag: plain.n + TALLY_SEAL_OVERHEAD bytes. */
enum tally_err tally_seal(const struct tally_seal_key *key, struct tally_span aad,
			  struct tally_span plain, struct tally_buf *out) TALLY_MUST_CHECK;

/* Appends the plaintext; TALLY_ERR_VERIFY: another key, other aad, or altered. */
enum tally_err tally_unseal(const struct tally_seal_key *key, struct tally_span aad,
			    struct tally_span sealed, struct tally_buf *out) TALLY_MUST_CHECK;

#endif
