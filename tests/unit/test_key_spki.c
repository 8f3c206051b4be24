/* SPDX-License-Identifier: Apache-2.0 */
/* Stored public keys: what is read without OpenSSL's decoders is what these would read. */
#include "config.h"

#include "base/buf.h"
#include "crypt/key_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <cmocka.h>

#define DER_MAX TALLY_KEY_DER_MAX

static EVP_PKEY *read_by_openssl(const char *der, size_t n)
{
	const unsigned char *p = (const unsigned char *)der;
	EVP_PKEY *pkey = d2i_PUBKEY_ex(NULL, &p, (long)n, NULL, NULL);

	if (pkey != NULL && p != (const unsigned char *)der + n) {
		EVP_PKEY_free(pkey);
		return NULL;
	}
	return pkey;
}

/* Whether it was read; then it is the key that OpenSSL reads. */
static bool is_read(const struct tally_alg *alg, const char *der, size_t n)
{
	EVP_PKEY *ours = tally_key_read_spki(alg, tally_span(der, n));

	if (ours == NULL)
		return false;
	EVP_PKEY *theirs = read_by_openssl(der, n);

	assert_non_null(theirs);
	assert_int_equal(EVP_PKEY_eq(ours, theirs), 1);
	EVP_PKEY_free(ours);
	EVP_PKEY_free(theirs);
	return true;
}

/* Public part of a new key; returns its size. */
static size_t make_der(const struct tally_alg *alg, char der[DER_MAX])
{
	struct tally_key *key;
	struct tally_buf buf;

	assert_int_equal(tally_key_generate(alg, &key), TALLY_OK);
	tally_buf_over(&buf, der, DER_MAX);
	assert_int_equal(tally_key_add_public_der(key, &buf), TALLY_OK);
	tally_key_free(key);
	return tally_buf_span(&buf).n;
}

/* One bit of each byte is another; then a byte is missing, or one too many. */
static void check_damaged(const struct tally_alg *alg, char der[DER_MAX], size_t n)
{
	size_t read = 0;

	for (size_t i = 0; i < n; i++) {
		char bit = (char)(1 << i % 8);

		der[i] = (char)(der[i] ^ bit);
		read += is_read(alg, der, n);
		der[i] = (char)(der[i] ^ bit);
	}
	assert_true(read < n);
	assert_false(is_read(alg, der, n - 1));
	der[n] = 0;
	assert_false(is_read(alg, der, n + 1));
	assert_false(is_read(alg, der, 0));
}

static void each_algorithm_is_read(void **state)
{
	char der[DER_MAX];

	(void)state;
	for (int i = 0; i < TALLY_ALG_COUNT; i++) {
		const struct tally_alg *alg = tally_alg((enum tally_alg_id)i);
		size_t n = make_der(alg, der);

		assert_true(is_read(alg, der, n));
		check_damaged(alg, der, n);
	}
}

static void a_key_of_another_kind_is_not(void **state)
{
	char der[DER_MAX];

	(void)state;
	for (int i = 0; i < TALLY_ALG_COUNT; i++) {
		const struct tally_alg *alg = tally_alg((enum tally_alg_id)i);
		size_t n = make_der(alg, der);

		for (int k = 0; k < TALLY_ALG_COUNT; k++) {
			const struct tally_alg *other = tally_alg((enum tally_alg_id)k);
			bool same = (alg->type == TALLY_KEY_RSA || alg->type == TALLY_KEY_PSS)
					    ? other->type == TALLY_KEY_RSA ||
						      other->type == TALLY_KEY_PSS
					    : other == alg;

			assert_int_equal(is_read(other, der, n), same);
		}
	}
}

/* Of another size, and with another exponent, which is OpenSSL's to read. */
static void other_rsa_keys(void **state)
{
	static const struct {
		size_t bits;
		unsigned long exponent;
		bool is_read;
	} rows[] = { { 3072, 65537, true }, { 2048, 3, false }, { 1024, 65537, false } };
	const struct tally_alg *alg = tally_alg(TALLY_ALG_RS256);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
		BIGNUM *exponent = BN_new();
		unsigned char *der = NULL;
		EVP_PKEY *pkey = NULL;

		assert_int_equal(BN_set_word(exponent, rows[i].exponent), 1);
		assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
		assert_int_equal(EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, (int)rows[i].bits), 1);
		assert_int_equal(EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, exponent), 1);
		assert_int_equal(EVP_PKEY_generate(ctx, &pkey), 1);
		int n = i2d_PUBKEY(pkey, &der);

		assert_true(n > 0);
		assert_int_equal(is_read(alg, (const char *)der, (size_t)n), rows[i].is_read);
		OPENSSL_free(der);
		EVP_PKEY_free(pkey);
		BN_free(exponent);
		EVP_PKEY_CTX_free(ctx);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_algorithm_is_read),
		cmocka_unit_test(a_key_of_another_kind_is_not),
		cmocka_unit_test(other_rsa_keys),
	};

	return cmocka_run_group_tests_name("key_spki", tests, NULL, NULL);
}
