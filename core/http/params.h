/* SPDX-License-Identifier: Apache-2.0 */
/* The parameters of one FastCGI request, picked out in one pass. */
#ifndef TALLY_HTTP_PARAMS_H
#define TALLY_HTTP_PARAMS_H

#include "base/err.h"
#include "base/span.h"

/* A member's p is NULL when the parameter was not sent. */
struct tally_params {
#define TALLY_PARAM(member, name, most) struct tally_span member;
#include "http/param.def"
#undef TALLY_PARAM
};

/*
 * Takes note of one "NAME=value"; the text is borrowed. Unknown names are
 * passed over. TALLY_ERR_LIMIT: longer than the table allows; TALLY_ERR_SYNTAX:
 * sent twice (two headers that the web server maps to one name), or a control
 * character in it.
 */
enum tally_err tally_params_add(struct tally_params *params, const char *entry)
	TALLY_MUST_CHECK;

#endif
