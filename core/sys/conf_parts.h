/* SPDX-License-Identifier: Apache-2.0 */
/* Private to conf*.c: the table as data, and the steps from a line to a value. */
#ifndef TALLY_SYS_CONF_PARTS_H
#define TALLY_SYS_CONF_PARTS_H

#include <stdarg.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "sys/conf.h"

enum tally_conf_type {
	TALLY_CONF_TEXT,
	TALLY_CONF_PATH,
	TALLY_CONF_COUNT,
	TALLY_CONF_SECONDS,
	TALLY_CONF_WORD,
};

struct tally_conf_row {
	const char *section;
	const char *name; /* with '_' */
	enum tally_conf_type type;
	const char *preset;
	uint32_t least;
	uint32_t most;
	size_t offset; /* in struct tally_conf */
};

/* A number for each row, in the order of conf.def. */
enum tally_conf_directive {
#define TALLY_CONF(section, name, type, preset, least, most) TALLY_CONF_AT_##section##_##name,
#include "sys/conf.def"
#undef TALLY_CONF
	TALLY_CONF_ROWS
};

extern const struct tally_conf_row tally_conf_rows[TALLY_CONF_ROWS];

struct tally_conf_lines {
	struct tally_arena *arena;            /* holds the configuration too */
	unsigned int line[TALLY_CONF_ROWS];   /* 0: not given */
	unsigned int mistakes;
};

#define TALLY_CONF_SHOWN_SIZE 80u

/* "section.name" as it stands in the file. Returns out. */
const char *tally_conf_shown(char out[TALLY_CONF_SHOWN_SIZE], const struct tally_conf_row *row);

/* Logs a mistake at a line (0: none in particular) and counts it. */
void tally_conf_mistake(struct tally_conf *conf, unsigned int line, const char *format, ...)
	TALLY_PRINTF(3, 4);

/* The same about a directive, at the line where it was given. */
void tally_conf_refuse(struct tally_conf *conf, enum tally_conf_directive at, const char *format,
		       ...) TALLY_PRINTF(3, 4);

enum tally_conf_line_kind { TALLY_CONF_LINE_SECTION, TALLY_CONF_LINE_DIRECTIVE };

struct tally_conf_line {
	enum tally_conf_line_kind kind;
	struct tally_span name;
	struct tally_span value;
};

/* Whether a line is empty or a comment; it is trimmed first. */
bool tally_conf_line_is_empty(struct tally_span text);

/* Takes a line apart; NULL, or what is wrong with it. */
const char *tally_conf_line_read(struct tally_span text, struct tally_conf_line *out);

/* Stores a value in its member; TALLY_ERR_CONFIG: why says what was expected and found. */
enum tally_err tally_conf_value_set(struct tally_conf *conf, const struct tally_conf_row *row,
				    struct tally_span value, struct tally_buf *why)
	TALLY_MUST_CHECK;

/* The known name nearest to one that is unknown; NULL: none is near. */
const struct tally_conf_row *tally_conf_near_name(const char *section, struct tally_span name);
const char *tally_conf_near_section(struct tally_span name);

/* Equality of a name of the table with one of the file: '_' there is '-' here. */
bool tally_conf_name_is(const char *name, struct tally_span written);

/* What holds between directives; fills server.mount. */
void tally_conf_check(struct tally_conf *conf);

#endif
