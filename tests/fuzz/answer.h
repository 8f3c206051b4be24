/* SPDX-License-Identifier: Apache-2.0 */
/* What every answer to a web server must be, for targets that send whole requests. */
#ifndef TALLY_TESTS_FUZZ_ANSWER_H
#define TALLY_TESTS_FUZZ_ANSWER_H

#include "base/span.h"
#include "tests/fuzz/fuzz.h"

/* RFC 3875 §6: header lines of clean text, then a body of the length announced. */
static inline void fuzz_check_answer(struct tally_span response, bool is_head)
{
	const char *end = memmem(response.p, response.n, "\r\n\r\n", 4);
	bool has_length = false;
	size_t length = 0;

	FUZZ_ASSERT(end != NULL);
	FUZZ_ASSERT(tally_span_starts_with(response, TALLY_SPAN("Status: ")));
	struct tally_span head = tally_span(response.p, (size_t)(end + 2 - response.p));

	while (head.n > 0) {
		struct tally_span line = tally_span_cut(&head, '\n');
		uint64_t n;

		FUZZ_ASSERT(line.n > 1 && line.p[line.n - 1] == '\r');
		for (size_t i = 0; i + 1 < line.n; i++)
			FUZZ_ASSERT((unsigned char)line.p[i] >= ' ');
		if (!tally_span_starts_with(line, TALLY_SPAN("Content-Length: ")))
			continue;
		FUZZ_ASSERT(tally_span_to_u64(tally_span(line.p + 16, line.n - 17), SIZE_MAX, &n) ==
			    TALLY_OK);
		length = (size_t)n;
		has_length = true;
	}
	size_t body = response.n - (size_t)(end + 4 - response.p);

	FUZZ_ASSERT(body == (is_head ? 0 : length));
	/* RFC 9110 §8.6 and §15.4.5. */
	FUZZ_ASSERT(has_length != (tally_span_starts_with(response, TALLY_SPAN("Status: 204 ")) ||
				   tally_span_starts_with(response, TALLY_SPAN("Status: 304 "))));
}

#endif
