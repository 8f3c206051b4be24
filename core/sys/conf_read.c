/* SPDX-License-Identifier: Apache-2.0 */
/* From lines to members. */
#include "config.h"

#include "sys/conf_parts.h"

#define MAX_WHY 1024u

static void unknown_name(const struct tally_conf_reader *at, struct tally_span name)
{
	const struct tally_conf_part *part = at->part;
	const char *section = part->section != NULL ? part->section : at->section;
	const struct tally_conf_row *near = tally_conf_near_name(part, at->section, name);
	char shown[TALLY_CONF_SHOWN_SIZE];

	if (near == NULL)
		tally_conf_mistake(at->source, at->line, "%s.%.*s: unknown directive", section,
				   TALLY_SPAN_ARG(name));
	else
		tally_conf_mistake(at->source, at->line,
				   "%s.%.*s: unknown directive; did you mean %s?", section,
				   TALLY_SPAN_ARG(name), tally_conf_shown(shown, part, near));
}

static enum tally_err set(const struct tally_conf_reader *at, size_t row, struct tally_span value)
{
	const struct tally_conf_part *part = at->part;
	char shown[TALLY_CONF_SHOWN_SIZE], text[MAX_WHY];
	struct tally_buf why;

	if (part->line[row] > 0) {
		tally_conf_mistake(at->source, at->line, "%s: given twice, first in line %u",
				   tally_conf_shown(shown, part, &part->rows[row]),
				   part->line[row]);
		return TALLY_OK;
	}
	part->line[row] = at->line;
	tally_buf_over(&why, text, sizeof(text));
	enum tally_err err = tally_conf_value_set(at->members, at->source->arena, &part->rows[row],
						  value, &why);

	if (err != TALLY_ERR_CONFIG)
		return err;
	tally_conf_refuse(part, row, "%s", tally_buf_cstr(&why));
	return TALLY_OK;
}

static enum tally_err directive(const struct tally_conf_reader *at,
				const struct tally_conf_line *line)
{
	const struct tally_conf_part *part = at->part;

	if (part == NULL) {
		if (at->expects_section)
			tally_conf_mistake(at->source, at->line,
					   "%.*s: expected a section, such as [server], first",
					   TALLY_SPAN_ARG(line->name));
		return TALLY_OK;
	}
	for (size_t i = 0; i < part->count; i++)
		if (strcmp(part->rows[i].section, at->section) == 0 &&
		    tally_conf_name_is(part->rows[i].name, line->name))
			return set(at, i, line->value);
	unknown_name(at, line->name);
	return TALLY_OK;
}

static enum tally_err section(struct tally_conf_reader *at, const struct tally_conf_line *line)
{
	if (at->enter != NULL) {
		at->expects_section = false;
		at->part = NULL;
		return at->enter(at, line->name);
	}
	tally_conf_mistake(at->source, at->line, "expected name = value");
	return TALLY_OK;
}

static enum tally_err read_line(struct tally_conf_reader *at, struct tally_span raw)
{
	struct tally_conf_line line;

	if (raw.n > 0 && raw.p[raw.n - 1] == '\r')
		raw.n--;
	if (tally_conf_line_is_empty(raw))
		return TALLY_OK;
	const char *why = tally_conf_line_read(raw, &line);

	if (why == NULL)
		return line.kind == TALLY_CONF_LINE_SECTION ? section(at, &line)
							    : directive(at, &line);
	tally_conf_mistake(at->source, at->line, "%s", why);
	/* What follows a broken section would only be reported for it. */
	if (line.kind == TALLY_CONF_LINE_SECTION && at->enter != NULL) {
		at->expects_section = false;
		at->part = NULL;
	}
	return TALLY_OK;
}

enum tally_err tally_conf_read(struct tally_conf_reader *reader, struct tally_span text)
{
	enum tally_err err = TALLY_OK;

	if (tally_span_starts_with(text, TALLY_SPAN("\xef\xbb\xbf")))
		text = tally_span(text.p + 3, text.n - 3);
	while (text.p != NULL && err == TALLY_OK) {
		reader->line++;
		err = read_line(reader, tally_span_cut(&text, '\n'));
	}
	return err;
}

/* The text that stands for a directive which is not given; p NULL: there is none. */
static struct tally_span preset_of(const struct tally_conf_row *row)
{
	struct tally_span words = tally_span_of(row->preset);

	if (row->type != TALLY_CONF_WORD)
		return words;
	tally_span_cut(&words, ':');
	return tally_span_cut(&words, '|');
}

enum tally_err tally_conf_read_presets(const struct tally_conf_part *part, void *members)
{
	enum tally_err err = TALLY_OK;
	char text[MAX_WHY];

	for (size_t i = 0; i < part->count && err == TALLY_OK; i++) {
		struct tally_span preset = preset_of(&part->rows[i]);
		struct tally_buf why;

		if (preset.p == NULL)
			continue;
		tally_buf_over(&why, text, sizeof(text));
		err = tally_conf_value_set(members, part->source->arena, &part->rows[i], preset,
					   &why);
		if (err == TALLY_ERR_CONFIG)
			tally_conf_refuse(part, i, "the default: %s", tally_buf_cstr(&why));
	}
	return err;
}
