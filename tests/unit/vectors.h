/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files under tests/vectors, for tests. Everything here fails the running test
 * when something is not there.
 */
#ifndef TESTS_UNIT_VECTORS_H
#define TESTS_UNIT_VECTORS_H

#include "base/arena.h"
#include "base/span.h"
#include "crypt/jws.h"
#include "crypt/key.h"

/* A file without the line feed at its end; the arena's. */
struct tally_span vector_text(struct tally_arena *arena, const char *name);

/* Keys; the caller frees them. */
struct tally_key *vector_pem(enum tally_alg_id alg, const char *name);
struct tally_key *vector_jwk(enum tally_alg_id alg, const char *name);

/* The error of tally_key_from_jwk for a JWK in a text. */
enum tally_err jwk_err(enum tally_alg_id alg, const char *text);

/* The error of tally_key_from_pem for a file. */
enum tally_err pem_err(enum tally_alg_id alg, const char *name);

#endif
