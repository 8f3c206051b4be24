/* SPDX-License-Identifier: Apache-2.0 */
/*
 * After keys.wrap-key-file was changed: everything in the database that is sealed
 * with the key before, sealed with the present one.
 */
#ifndef TALLY_ADMIN_REWRAP_H
#define TALLY_ADMIN_REWRAP_H

#include "base/arena.h"
#include "crypt/derive.h"
#include "store/store.h"

struct tally_rewrap_report {
	uint64_t keys;     /* signing keys that were rewrapped */
	uint64_t secrets;  /* client secrets that were */
	uint64_t present;  /* that were sealed with the present key already */
	uint64_t unopened; /* that no key opens; each was logged */
};

/*
 * May be run again at any time, and beside itself: what is replaced is what was
 * read. TALLY_ERR_CONFIG: there is no key that seals, logged; TALLY_ERR_VERIFY:
 * something is left that no key opens.
 */
enum tally_err tally_admin_rewrap(struct tally_store *store, struct tally_arena *arena,
				  const struct tally_wrap_keys *wrap,
				  struct tally_rewrap_report *report) TALLY_MUST_CHECK;

#endif
