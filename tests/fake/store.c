/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/fake/store.h"

#include <pthread.h>
#include <stdlib.h>

#define MAX_CLIENTS 1024u
#define MAX_KEYS 64u

struct client {
	struct tally_client_record record;
	struct tally_secret_record secrets[TALLY_SECRETS_MAX];
};

struct fake {
	struct tally_store store;
	pthread_mutex_t lock;
	/* Text only grows; a test is short. */
	struct tally_arena *arena;
	struct client *clients[MAX_CLIENTS]; /* in the order of client_id */
	size_t client_count;
	struct tally_key_record keys[MAX_KEYS]; /* in the order of created_at, kid */
	size_t key_count;
	unsigned int calls;
	unsigned int fail_in;
	enum tally_err fail_with;
	bool down;
};

static struct fake *fake_of(struct tally_store *store)
{
	return (struct fake *)store;
}

/* Takes the lock and counts; the caller unlocks with leave in either case. */
static enum tally_err enter(struct fake *fake)
{
	pthread_mutex_lock(&fake->lock);
	fake->calls++;
	if (fake->fail_in > 0 && --fake->fail_in == 0)
		return fake->fail_with;
	return fake->down ? TALLY_ERR_UNAVAILABLE : TALLY_OK;
}

static enum tally_err leave(struct fake *fake, enum tally_err err)
{
	pthread_mutex_unlock(&fake->lock);
	return err;
}

static bool dup_all(struct tally_arena *arena, struct tally_span *const spans[], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		*spans[i] = tally_arena_dup(arena, *spans[i]);
		if (spans[i]->p == NULL)
			return false;
	}
	return true;
}

/* A deep copy; secrets has room for those of from. */
static bool copy_client(struct tally_arena *arena, const struct tally_client_record *from,
			struct tally_client_record *to, struct tally_secret_record *secrets)
{
	*to = *from;
	to->secrets = secrets;
	for (size_t i = 0; i < from->secret_count; i++) {
		secrets[i] = from->secrets[i];
		if (!dup_all(arena, (struct tally_span *[]){ &secrets[i].secret_id }, 1))
			return false;
	}
	return dup_all(arena,
		       (struct tally_span *[]){ &to->client_id, &to->name, &to->grants, &to->scopes,
						&to->default_scopes, &to->audience },
		       6);
}

static bool copy_key(struct tally_arena *arena, const struct tally_key_record *from,
		     struct tally_key_record *to)
{
	*to = *from;
	return dup_all(arena,
		       (struct tally_span *[]){ &to->kid, &to->alg, &to->public_der, &to->wrapped,
						&to->uri },
		       5);
}

/* The client's place, or where it would go. */
static bool find_client(const struct fake *fake, struct tally_span id, size_t *at)
{
	int order = 1;

	for (*at = 0; *at < fake->client_count; ++*at) {
		order = tally_span_cmp(fake->clients[*at]->record.client_id, id);
		if (order >= 0)
			break;
	}
	return order == 0;
}

static enum tally_err ping(struct tally_store *store)
{
	struct fake *fake = fake_of(store);

	return leave(fake, enter(fake));
}

static enum tally_err give_client(struct tally_arena *arena, const struct tally_client_record *from,
				  struct tally_client_record *out)
{
	struct tally_secret_record *secrets =
		tally_arena_array(arena, TALLY_SECRETS_MAX, sizeof(*secrets));

	if (secrets == NULL || !copy_client(arena, from, out, secrets))
		return TALLY_ERR_NOMEM;
	return TALLY_OK;
}

static enum tally_err client_find(struct tally_store *store, struct tally_arena *arena,
				  struct tally_span client_id, struct tally_client_record *out)
{
	struct fake *fake = fake_of(store);
	enum tally_err err = enter(fake);
	size_t at;

