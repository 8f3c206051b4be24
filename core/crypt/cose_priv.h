/* SPDX-License-Identifier: Apache-2.0 */
/* What signing and verifying a COSE_Sign1 have in common. Private to core/crypt. */
#ifndef TALLY_CRYPT_COSE_PRIV_H
#define TALLY_CRYPT_COSE_PRIV_H

#include "base/buf.h"
#include "base/span.h"

/* RFC 9052 §2 and §3.1, RFC 9360 §2, RFC 9596 §2. */
enum {
	TALLY_COSE_TAG_SIGN1 = 18,
	TALLY_COSE_ALG = 1,
	TALLY_COSE_CRIT = 2,
	TALLY_COSE_KID = 4,
	TALLY_COSE_TYP = 16,
	TALLY_COSE_X5CHAIN = 33
};

/* Bytes that it has besides the two spans, at the most. */
#define TALLY_COSE_SIG_STRUCTURE_MAX 40u

/* Appends what is signed (RFC 9052 §4.4): Sig_structure, without external_aad. */
void tally_cose_add_sig_structure(struct tally_buf *buf, struct tally_span protected,
				  struct tally_span payload);

#endif
