/* SPDX-License-Identifier: Apache-2.0 */
/* The way back from a decoded form value, for targets that go round. */
#ifndef TALLY_TESTS_FUZZ_ESCAPE_H
#define TALLY_TESTS_FUZZ_ESCAPE_H

#include "base/buf.h"

/* Letters and digits stay, a blank becomes '+', the rest is %-escaped. */
static inline void fuzz_add_escaped(struct tally_buf *buf, struct tally_span s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))
			tally_buf_add_char(buf, s.p[i]);
		else if (c == ' ')
			tally_buf_add_char(buf, '+');
		else
			tally_buf_printf(buf, i % 2 ? "%%%02x" : "%%%02X", c);
	}
}

#endif
