/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys of keys.wrap-key-file, and keys made of them for one purpose each
 * (HKDF with SHA-256, RFC 5869), so that a key never does two things.
 */
#ifndef TALLY_CRYPT_DERIVE_H
#define TALLY_CRYPT_DERIVE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "crypt/seal.h"

/* The key that seals, and behind it the one before, which only opens. */
#define TALLY_WRAP_KEYS_MAX 2u

struct tally_wrap_keys {
	struct tally_seal_key keys[TALLY_WRAP_KEYS_MAX];
	size_t count; /* 0: none is configured */
};

/*
 * Reads both files; without the first (NULL) there are no keys, without the
 * second there is one. Errors as of tally_seal_key_load.
 */
enum tally_err tally_wrap_keys_load(const char *path, const char *previous_path,
				    struct tally_wrap_keys *out) TALLY_MUST_CHECK;

/* tally_unseal with whichever of them opens it. TALLY_ERR_VERIFY: none does. */
enum tally_err tally_wrap_keys_unseal(const struct tally_wrap_keys *keys, struct tally_span aad,
				      struct tally_span sealed, struct tally_buf *out)
	TALLY_MUST_CHECK;

/* A key's name is made of the key itself, so that all hosts call it the same. */
#define TALLY_DERIVED_ID_SIZE 4u

struct tally_derived_key {
	uint8_t id[TALLY_DERIVED_ID_SIZE];
	struct tally_seal_key key;
};

/* In the order of the keys that they are made of. */
struct tally_derived_keys {
	struct tally_derived_key keys[TALLY_WRAP_KEYS_MAX];
	size_t count;
};

/* purpose: a text that no other purpose has. TALLY_ERR_CRYPTO. */
enum tally_err tally_derive_keys(const struct tally_wrap_keys *from, const char *purpose,
				 struct tally_derived_keys *out) TALLY_MUST_CHECK;

/* The key of this id (TALLY_DERIVED_ID_SIZE bytes); NULL: none of them. */
const struct tally_derived_key *tally_derived_find(const struct tally_derived_keys *keys,
						   const void *id);

#endif
