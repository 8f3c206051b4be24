/* SPDX-License-Identifier: Apache-2.0 */
/* Members of the query of a request for status lists. */
#ifndef TALLY_STATUS_QUERY_H
#define TALLY_STATUS_QUERY_H

#include <stdbool.h>

#include "http/request.h"

/*
 * A whole number from least to most by its name; *found: it is there. What is no
 * such number, also nothing behind '=', is TALLY_FAULT_BAD_REQUEST, and so is a query
 * that is no form or has a name twice. Others are passed over.
 */
enum tally_fault tally_query_number(struct tally_request *rq, struct tally_span name,
				    uint64_t least, uint64_t most, bool *found, uint64_t *out);

#endif
