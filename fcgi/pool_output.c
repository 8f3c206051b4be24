/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "fcgi/pool_output.h"

#include "base/buf.h"
#include "codec/json_out.h"
#include "fcgi/output.h"
#include "sys/clock.h"

#define PART_MAX (64u * 1024) /* of JSON, between two writes */

const char *tally_pool_state_word(const struct tally_admin_pool *pool)
{
	if (pool->place == TALLY_POOL_HIDDEN)
		return "hidden";
	if (pool->is_wrong)
		return "wrong";
	return pool->retired_at != 0 || pool->conf.retired ? "retired" : "active";
}

struct tally_span tally_pool_place_text(const struct tally_session *session,
					const struct tally_admin_pool *pool,
					struct tally_arena *arena)
{
	switch (pool->place) {
	case TALLY_POOL_IN_DATABASE:
	case TALLY_POOL_HIDDEN:
		return TALLY_SPAN("database");
	case TALLY_POOL_BUILT_IN:
		return TALLY_SPAN("built in");
	case TALLY_POOL_IN_FILE:
		break;
	}
	return tally_span_of(
		tally_arena_printf(arena, "%s:%u", session->conf->path, pool->conf.line));
}

/* ---- for people ---- */

static struct tally_span key_ids(const struct tally_pool_conf *pool, struct tally_arena *arena)
{
	struct tally_buf buf;

	tally_buf_in(&buf, arena, TALLY_POOL_KEYS_MAX * (TALLY_POOL_KEY_ID_MAX + 1));
	for (size_t i = 0; i < pool->key_count; i++) {
		if (i > 0)
			tally_buf_add_char(&buf, ' ');
		tally_buf_add_span(&buf, pool->keys[i].id);
	}
	return tally_buf_span(&buf);
}

static struct tally_span publisher_text(const struct tally_list_holder *publisher,
					struct tally_arena *arena)
{
	if (publisher->owner[0] == '\0')
		return TALLY_SPAN("");
	return tally_span_of(tally_arena_printf(arena, "%s, for %u ms more", publisher->owner,
						publisher->left_ms));
}

/* Keys stand above, by their ids. */
static void print_value(void *context, const struct tally_pool_value *value)
{
	(void)context;
	if (value->is_given && strcmp(value->directive, "api-keys") != 0)
		printf("    %s = %.*s\n", value->directive, TALLY_SPAN_ARG(value->text));
}

static void print_figures(const struct tally_pool *open, const struct tally_pool_figures *figures,
			  struct tally_arena *arena)
{
	const struct tally_field fields[] = {
		{ "lists", TALLY_FIELD_NUMBER, .number = open->shape.lists },
		{ "lists_due", TALLY_FIELD_NUMBER, .number = figures->due },
		{ "references_reserved", TALLY_FIELD_NUMBER,
		  .number = (int64_t)figures->reserved },
		{ "references_ready", TALLY_FIELD_NUMBER, .number = (int64_t)figures->ready },
		{ "publisher", TALLY_FIELD_TEXT,
		  .text = publisher_text(&figures->publisher, arena) },
		{ .name = NULL },
	};

	if (open->is_open)
		tally_output_record(false, fields);
	else
		printf("No process has opened it yet.\n");
}

static void print_for_people(const struct tally_session *session,
			     const struct tally_admin_pool *pool, const struct tally_pool *open,
			     const struct tally_pool_figures *figures, struct tally_arena *arena)
{
	const struct tally_field fields[] = {
		{ "pool", TALLY_FIELD_TEXT, .text = pool->conf.id },
		{ "defined_in", TALLY_FIELD_TEXT,
		  .text = tally_pool_place_text(session, pool, arena) },
		{ "state", TALLY_FIELD_TEXT, .text = tally_span_of(tally_pool_state_word(pool)) },
		{ "created_at", TALLY_FIELD_TIME, .number = pool->created_at },
		{ "retired_at", TALLY_FIELD_TIME, .number = pool->retired_at },
		{ "size", TALLY_FIELD_NUMBER, .number = pool->conf.size },
		{ "bits", TALLY_FIELD_NUMBER, .number = pool->conf.bits },
		{ "api_keys", TALLY_FIELD_WORDS, .text = key_ids(&pool->conf, arena) },
		{ .name = NULL },
	};

	tally_output_record(false, fields);
	if (open != NULL)
		print_figures(open, figures, arena);
	printf("definition:\n");
	tally_pool_conf_values(&pool->conf, print_value, NULL);
}

/* ---- JSON ---- */

struct writer {
	struct tally_json_out json;
	struct tally_buf buf;
};

