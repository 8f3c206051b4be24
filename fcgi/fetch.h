/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Getting what a URI names, for a command. The program curl does it, which is
 * called with fixed options: HTTPS, or HTTP to this host; redirects to HTTPS,
 * few; a limit of time and size; none of the user's curl configuration.
 */
#ifndef TALLY_FCGI_FETCH_H
#define TALLY_FCGI_FETCH_H

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "sys/command.h"

/*
 * Appends the body of an answer 2xx to a GET; at most out->max bytes. accept: the
 * whole header, "Accept: ...". After a failure why says what went wrong.
 * TALLY_ERR_UNSUPPORTED: no URI that is fetched; TALLY_ERR_NOT_FOUND: there is no
 * curl; TALLY_ERR_IO: any other failure; TALLY_ERR_NOMEM.
 */
enum tally_err tally_fetch(struct tally_span uri, const char *accept, struct tally_buf *out,
			   char why[TALLY_COMMAND_WHY_SIZE]) TALLY_MUST_CHECK;

#endif
