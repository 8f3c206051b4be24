/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "admin/pool.h"

#include "admin/text.h"
#include "base/buf.h"
#include "crypt/alg.h"
#include "crypt/digest.h"
#include "sys/clock.h"
#include "sys/log.h"

#define API_KEY_BYTES 32u
#define WORDS_MAX 1024u /* of api-keys, as in pool.def */

/* ---- finding ---- */

/* The pool of the file; NULL: it is not there. */
static const struct tally_pool_conf *in_file(const struct tally_conf *conf, struct tally_span id)
{
	size_t count;
	const struct tally_pool_conf *pools = tally_conf_pools(conf, &count);

	for (size_t i = 0; i < count; i++)
		if (tally_span_eq(pools[i].id, id))
			return &pools[i];
	return NULL;
}

static enum tally_err read_record(const struct tally_pool_admin *admin,
				  const struct tally_pool_record *record,
				  struct tally_admin_pool *out)
{
	*out = (struct tally_admin_pool){
		.place = in_file(admin->conf, record->pool_id) ? TALLY_POOL_HIDDEN
							       : TALLY_POOL_IN_DATABASE,
		.created_at = record->created_at,
		.retired_at = record->retired_at,
		.definition = record->definition,
	};
	enum tally_err err = tally_pool_conf_parse(record->pool_id, record->definition,
						   admin->arena, &out->conf);

	out->is_wrong = err == TALLY_ERR_CONFIG;
	return out->is_wrong ? TALLY_OK : err;
}

/*
 * The pool of our own tokens is there without a definition, when all have a status,
 * or those of one client (which only Redis knows, so it is not listed).
 */
static enum tally_err add_own(const struct tally_pool_admin *admin, struct tally_admin_pool *pools,
			      size_t *count)
{
	struct tally_span id = tally_span_of(admin->conf->tokens_status_pool);

	for (size_t i = 0; i < *count; i++)
		if (tally_span_eq(pools[i].conf.id, id))
			return TALLY_OK;
	if (!admin->conf->tokens_status)
		return TALLY_OK;
	pools[*count].place = TALLY_POOL_BUILT_IN;
	return tally_pool_conf_own(admin->conf, admin->arena, &pools[(*count)++].conf);
}

enum tally_err tally_admin_pools(const struct tally_pool_admin *admin,
				 struct tally_admin_pool **out, size_t *count)
{
	struct tally_pool_record *records;
	size_t of_file, of_database;
	const struct tally_pool_conf *pools = tally_conf_pools(admin->conf, &of_file);
	enum tally_err err = admin->store->ops->pool_list(admin->store, admin->arena, &records,
							  &of_database);

	*count = 0;
	if (err != TALLY_OK)
		return err;
	*out = tally_arena_array(admin->arena, of_file + of_database + 1, sizeof(**out));
	if (*out == NULL)
		return TALLY_ERR_NOMEM;
	while (*count < of_file) {
		(*out)[*count].conf = pools[*count];
		++*count;
	}
	for (size_t i = 0; i < of_database && err == TALLY_OK; i++)
		err = read_record(admin, &records[i], &(*out)[(*count)++]);
	return err == TALLY_OK ? add_own(admin, *out, count) : err;
}

enum tally_err tally_admin_pool_find(const struct tally_pool_admin *admin, struct tally_span id,
				     struct tally_admin_pool *out)
{
	const struct tally_pool_conf *conf = in_file(admin->conf, id);
	struct tally_pool_record *records;
	size_t count;

	if (conf != NULL) {
		*out = (struct tally_admin_pool){ .conf = *conf };
		return TALLY_OK;
	}
	enum tally_err err =
		admin->store->ops->pool_list(admin->store, admin->arena, &records, &count);

	for (size_t i = 0; i < count && err == TALLY_OK; i++)
		if (tally_span_eq(records[i].pool_id, id))
			return read_record(admin, &records[i], out);
	if (err != TALLY_OK)
		return err;
	if (tally_span_eq(id, tally_span_of(admin->conf->tokens_status_pool))) {
		*out = (struct tally_admin_pool){ .place = TALLY_POOL_BUILT_IN };
		return tally_pool_conf_own(admin->conf, admin->arena, &out->conf);
	}
	tally_log_error("there is no pool %.*s; \"tallystick pool list\" shows what there is",
			TALLY_SPAN_ARG(id));
	return TALLY_ERR_NOT_FOUND;
}