	if (err == TALLY_OK && !find_client(fake, client_id, &at))
		err = TALLY_ERR_NOT_FOUND;
	if (err == TALLY_OK)
		err = give_client(arena, &fake->clients[at]->record, out);
	return leave(fake, err);
}

/* All clients, copied while the lock is held. */
static enum tally_err snapshot(struct fake *fake, struct tally_arena *arena,
			       struct tally_client_record **out, size_t *count)
{
	enum tally_err err = enter(fake);

	*count = 0;
	*out = tally_arena_array(arena, fake->client_count, sizeof(**out));
	if (err == TALLY_OK && *out == NULL)
		err = TALLY_ERR_NOMEM;
	while (err == TALLY_OK && *count < fake->client_count) {
		err = give_client(arena, &fake->clients[*count]->record, *out + *count);
		++*count;
	}
	return leave(fake, err);
}

/* visit is called without the lock: it may use the store. */
static enum tally_err client_list(struct tally_store *store, tally_client_visit *visit,
				  void *context)
{
	struct tally_arena *arena = tally_arena_new(4096, 16u << 20);
	struct tally_client_record *clients;
	size_t count;

	if (arena == NULL)
		return TALLY_ERR_NOMEM;
	enum tally_err err = snapshot(fake_of(store), arena, &clients, &count);

	for (size_t i = 0; err == TALLY_OK && i < count; i++)
		err = visit(context, &clients[i]);
	tally_arena_free(arena);
	return err;
}

static enum tally_err insert_client(struct fake *fake, const struct tally_client_record *record)
{
	size_t at;

	if (find_client(fake, record->client_id, &at))
		return TALLY_ERR_EXISTS;
	if (fake->client_count == MAX_CLIENTS || record->secret_count > TALLY_SECRETS_MAX)
		return TALLY_ERR_LIMIT;
	struct client *client = tally_arena_zalloc(fake->arena, sizeof(*client));

	if (client == NULL || !copy_client(fake->arena, record, &client->record, client->secrets))
		return TALLY_ERR_NOMEM;
	memmove(fake->clients + at + 1, fake->clients + at,
		(fake->client_count - at) * sizeof(fake->clients[0]));
	fake->clients[at] = client;
	fake->client_count++;
	return TALLY_OK;
}

static enum tally_err client_add(struct tally_store *store,
				 const struct tally_client_record *client)
{
	struct fake *fake = fake_of(store);
	enum tally_err err = enter(fake);

	if (err == TALLY_OK)
		err = insert_client(fake, client);
	return leave(fake, err);
}

static enum tally_err client_disable(struct tally_store *store, struct tally_span client_id,
				     int64_t when)
{
	struct fake *fake = fake_of(store);
	enum tally_err err = enter(fake);
	size_t at;

	if (err == TALLY_OK && !find_client(fake, client_id, &at))
		err = TALLY_ERR_NOT_FOUND;
	if (err == TALLY_OK)
		fake->clients[at]->record.disabled_at = when;
	return leave(fake, err);
}

static enum tally_err client_remove(struct tally_store *store, struct tally_span client_id)
{
	struct fake *fake = fake_of(store);
	enum tally_err err = enter(fake);
	size_t at;

	if (err == TALLY_OK && !find_client(fake, client_id, &at))
		err = TALLY_ERR_NOT_FOUND;
	if (err == TALLY_OK) {
		fake->client_count--;
		memmove(fake->clients + at, fake->clients + at + 1,
			(fake->client_count - at) * sizeof(fake->clients[0]));
	}
	return leave(fake, err);
}

static void remove_secret(struct tally_client_record *client, size_t at)
{
	client->secret_count--;
	memmove(client->secrets + at, client->secrets + at + 1,
		(client->secret_count - at) * sizeof(client->secrets[0]));
}

static bool find_secret(const struct tally_client_record *client, struct tally_span id, size_t *at)
{
	for (*at = 0; *at < client->secret_count; ++*at)
		if (tally_span_eq(client->secrets[*at].secret_id, id))
			return true;
	return false;
}

