/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "sys/conf.h"

#include "sys/conf_parts.h"
#include "sys/log.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define MAX_FILE (1u << 20)
#define MAX_WHY 1024u

const struct tally_conf_row tally_conf_rows[TALLY_CONF_ROWS] = {
#define TALLY_CONF(section, name, type, preset, least, most) \
	{ #section, #name, TALLY_CONF_##type, preset, least, most, \
	  offsetof(struct tally_conf, section##_##name) },
#include "sys/conf.def"
#undef TALLY_CONF
};

/* Where the reader stands. */
struct place {
	struct tally_conf *conf;
	const char *section; /* NULL: none yet, or one that is unknown */
	bool known;          /* false: in an unknown section, reported once */
	unsigned int line;
};

const char *tally_conf_shown(char out[TALLY_CONF_SHOWN_SIZE], const struct tally_conf_row *row)
{
	snprintf(out, TALLY_CONF_SHOWN_SIZE, "%s.%s", row->section, row->name);
	for (char *p = out; *p != '\0'; p++)
		if (*p == '_')
			*p = '-';
	return out;
}

static void report(const struct tally_conf *conf, unsigned int line, const char *directive,
		   const char *why)
{
	const char *colon = directive[0] != '\0' ? ": " : "";

	if (line > 0)
		tally_log_error("%s:%u: %s%s%s", conf->path, line, directive, colon, why);
	else
		tally_log_error("%s: %s%s%s", conf->path, directive, colon, why);
}

void tally_conf_mistake(struct tally_conf *conf, unsigned int line, const char *format, ...)
{
	char why[MAX_WHY];
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	report(conf, line, "", why);
	conf->lines->mistakes++;
}

void tally_conf_refuse(struct tally_conf *conf, enum tally_conf_directive at, const char *format,
		       ...)
{
	char shown[TALLY_CONF_SHOWN_SIZE];
	char why[MAX_WHY];
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	report(conf, conf->lines->line[at], tally_conf_shown(shown, &tally_conf_rows[at]), why);
	conf->lines->mistakes++;
}

enum tally_err tally_conf_wrong(const struct tally_conf *conf, const char *directive,
				const char *format, ...)
{
	char shown[TALLY_CONF_SHOWN_SIZE];
	char why[MAX_WHY];
	unsigned int line = 0;
	va_list args;

	for (size_t i = 0; i < TALLY_CONF_ROWS; i++)
		if (strcmp(tally_conf_shown(shown, &tally_conf_rows[i]), directive) == 0)
			line = conf->lines->line[i];
	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	report(conf, line, directive, why);
	return TALLY_ERR_CONFIG;
}

static void leave_section(struct place *at)
{
	at->section = NULL;
	at->known = false;
}

static void enter_section(struct place *at, struct tally_span name)
{
	leave_section(at);
	for (size_t i = 0; i < TALLY_CONF_ROWS; i++)
		if (tally_conf_name_is(tally_conf_rows[i].section, name)) {
			at->section = tally_conf_rows[i].section;
			at->known = true;
			return;
		}
	const char *near = tally_conf_near_section(name);

	tally_conf_mistake(at->conf, at->line, "section [%.*s] is unknown%s%s%s",
			   TALLY_SPAN_ARG(name), near ? "; did you mean [" : "", near ? near : "",
			   near ? "]?" : "");
}

static void unknown_name(struct place *at, struct tally_span name)
{
	const struct tally_conf_row *near = tally_conf_near_name(at->section, name);
	char shown[TALLY_CONF_SHOWN_SIZE];

	if (near == NULL)
		tally_conf_mistake(at->conf, at->line, "%s.%.*s: unknown directive", at->section,
				   TALLY_SPAN_ARG(name));
	else
		tally_conf_mistake(at->conf, at->line,
				   "%s.%.*s: unknown directive; did you mean %s?", at->section,
				   TALLY_SPAN_ARG(name), tally_conf_shown(shown, near));
}

static enum tally_err set(struct place *at, size_t row, struct tally_span value)
{
	unsigned int *line = &at->conf->lines->line[row];
	struct tally_buf why;
	char text[MAX_WHY];

	if (*line > 0) {
		unsigned int first = *line;

		*line = at->line;
		tally_conf_refuse(at->conf, (enum tally_conf_directive)row,
				  "given twice, first in line %u", first);
		*line = first;
		return TALLY_OK;
	}
	*line = at->line;
	tally_buf_over(&why, text, sizeof(text));
	enum tally_err err = tally_conf_value_set(at->conf, &tally_conf_rows[row], value, &why);

	if (err != TALLY_ERR_CONFIG)
		return err;
	tally_conf_refuse(at->conf, (enum tally_conf_directive)row, "%s", tally_buf_cstr(&why));
	return TALLY_OK;
}

static enum tally_err directive(struct place *at, const struct tally_conf_line *line)
{
	if (at->section == NULL) {
		if (at->known)
			tally_conf_mistake(at->conf, at->line,
					   "%.*s: expected a section, such as [server], first",
					   TALLY_SPAN_ARG(line->name));
		return TALLY_OK;
	}
	for (size_t i = 0; i < TALLY_CONF_ROWS; i++)
		if (strcmp(tally_conf_rows[i].section, at->section) == 0 &&
		    tally_conf_name_is(tally_conf_rows[i].name, line->name))
			return set(at, i, line->value);
	unknown_name(at, line->name);
	return TALLY_OK;
}

/* Each mistake is counted, and the next line read; only memory ends it. */
static enum tally_err read_lines(struct tally_conf *conf, struct tally_span text)
{
	struct place at = { .conf = conf, .known = true };
	enum tally_err err = TALLY_OK;

	if (tally_span_starts_with(text, TALLY_SPAN("\xef\xbb\xbf")))
		text = tally_span(text.p + 3, text.n - 3);
	while (text.p != NULL && err == TALLY_OK) {
		struct tally_span raw = tally_span_cut(&text, '\n');
		struct tally_conf_line line;

		at.line++;
		if (raw.n > 0 && raw.p[raw.n - 1] == '\r')
			raw.n--;
		if (tally_conf_line_is_empty(raw))
			continue;
		const char *why = tally_conf_line_read(raw, &line);

		if (why != NULL) {
			tally_conf_mistake(conf, at.line, "%s", why);
			/* What follows a broken section would only be reported for it. */
			if (line.kind == TALLY_CONF_LINE_SECTION)
				leave_section(&at);
		} else if (line.kind == TALLY_CONF_LINE_SECTION) {
			enter_section(&at, line.name);
		} else {
			err = directive(&at, &line);
		}
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

static enum tally_err set_presets(struct tally_conf *conf)
{
	char text[MAX_WHY];

	for (size_t i = 0; i < TALLY_CONF_ROWS; i++) {
		struct tally_span preset = preset_of(&tally_conf_rows[i]);
		struct tally_buf why;

		if (preset.p == NULL)
			continue;
		tally_buf_over(&why, text, sizeof(text));
		enum tally_err err =
			tally_conf_value_set(conf, &tally_conf_rows[i], preset, &why);

		if (err == TALLY_ERR_CONFIG)
			tally_conf_refuse(conf, (enum tally_conf_directive)i, "the default: %s",
					  tally_buf_cstr(&why));
		if (err != TALLY_OK)
			return err;
	}
	return TALLY_OK;
}

static void check_required(struct tally_conf *conf)
{
	for (size_t i = 0; i < TALLY_CONF_ROWS; i++)
		if (tally_conf_rows[i].preset == NULL && tally_conf_rows[i].least > 0 &&
		    conf->lines->line[i] == 0)
			tally_conf_refuse(conf, (enum tally_conf_directive)i, "must be given");
}

static struct tally_conf *conf_new(const char *name)
{
	struct tally_arena *arena = tally_arena_new(4096, 2 * MAX_FILE);

	if (arena == NULL)
		return NULL;
	struct tally_conf *conf = tally_arena_zalloc(arena, sizeof(*conf));
	struct tally_conf_lines *lines = tally_arena_zalloc(arena, sizeof(*lines));
	const char *path = tally_arena_cstr(arena, tally_span_of(name));

	if (conf == NULL || lines == NULL || path == NULL) {
		tally_arena_free(arena);
		return NULL;
	}
	lines->arena = arena;
	conf->lines = lines;
	conf->path = path;
	return conf;
}

void tally_conf_free(struct tally_conf *conf)
{
	if (conf != NULL)
		tally_arena_free(conf->lines->arena);
}

enum tally_err tally_conf_parse(struct tally_span text, const char *name, struct tally_conf **out)
{
	struct tally_conf *conf = conf_new(name);

	*out = NULL;
	if (conf == NULL)
		return TALLY_ERR_NOMEM;
	enum tally_err err = set_presets(conf);

	if (err == TALLY_OK)
		err = read_lines(conf, text);
	if (err == TALLY_OK) {
		check_required(conf);
		tally_conf_check(conf);
		if (conf->lines->mistakes > 0)
			err = TALLY_ERR_CONFIG;
	}
	if (err == TALLY_OK)
		*out = conf;
	else
		tally_conf_free(conf);
	return err;
}

/* All bytes of a file into buf, which has a maximum; errno says why not. */
static enum tally_err read_file(const char *path, struct tally_buf *buf)
{
	char block[4096];
	ssize_t n = -1;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return TALLY_ERR_IO;
	do {
		n = read(fd, block, sizeof(block));
		if (n > 0)
			tally_buf_add(buf, block, (size_t)n);
	} while ((n > 0 && tally_buf_err(buf) == TALLY_OK) || (n < 0 && errno == EINTR));
	int saved = errno;

	close(fd);
	errno = saved;
	return n < 0 ? TALLY_ERR_IO : tally_buf_err(buf);
}

enum tally_err tally_conf_load(const char *path, struct tally_conf **out)
{
	struct tally_buf buf;

	*out = NULL;
	tally_buf_grow(&buf, MAX_FILE);
	enum tally_err err = read_file(path, &buf);

	if (err == TALLY_ERR_IO)
		tally_log_error("cannot read the configuration %s: %m", path);
	if (err == TALLY_ERR_LIMIT) {
		tally_log_error("%s: expected at most %u bytes", path, MAX_FILE);
		err = TALLY_ERR_CONFIG;
	}
	if (err == TALLY_OK)
		err = tally_conf_parse(tally_buf_span(&buf), path, out);
	tally_buf_free(&buf);
	return err;
}
