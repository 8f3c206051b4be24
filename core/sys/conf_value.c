/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "sys/conf_parts.h"

/* How much of a wrong value a message shows. */
#define SHOWN_MAX 80u

static const struct unit {
	char letter;
	uint32_t seconds;
} units[] = { { 'd', 86400 }, { 'h', 3600 }, { 'm', 60 }, { 's', 1 } };

#define UNITS (sizeof(units) / sizeof(units[0]))

static enum tally_err expected(struct tally_buf *why, struct tally_span found, const char *hint)
{
	if (found.n == 0)
		tally_buf_add_str(why, ", found nothing");
	else if (found.n > SHOWN_MAX)
		tally_buf_printf(why, ", found \"%.*s...\"", (int)SHOWN_MAX, found.p);
	else
		tally_buf_printf(why, ", found \"%.*s\"", TALLY_SPAN_ARG(found));
	tally_buf_add_str(why, hint);
	return TALLY_ERR_CONFIG;
}

static bool is_number(struct tally_span s)
{
	uint64_t n;

	return tally_span_to_u64(s, UINT64_MAX, &n) != TALLY_ERR_SYNTAX;
}

static enum tally_err set_text(struct tally_arena *arena, const struct tally_conf_row *row,
			       struct tally_span value, const char **member,
			       struct tally_buf *why)
{
	if (value.n < row->least || value.n > row->most) {
		tally_buf_printf(why, "expected %u to %u bytes, found %zu", row->least, row->most,
				 value.n);
		return TALLY_ERR_CONFIG;
	}
	if (value.n == 0) {
		*member = NULL;
		return TALLY_OK;
	}
	if (row->type == TALLY_CONF_PATH && value.p[0] != '/') {
		tally_buf_add_str(why, "expected a path that begins with '/'");
		return expected(why, value, "");
	}
	*member = tally_arena_cstr(arena, value);
	return *member != NULL ? TALLY_OK : TALLY_ERR_NOMEM;
}

static enum tally_err set_count(const struct tally_conf_row *row, struct tally_span value,
				uint32_t *member, struct tally_buf *why)
{
	uint64_t n;

	if (tally_span_to_u64(value, row->most, &n) == TALLY_OK && n >= row->least) {
		*member = (uint32_t)n;
		return TALLY_OK;
	}
	tally_buf_printf(why, "expected a whole number from %u to %u", row->least, row->most);
	return expected(why, value, "");
}

static bool read_seconds(struct tally_span value, uint32_t most, uint64_t *seconds)
{
	if (value.n == 0)
		return false;
	struct tally_span digits = tally_span(value.p, value.n - 1);

	for (size_t i = 0; i < UNITS; i++)
		if (value.p[value.n - 1] == units[i].letter) {
			if (tally_span_to_u64(digits, most / units[i].seconds, seconds) != TALLY_OK)
				return false;
			*seconds *= units[i].seconds;
			return true;
		}
	return false;
}

enum tally_err tally_conf_seconds(struct tally_span text, uint32_t *out)
{
	uint64_t seconds;

	if (!read_seconds(text, UINT32_MAX, &seconds))
		return TALLY_ERR_SYNTAX;
	*out = (uint32_t)seconds;
	return TALLY_OK;
}

/* In the largest unit that divides it. */
static void add_duration(struct tally_buf *buf, uint32_t seconds)
{
	for (size_t i = 0; i < UNITS; i++)
		if (seconds % units[i].seconds == 0 && (seconds > 0 || units[i].letter == 's')) {
			tally_buf_printf(buf, "%u%c", seconds / units[i].seconds, units[i].letter);
			return;
		}
}

static enum tally_err set_seconds(const struct tally_conf_row *row, struct tally_span value,
				  uint32_t *member, struct tally_buf *why)
{
	uint64_t seconds;

	if (read_seconds(value, row->most, &seconds) && seconds >= row->least) {
		*member = (uint32_t)seconds;
		return TALLY_OK;
	}
	tally_buf_add_str(why, "expected a duration from ");
	add_duration(why, row->least);
	tally_buf_add_str(why, " to ");
	add_duration(why, row->most);
	tally_buf_add_str(why, " (a whole number with s, m, h or d behind it)");
	return expected(why, value, is_number(value) ? ": its unit is missing" : "");
}

/* The words of a row, separated by '|'. */
static struct tally_span words_of(const struct tally_conf_row *row)
{
	return tally_span_of(row->preset + sizeof("word:") - 1);
}

static enum tally_err set_word(const struct tally_conf_row *row, struct tally_span value,
			       unsigned int *member, struct tally_buf *why)
{
	struct tally_span rest = words_of(row);

	for (unsigned int i = 0; rest.p != NULL; i++)
		if (tally_span_eq(tally_span_cut(&rest, '|'), value)) {
			*member = i;
			return TALLY_OK;
		}
	tally_buf_add_str(why, "expected one of ");
	rest = words_of(row);
	for (const char *comma = ""; rest.p != NULL; comma = ", ") {
		tally_buf_add_str(why, comma);
		tally_buf_add_span(why, tally_span_cut(&rest, '|'));
	}
	return expected(why, value, "");
}

enum tally_err tally_conf_value_set(void *members, struct tally_arena *arena,
				    const struct tally_conf_row *row, struct tally_span value,
				    struct tally_buf *why)
{
	void *member = (char *)members + row->offset;

	switch (row->type) {
	case TALLY_CONF_TEXT:
	case TALLY_CONF_PATH:
		return set_text(arena, row, value, member, why);
	case TALLY_CONF_COUNT:
		return set_count(row, value, member, why);
	case TALLY_CONF_SECONDS:
		return set_seconds(row, value, member, why);
	case TALLY_CONF_WORD:
		return set_word(row, value, member, why);
	}
	return TALLY_ERR_CONFIG;
}

static void add_word(struct tally_buf *buf, const struct tally_conf_row *row, unsigned int number)
{
	struct tally_span rest = words_of(row), word = tally_span_cut(&rest, '|');

	for (unsigned int i = 0; i < number; i++)
		word = tally_span_cut(&rest, '|');
	tally_buf_add_span(buf, word);
}

void tally_conf_value_add(struct tally_buf *buf, const void *members,
			  const struct tally_conf_row *row)
{
	const void *member = (const char *)members + row->offset;

	switch (row->type) {
	case TALLY_CONF_TEXT:
	case TALLY_CONF_PATH:
		tally_buf_add_span(buf, tally_span_of(*(const char *const *)member));
		break;
	case TALLY_CONF_COUNT:
		tally_buf_add_u64(buf, *(const uint32_t *)member);
		break;
	case TALLY_CONF_SECONDS:
		add_duration(buf, *(const uint32_t *)member);
		break;
	case TALLY_CONF_WORD:
		add_word(buf, row, *(const unsigned int *)member);
		break;
	}
}

bool tally_conf_value_is_same(const void *a, const void *b, const struct tally_conf_row *row)
{
	const void *in_a = (const char *)a + row->offset;
	const void *in_b = (const char *)b + row->offset;

	switch (row->type) {
	case TALLY_CONF_TEXT:
	case TALLY_CONF_PATH:
		return tally_span_eq(tally_span_of(*(const char *const *)in_a),
				     tally_span_of(*(const char *const *)in_b));
	case TALLY_CONF_COUNT:
	case TALLY_CONF_SECONDS:
	case TALLY_CONF_WORD:
		return *(const uint32_t *)in_a == *(const uint32_t *)in_b;
	}
	return true;
}
