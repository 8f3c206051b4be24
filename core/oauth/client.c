/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "oauth/client.h"

#include "oauth/grant.h"
#include "sys/log.h"

#define ARENA_FIRST 1536u
#define ARENA_MAX (256u * 1024)

static uint32_t parse_grants(struct tally_span text)
{
	uint32_t grants = 0;

	while (text.p != NULL) {
		enum tally_grant_id id;

		if (tally_grant_find(tally_span_cut(&text, ' '), &id) != NULL)
			grants |= UINT32_C(1) << id;
	}
	return grants;
}

static enum tally_err fill(struct tally_client *client, const struct tally_client_record *record)
{
	struct tally_scopes defaults;
	enum tally_err err = tally_scopes_parse_allowed(&client->allowed, client->arena,
							record->scopes);

	if (err == TALLY_OK)
		err = tally_scopes_parse(&defaults, client->arena, record->default_scopes);
	if (err != TALLY_OK) {
		tally_log_error("client %.*s has a malformed list of scopes in the database: "
				"set it anew", TALLY_SPAN_ARG(record->client_id));
		return err == TALLY_ERR_NOMEM ? err : TALLY_ERR_NOT_FOUND;
	}
	client->number = record->number;
	client->client_id = record->client_id;
	client->audience = record->audience;
	client->default_scope = tally_scopes_join(&defaults, client->arena);
	client->grants = parse_grants(record->grants);
	client->access_lifetime = record->access_lifetime;
	client->refresh_lifetime = record->refresh_lifetime;
	client->persistence = record->persistence;
	client->format = record->format;
	client->disabled = record->disabled_at != 0;
	client->is_public = record->is_public;
	client->may_introspect = record->may_introspect;
	client->secrets = record->secrets;
	client->secret_count = record->secret_count;
	client->keys = record->keys;
	client->key_count = record->key_count;
	return client->default_scope.p ? TALLY_OK : TALLY_ERR_NOMEM;
}

static enum tally_err load_client(void *context, struct tally_span key, struct tally_cached **out)
{
	struct tally_store *store = context;
	struct tally_client_record record;
	struct tally_arena *arena = tally_arena_new(ARENA_FIRST, ARENA_MAX);

	if (arena == NULL)
		return TALLY_ERR_NOMEM;
	enum tally_err err = store->ops->client_find(store, arena, key, &record);
	struct tally_client *client = NULL;

	if (err == TALLY_OK) {
		client = tally_arena_zalloc(arena, sizeof(*client));
		err = client ? TALLY_OK : TALLY_ERR_NOMEM;
	}
	if (err == TALLY_OK) {
		client->arena = arena;
		err = fill(client, &record);
	}
	if (err == TALLY_OK)
		*out = &client->cached;
	else
		tally_arena_free(arena);
	return err;
}

static void free_client(struct tally_cached *cached)
{
	struct tally_client *client = (struct tally_client *)cached;

	tally_arena_free(client->arena);
}

const struct tally_cache_type tally_client_cache_type = {
	.load = load_client,
	.free = free_client,
};
