/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "crypt/hmac.h"

#include "crypt/ossl.h"

#include <stdbool.h>

enum tally_err tally_hmac_sha256(struct tally_span key, const struct tally_span *parts,
				 size_t count, uint8_t out[TALLY_HMAC_SIZE])
{
	/* Of the prepared context only a copy is used: it is every thread's. */
	const EVP_MAC_CTX *prepared = tally_fetched()->hmac_sha256;
	EVP_MAC_CTX *ctx = prepared ? EVP_MAC_CTX_dup(prepared) : NULL;
	size_t n = 0;

	/* OpenSSL takes NULL for "the key of the last time", and there was none. */
	bool done = ctx != NULL &&
		    EVP_MAC_init(ctx, (const uint8_t *)(key.p ? key.p : ""), key.n, NULL) == 1;

	for (size_t i = 0; i < count && done; i++)
		done = EVP_MAC_update(ctx, (const uint8_t *)parts[i].p, parts[i].n) == 1;
	done = done && EVP_MAC_final(ctx, out, &n, TALLY_HMAC_SIZE) == 1 && n == TALLY_HMAC_SIZE;
	EVP_MAC_CTX_free(ctx); /* wipes the key */
	if (done)
		return TALLY_OK;
	(void)tally_ossl_reason();
	return TALLY_ERR_CRYPTO;
}
