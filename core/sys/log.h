/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log. One line per decision, written where it is taken, in one write(2),
 * by any thread. Control characters and ill-formed UTF-8 in the text are
 * written as \xNN, so that no client can forge a line.
 *
 * The lines of a request carry its id; see tally_log_request.
 */
#ifndef TALLY_SYS_LOG_H
#define TALLY_SYS_LOG_H

#include <stdbool.h>

#include "base/err.h"
#include "base/span.h"

enum tally_log_level {
#define TALLY_LOG_LEVEL(name, word, priority) TALLY_LOG_##name,
#include "sys/log.def"
#undef TALLY_LOG_LEVEL
};

enum tally_log_format {
	TALLY_LOG_TEXT, /* 2026-01-01T00:00:00.000Z warn tallystick[7] <id> text */
	TALLY_LOG_JSON, /* {"time":…,"level":…,"pid":…,"request_id":…,"message":…} */
	TALLY_LOG_PLAIN /* tallystick: warn: text (command line) */
};

/*
 * Where lines go: "stderr", "syslog", or the path of a file, which is created
 * with mode 0640 and appended to. Before the first call: plain, to stderr.
 * A target that cannot be opened leaves the old one in place: TALLY_ERR_IO,
 * and the reason is logged there.
 */
enum tally_err tally_log_open(const char *target, enum tally_log_format format,
			      enum tally_log_level level) TALLY_MUST_CHECK;

/* Opens the file anew, after it was rotated. */
void tally_log_reopen(void);

bool tally_log_would(enum tally_log_level level);

/* The request that this thread works on; NULL: none. Borrowed, not copied. */
void tally_log_request(const char *request_id);

void tally_log(enum tally_log_level level, const char *format, ...) TALLY_PRINTF(2, 3);

#define tally_log_error(...) tally_log(TALLY_LOG_ERROR, __VA_ARGS__)
#define tally_log_warn(...) tally_log(TALLY_LOG_WARN, __VA_ARGS__)
#define tally_log_notice(...) tally_log(TALLY_LOG_NOTICE, __VA_ARGS__)
#define tally_log_info(...) tally_log(TALLY_LOG_INFO, __VA_ARGS__)
#define tally_log_debug(...) tally_log(TALLY_LOG_DEBUG, __VA_ARGS__)

#endif
