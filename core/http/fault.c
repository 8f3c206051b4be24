/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "http/fault.h"

#include "http/request.h"

#include <stdarg.h>
#include <stdio.h>

#define REASON_SIZE 512u

static const struct tally_fault_row rows[] = {
#define TALLY_FAULT(id, status, error, code, description, level, with) \
	[TALLY_FAULT_##id] = { status, error, code, description, TALLY_LOG_##level, with },
#include "http/fault.def"
#undef TALLY_FAULT
};

const struct tally_fault_row *tally_fault_row(enum tally_fault fault)
{
	return &rows[fault];
}

const char *tally_fault_word(const struct tally_fault_row *row, enum tally_fault_form form)
{
	const char *wanted = form == TALLY_FAULT_STATUS ? row->code : row->error;

	return wanted ? wanted : row->error ? row->error : row->code;
}

enum tally_fault tally_fault(struct tally_request *rq, enum tally_fault fault,
			     const char *format, ...)
{
	const struct tally_fault_row *row = tally_fault_row(fault);
	char reason[REASON_SIZE];
	va_list args;

	if (!tally_log_would(row->level))
		return fault;
	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	tally_log(row->level, "%.*s %.*s from %.*s refused, %u %s: %s",
		  TALLY_SPAN_ARG(rq->params.method), TALLY_SPAN_ARG(rq->path),
		  TALLY_SPAN_ARG(rq->params.remote_addr), row->status,
		  tally_fault_word(row, rq->fault_form), reason);
	return fault;
}

enum tally_fault tally_fault_of(struct tally_request *rq, enum tally_err err, const char *what)
{
	enum tally_fault fault =
		err == TALLY_ERR_UNAVAILABLE ? TALLY_FAULT_UNAVAILABLE : TALLY_FAULT_INTERNAL;

	return tally_fault(rq, fault, "%s: %s", what, tally_err_text(err));
}
