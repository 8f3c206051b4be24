/* SPDX-License-Identifier: Apache-2.0 */
/* Managing trusted issuers (RFC 7523 §2.1). */
#ifndef TALLY_ADMIN_ISSUER_H
#define TALLY_ADMIN_ISSUER_H

#include "base/arena.h"
#include "store/store.h"

/* The words of the mappings: as-is, login, user. */
const char *tally_admin_mapping_word(enum tally_subject_mapping mapping);

/* NULL: as-is. TALLY_ERR_USAGE: it is none of them, logged. */
enum tally_err tally_admin_mapping_find(const char *word,
					enum tally_subject_mapping *out) TALLY_MUST_CHECK;

/* How many keys of its set can verify, and how many are passed over. */
struct tally_issuer_keys_report {
	size_t usable;
	size_t skipped;
};

/*
 * Adds an issuer. created_at is set here. ours: the issuer that we are, which
 * is not to be trusted as another. TALLY_ERR_USAGE, TALLY_ERR_EXISTS: logged.
 */
enum tally_err tally_admin_issuer_add(struct tally_store *store, struct tally_arena *arena,
				      const struct tally_issuer_record *wanted,
				      struct tally_span ours,
				      struct tally_issuer_keys_report *report) TALLY_MUST_CHECK;

/*
 * Takes these parts (enum tally_issuer_part) over from wanted, checked as above.
 * *report says something of new keys only. TALLY_ERR_USAGE: logged; TALLY_ERR_NOT_FOUND.
 */
enum tally_err tally_admin_issuer_set(struct tally_store *store, struct tally_arena *arena,
				      const struct tally_issuer_record *wanted, unsigned int parts,
				      struct tally_issuer_keys_report *report) TALLY_MUST_CHECK;

#endif
