/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stored public key: its first byte chooses an algorithm, the rest is DER. What
 * is read without OpenSSL's decoders is the key that these read.
 */
#include "config.h"

#include "crypt/key_priv.h"
#include "tests/fuzz/fuzz.h"

#include <openssl/x509.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0 || size > TALLY_KEY_DER_MAX)
		return 0;
	const struct tally_alg *alg = tally_alg((enum tally_alg_id)(data[0] % TALLY_ALG_COUNT));
	const unsigned char *p = data + 1;
	EVP_PKEY *ours = tally_key_read_spki(alg, tally_span(data + 1, size - 1));

	if (ours == NULL)
		return 0;
	EVP_PKEY *theirs = d2i_PUBKEY_ex(NULL, &p, (long)(size - 1), NULL, NULL);

	FUZZ_ASSERT(theirs != NULL && p == data + size);
	FUZZ_ASSERT(EVP_PKEY_eq(ours, theirs) == 1);
	EVP_PKEY_free(ours);
	EVP_PKEY_free(theirs);
	return 0;
}