/* What was written so far goes out; a pool may have more lists than memory. */
static void flush(struct writer *writer)
{
	fwrite(writer->buf.p, 1, writer->buf.n, stdout);
	writer->buf.n = 0;
}

static void add_time(struct tally_json_out *json, const char *name, int64_t at)
{
	char time[TALLY_TIME_SIZE];

	if (at == 0)
		tally_json_add_null(json, name);
	else
		tally_json_add_str(json, name, tally_clock_format(time, at));
}

static void add_value(void *context, const struct tally_pool_value *value)
{
	struct tally_json_out *json = context;
	uint64_t number;

	if (strcmp(value->directive, "api-keys") == 0)
		return;
	if (value->text.n == 0)
		tally_json_add_null(json, value->directive);
	else if (value->is_number && tally_span_to_u64(value->text, UINT32_MAX, &number) == TALLY_OK)
		tally_json_add_i64(json, value->directive, (int64_t)number);
	else
		tally_json_add_span(json, value->directive, value->text);
}

static void add_definition(struct tally_json_out *json, const struct tally_pool_conf *pool)
{
	tally_json_array(json, "api_keys");
	for (size_t i = 0; i < pool->key_count; i++)
		tally_json_add_span(json, NULL, pool->keys[i].id);
	tally_json_array_end(json);
	tally_json_object(json, "definition");
	tally_pool_conf_values(pool, add_value, json);
	tally_json_object_end(json);
}

static void add_figures(struct tally_json_out *json, const struct tally_pool *open,
			const struct tally_pool_figures *figures)
{
	tally_json_add_bool(json, "opened", open->is_open);
	tally_json_add_i64(json, "lists_due", figures->due);
	tally_json_add_i64(json, "references_reserved", (int64_t)figures->reserved);
	tally_json_add_i64(json, "references_ready", (int64_t)figures->ready);
	if (figures->publisher.owner[0] == '\0') {
		tally_json_add_null(json, "publisher");
		return;
	}
	tally_json_object(json, "publisher");
	tally_json_add_str(json, "owner", figures->publisher.owner);
	tally_json_add_i64(json, "lease_ms", figures->publisher.left_ms);
	tally_json_object_end(json);
}

static enum tally_err add_list(void *context, const struct tally_pool *pool,
			       const struct tally_list_state *state)
{
	struct writer *writer = context;
	struct tally_json_out *json = &writer->json;
	char name[TALLY_LIST_NAME_MAX + 1], uri[TALLY_LIST_URI_MAX];

	tally_json_object(json, NULL);
	tally_json_add_span(json, "list", tally_list_name(pool, state->list, name));
	tally_json_add_span(json, "uri", tally_list_uri(pool, state->list, uri));
	tally_json_add_bool(json, "retired", state->is_retired);
	add_time(json, "created_at", state->created_at);
	add_time(json, "reserved_at", state->reserved_at);
	add_time(json, "signed_at", state->iat);
	add_time(json, "expires_at", state->exp);
	tally_json_add_i64(json, "version", (int64_t)state->version);
	tally_json_add_i64(json, "published_version", (int64_t)state->published);
	tally_json_object_end(json);
	flush(writer);
	return TALLY_OK;
}

static enum tally_err print_json(const struct tally_session *session,
				 const struct tally_admin_pool *pool,
				 const struct tally_pool *open,
				 const struct tally_pool_figures *figures,
				 struct tally_arena *arena)
{
	struct writer writer;
	struct tally_json_out *json = &writer.json;
	enum tally_err err = TALLY_OK;

	tally_buf_grow(&writer.buf, PART_MAX);
	tally_json_begin(json, &writer.buf);
	tally_json_object(json, NULL);
	tally_json_add_span(json, "pool", pool->conf.id);
	tally_json_add_span(json, "defined_in", tally_pool_place_text(session, pool, arena));
	tally_json_add_str(json, "state", tally_pool_state_word(pool));
	add_time(json, "created_at", pool->created_at);
	add_time(json, "retired_at", pool->retired_at);
	add_definition(json, &pool->conf);
	if (open != NULL) {
		add_figures(json, open, figures);
		tally_json_array(json, "lists");
		err = tally_admin_pool_states(open, add_list, &writer);
		tally_json_array_end(json);
	}
	tally_json_object_end(json);
	tally_buf_add_char(&writer.buf, '\n');
	flush(&writer);
	tally_buf_free(&writer.buf);
	return err;
}

enum tally_err tally_pool_print(const struct tally_session *session,
				const struct tally_admin_pool *pool, const struct tally_pool *open,
				const struct tally_pool_figures *figures,
				struct tally_arena *arena)
{
	if (session->json)
		return print_json(session, pool, open, figures, arena);
	print_for_people(session, pool, open, figures, arena);
	return TALLY_OK;
}