/* Whether it can be changed here; in the file, what is to be done there. */
static enum tally_err check_place(const struct tally_pool_admin *admin,
				  const struct tally_admin_pool *pool, const char *instead)
{
	struct tally_span id = pool->conf.id;

	if (pool->place == TALLY_POOL_IN_DATABASE)
		return TALLY_OK;
	if (pool->place == TALLY_POOL_BUILT_IN)
		tally_log_error("pool %.*s is built in, for tokens.status: to change it, define it "
				"with \"tallystick pool add --set size=%u\"", TALLY_SPAN_ARG(id),
				pool->conf.size);
	else
		tally_log_error("pool %.*s is defined in %s:%u: %s there", TALLY_SPAN_ARG(id),
				admin->conf->path, pool->conf.line, instead);
	return TALLY_ERR_STATE;
}

static enum tally_err find_to_change(const struct tally_pool_admin *admin, struct tally_span id,
				     const char *instead, struct tally_admin_pool *out)
{
	enum tally_err err = tally_admin_pool_find(admin, id, out);

	return err == TALLY_OK ? check_place(admin, out, instead) : err;
}

/* ---- definitions ---- */

/* Whether a line of a definition is about a directive. */
static bool is_about(struct tally_span line, struct tally_span directive)
{
	return tally_span_eq(tally_span_trim(tally_span_cut(&line, '=')), directive);
}

/* The definition with a directive set, in place of what it was set to before. */
static enum tally_err with(const struct tally_pool_admin *admin, struct tally_span definition,
			   struct tally_span directive, struct tally_span value,
			   struct tally_span *out)
{
	struct tally_buf buf;

	tally_buf_in(&buf, admin->arena, definition.n + directive.n + value.n + sizeof(" = \n\n"));
	while (definition.n > 0) {
		struct tally_span line = tally_span_cut(&definition, '\n');

		if (line.n == 0 || is_about(line, directive))
			continue;
		tally_buf_add_span(&buf, line);
		tally_buf_add_char(&buf, '\n');
	}
	tally_buf_printf(&buf, "%.*s = %.*s\n", TALLY_SPAN_ARG(directive), TALLY_SPAN_ARG(value));
	*out = tally_buf_span(&buf);
	return tally_buf_err(&buf);
}

/* Directives that have commands of their own, or none. */
static enum tally_err check_settable(struct tally_span directive, bool is_new)
{
	const char *why = NULL;

	if (tally_span_eq(directive, TALLY_SPAN("api-keys")))
		why = "use \"tallystick pool key add\" and \"tallystick pool key remove\"";
	else if (tally_span_eq(directive, TALLY_SPAN("retired")))
		why = "use \"tallystick pool retire\"";
	else if (!is_new && (tally_span_eq(directive, TALLY_SPAN("size")) ||
			     tally_span_eq(directive, TALLY_SPAN("bits"))))
		why = "lists have been published with it, so it stays; add another pool, and "
		      "retire this one";
	if (why == NULL)
		return TALLY_OK;
	tally_log_error("--set %.*s: %s", TALLY_SPAN_ARG(directive), why);
	return TALLY_ERR_USAGE;
}

static enum tally_err with_setting(const struct tally_pool_admin *admin, const char *word,
				   bool is_new, struct tally_span *definition)
{
	struct tally_span value = tally_span_of(word);
	struct tally_span directive = tally_span_trim(tally_span_cut(&value, '='));

	if (value.p == NULL || directive.n == 0 || strchr(word, '\n') != NULL) {
		tally_log_error("--set \"%s\": expected DIRECTIVE=VALUE in one line, such as "
				"bits=2", word);
		return TALLY_ERR_USAGE;
	}
	enum tally_err err = check_settable(directive, is_new);

	return err == TALLY_OK ? with(admin, *definition, directive, tally_span_trim(value),
				      definition)
			       : err;
}

static enum tally_err with_settings(const struct tally_pool_admin *admin,
				    const struct tally_pool_settings *settings, bool is_new,
				    struct tally_span *definition)
{
	enum tally_err err = TALLY_OK;

	for (size_t i = 0; i < settings->count && err == TALLY_OK; i++)
		err = with_setting(admin, settings->words[i], is_new, definition);
	return err;
}