static enum tally_err add_secret(struct fake *fake, struct tally_client_record *client,
				 const struct tally_secret_record *secret, int64_t now)
{
	size_t at;

	if (find_secret(client, secret->secret_id, &at))
		return TALLY_ERR_EXISTS;
	for (at = client->secret_count; at-- > 0;)
		if (client->secrets[at].expires_at != 0 && client->secrets[at].expires_at <= now)
			remove_secret(client, at);
	if (client->secret_count == TALLY_SECRETS_MAX)
		return TALLY_ERR_LIMIT;
	struct tally_secret_record copy = *secret;

	if (!dup_all(fake->arena, (struct tally_span *[]){ &copy.secret_id }, 1))
		return TALLY_ERR_NOMEM;
	client->secrets[client->secret_count++] = copy;
	return TALLY_OK;
}

static enum tally_err client_secret_add(struct tally_store *store, struct tally_span client_id,
					const struct tally_secret_record *secret, int64_t now)
{
	struct fake *fake = fake_of(store);
	enum tally_err err = enter(fake);
	size_t at;

	if (err == TALLY_OK && !find_client(fake, client_id, &at))
		err = TALLY_ERR_NOT_FOUND;
	if (err == TALLY_OK)
		err = add_secret(fake, &fake->clients[at]->record, secret, now);
	return leave(fake, err);
}

static enum tally_err client_secret_remove(struct tally_store *store, struct tally_span client_id,
					   struct tally_span secret_id)
{
	struct fake *fake = fake_of(store);
	enum tally_err err = enter(fake);
	size_t at, secret;

	if (err == TALLY_OK && (!find_client(fake, client_id, &at) ||
				!find_secret(&fake->clients[at]->record, secret_id, &secret)))
		err = TALLY_ERR_NOT_FOUND;
	if (err == TALLY_OK)
		remove_secret(&fake->clients[at]->record, secret);
	return leave(fake, err);
}

static enum tally_err key_list(struct tally_store *store, struct tally_arena *arena,
			       struct tally_key_record **out, size_t *count)
{
	struct fake *fake = fake_of(store);
	enum tally_err err = enter(fake);

	*count = 0;
	*out = tally_arena_array(arena, fake->key_count, sizeof(**out));
	if (err == TALLY_OK && *out == NULL)
		err = TALLY_ERR_NOMEM;
	while (err == TALLY_OK && *count < fake->key_count) {
		if (!copy_key(arena, &fake->keys[*count], *out + *count))
			err = TALLY_ERR_NOMEM;
		++*count;
	}
	return leave(fake, err);
}

static struct tally_key_record *find_key(struct fake *fake, struct tally_span kid)
{
	for (size_t i = 0; i < fake->key_count; i++)
		if (tally_span_eq(fake->keys[i].kid, kid))
			return &fake->keys[i];
	return NULL;
}

static bool key_before(const struct tally_key_record *a, const struct tally_key_record *b)
{
	if (a->created_at != b->created_at)
		return a->created_at < b->created_at;
	return tally_span_cmp(a->kid, b->kid) < 0;
}

static enum tally_err insert_key(struct fake *fake, const struct tally_key_record *key)
{
	struct tally_key_record copy;
	size_t at = 0;

	if (find_key(fake, key->kid) != NULL)
		return TALLY_ERR_EXISTS;
	if (fake->key_count == MAX_KEYS)
		return TALLY_ERR_LIMIT;
	if (!copy_key(fake->arena, key, &copy))
		return TALLY_ERR_NOMEM;
	while (at < fake->key_count && key_before(&fake->keys[at], key))
		at++;
	memmove(fake->keys + at + 1, fake->keys + at,
		(fake->key_count - at) * sizeof(fake->keys[0]));
	fake->keys[at] = copy;
	fake->key_count++;
	return TALLY_OK;
}

