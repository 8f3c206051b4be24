/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys made of their numbers. */
#include "config.h"

#include "crypt/key_priv.h"

#include <openssl/core_names.h>
#include <openssl/params.h>

#include <stdio.h>

/* NULL when OpenSSL refuses the values. */
static EVP_PKEY *from_params(const char *type, OSSL_PARAM *params)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *pkey = NULL;

	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

/* OpenSSL checks that the point is on the curve. */
EVP_PKEY *tally_key_make_ec(const struct tally_alg *alg, const uint8_t *point)
{
	uint8_t copy[TALLY_EC_POINT_MAX];
	size_t size = 1 + 2 * tally_key_coordinate_size(alg);
	char curve[16];

	snprintf(curve, sizeof(curve), "%s", alg->curve);
	memcpy(copy, point, size);
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, curve, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, copy, size),
		OSSL_PARAM_construct_end(),
	};

	return from_params("EC", params);
}

EVP_PKEY *tally_key_make_rsa(const BIGNUM *n, const BIGNUM *e)
{
	uint8_t native_n[TALLY_RSA_N_MAX], native_e[TALLY_RSA_E_MAX];
	int n_size = BN_num_bytes(n), e_size = BN_num_bytes(e);

	if (n_size > (int)sizeof(native_n) || e_size > (int)sizeof(native_e) ||
	    BN_bn2nativepad(n, native_n, n_size) != n_size ||
	    BN_bn2nativepad(e, native_e, e_size) != e_size)
		return NULL;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, native_n, (size_t)n_size),
		OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_E, native_e, (size_t)e_size),
		OSSL_PARAM_construct_end(),
	};

	return from_params("RSA", params);
}

EVP_PKEY *tally_key_make_okp(const struct tally_alg *alg, const uint8_t *bytes)
{
	return EVP_PKEY_new_raw_public_key_ex(NULL, alg->curve, NULL, bytes, TALLY_ED25519_SIZE);
}
