/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The published keys, ready to verify our own tokens with: a thread makes the
 * context of a key when it first meets a token of it, and keeps it. Belongs to
 * one thread.
 */
#ifndef TALLY_OAUTH_VERIFIERS_H
#define TALLY_OAUTH_VERIFIERS_H

#include "crypt/jws.h"
#include "store/keyset.h"

struct tally_verifiers;

/* keys: held. Owned. NULL: out of memory. */
struct tally_verifiers *tally_verifiers_new(const struct tally_keyset *keys);
void tally_verifiers_free(struct tally_verifiers *verifiers);

/*
 * Whether one of our keys made this signature, the one that the header's kid
 * names. TALLY_ERR_VERIFY: no.
 */
enum tally_err tally_verifiers_verify(struct tally_verifiers *verifiers,
				      const struct tally_jws *jws) TALLY_MUST_CHECK;

#endif
