/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "crypt/digest.h"

#include "crypt/ossl.h"

#include <openssl/core_names.h>
#include <openssl/params.h>

#define SHA1_SIZE 20u

enum tally_err tally_sha256(struct tally_span data, uint8_t out[TALLY_SHA256_SIZE])
{
	const EVP_MD *sha256 = tally_fetched()->sha256;

	if (sha256 == NULL || EVP_Digest(data.p, data.n, out, NULL, sha256, NULL) != 1) {
		(void)tally_ossl_reason();
		return TALLY_ERR_CRYPTO;
	}
	return TALLY_OK;
}

enum tally_err tally_hmac_sha256(struct tally_span key, const struct tally_span *parts,
				 size_t count, uint8_t out[TALLY_SHA256_SIZE])
{
	char digest[] = "SHA2-256";
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC *hmac = tally_fetched()->hmac;
	EVP_MAC_CTX *ctx = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
	bool ok = ctx != NULL &&
		  EVP_MAC_init(ctx, (const unsigned char *)key.p, key.n, params) == 1;
	size_t n;

	for (size_t i = 0; ok && i < count; i++)
		ok = EVP_MAC_update(ctx, (const unsigned char *)parts[i].p, parts[i].n) == 1;
	ok = ok && EVP_MAC_final(ctx, out, &n, TALLY_SHA256_SIZE) == 1;
	EVP_MAC_CTX_free(ctx);
	if (!ok)
		(void)tally_ossl_reason();
	return ok ? TALLY_OK : TALLY_ERR_CRYPTO;
}

enum tally_err tally_sha1_hex(struct tally_span data, char out[TALLY_SHA1_HEX_SIZE])
{
	static const char hex[] = "0123456789abcdef";
	uint8_t digest[SHA1_SIZE];
	size_t n;

	if (EVP_Q_digest(NULL, "SHA1", NULL, data.p, data.n, digest, &n) != 1) {
		(void)tally_ossl_reason();
		return TALLY_ERR_CRYPTO;
	}
	for (size_t i = 0; i < sizeof(digest); i++) {
		out[2 * i] = hex[digest[i] >> 4];
		out[2 * i + 1] = hex[digest[i] & 15];
	}
	out[2 * sizeof(digest)] = '\0';
	return TALLY_OK;
}
