/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who signs the lists of a pool: the key of its key-uri, or else the key of the
 * key set that signs with its algorithm; with certificates where it has them.
 * What comes of that is made once and kept until something of it changes: the
 * pool, the key set, the files that are named. Belongs to one thread.
 */
#ifndef TALLY_STATUS_SIGNING_H
#define TALLY_STATUS_SIGNING_H

#include "base/err.h"
#include "status/format.h"
#include "status/pool.h"
#include "store/keyset.h"

struct tally_signing;

/* Owned; NULL: out of memory. */
struct tally_signing *tally_signing_new(void);
void tally_signing_free(struct tally_signing *signing);

/*
 * Brings it in line with what may have changed; costs two stat(2) at the most
 * when nothing has. keys NULL: not loaded yet. What is wrong is logged, once for
 * as long as it stays as it is, and what could sign before goes on, but for a key
 * that has left the key set. TALLY_ERR_UNAVAILABLE: the keys are not there yet; any
 * other: nothing of this pool can be signed.
 */
enum tally_err tally_signing_renew(struct tally_signing *signing, const struct tally_pool *pool,
				   const struct tally_keyset *keys) TALLY_MUST_CHECK;

/* The pool is another one from now on, maybe at the same address. */
void tally_signing_forget_pool(struct tally_signing *signing);

/* Of what could be renewed; never NULL. */
struct tally_list_signer *tally_signing_form(const struct tally_signing *signing,
					     enum tally_format format);

/*
 * A number for everything that a list of the pool is made by, but for its
 * entries: another one means that it would be another list. Never 0.
 */
uint64_t tally_signing_recipe(const struct tally_signing *signing);

#endif
