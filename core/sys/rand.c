/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "sys/rand.h"

#include <openssl/rand.h>

#include <limits.h>

enum tally_err tally_rand_bytes(void *out, size_t n)
{
	if (n > INT_MAX || RAND_bytes(out, (int)n) != 1)
		return TALLY_ERR_CRYPTO;
	return TALLY_OK;
}
