/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What crypt shares about OpenSSL. Private to core/crypt.
 *
 * Algorithms are fetched once for the process: a fetch by name takes locks that
 * all threads share, and costs more than the digest of a token.
 */
#ifndef TALLY_CRYPT_OSSL_H
#define TALLY_CRYPT_OSSL_H

#include <openssl/evp.h>

struct tally_fetched {
	EVP_MD *sha256;
	EVP_MD *sha384;
	EVP_MD *sha512;
	EVP_CIPHER *aes_256_gcm;
	EVP_MAC_CTX *hmac_sha256; /* without a key: to be copied */
};

/* Each member is NULL when no provider has it. */
const struct tally_fetched *tally_fetched(void);

/* By the name in alg.def; NULL: not one of ours, or no provider has it. */
const EVP_MD *tally_fetched_digest(const char *name);

/*
 * Empties this thread's error queue, and returns OpenSSL's words for the newest
 * entry, valid until the next call. Call it after every failure that has been dealt with, so that
 * no later one is explained by it.
 */
const char *tally_ossl_reason(void);

#endif
