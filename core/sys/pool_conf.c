/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "sys/pool_conf.h"

#include "sys/conf_parts.h"

#define FEW_POOLS 8u /* room is made for, at first */
#define VALUE_MAX 4096u /* no value of pool.def is longer */

const struct tally_conf_row tally_pool_rows[TALLY_POOL_ROWS] = {
#define TALLY_POOL(name, type, preset, least, most)            \
	{ "pool", #name, TALLY_CONF_##type, preset, least, most, \
	  offsetof(struct tally_pool_conf, name) },
#include "sys/pool.def"
#undef TALLY_POOL
};

bool tally_pool_id_is_valid(struct tally_span id)
{
	if (id.n == 0 || id.n > TALLY_POOL_ID_MAX)
		return false;
	for (size_t i = 0; i < id.n; i++) {
		char c = id.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-')
			return false;
	}
	return id.p[0] != '-' && id.p[id.n - 1] != '-';
}

/* A pool with its defaults and nothing given. */
static enum tally_err begin(struct tally_conf_source *source, struct tally_span id,
			    unsigned int line, struct tally_pool_conf *out)
{
	struct tally_conf_part *part = tally_arena_zalloc(source->arena, sizeof(*part));
	char *section = tally_arena_printf(source->arena, "pool.%.*s", TALLY_SPAN_ARG(id));
	unsigned int *lines = tally_arena_array(source->arena, TALLY_POOL_ROWS, sizeof(*lines));

	if (part == NULL || section == NULL || lines == NULL)
		return TALLY_ERR_NOMEM;
	*part = (struct tally_conf_part){
		.source = source,
		.rows = tally_pool_rows,
		.count = TALLY_POOL_ROWS,
		.section = section,
		.at = line,
		.line = lines,
	};
	*out = (struct tally_pool_conf){
		.id = tally_span_of(section + sizeof("pool.") - 1),
		.final_value = -1,
		.line = line,
		.part = part,
	};
	return tally_conf_read_presets(part, out);
}

/* ---- of the file ---- */

static bool make_room(struct tally_conf_lines *lines)
{
	size_t room = lines->pool_room > 0 ? 2 * lines->pool_room : FEW_POOLS;

	if (lines->pool_count < lines->pool_room)
		return true;
	struct tally_pool_conf *pools =
		tally_arena_array(lines->source.arena, room, sizeof(*pools));

	if (pools == NULL)
		return false;
	if (lines->pool_count > 0)
		memcpy(pools, lines->pools, lines->pool_count * sizeof(*pools));
	lines->pools = pools;
	lines->pool_room = room;
	return true;
}

enum tally_err tally_conf_pool_at(struct tally_conf *conf, struct tally_span id, unsigned int line,
				  struct tally_pool_conf **out)
{
	struct tally_conf_lines *lines = conf->lines;

	*out = NULL;
	for (size_t i = 0; i < lines->pool_count; i++)
		if (tally_span_eq(lines->pools[i].id, id)) {
			*out = &lines->pools[i];
			return TALLY_OK;
		}
	if (lines->pool_count == TALLY_POOLS_MAX) {
		tally_conf_mistake(&lines->source, line, "section [pool.%.*s]: expected at most %u "
				   "pools", TALLY_SPAN_ARG(id), TALLY_POOLS_MAX);
		return TALLY_OK;
	}
	if (!make_room(lines))
		return TALLY_ERR_NOMEM;
	*out = &lines->pools[lines->pool_count++];
	return begin(&lines->source, id, line, *out);
}

const struct tally_pool_conf *tally_conf_pools(const struct tally_conf *conf, size_t *count)
{
	*count = conf->lines->pool_count;
	return conf->lines->pools;
}

/* ---- of a text ---- */

enum tally_err tally_pool_conf_parse(struct tally_span id, struct tally_span text,
				     struct tally_arena *arena, struct tally_pool_conf *out)
{
	struct tally_conf_source *source = tally_arena_zalloc(arena, sizeof(*source));
	const char *path = tally_arena_printf(arena, "pool %.*s", TALLY_SPAN_ARG(id));

	if (source == NULL || path == NULL)
		return TALLY_ERR_NOMEM;
	*source = (struct tally_conf_source){ .arena = arena, .path = path };
	enum tally_err err = begin(source, id, 0, out);

	if (err != TALLY_OK)
		return err;
	struct tally_conf_reader reader = { .source = source,
					    .part = out->part,
					    .members = out,
					    .section = "pool" };

