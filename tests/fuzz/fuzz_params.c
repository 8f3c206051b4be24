/* SPDX-License-Identifier: Apache-2.0 */
/* FastCGI parameters: lines of NAME=value. */
#include "config.h"

#include "http/params.h"
#include "tests/fuzz/fuzz.h"

static bool is_clean(struct tally_span s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
			return false;
	return true;
}

static void check(const struct tally_params *params)
{
#define TALLY_PARAM(member, name, most) \
	FUZZ_ASSERT(params->member.n <= (most)); \
	FUZZ_ASSERT(is_clean(params->member));
#include "http/param.def"
#undef TALLY_PARAM
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tally_params params = { 0 };
	char *text = malloc(size + 1);
	char *end = text + size;

	if (text == NULL)
		return 0;
	if (size > 0)
		memcpy(text, data, size);
	*end = '\0';
	for (char *line = text; line < end;) {
		char *next = memchr(line, '\n', (size_t)(end - line));

		if (next == NULL)
			next = end;
		*next = '\0';
		struct tally_params before = params;

		if (tally_params_add(&params, line) != TALLY_OK)
			FUZZ_ASSERT(memcmp(&before, &params, sizeof(params)) == 0);
		line = next + 1;
	}
	check(&params);
	free(text);
	return 0;
}
