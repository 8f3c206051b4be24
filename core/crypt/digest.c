/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "crypt/digest.h"

#include "crypt/ossl.h"

enum tally_err tally_sha256(struct tally_span data, uint8_t out[TALLY_SHA256_SIZE])
{
	const EVP_MD *sha256 = tally_fetched()->sha256;

	if (sha256 == NULL || EVP_Digest(data.p, data.n, out, NULL, sha256, NULL) != 1) {
		(void)tally_ossl_reason();
		return TALLY_ERR_CRYPTO;
	}
	return TALLY_OK;
}
