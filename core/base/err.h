/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one result type. A function that can fail returns it, and its caller
 * must look at it. What a client is told is another thing: see http/fault.h.
 */
#ifndef TALLY_BASE_ERR_H
#define TALLY_BASE_ERR_H

enum tally_err {
	TALLY_OK = 0,
#define TALLY_ERR(name, text) TALLY_ERR_##name,
#include "base/err.def"
#undef TALLY_ERR
};

#define TALLY_MUST_CHECK __attribute__((warn_unused_result))
#define TALLY_PRINTF(text, first) __attribute__((format(printf, text, first)))

/* A short text for logs, static, never NULL. */
const char *tally_err_text(enum tally_err err);

#endif
