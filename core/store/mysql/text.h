/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statements whose number of rows varies, so that they cannot be prepared. Every
 * value in them is a number or hexadecimal, so that no quoting can go wrong.
 */
#ifndef TALLY_STORE_MYSQL_TEXT_H
#define TALLY_STORE_MYSQL_TEXT_H

#include "base/buf.h"
#include "store/mysql/db.h"
#include "store/token_id.h"

/* Longer than the longest statement: 256 rows of the largest values. */
#define TALLY_TEXT_MAX (8u << 20)

/* Begins a statement, in place of what is in the buffer. */
void tally_text_begin(struct tally_buf *text, const char *words);

void tally_text_add_hex(struct tally_buf *text, const void *p, size_t n);

/* " OR (day=… AND id=…)"; without "OR" when it is the first. */
void tally_text_add_id(struct tally_buf *text, const struct tally_token_id *id, bool first);

enum tally_err tally_text_run(struct tally_db *db, const struct tally_buf *text)
	TALLY_MUST_CHECK;

/* The rows of what was run; NULL: *err says why. Ended by mysql_free_result. */
MYSQL_RES *tally_text_rows(struct tally_db *db, const struct tally_buf *text,
			   enum tally_err *err) TALLY_MUST_CHECK;

#endif