static enum tally_err key_add(struct tally_store *store, const struct tally_key_record *key)
{
	struct fake *fake = fake_of(store);
	enum tally_err err = enter(fake);

	if (err == TALLY_OK)
		err = insert_key(fake, key);
	return leave(fake, err);
}

/* Enters; *out is the key when it exists and is not retired. */
static enum tally_err enter_for_key(struct fake *fake, struct tally_span kid,
				    struct tally_key_record **out)
{
	enum tally_err err = enter(fake);

	if (err != TALLY_OK)
		return err;
	*out = find_key(fake, kid);
	if (*out == NULL)
		return TALLY_ERR_NOT_FOUND;
	return (*out)->retired_at != 0 ? TALLY_ERR_STATE : TALLY_OK;
}

static enum tally_err key_activate(struct tally_store *store, struct tally_span kid, int64_t when)
{
	struct tally_key_record *key;
	enum tally_err err = enter_for_key(fake_of(store), kid, &key);

	if (err == TALLY_OK)
		key->activate_at = when;
	return leave(fake_of(store), err);
}

static enum tally_err key_retire(struct tally_store *store, struct tally_span kid, int64_t when)
{
	struct tally_key_record *key;
	enum tally_err err = enter_for_key(fake_of(store), kid, &key);

	if (err == TALLY_OK)
		key->retired_at = when;
	return leave(fake_of(store), err);
}

static enum tally_err key_remove(struct tally_store *store, struct tally_span kid)
{
	struct fake *fake = fake_of(store);
	struct tally_key_record *key;
	enum tally_err err = enter_for_key(fake, kid, &key);

	if (err == TALLY_OK || err == TALLY_ERR_STATE) {
		size_t behind = (size_t)(fake->keys + fake->key_count - key) - 1;

		memmove(key, key + 1, behind * sizeof(*key));
		fake->key_count--;
		err = TALLY_OK;
	}
	return leave(fake, err);
}

static void close_store(struct tally_store *store)
{
	struct fake *fake = fake_of(store);

	tally_arena_free(fake->arena);
	pthread_mutex_destroy(&fake->lock);
	free(fake);
}

static const struct tally_store_ops ops = {
	.ping = ping,
	.client_find = client_find,
	.client_list = client_list,
	.client_add = client_add,
	.client_disable = client_disable,
	.client_remove = client_remove,
	.client_secret_add = client_secret_add,
	.client_secret_remove = client_secret_remove,
	.key_list = key_list,
	.key_add = key_add,
	.key_activate = key_activate,
	.key_retire = key_retire,
	.key_remove = key_remove,
	.close = close_store,
};

struct tally_store *tally_fake_store_new(void)
{
	struct fake *fake = calloc(1, sizeof(*fake));

	if (fake == NULL)
		return NULL;
	fake->arena = tally_arena_new(4096, 64u << 20);
	if (fake->arena == NULL) {
		free(fake);
		return NULL;
	}
	fake->store.ops = &ops;
	pthread_mutex_init(&fake->lock, NULL);
	return &fake->store;
}

void tally_fake_store_fail(struct tally_store *store, unsigned int nth, enum tally_err err)
{
	struct fake *fake = fake_of(store);

	pthread_mutex_lock(&fake->lock);
	fake->fail_in = nth;
	fake->fail_with = err;
	pthread_mutex_unlock(&fake->lock);
}

void tally_fake_store_down(struct tally_store *store, bool down)
{
	pthread_mutex_lock(&fake_of(store)->lock);
	fake_of(store)->down = down;
	pthread_mutex_unlock(&fake_of(store)->lock);
}

unsigned int tally_fake_store_calls(struct tally_store *store)
{
	pthread_mutex_lock(&fake_of(store)->lock);
	unsigned int calls = fake_of(store)->calls;

	pthread_mutex_unlock(&fake_of(store)->lock);
	return calls;
}
