/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong, and where: "file:line: section.directive: why". */
#include "config.h"

#include "sys/conf_parts.h"
#include "sys/log.h"

#define MAX_WHY 1024u

const char *tally_conf_shown(char out[TALLY_CONF_SHOWN_SIZE], const struct tally_conf_part *part,
			     const struct tally_conf_row *row)
{
	const char *section = part->section != NULL ? part->section : row->section;

	snprintf(out, TALLY_CONF_SHOWN_SIZE, "%s.%s", section, row->name);
	for (char *p = out; *p != '\0'; p++)
		if (*p == '_')
			*p = '-';
	return out;
}

static void report(const struct tally_conf_source *source, unsigned int line,
		   const char *directive, const char *why)
{
	const char *colon = directive[0] != '\0' ? ": " : "";

	if (line > 0 && source->has_lines)
		tally_log_error("%s:%u: %s%s%s", source->path, line, directive, colon, why);
	else
		tally_log_error("%s: %s%s%s", source->path, directive, colon, why);
}

void tally_conf_mistake(struct tally_conf_source *source, unsigned int line, const char *format,
			...)
{
	char why[MAX_WHY];
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	report(source, line, "", why);
	source->mistakes++;
}

void tally_conf_report(const struct tally_conf_part *part, const struct tally_conf_row *row,
		       const char *format, va_list args)
{
	unsigned int line = part->line[row - part->rows];
	char shown[TALLY_CONF_SHOWN_SIZE];
	char why[MAX_WHY];

	vsnprintf(why, sizeof(why), format, args);
	report(part->source, line > 0 ? line : part->at, tally_conf_shown(shown, part, row), why);
}

void tally_conf_refuse(const struct tally_conf_part *part, size_t row, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	tally_conf_report(part, &part->rows[row], format, args);
	va_end(args);
	part->source->mistakes++;
}

static const struct tally_conf_row *row_of(const struct tally_conf_part *part,
					   const char *directive)
{
	char shown[TALLY_CONF_SHOWN_SIZE];

	for (size_t i = 0; i < part->count; i++)
		if (strcmp(tally_conf_shown(shown, part, &part->rows[i]), directive) == 0)
			return &part->rows[i];
	return NULL;
}

enum tally_err tally_conf_wrong(const struct tally_conf *conf, const char *directive,
				const char *format, ...)
{
	const struct tally_conf_part *part = &conf->lines->part;
	const struct tally_conf_row *row = row_of(part, directive);
	char why[MAX_WHY];
	va_list args;

	va_start(args, format);
	if (row != NULL) {
		tally_conf_report(part, row, format, args);
	} else {
		vsnprintf(why, sizeof(why), format, args);
		report(part->source, 0, directive, why);
	}
	va_end(args);
	return TALLY_ERR_CONFIG;
}

enum tally_err tally_pool_conf_wrong(const struct tally_pool_conf *pool, const char *directive,
				     const char *format, ...)
{
	const struct tally_conf_part *part = pool->part;
	va_list args;

	va_start(args, format);
	for (size_t i = 0; i < part->count; i++)
		if (tally_conf_name_is(part->rows[i].name, tally_span_of(directive)))
			tally_conf_report(part, &part->rows[i], format, args);
	va_end(args);
	return TALLY_ERR_CONFIG;
}
