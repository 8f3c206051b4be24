/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fault is what the outside sees of a refusal. A handler decides on one,
 * gives the reason to the log, and returns it; the answer is written in one
 * place from the table fault.def.
 */
#ifndef TALLY_HTTP_FAULT_H
#define TALLY_HTTP_FAULT_H

#include "base/err.h"
#include "sys/log.h"

struct tally_request;

enum tally_fault {
	TALLY_FAULT_NONE = 0,
#define TALLY_FAULT(id, status, error, code, description, level, with) TALLY_FAULT_##id,
#include "http/fault.def"
#undef TALLY_FAULT
};

enum tally_fault_with {
	TALLY_FAULT_CHALLENGE = 1 << 0, /* WWW-Authenticate (RFC 6749 §5.2) */
	TALLY_FAULT_ALLOW = 1 << 1,     /* Allow (RFC 9110 §15.5.6) */
	TALLY_FAULT_RETRY = 1 << 2,     /* Retry-After (RFC 9110 §10.2.3): rq->retry_after */
	/* WWW-Authenticate of RFC 6750 §3; without an error when no token was there (§3.1). */
	TALLY_FAULT_BEARER = 1 << 3,
	TALLY_FAULT_BEARER_ERROR = 1 << 4,
};

/* How a route's refusals look. */
enum tally_fault_form {
	TALLY_FAULT_OAUTH, /* {"error","error_description","request_id"}, RFC 6749 §5.2 */
	TALLY_FAULT_STATUS /* {"code","message"} */
};

struct tally_fault_row {
	unsigned int status;
	const char *error; /* of the first form; NULL: it is only of the other */
	const char *code;  /* of the second */
	const char *description;
	enum tally_log_level level;
	unsigned int with;
};

/* The word for a fault in this form. */
const char *tally_fault_word(const struct tally_fault_row *row, enum tally_fault_form form);

/* fault is not TALLY_FAULT_NONE. */
const struct tally_fault_row *tally_fault_row(enum tally_fault fault);

/*
 * Logs why this request is refused, in words for the operator, and returns
 * fault: return tally_fault(rq, TALLY_FAULT_INVALID_GRANT, "code expired").
 * Never put a secret, a token or an assertion into the words.
 */
enum tally_fault tally_fault(struct tally_request *rq, enum tally_fault fault,
			     const char *format, ...) TALLY_PRINTF(3, 4);

/*
 * The fault for an error of a lower room: unavailable stays unavailable,
 * everything else that is not the client's doing is internal. what: what was
 * being done, for the log.
 */
enum tally_fault tally_fault_of(struct tally_request *rq, enum tally_err err, const char *what);

#endif
