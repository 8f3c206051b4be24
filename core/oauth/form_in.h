/* SPDX-License-Identifier: Apache-2.0 */
/* The form that every endpoint for clients is sent. */
#ifndef TALLY_OAUTH_FORM_IN_H
#define TALLY_OAUTH_FORM_IN_H

#include "codec/form.h"
#include "http/request.h"

/*
 * Reads the body. TALLY_FAULT_INVALID_REQUEST: it is no form, or a bad one (RFC
 * 6749 §3.2). The form lives as long as the request.
 */
enum tally_fault tally_oauth_form(struct tally_request *rq, struct tally_form *form);

#endif
