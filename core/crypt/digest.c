/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "crypt/digest.h"

#include "crypt/ossl.h"

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
