/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "crypt/key.h"

#include "crypt/key_priv.h"
#include "crypt/op.h"
#include "crypt/ossl.h"

#include <stdlib.h>

/*
 * A private key signs once and its public part verifies it: a pair that does not
 * belong together, or a damaged one, would otherwise show at the first client.
 * A public key is prepared for use, for which PSS restrictions must allow it.
 */
static enum tally_err prove(const struct tally_key *key)
{
	struct tally_span data = TALLY_SPAN("Tallystick");
	uint8_t signature[TALLY_SIGNATURE_MAX];
	struct tally_op sign = { 0 }, verify = { 0 };
	enum tally_err err = tally_op_begin(&verify, key, TALLY_OP_VERIFY);

	if (err == TALLY_OK && key->is_private) {
		err = tally_op_begin(&sign, key, TALLY_OP_SIGN);
		if (err == TALLY_OK)
			err = tally_op_sign(&sign, data, signature);
		if (err == TALLY_OK)
			err = tally_op_verify(&verify, data,
					      tally_span(signature, key->signature_size));
	}
	tally_op_end(&sign);
	tally_op_end(&verify);
	(void)tally_ossl_reason();
	return err == TALLY_OK ? TALLY_OK : TALLY_ERR_UNSUPPORTED;
}

/* Takes pkey. */
static struct tally_key *key_new(const struct tally_alg *alg, EVP_PKEY *pkey, bool is_private)
{
	struct tally_key *key = malloc(sizeof(*key));

	if (key == NULL) {
		EVP_PKEY_free(pkey);
		return NULL;
	}
	*key = (struct tally_key){
		.alg = alg,
		.pkey = pkey,
		.signature_size =
			alg->signature_size ? alg->signature_size : (size_t)EVP_PKEY_get_size(pkey),
		.is_private = is_private,
		.holders = 1,
	};
	return key;
}

enum tally_err tally_key_bind(const struct tally_alg *alg, EVP_PKEY *pkey, bool is_private,
			      struct tally_key **out)
{
	*out = NULL;
	if (pkey == NULL) {
		(void)tally_ossl_reason();
		return TALLY_ERR_SYNTAX;
	}
	enum tally_err err = tally_key_check(alg, pkey);

	if (err != TALLY_OK) {
		EVP_PKEY_free(pkey);
		return err;
	}
	struct tally_key *key = key_new(alg, pkey, is_private);

	if (key == NULL)
		return TALLY_ERR_NOMEM;
	err = prove(key);
	if (err != TALLY_OK) {
		tally_key_free(key);
		return err;
	}
	*out = key;
	return TALLY_OK;
}

enum tally_err tally_key_generate(const struct tally_alg *alg, struct tally_key **out)
{
	EVP_PKEY *pkey = NULL;

	*out = NULL;
	switch (alg->type) {
	case TALLY_KEY_EC:
		pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", alg->curve);
		break;
	case TALLY_KEY_RSA:
	case TALLY_KEY_PSS:
		pkey = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)TALLY_RSA_BITS_MIN);
		break;
	case TALLY_KEY_OKP:
		pkey = EVP_PKEY_Q_keygen(NULL, NULL, alg->curve);
		break;
	}
	if (pkey == NULL) {
		(void)tally_ossl_reason();
		return TALLY_ERR_CRYPTO;
	}
	return tally_key_bind(alg, pkey, true, out);
}

struct tally_key *tally_key_ref(struct tally_key *key)
{
	__atomic_add_fetch(&key->holders, 1, __ATOMIC_RELAXED);
	return key;
}

void tally_key_free(struct tally_key *key)
{
	if (key == NULL || __atomic_sub_fetch(&key->holders, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	EVP_PKEY_free(key->pkey); /* wipes what is private */
	free(key);
}

const struct tally_alg *tally_key_alg(const struct tally_key *key)
{
	return key->alg;
}

bool tally_key_is_private(const struct tally_key *key)
{
	return key->is_private;
}

size_t tally_key_signature_size(const struct tally_key *key)
{
	return key->signature_size;
}