	if (!tally_pool_id_is_valid(id))
		tally_conf_mistake(source, 0, "expected a name of 1 to %u of a-z, 0-9 and '-', with "
				   "no '-' at either end", TALLY_POOL_ID_MAX);
	if (text.n > TALLY_POOL_TEXT_MAX)
		tally_conf_mistake(source, 0, "expected at most %u bytes, found %zu",
				   TALLY_POOL_TEXT_MAX, text.n);
	else
		err = tally_conf_read(&reader, text);
	if (err == TALLY_OK)
		tally_pool_check(out);
	return err == TALLY_OK && source->mistakes > 0 ? TALLY_ERR_CONFIG : err;
}

enum tally_err tally_pool_conf_own(const struct tally_conf *conf, struct tally_arena *arena,
				   struct tally_pool_conf *out)
{
	const char *text = tally_arena_printf(arena,
					      "size = 1000000\nfinal-status = 1\n"
					      "reference-lifetime = %us\n",
					      conf->tokens_max_lifetime);

	if (text == NULL)
		return TALLY_ERR_NOMEM;
	return tally_pool_conf_parse(tally_span_of(conf->tokens_status_pool), tally_span_of(text),
				     arena, out);
}

void tally_pool_conf_complete(struct tally_pool_conf *pool, const struct tally_conf *conf)
{
	if (pool->issuer == NULL)
		pool->issuer = conf->server_issuer;
	if (pool->algorithm == NULL)
		pool->algorithm = conf->tokens_algorithm;
}

/* ---- of another ---- */

static enum tally_err copy_text(const struct tally_conf_row *row, struct tally_arena *arena,
				struct tally_pool_conf *pool)
{
	const char **member = (const char **)(void *)((char *)pool + row->offset);

	if ((row->type == TALLY_CONF_TEXT || row->type == TALLY_CONF_PATH) && *member != NULL) {
		*member = tally_arena_cstr(arena, tally_span_of(*member));
		if (*member == NULL)
			return TALLY_ERR_NOMEM;
	}
	return TALLY_OK;
}

static enum tally_err copy_part(const struct tally_conf_part *from, struct tally_arena *arena,
				const struct tally_conf_part **out)
{
	struct tally_conf_part *part = tally_arena_zalloc(arena, sizeof(*part));
	struct tally_conf_source *source = tally_arena_zalloc(arena, sizeof(*source));
	unsigned int *lines = tally_arena_array(arena, TALLY_POOL_ROWS, sizeof(*lines));
	const char *path = tally_arena_cstr(arena, tally_span_of(from->source->path));
	const char *section = tally_arena_cstr(arena, tally_span_of(from->section));

	if (part == NULL || source == NULL || lines == NULL || path == NULL || section == NULL)
		return TALLY_ERR_NOMEM;
	*source = (struct tally_conf_source){
		.arena = arena, .path = path, .has_lines = from->source->has_lines,
	};
	memcpy(lines, from->line, TALLY_POOL_ROWS * sizeof(*lines));
	*part = *from;
	part->source = source;
	part->section = section;
	part->line = lines;
	*out = part;
	return TALLY_OK;
}

enum tally_err tally_pool_conf_copy(const struct tally_pool_conf *from, struct tally_arena *arena,
				    struct tally_pool_conf *out)
{
	*out = *from;
	enum tally_err err = copy_part(from->part, arena, &out->part);

	for (size_t i = 0; i < TALLY_POOL_ROWS && err == TALLY_OK; i++)
		err = copy_text(&tally_pool_rows[i], arena, out);
	if (err != TALLY_OK)
		return err;
	out->id = tally_span_of(out->part->section + sizeof("pool.") - 1);
	/* The ids of its keys lie in api_keys. */
	for (size_t i = 0; i < from->key_count; i++)
		out->keys[i].id.p = out->api_keys + (from->keys[i].id.p - from->api_keys);
	return TALLY_OK;
}

void tally_pool_conf_values(const struct tally_pool_conf *pool, tally_pool_value_visit *visit,
			    void *context)
{
	char shown[TALLY_CONF_SHOWN_SIZE], text[VALUE_MAX];

	for (size_t i = 0; i < TALLY_POOL_ROWS; i++) {
		const struct tally_conf_row *row = &tally_pool_rows[i];
		struct tally_buf buf;

		tally_buf_over(&buf, text, sizeof(text));
		tally_conf_value_add(&buf, pool, row);
		tally_conf_shown(shown, pool->part, row);
		visit(context, &(struct tally_pool_value){
				       .directive = shown + strlen(pool->part->section) + 1,
				       .text = tally_buf_span(&buf),
				       .is_number = row->type == TALLY_CONF_COUNT,
				       .is_given = pool->part->line[i] > 0,
			       });
	}
}

bool tally_pool_conf_is_same(const struct tally_pool_conf *a, const struct tally_pool_conf *b)
{
	for (size_t i = 0; i < TALLY_POOL_ROWS; i++)
		if (!tally_conf_value_is_same(a, b, &tally_pool_rows[i]))
			return false;
	return tally_span_eq(a->id, b->id);
}