/* What a process will make of the definition when it reads it. */
static enum tally_err check(const struct tally_pool_admin *admin, struct tally_span id,
			    struct tally_span definition)
{
	struct tally_pool_conf conf;
	enum tally_err err = tally_pool_conf_parse(id, definition, admin->arena, &conf);

	if (err == TALLY_OK && conf.algorithm != NULL &&
	    tally_alg_find(tally_span_of(conf.algorithm)) == NULL)
		err = tally_pool_conf_wrong(&conf, "algorithm", "\"%s\" is none of %s",
					    conf.algorithm, tally_alg_names());
	return err == TALLY_ERR_CONFIG ? TALLY_ERR_USAGE : err;
}

static enum tally_err replace(const struct tally_pool_admin *admin,
			      const struct tally_admin_pool *pool, struct tally_span definition)
{
	struct tally_span id = pool->conf.id;
	enum tally_err err = check(admin, id, definition);

	if (err == TALLY_OK)
		err = admin->store->ops->pool_set(admin->store, id, pool->definition, definition);
	if (err == TALLY_ERR_CONFLICT)
		tally_log_error("pool %.*s has been changed by somebody else meanwhile: look at it "
				"and try again", TALLY_SPAN_ARG(id));
	return err;
}

/* ---- keys ---- */

static enum tally_err make_key(const struct tally_pool_admin *admin, struct tally_new_api_key *out)
{
	uint8_t digest[TALLY_SHA256_SIZE];
	struct tally_buf word;
	enum tally_err err = tally_admin_make_id(admin->arena, &out->id);

	memcpy(out->text, TALLY_API_KEY_PREFIX, sizeof(TALLY_API_KEY_PREFIX));
	if (err == TALLY_OK)
		err = tally_admin_make_random(out->text + sizeof(TALLY_API_KEY_PREFIX) - 1,
					      API_KEY_BYTES);
	if (err == TALLY_OK)
		err = tally_sha256(tally_span_of(out->text), digest);
	if (err != TALLY_OK)
		return err;
	tally_buf_in(&word, admin->arena, out->id.n + sizeof(":") + 2 * sizeof(digest));
	tally_buf_add_span(&word, out->id);
	tally_buf_add_char(&word, ':');
	for (size_t i = 0; i < sizeof(digest); i++)
		tally_buf_printf(&word, "%02x", digest[i]);
	out->word = tally_buf_span(&word);
	return tally_buf_err(&word);
}

/* The words of api-keys without the key `gone`, and with the word `more`; each may be empty. */
static enum tally_err with_keys(const struct tally_pool_admin *admin,
				const struct tally_admin_pool *pool, struct tally_span gone,
				struct tally_span more, struct tally_span *definition)
{
	struct tally_span rest = tally_span_of(pool->conf.api_keys);
	struct tally_buf words;

	tally_buf_in(&words, admin->arena, WORDS_MAX);
	while (rest.n > 0) {
		struct tally_span word = tally_span_cut(&rest, ' '), id = word;

		if (word.n == 0 || tally_span_eq(tally_span_cut(&id, ':'), gone))
			continue;
		tally_buf_add_span(&words, word);
		tally_buf_add_char(&words, ' ');
	}
	tally_buf_add_span(&words, more);
	if (tally_buf_err(&words) != TALLY_OK)
		return tally_buf_err(&words);
	return with(admin, pool->definition, TALLY_SPAN("api-keys"),
		    tally_span_trim(tally_buf_span(&words)), definition);
}

enum tally_err tally_admin_pool_key_add(const struct tally_pool_admin *admin, struct tally_span id,
					struct tally_new_api_key *key, enum tally_pool_place *place)
{
	struct tally_admin_pool pool;
	struct tally_span definition;
	enum tally_err err = tally_admin_pool_find(admin, id, &pool);

	*key = (struct tally_new_api_key){ .text = "" };
	if (err == TALLY_OK && pool.place == TALLY_POOL_BUILT_IN)
		err = check_place(admin, &pool, "");
	if (err != TALLY_OK)
		return err;
	*place = pool.place;
	if (pool.conf.key_count == TALLY_POOL_KEYS_MAX) {
		tally_log_error("pool %.*s has %u keys: remove one first", TALLY_SPAN_ARG(id),
				TALLY_POOL_KEYS_MAX);
		return TALLY_ERR_LIMIT;
	}
	err = make_key(admin, key);
	if (err != TALLY_OK || pool.place == TALLY_POOL_IN_FILE)
		return err;
	err = with_keys(admin, &pool, tally_span(NULL, 0), key->word, &definition);
	return err == TALLY_OK ? replace(admin, &pool, definition) : err;
}

