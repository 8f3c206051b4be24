/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random bytes from OpenSSL's generator, fit for keys and secrets. Tests link
 * tests/fake/rand.c in its place.
 */
#ifndef TALLY_SYS_RAND_H
#define TALLY_SYS_RAND_H

#include <stddef.h>

#include "base/err.h"

/* TALLY_ERR_CRYPTO when the generator cannot be seeded. */
enum tally_err tally_rand_bytes(void *out, size_t n) TALLY_MUST_CHECK;

#endif
