/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries of status lists in memory, which run out or fail when a test says so.
 * Any thread may use them.
 */
#ifndef TALLY_FAKE_TOKEN_STATUS_H
#define TALLY_FAKE_TOKEN_STATUS_H

#include "http/token_status.h"

/* Lists of 64 entries, called https://as.example/status-lists/tokens-N. */
#define TALLY_FAKE_LIST_SIZE 64u
#define TALLY_FAKE_LISTS 16384u

/* Ended by tally_fake_token_status_free. NULL: out of memory. */
struct tally_token_status *tally_fake_token_status_new(void);
void tally_fake_token_status_free(struct tally_token_status *status);

/* While it is down, nothing can be set or read; what is in memory is still handed out. */
void tally_fake_token_status_down(struct tally_token_status *status, bool down);

/* While they are unknown, nobody can tell whether an entry is one of ours. */
void tally_fake_token_status_unknown(struct tally_token_status *status, bool unknown);

/* How many are left to be handed out; UINT32_MAX: as many as there are. */
void tally_fake_token_status_left(struct tally_token_status *status, uint32_t left);

/* The entry of whatever was handed out last, and how many there were. */
struct tally_status_ref tally_fake_token_status_last(struct tally_token_status *status);
uint32_t tally_fake_token_status_taken(struct tally_token_status *status);

/* What the list says, and in how many entries it says so. */
bool tally_fake_token_status_is_set(struct tally_token_status *status,
				    struct tally_status_ref ref);
uint32_t tally_fake_token_status_set_count(struct tally_token_status *status);

#endif
