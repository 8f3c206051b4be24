/* SPDX-License-Identifier: Apache-2.0 */
/* The answer to one request, as a handler puts it together. */
#ifndef TALLY_HTTP_RESPONSE_H
#define TALLY_HTTP_RESPONSE_H

#include "base/buf.h"
#include "base/span.h"

#include "http/fault.h"

struct tally_request;

struct tally_response {
	unsigned int status;
	const char *content_type;  /* static; NULL: no body */
	const char *cache_control; /* static or the request's; NULL: no-store */
	struct tally_span body;    /* the request's, static, or of rq->held */
	struct tally_buf headers;  /* further lines, each with its CR LF */
};

/*
 * Adds one header line. A value with a control character in it is left out
 * and logged, so that nothing a client sent can begin a line of its own.
 */
void tally_response_header(struct tally_request *rq, const char *name, struct tally_span value);

/* Answers with a body of JSON and status 200, not to be cached. */
void tally_response_json(struct tally_request *rq, struct tally_span body);

/* The bytes for a CGI/1.1 web server (RFC 3875 §6), one part behind the other. */
struct tally_answer {
	struct tally_span head; /* "Status:", headers, and the empty line */
	struct tally_span body; /* often empty */
};

/* The head is the request's, the body what the handler gave. TALLY_ERR_NOMEM. */
enum tally_err tally_response_write(struct tally_request *rq, struct tally_answer *out)
	TALLY_MUST_CHECK;

/* Makes the answer for a fault, in the form of rq->fault_form. */
void tally_response_fault(struct tally_request *rq, enum tally_fault fault);

#endif
