/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "sys/conf.h"

#include "sys/conf_parts.h"
#include "sys/log.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define MAX_FILE (1u << 20)
#define MAX_CONF (8u << 20) /* what a file becomes: its texts, and room for pools */

const struct tally_conf_row tally_conf_rows[TALLY_CONF_ROWS] = {
#define TALLY_CONF(section, name, type, preset, least, most) \
	{ #section, #name, TALLY_CONF_##type, preset, least, most, \
	  offsetof(struct tally_conf, section##_##name) },
#include "sys/conf.def"
#undef TALLY_CONF
};

/* [pool.NAME]; text is what stands behind "pool". */
static enum tally_err enter_pool(struct tally_conf_reader *at, struct tally_span text)
{
	struct tally_span id = tally_span(text.p + 1, text.n - 1);
	struct tally_pool_conf *pool;

	if (!tally_pool_id_is_valid(id)) {
		tally_conf_mistake(at->source, at->line,
				   "section [pool%.*s]: expected 1 to %u of a-z, 0-9 and '-' behind "
				   "\"pool.\", with no '-' at either end",
				   TALLY_SPAN_ARG(text), TALLY_POOL_ID_MAX);
		return TALLY_OK;
	}
	enum tally_err err = tally_conf_pool_at(at->context, id, at->line, &pool);

	if (err == TALLY_OK && pool != NULL) {
		at->part = pool->part;
		at->members = pool;
		at->section = "pool";
	}
	return err;
}

static enum tally_err enter_section(struct tally_conf_reader *at, struct tally_span name)
{
	struct tally_conf *conf = at->context;

	if (tally_span_starts_with(name, TALLY_SPAN("pool.")))
		return enter_pool(at, tally_span(name.p + 4, name.n - 4));
	for (size_t i = 0; i < TALLY_CONF_ROWS; i++)
		if (tally_conf_name_is(tally_conf_rows[i].section, name)) {
			at->part = &conf->lines->part;
			at->members = conf;
			at->section = tally_conf_rows[i].section;
			return TALLY_OK;
		}
	const char *near = tally_conf_near_section(name);

	tally_conf_mistake(at->source, at->line, "section [%.*s] is unknown%s%s%s",
			   TALLY_SPAN_ARG(name), near ? "; did you mean [" : "", near ? near : "",
			   near ? "]?" : "");
	return TALLY_OK;
}

static void check_required(const struct tally_conf_part *part)
{
	for (size_t i = 0; i < part->count; i++)
		if (part->rows[i].preset == NULL && part->rows[i].least > 0 && part->line[i] == 0)
			tally_conf_refuse(part, i, "must be given");
}

static struct tally_conf *conf_new(const char *name)
{
	struct tally_arena *arena = tally_arena_new(4096, MAX_CONF);

	if (arena == NULL)
		return NULL;
	struct tally_conf *conf = tally_arena_zalloc(arena, sizeof(*conf));
	struct tally_conf_lines *lines = tally_arena_zalloc(arena, sizeof(*lines));
	const char *path = tally_arena_cstr(arena, tally_span_of(name));

	if (conf == NULL || lines == NULL || path == NULL) {
		tally_arena_free(arena);
		return NULL;
	}
	lines->source = (struct tally_conf_source){
		.arena = arena, .path = path, .has_lines = true,
	};
	lines->part = (struct tally_conf_part){ .source = &lines->source,
						.rows = tally_conf_rows,
						.count = TALLY_CONF_ROWS,
						.line = lines->line };
	conf->lines = lines;
	conf->path = path;
	return conf;
}

void tally_conf_free(struct tally_conf *conf)
{
	if (conf != NULL)
		tally_arena_free(conf->lines->source.arena);
}

enum tally_err tally_conf_parse(struct tally_span text, const char *name, struct tally_conf **out)
{
	struct tally_conf *conf = conf_new(name);

	*out = NULL;
	if (conf == NULL)
		return TALLY_ERR_NOMEM;
	struct tally_conf_lines *lines = conf->lines;
	struct tally_conf_reader reader = { .source = &lines->source,
					    .expects_section = true,
					    .enter = enter_section,
					    .context = conf };
	enum tally_err err = tally_conf_read_presets(&lines->part, conf);

	if (err == TALLY_OK)
		err = tally_conf_read(&reader, text);
	if (err == TALLY_OK) {
		check_required(&lines->part);
		tally_conf_check(conf);
		if (lines->source.mistakes > 0)
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
