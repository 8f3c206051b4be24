/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tells the operator of an outage once when it begins, again when its reason
 * changes, and once when it is over, however many requests meet it.
 */
#ifndef TALLY_STORE_OUTAGE_H
#define TALLY_STORE_OUTAGE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "store/link.h"

struct tally_outage {
	const char *what;        /* "the database cannot be used" */
	const char *end;         /* "the database can be used again" */
	const char *where;       /* server and user, for messages */
	pthread_mutex_t lock;
	atomic_bool on;          /* read without the lock */
	int64_t since;           /* ms */
	int64_t told_at;         /* ms */
	uint64_t reason;         /* that was told */
};

/* The texts outlive it. */
void tally_outage_init(struct tally_outage *outage, const char *what, const char *end,
		       const char *where);
void tally_outage_end(struct tally_outage *outage);

void tally_outage_met(struct tally_outage *outage, const struct tally_link_failure *failure);
void tally_outage_over(struct tally_outage *outage);

#endif
