/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "http/params.h"

static const struct {
	struct tally_span name;
	size_t offset;
	size_t most;
} rows[] = {
#define TALLY_PARAM(member, name, most) \
	{ { name, sizeof(name) - 1 }, offsetof(struct tally_params, member), most },
#include "http/param.def"
#undef TALLY_PARAM
};

static bool has_control(struct tally_span s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
			return true;
	return false;
}

static enum tally_err set(struct tally_span *member, struct tally_span value, size_t most)
{
	if (member->p != NULL || has_control(value))
		return TALLY_ERR_SYNTAX;
	if (value.n > most)
		return TALLY_ERR_LIMIT;
	*member = value;
	return TALLY_OK;
}

enum tally_err tally_params_add(struct tally_params *params, const char *entry)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t n = rows[i].name.n;

		/* The name ends in a NUL, which no entry has within: no overrun. */
		if (entry[0] != rows[i].name.p[0] || strncmp(entry, rows[i].name.p, n) != 0 ||
		    entry[n] != '=')
			continue;
		char *base = (char *)params;

		return set((struct tally_span *)(void *)(base + rows[i].offset),
			   tally_span_of(entry + n + 1), rows[i].most);
	}
	return TALLY_OK;
}
