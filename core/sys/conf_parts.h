/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to conf*.c and pool_*.c: the tables as data, and the steps from a line
 * to a value. What is configured is made of parts: the configuration itself
 * (conf.def) and each pool (pool.def). A part is a table, the struct that it
 * fills (the members) and the line where each directive was given.
 */
#ifndef TALLY_SYS_CONF_PARTS_H
#define TALLY_SYS_CONF_PARTS_H

#include <stdarg.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "sys/conf.h"
#include "sys/pool_conf.h"

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
	size_t offset; /* of its member */
};

/* A number for each row, in the order of conf.def and of pool.def. */
enum tally_conf_directive {
#define TALLY_CONF(section, name, type, preset, least, most) TALLY_CONF_AT_##section##_##name,
#include "sys/conf.def"
#undef TALLY_CONF
	TALLY_CONF_ROWS
};

enum tally_pool_directive {
#define TALLY_POOL(name, type, preset, least, most) TALLY_POOL_AT_##name,
#include "sys/pool.def"
#undef TALLY_POOL
	TALLY_POOL_ROWS
};

extern const struct tally_conf_row tally_conf_rows[TALLY_CONF_ROWS];
extern const struct tally_conf_row tally_pool_rows[TALLY_POOL_ROWS];

/* A text that is read, and what was found wrong in it. */
struct tally_conf_source {
	struct tally_arena *arena; /* has what it says */
	const char *path;          /* in front of messages */
	bool has_lines;            /* that somebody could look at: messages name them */
	unsigned int mistakes;
};

struct tally_conf_part {
	struct tally_conf_source *source;
	const struct tally_conf_row *rows;
	size_t count;
	const char *section; /* as written, such as "pool.tests"; NULL: the rows' own */
	unsigned int at;     /* the line where the section begins; 0: in none */
	unsigned int *line;  /* of each row; 0: not given */
};

struct tally_conf_lines {
	struct tally_conf_source source; /* its arena holds the configuration too */
	struct tally_conf_part part;
	unsigned int line[TALLY_CONF_ROWS];
	struct tally_pool_conf *pools;
	size_t pool_count;
	size_t pool_room;
};

/* ---- mistakes (conf_mistake.c) ---- */

#define TALLY_CONF_SHOWN_SIZE 80u

/* "section.name" as it stands in the file. Returns out. */
const char *tally_conf_shown(char out[TALLY_CONF_SHOWN_SIZE], const struct tally_conf_part *part,
			     const struct tally_conf_row *row);

/* Logs a mistake at a line (0: none in particular) and counts it. */
void tally_conf_mistake(struct tally_conf_source *source, unsigned int line, const char *format,
			...) TALLY_PRINTF(3, 4);

/* The same about a row of a part, at the line where it was given, or its section. */
void tally_conf_refuse(const struct tally_conf_part *part, size_t row, const char *format, ...)
	TALLY_PRINTF(3, 4);

/* Logs a mistake in a row that was found later; counts nothing. */
void tally_conf_report(const struct tally_conf_part *part, const struct tally_conf_row *row,
		       const char *format, va_list args) TALLY_PRINTF(3, 0);

/* ---- lines (conf_line.c) ---- */

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

/* ---- values (conf_value.c) ---- */

/*
 * Stores a value in its member; TALLY_ERR_CONFIG: why says what was expected and
 * found.
 */
enum tally_err tally_conf_value_set(void *members, struct tally_arena *arena,
				    const struct tally_conf_row *row, struct tally_span value,
				    struct tally_buf *why) TALLY_MUST_CHECK;

/* The value of a member, as it would stand in a file; nothing when there is none. */
void tally_conf_value_add(struct tally_buf *buf, const void *members,
			  const struct tally_conf_row *row);

/* Whether two structs have the same in the member of a row. */
bool tally_conf_value_is_same(const void *a, const void *b, const struct tally_conf_row *row);

/* ---- reading (conf_read.c) ---- */

struct tally_conf_reader {
	struct tally_conf_source *source;
	/* What the directives that come next belong to; NULL: to nothing that is known. */
	const struct tally_conf_part *part;
	void *members;
	const char *section;     /* of the rows that may be given */
	bool expects_section;    /* nothing has come before the first one */
	unsigned int line;
	/*
	 * Moves to the part that a section is about, or to none when there is no
	 * such section (it has said so). NULL: the text has no sections.
	 */
	enum tally_err (*enter)(struct tally_conf_reader *reader, struct tally_span name);
	void *context;
};

/* Reads all lines; each mistake is counted, and the next line read. Only memory ends it. */
enum tally_err tally_conf_read(struct tally_conf_reader *reader, struct tally_span text)
	TALLY_MUST_CHECK;

/* Gives each member its default. */
enum tally_err tally_conf_read_presets(const struct tally_conf_part *part, void *members)
	TALLY_MUST_CHECK;

/* ---- names (conf_near.c) ---- */

/* The known name nearest to one that is unknown; NULL: none is near. */
const struct tally_conf_row *tally_conf_near_name(const struct tally_conf_part *part,
						  const char *section, struct tally_span name);
const char *tally_conf_near_section(struct tally_span name);

/* Equality of a name of the table with one of the file: '_' there is '-' here. */
bool tally_conf_name_is(const char *name, struct tally_span written);

/* ---- rules (conf_check.c, pool_check.c) ---- */

/* What holds between directives; fills server.mount. */
void tally_conf_check(struct tally_conf *conf);

/*
 * A URL that "/path" can be put behind (RFC 8414 §2); http is warned of. *path: of the
 * URL, "" or "/…"; p NULL: it is wrong, which has been said.
 */
void tally_conf_check_url(const struct tally_conf_part *part, size_t row, const char *url,
			  struct tally_span *path);

/* The same of a pool; fills in what is parsed of its directives. */
void tally_pool_check(struct tally_pool_conf *pool);

/* ---- pools (pool_conf.c) ---- */

/* The pool of a name that begins a section; it is made when it is new. */
enum tally_err tally_conf_pool_at(struct tally_conf *conf, struct tally_span id,
				  unsigned int line, struct tally_pool_conf **out)
	TALLY_MUST_CHECK;

#endif
