/* SPDX-License-Identifier: Apache-2.0 */
/* Makes of a list's entries what is published: compressed, and signed in every form. */
#ifndef TALLY_STATUS_PRESS_H
#define TALLY_STATUS_PRESS_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "status/pool.h"
#include "status/signing.h"
#include "store/lists.h"

/* All that a list takes, and no more: some of them have a hundred megabytes. */
struct tally_press {
	struct tally_buf lst; /* compressed */
	struct tally_buf forms[TALLY_LIST_FORMATS];
};

void tally_press_init(struct tally_press *press);

/* Wipes and frees what it holds. */
void tally_press_end(struct tally_press *press);

/* TALLY_ERR_NOMEM. */
enum tally_err tally_press_compress(struct tally_press *press,
				    struct tally_span bits) TALLY_MUST_CHECK;

/*
 * Signs what was compressed last, as this list of the pool, now; that may be done
 * for several lists with the same entries. out is valid until the next call; its
 * version is the caller's to set. TALLY_ERR_CRYPTO (logged), TALLY_ERR_NOMEM.
 */
enum tally_err tally_press_sign(struct tally_press *press, const struct tally_pool *pool,
				struct tally_signing *signing, uint32_t list,
				struct tally_list_publication *out) TALLY_MUST_CHECK;

#endif
