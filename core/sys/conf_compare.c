/* SPDX-License-Identifier: Apache-2.0 */
/* What two configurations do not have in common. */
#include "config.h"

#include "sys/conf_parts.h"

static void compare_members(const struct tally_conf_part *part, const void *a, const void *b,
			    tally_conf_visit *visit, void *context)
{
	char shown[TALLY_CONF_SHOWN_SIZE];

	for (size_t i = 0; i < part->count; i++)
		if (!tally_conf_value_is_same(a, b, &part->rows[i]))
			visit(context, tally_conf_shown(shown, part, &part->rows[i]));
}

static const struct tally_pool_conf *find_pool(const struct tally_conf *conf, struct tally_span id)
{
	for (size_t i = 0; i < conf->lines->pool_count; i++)
		if (tally_span_eq(conf->lines->pools[i].id, id))
			return &conf->lines->pools[i];
	return NULL;
}

/* Pools of one that the other has not; with both, those too that are different. */
static void compare_pools(const struct tally_conf *one, const struct tally_conf *other, bool both,
			  tally_conf_visit *visit, void *context)
{
	for (size_t i = 0; i < one->lines->pool_count; i++) {
		const struct tally_pool_conf *pool = &one->lines->pools[i];
		const struct tally_pool_conf *same = find_pool(other, pool->id);

		if (same == NULL)
			visit(context, pool->part->section);
		else if (both)
			compare_members(pool->part, pool, same, visit, context);
	}
}

void tally_conf_compare(const struct tally_conf *a, const struct tally_conf *b,
			tally_conf_visit *visit, void *context)
{
	compare_members(&a->lines->part, a, b, visit, context);
	compare_pools(a, b, true, visit, context);
	compare_pools(b, a, false, visit, context);
}
