/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "base/secret.h"

#include <openssl/crypto.h>

#include <stdlib.h>

bool tally_secret_equal(const void *a, const void *b, size_t n)
{
	return CRYPTO_memcmp(a, b, n) == 0;
}

void tally_secret_wipe(void *p, size_t n)
{
	if (p != NULL && n > 0)
		OPENSSL_cleanse(p, n);
}

void tally_secret_free(void *p, size_t n)
{
	tally_secret_wipe(p, n);
	free(p);
}
