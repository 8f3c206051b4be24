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

/* One that cannot be used is left out: the others are not to suffer for it. */
static enum tally_err add_keys(struct tally_client *client,
			       const struct tally_client_record *record,
			       const struct tally_client *before)
{
	client->keys = tally_arena_array(client->arena, record->key_count,
					 sizeof(client->keys[0]));
	if (client->keys == NULL)
		return TALLY_ERR_NOMEM;
	for (size_t i = 0; i < record->key_count; i++) {
		struct tally_public_key one = { .record = &record->keys[i] };
		enum tally_err err =
			tally_public_key_open(one.record, before ? before->keys : NULL,
					      before ? before->key_count : 0, &one.key);

		if (err == TALLY_OK)
			client->keys[client->key_count++] = one;
		else if (err != TALLY_ERR_NOT_FOUND)
			return err;
	}
	return TALLY_OK;
}

static enum tally_err fill(struct tally_client *client, const struct tally_client_record *record,
			   const struct tally_client *before)
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
	client->status = record->status;
	client->disabled = tally_client_is_disabled(record);
	client->is_public = record->is_public;
	client->may_introspect = record->may_introspect;
	client->secrets = record->secrets;
	client->secret_count = record->secret_count;
	return client->default_scope.p ? add_keys(client, record, before)
				       : TALLY_ERR_NOMEM;
}

static void free_client(struct tally_cached *cached)
{
	struct tally_client *client = (struct tally_client *)cached;

	for (size_t i = 0; i < client->key_count; i++)
		tally_key_free(client->keys[i].key);
	tally_arena_free(client->arena);
}

static enum tally_err load_client(void *context, struct tally_span key,
				  const struct tally_cached *before, struct tally_cached **out)
{
	struct tally_store *store = context;
	struct tally_client_record record;
	struct tally_arena *arena = tally_arena_new(ARENA_FIRST, ARENA_MAX);
	struct tally_client *client = arena ? tally_arena_zalloc(arena, sizeof(*client)) : NULL;

	if (client == NULL) {
		tally_arena_free(arena);
		return TALLY_ERR_NOMEM;
	}
	client->arena = arena;
	enum tally_err err = store->ops->client_find(store, arena, key, &record);

	if (err == TALLY_OK)
		err = fill(client, &record, (const struct tally_client *)before);
	if (err == TALLY_OK)
		*out = &client->cached;
	else
		free_client(&client->cached);
	return err;
}

const struct tally_cache_type tally_client_cache_type = {
	.load = load_client,
	.free = free_client,
};

struct tally_key *tally_client_find_key(const struct tally_client *client, struct tally_span kid,
					const struct tally_alg *alg, int64_t now)
{
	struct tally_key *found = NULL;

	for (size_t i = 0; i < client->key_count; i++) {
		const struct tally_public_key_record *record = client->keys[i].record;

		if (tally_key_alg(client->keys[i].key) != alg ||
		    (kid.p != NULL && !tally_span_eq(record->key_id, kid)) ||
		    (record->expires_at != 0 && record->expires_at <= now))
			continue;
		if (found != NULL)
			return NULL;
		found = client->keys[i].key;
	}
	return found;
}
