/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration file: INI sections against the table conf.def. An unknown
 * section or directive, a directive given twice, a value of the wrong type or
 * out of range is an error that names file, line, directive, what was expected
 * and what was found. All mistakes of a file are reported, not only the first.
 *
 * A line is [section], name = value, a comment that begins with ';' or '#', or
 * empty. Blanks around names and values mean nothing; a comment may stand
 * behind a value, after a blank. Values have no quotes and do not go on in the
 * next line. '_' of a directive's name is written '-'. UTF-8; a byte order mark
 * and CR before LF are skipped. A section may come several times.
 */
#ifndef TALLY_SYS_CONF_H
#define TALLY_SYS_CONF_H

#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

/* The types of the members, by the types of the directives. */
typedef const char *tally_conf_TEXT; /* NULL when not given */
typedef const char *tally_conf_PATH; /* NULL when not given */
typedef uint32_t tally_conf_COUNT;
typedef uint32_t tally_conf_SECONDS;
typedef unsigned int tally_conf_WORD;

struct tally_conf_lines; /* where each directive was given */

struct tally_conf {
#define TALLY_CONF(section, name, type, preset, least, most) \
	tally_conf_##type section##_##name;
#include "sys/conf.def"
#undef TALLY_CONF
	const char *path; /* of the file; server_mount is "" rather than NULL */
	struct tally_conf_lines *lines;
};

/* The words of WORD directives, in the order of conf.def. */
enum tally_conf_tls { TALLY_TLS_OFF, TALLY_TLS_ON, TALLY_TLS_VERIFY };
enum tally_conf_durability { TALLY_DURABILITY_ALWAYS, TALLY_DURABILITY_RELAXED };
enum tally_conf_format { TALLY_CONF_JWT, TALLY_CONF_OPAQUE };
enum tally_conf_persistence { TALLY_CONF_REFRESH, TALLY_CONF_ALL, TALLY_CONF_NONE };
enum tally_conf_log_level {
	TALLY_CONF_LOG_NOTICE, TALLY_CONF_LOG_ERROR, TALLY_CONF_LOG_WARN,
	TALLY_CONF_LOG_INFO, TALLY_CONF_LOG_DEBUG
};

/*
 * Reads a file; *out is owned and ended by tally_conf_free. Mistakes are
 * logged as errors; TALLY_ERR_CONFIG then, TALLY_ERR_IO when the file cannot be
 * read.
 */
enum tally_err tally_conf_load(const char *path, struct tally_conf **out) TALLY_MUST_CHECK;

/* The same from memory; name stands for the path in messages. */
enum tally_err tally_conf_parse(struct tally_span text, const char *name,
				struct tally_conf **out) TALLY_MUST_CHECK;

void tally_conf_free(struct tally_conf *conf);

/*
 * A duration as directives have it (90s, 10m, 12h, 7d) in seconds.
 * TALLY_ERR_SYNTAX: it is none, or does not fit.
 */
enum tally_err tally_conf_seconds(struct tally_span text, uint32_t *out) TALLY_MUST_CHECK;

/*
 * Calls visit for each directive whose value is not the same in both;
 * directive is "section.name" as in the file, and lives during the call.
 */
typedef void tally_conf_visit(void *context, const char *directive);
void tally_conf_compare(const struct tally_conf *a, const struct tally_conf *b,
			tally_conf_visit *visit, void *context);

/*
 * For checks that come later than parsing (a key that cannot be read, an
 * algorithm that is unknown): logs the error with file, line and directive in
 * front, and returns TALLY_ERR_CONFIG. directive is "section.name" as in the
 * file, for example "keys.wrap-key-file".
 */
enum tally_err tally_conf_wrong(const struct tally_conf *conf, const char *directive,
				const char *format, ...) TALLY_PRINTF(3, 4) TALLY_MUST_CHECK;

#endif
