/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Managing organisations. Input is checked here, with the reason logged in words
 * for whoever typed it.
 */
#ifndef TALLY_ADMIN_ORGANISATION_H
#define TALLY_ADMIN_ORGANISATION_H

#include "store/store.h"

/* TALLY_ERR_USAGE: something in it is wrong; TALLY_ERR_EXISTS. Logged. */
enum tally_err tally_admin_organisation_add(struct tally_store *store, struct tally_span id,
					    struct tally_span name) TALLY_MUST_CHECK;

/* TALLY_ERR_STATE: somebody belongs to it, or it is the default, logged. TALLY_ERR_NOT_FOUND. */
enum tally_err tally_admin_organisation_remove(struct tally_store *store, struct tally_span id)
	TALLY_MUST_CHECK;

/* Logs that there is none of this name. */
void tally_admin_no_organisation(struct tally_span id);

#endif
