/* SPDX-License-Identifier: Apache-2.0 */
/* The handlers of this room; tallystick(8) describes what they take and give. */
#ifndef TALLY_STATUS_ENDPOINTS_H
#define TALLY_STATUS_ENDPOINTS_H

#include "http/request.h"

/* The most bytes of a body that updates TALLY_LIST_UPDATES_MAX entries. */
#define TALLY_BATCH_BODY_MAX (5u * 1024 * 1024)

tally_handler tally_status_new_references; /* POST /pools/{pool}/new-references */
tally_handler tally_status_update;         /* PATCH /status-lists/update */
tally_handler tally_status_batch_update;   /* PATCH /status-lists/batch-update */
tally_handler tally_status_entry;          /* GET /status-lists/{name}/{index} */
tally_handler tally_status_list;           /* GET /status-lists/{name} */
tally_handler tally_status_aggregation;    /* GET /aggregation/{id} */

#endif
