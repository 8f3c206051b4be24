/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One prepared signature or verification operation, used again and again: what
 * signer.c, verifier.c and the key's own proof have in common. Private to
 * core/crypt, and to one thread at a time.
 */
#ifndef TALLY_CRYPT_OP_H
#define TALLY_CRYPT_OP_H

#include "crypt/key_priv.h"

enum tally_op_use { TALLY_OP_SIGN, TALLY_OP_VERIFY };

struct tally_op {
	const struct tally_key *key; /* borrowed */
	EVP_PKEY_CTX *pkey;          /* NULL for EdDSA, which has no separate digest */
	EVP_MD_CTX *md;
	const EVP_MD *digest;
};

/* TALLY_ERR_CRYPTO: the key cannot be used so. Ended by tally_op_end. */
enum tally_err tally_op_begin(struct tally_op *op, const struct tally_key *key,
			      enum tally_op_use use) TALLY_MUST_CHECK;
void tally_op_end(struct tally_op *op);

/* Writes the signature as JWS has it: exactly key->signature_size bytes. */
enum tally_err tally_op_sign(struct tally_op *op, struct tally_span data,
			     uint8_t out[TALLY_SIGNATURE_MAX]) TALLY_MUST_CHECK;

/* TALLY_OK or TALLY_ERR_VERIFY. */
enum tally_err tally_op_verify(struct tally_op *op, struct tally_span data,
			       struct tally_span signature) TALLY_MUST_CHECK;

#endif
