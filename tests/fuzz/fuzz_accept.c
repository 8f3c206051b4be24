/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accept, Accept-Encoding and If-None-Match from anyone. What is chosen of two is
 * acceptable alone, and an entity tag is named only where it stands.
 */
#include "config.h"

#include "codec/accept.h"
#include "tests/fuzz/fuzz.h"

static const struct tally_span offers[] = {
	{ "application/statuslist+jwt", 26 },
	{ "application/statuslist+cwt", 26 },
};

static void check_types(struct tally_span header)
{
	struct tally_span turned[] = { offers[1], offers[0] };
	bool alone[] = { tally_accept_type(header, &offers[0], 1) == 0,
			 tally_accept_type(header, &offers[1], 1) == 0 };
	size_t chosen = tally_accept_type(header, offers, 2);
	size_t other = tally_accept_type(header, turned, 2);

	FUZZ_ASSERT(chosen <= 2 && (chosen == 2 || alone[chosen]));
	FUZZ_ASSERT((chosen == 2) == (!alone[0] && !alone[1]));
	FUZZ_ASSERT((other == 2) == (chosen == 2));
	/* In the other order the same is chosen, or the two are equal. */
	FUZZ_ASSERT(other == 2 || other == 0 || chosen == 0);
}

/* With a tag that the header begins with, quoted as it is there. */
static void check_etags(struct tally_span header)
{
	struct tally_span etag = TALLY_SPAN("\"a1\"");
	bool named = tally_accept_etag(header, etag);

	FUZZ_ASSERT(!named || tally_span_eq(tally_span_trim(header), TALLY_SPAN("*")) ||
		    memmem(header.p, header.n, etag.p, etag.n) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tally_span header = tally_span(data, size);

	check_types(header);
	check_etags(header);
	if (tally_accept_coding(header, TALLY_SPAN("gzip")))
		FUZZ_ASSERT(size > 0);
	return 0;
}
