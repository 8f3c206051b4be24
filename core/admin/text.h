/* SPDX-License-Identifier: Apache-2.0 */
/* What everything that is managed has in common: ids that are made up, and texts. */
#ifndef TALLY_ADMIN_TEXT_H
#define TALLY_ADMIN_TEXT_H

#include "base/arena.h"

/* 20 random hexadecimal digits, in the arena. */
enum tally_err tally_admin_make_id(struct tally_arena *arena, struct tally_span *out)
	TALLY_MUST_CHECK;

/*
 * n random bytes in base64url, with a NUL behind: TALLY_B64URL_SIZE(n) + 1
 * characters. n is at most 32. Wipe a secret.
 */
enum tally_err tally_admin_make_random(char *out, size_t n) TALLY_MUST_CHECK;

/*
 * An id that is safe in a URL, a shell and a log, and free of the ':' of Basic; or
 * none. TALLY_ERR_USAGE, logged.
 */
enum tally_err tally_admin_check_id(const char *what, struct tally_span id) TALLY_MUST_CHECK;

/* At most max bytes of UTF-8; TALLY_ERR_USAGE: it is not, logged. */
enum tally_err tally_admin_check_text(const char *what, struct tally_span text, size_t max)
	TALLY_MUST_CHECK;

/*
 * What others compare byte for byte: at most max printable ASCII characters
 * without blanks. TALLY_ERR_USAGE, logged.
 */
enum tally_err tally_admin_check_plain(const char *what, struct tally_span text, size_t max)
	TALLY_MUST_CHECK;

#endif