static bool has_key(const struct tally_pool_conf *pool, struct tally_span key_id)
{
	for (size_t i = 0; i < pool->key_count; i++)
		if (tally_span_eq(pool->keys[i].id, key_id))
			return true;
	return false;
}

enum tally_err tally_admin_pool_key_remove(const struct tally_pool_admin *admin,
					   struct tally_span id, struct tally_span key_id)
{
	struct tally_admin_pool pool;
	struct tally_span definition;
	enum tally_err err = find_to_change(admin, id, "take the key out of api-keys", &pool);

	if (err != TALLY_OK)
		return err;
	if (!has_key(&pool.conf, key_id)) {
		tally_log_error("pool %.*s has no key %.*s; \"tallystick pool show\" lists them",
				TALLY_SPAN_ARG(id), TALLY_SPAN_ARG(key_id));
		return TALLY_ERR_NOT_FOUND;
	}
	err = with_keys(admin, &pool, key_id, tally_span(NULL, 0), &definition);
	return err == TALLY_OK ? replace(admin, &pool, definition) : err;
}

/* ---- changes ---- */

static enum tally_err add(const struct tally_pool_admin *admin, struct tally_span id,
			  struct tally_span definition)
{
	const struct tally_pool_record record = {
		.pool_id = id, .definition = definition, .created_at = tally_clock_now(),
	};
	enum tally_err err = check(admin, id, definition);

	if (err == TALLY_OK)
		err = admin->store->ops->pool_add(admin->store, &record);
	if (err == TALLY_ERR_EXISTS)
		tally_log_error("there is a pool %.*s already", TALLY_SPAN_ARG(id));
	if (err == TALLY_ERR_LIMIT)
		tally_log_error("there are %u pools, which is as many as there can be",
				TALLY_POOLS_MAX);
	return err;
}

enum tally_err tally_admin_pool_add(const struct tally_pool_admin *admin, struct tally_span id,
				    const struct tally_pool_settings *settings, bool with_key,
				    struct tally_new_api_key *key)
{
	const struct tally_pool_conf *there = in_file(admin->conf, id);
	struct tally_span definition = TALLY_SPAN("");
	enum tally_err err = with_settings(admin, settings, true, &definition);

	*key = (struct tally_new_api_key){ .text = "" };
	if (there != NULL) {
		tally_log_error("pool %.*s is defined in %s:%u already", TALLY_SPAN_ARG(id),
				admin->conf->path, there->line);
		return TALLY_ERR_EXISTS;
	}
	if (err == TALLY_OK && with_key)
		err = make_key(admin, key);
	if (err == TALLY_OK && with_key)
		err = with(admin, definition, TALLY_SPAN("api-keys"), key->word, &definition);
	return err == TALLY_OK ? add(admin, id, definition) : err;
}

enum tally_err tally_admin_pool_set(const struct tally_pool_admin *admin, struct tally_span id,
				    const struct tally_pool_settings *settings)
{
	struct tally_admin_pool pool;
	enum tally_err err = find_to_change(admin, id, "change it", &pool);

	if (err != TALLY_OK)
		return err;
	if (settings->count == 0) {
		tally_log_error("--set is missing: what of pool %.*s is to be changed?",
				TALLY_SPAN_ARG(id));
		return TALLY_ERR_USAGE;
	}
	struct tally_span definition = pool.definition;

	err = with_settings(admin, settings, false, &definition);
	return err == TALLY_OK ? replace(admin, &pool, definition) : err;
}

enum tally_err tally_admin_pool_retire(const struct tally_pool_admin *admin, struct tally_span id,
				       int64_t at)
{
	struct tally_admin_pool pool;
	enum tally_err err = find_to_change(admin, id,
					    at ? "put \"retired = on\"" : "take \"retired\" out",
					    &pool);

	return err == TALLY_OK ? admin->store->ops->pool_retire(admin->store, id, at) : err;
}
