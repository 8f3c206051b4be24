/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "crypt/derive.h"

#include "base/secret.h"
#include "crypt/digest.h"
#include "crypt/ossl.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

enum tally_err tally_wrap_keys_load(const char *path, const char *previous_path,
				    struct tally_wrap_keys *out)
{
	const char *const paths[TALLY_WRAP_KEYS_MAX] = { path, previous_path };

	*out = (struct tally_wrap_keys){ .count = 0 };
	while (out->count < TALLY_WRAP_KEYS_MAX && paths[out->count] != NULL) {
		enum tally_err err =
			tally_seal_key_load(paths[out->count], &out->keys[out->count]);

		if (err != TALLY_OK) {
			tally_secret_wipe(out, sizeof(*out));
			return err;
		}
		out->count++;
	}
	return TALLY_OK;
}

enum tally_err tally_wrap_keys_unseal(const struct tally_wrap_keys *keys, struct tally_span aad,
				      struct tally_span sealed, struct tally_buf *out)
{
	enum tally_err err = TALLY_ERR_VERIFY;

	for (size_t i = 0; i < keys->count && err == TALLY_ERR_VERIFY; i++)
		err = tally_unseal(&keys->keys[i], aad, sealed, out);
	return err;
}

/* HKDF without salt: the key has 256 random bits already (RFC 5869 §3.3). */
static bool hkdf(EVP_KDF_CTX *ctx, const struct tally_seal_key *from, const char *info,
		 struct tally_seal_key *out)
{
	/* OSSL_PARAM has no constant members; none of these is written to. */
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA2-256", 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)from->bytes,
						  sizeof(from->bytes)),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)info, strlen(info)),
		OSSL_PARAM_construct_end(),
	};

	return ctx != NULL && EVP_KDF_derive(ctx, out->bytes, sizeof(out->bytes), params) == 1;
}

static enum tally_err derive(const struct tally_seal_key *from, const char *purpose,
			     struct tally_derived_key *out)
{
	uint8_t digest[TALLY_SHA256_SIZE];
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
	bool done = hkdf(ctx, from, purpose, &out->key);

	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	if (!done) {
		(void)tally_ossl_reason();
		return TALLY_ERR_CRYPTO;
	}
	enum tally_err err =
		tally_sha256(tally_span(out->key.bytes, sizeof(out->key.bytes)), digest);

	memcpy(out->id, digest, sizeof(out->id));
	return err;
}

enum tally_err tally_derive_keys(const struct tally_wrap_keys *from, const char *purpose,
				 struct tally_derived_keys *out)
{
	enum tally_err err = TALLY_OK;

	*out = (struct tally_derived_keys){ .count = from->count };
	for (size_t i = 0; i < from->count && err == TALLY_OK; i++)
		err = derive(&from->keys[i], purpose, &out->keys[i]);
	if (err != TALLY_OK)
		tally_secret_wipe(out, sizeof(*out));
	return err;
}

const struct tally_derived_key *tally_derived_find(const struct tally_derived_keys *keys,
						   const void *id)
{
	for (size_t i = 0; i < keys->count; i++)
		if (tally_span_eq(tally_span(keys->keys[i].id, TALLY_DERIVED_ID_SIZE),
				  tally_span(id, TALLY_DERIVED_ID_SIZE)))
			return &keys->keys[i];
	return NULL;
}
