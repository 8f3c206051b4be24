/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a key and an algorithm meet. The order matters: sizes come first, so
 * that nothing costly is done with numbers that are too large.
 */
#include "config.h"

#include "crypt/key_priv.h"

#include "crypt/ossl.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/objects.h>

#define RSA_E_MIN      65537u
#define RSA_E_BITS_MAX 32

static bool rsa_exponent_fits(const EVP_PKEY *pkey)
{
	BIGNUM *e = NULL;
	bool fits = EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &e) == 1 &&
		    BN_num_bits(e) <= RSA_E_BITS_MAX && BN_is_odd(e) && BN_get_word(e) >= RSA_E_MIN;

	BN_free(e);
	return fits;
}

static bool rsa_modulus_is_odd(const EVP_PKEY *pkey)
{
	BIGNUM *n = NULL;
	bool odd = EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_N, &n) == 1 && BN_is_odd(n);

	BN_free(n);
	return odd;
}

/*
 * "RSA-PSS" is the key type of RFC 4055 §1.2, which may carry restrictions;
 * whether they leave room for our parameters shows when the key is first used.
 */
static bool rsa_fits(const struct tally_alg *alg, EVP_PKEY *pkey)
{
	int bits = EVP_PKEY_get_bits(pkey);

	if (!EVP_PKEY_is_a(pkey, "RSA") &&
	    !(alg->type == TALLY_KEY_PSS && EVP_PKEY_is_a(pkey, "RSA-PSS")))
		return false;
	if (bits < TALLY_RSA_BITS_MIN || bits > TALLY_RSA_BITS_MAX)
		return false;
	return rsa_exponent_fits(pkey) && rsa_modulus_is_odd(pkey);
}

/*
 * Curves are named in several ways (P-256, prime256v1). A curve that was spelt
 * out as parameters is refused even if it is the same one (RFC 5480 §2.1.1):
 * its generator may be another.
 */
static bool ec_fits(const struct tally_alg *alg, EVP_PKEY *pkey)
{
	char group[64];
	size_t n;
	int spelt_out = 0;

	if (!EVP_PKEY_is_a(pkey, "EC"))
		return false;
	if (EVP_PKEY_get_int_param(pkey, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS,
				   &spelt_out) == 1 &&
	    spelt_out)
		return false;
	if (EVP_PKEY_get_group_name(pkey, group, sizeof(group), &n) != 1)
		return false;
	return strcmp(group, alg->curve) == 0 ||
	       OBJ_txt2nid(group) == EC_curve_nist2nid(alg->curve);
}

static bool okp_fits(const struct tally_alg *alg, EVP_PKEY *pkey)
{
	return EVP_PKEY_is_a(pkey, alg->curve);
}

static bool type_fits(const struct tally_alg *alg, EVP_PKEY *pkey)
{
	switch (alg->type) {
	case TALLY_KEY_EC:
		return ec_fits(alg, pkey);
	case TALLY_KEY_RSA:
	case TALLY_KEY_PSS:
		return rsa_fits(alg, pkey);
	case TALLY_KEY_OKP:
		return okp_fits(alg, pkey);
	}
	return false;
}

/*
 * A point that is on the curve, in range and not at infinity, is of the right
 * order: our curves have a cofactor of 1 (SP 800-56A §5.6.2.3.4). A provider
 * that keeps the key elsewhere may have no such check, which OpenSSL takes for
 * success.
 *
 * RSA has no check that is worth its price: OpenSSL looks for a modulus that is
 * prime or has a small factor, for 3 ms, or 16 ms at 4096 bits, which whoever
 * sends us a key set could spend. Such a key endangers its owner alone.
 */
static bool public_part_is_sound(const struct tally_alg *alg, EVP_PKEY *pkey)
{
	if (alg->type != TALLY_KEY_EC)
		return true;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	bool sound = ctx != NULL && EVP_PKEY_public_check_quick(ctx) == 1;

	EVP_PKEY_CTX_free(ctx);
	return sound;
}

enum tally_err tally_key_check(const struct tally_alg *alg, EVP_PKEY *pkey)
{
	if (type_fits(alg, pkey) && public_part_is_sound(alg, pkey))
		return TALLY_OK;
	(void)tally_ossl_reason();
	return TALLY_ERR_UNSUPPORTED;
}
