/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "oauth/grant.h"

#define TALLY_GRANT(name) extern const struct tally_grant tally_grant_##name;
#include "oauth/grant.def"
#undef TALLY_GRANT

static const struct tally_grant *const rows[TALLY_GRANT_COUNT] = {
#define TALLY_GRANT(name) [TALLY_GRANT_##name] = &tally_grant_##name,
#include "oauth/grant.def"
#undef TALLY_GRANT
};

const struct tally_grant *tally_grant(enum tally_grant_id id)
{
	return rows[id];
}

const struct tally_grant *tally_grant_find(struct tally_span type, enum tally_grant_id *id)
{
	for (unsigned int i = 0; i < TALLY_GRANT_COUNT; i++)
		if (tally_span_eq(type, tally_span_of(rows[i]->type))) {
			*id = (enum tally_grant_id)i;
			return rows[i];
		}
	return NULL;
}
