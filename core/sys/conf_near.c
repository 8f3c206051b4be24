/* SPDX-License-Identifier: Apache-2.0 */
/* Which known name somebody may have meant. */
#include "config.h"

#include "sys/conf_parts.h"

#define NAME_MAX_SIZE 64u
#define FAR 3u /* from this distance on, a name is no suggestion */

static char written_as(char c)
{
	return c == '_' ? '-' : c;
}

bool tally_conf_name_is(const char *name, struct tally_span written)
{
	if (strlen(name) != written.n)
		return false;
	for (size_t i = 0; i < written.n; i++)
		if (written_as(name[i]) != written.p[i])
			return false;
	return true;
}

static unsigned int least_of(unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int least = a < b ? a : b;

	return least < c ? least : c;
}

/* Letters to insert, remove or change (Levenshtein). */
static unsigned int distance(const char *name, struct tally_span written)
{
	unsigned int row[NAME_MAX_SIZE + 1];

	if (written.n > NAME_MAX_SIZE)
		return FAR;
	for (size_t i = 0; i <= written.n; i++)
		row[i] = (unsigned int)i;
	for (; *name != '\0'; name++) {
		unsigned int diagonal = row[0]++;

		for (size_t i = 1; i <= written.n; i++) {
			unsigned int change = written_as(*name) != written.p[i - 1];
			unsigned int above = row[i];

			row[i] = least_of(above + 1, row[i - 1] + 1, diagonal + change);
			diagonal = above;
		}
	}
	return row[written.n];
}

const struct tally_conf_row *tally_conf_near_name(const struct tally_conf_part *part,
						  const char *section, struct tally_span name)
{
	const struct tally_conf_row *best = NULL;
	unsigned int nearest = FAR;

	for (size_t i = 0; i < part->count; i++) {
		const struct tally_conf_row *row = &part->rows[i];
		unsigned int far = distance(row->name, name);

		/* In another section, only the very name is a suggestion. */
		if (strcmp(row->section, section) != 0)
			far = far == 0 ? FAR - 1 : FAR;
		if (far < nearest && far < name.n) {
			nearest = far;
			best = row;
		}
	}
	return best;
}

/* "pools.x", "Pool.x", "pool": the section of a pool. */
static bool is_near_pool(struct tally_span name)
{
	return distance("pool", tally_span_cut(&name, '.')) < FAR - 1;
}

const char *tally_conf_near_section(struct tally_span name)
{
	const char *best = is_near_pool(name) ? "pool.NAME" : NULL;
	unsigned int nearest = FAR;

	for (size_t i = 0; i < TALLY_CONF_ROWS && best == NULL; i++) {
		unsigned int far = distance(tally_conf_rows[i].section, name);

		if (far < nearest && far < name.n) {
			nearest = far;
			best = tally_conf_rows[i].section;
		}
	}
	return best;
}
