/* SPDX-License-Identifier: Apache-2.0 */
/* Clients, their secrets and their public keys. */
#include "config.h"

#include "tests/fake/store_priv.h"

/* The lists have room for as many as a client may have. */
struct lists {
	struct tally_secret_record *secrets;
	struct tally_public_key_record *keys;
};

static bool copy_secret(struct tally_arena *arena, const struct tally_secret_record *from,
			struct tally_secret_record *to)
{
	*to = *from;
	return fake_dup_all(arena, (struct tally_span *[]){ &to->secret_id, &to->wrapped }, 2);
}

bool fake_copy_public_key(struct tally_arena *arena, const struct tally_public_key_record *from,
			  struct tally_public_key_record *to)
{
	*to = *from;
	return fake_dup_all(arena,
			    (struct tally_span *[]){ &to->key_id, &to->owner, &to->alg,
						     &to->public_der },
			    4);
}

/* A deep copy. */
static bool copy_client(struct tally_arena *arena, const struct tally_client_record *from,
			struct tally_client_record *to, struct lists lists)
{
	*to = *from;
	to->secrets = lists.secrets;
	to->keys = lists.keys;
	for (size_t i = 0; i < from->secret_count; i++)
		if (!copy_secret(arena, &from->secrets[i], &to->secrets[i]))
			return false;
	for (size_t i = 0; i < from->key_count; i++)
		if (!fake_copy_public_key(arena, &from->keys[i], &to->keys[i]))
			return false;
	return fake_dup_all(arena,
			    (struct tally_span *[]){ &to->client_id, &to->name, &to->grants,
						     &to->scopes, &to->default_scopes,
						     &to->audience, &to->organisation },
			    7);
}

static bool make_lists(struct tally_arena *arena, struct lists *lists)
{
	lists->secrets = tally_arena_array(arena, TALLY_SECRETS_MAX, sizeof(*lists->secrets));
	lists->keys = tally_arena_array(arena, TALLY_PUBLIC_KEYS_MAX, sizeof(*lists->keys));
	return lists->secrets != NULL && lists->keys != NULL;
}

/* The client's place, or where it would go. */
static bool find_client(const struct fake *fake, struct tally_span id, size_t *at)
{
	int order = 1;

	for (*at = 0; *at < fake->client_count; ++*at) {
		order = tally_span_cmp(fake->clients[*at]->client_id, id);
		if (order >= 0)
			break;
	}
	return order == 0;
}

const struct tally_client_record *fake_client_numbered(const struct fake *fake, uint64_t number)
{
	for (size_t i = 0; i < fake->client_count; i++)
		if (fake->clients[i]->number == number)
			return fake->clients[i];
	return NULL;
}

static enum tally_err give_client(const struct fake *fake, struct tally_arena *arena,
				  const struct tally_client_record *from,
				  struct tally_client_record *out)
{
	struct lists lists;

	if (!make_lists(arena, &lists) || !copy_client(arena, from, out, lists))
		return TALLY_ERR_NOMEM;
	out->organisation_disabled_at = fake_organisation_disabled(fake, from->organisation);
	return TALLY_OK;
}

enum tally_err fake_client_find(struct tally_store *store, struct tally_arena *arena,
				struct tally_span client_id, struct tally_client_record *out)
{
	struct fake *fake = fake_of(store);
	enum tally_err err = fake_enter(fake);
	size_t at;

	if (err == TALLY_OK && !find_client(fake, client_id, &at))
		err = TALLY_ERR_NOT_FOUND;
	if (err == TALLY_OK)
		err = give_client(fake, arena, fake->clients[at], out);
	return fake_leave(fake, err);
}

/* All clients, copied while the lock is held. */
static enum tally_err snapshot(struct fake *fake, struct tally_arena *arena,
			       struct tally_client_record **out, size_t *count)
{
	enum tally_err err = fake_enter(fake);

	*count = 0;
	*out = tally_arena_array(arena, fake->client_count, sizeof(**out));
	if (err == TALLY_OK && *out == NULL)
		err = TALLY_ERR_NOMEM;
	while (err == TALLY_OK && *count < fake->client_count) {
		err = give_client(fake, arena, fake->clients[*count], *out + *count);
		++*count;
	}
	return fake_leave(fake, err);
}

/* visit is called without the lock: it may use the store. */
enum tally_err fake_client_list(struct tally_store *store, tally_client_visit *visit, void *context)
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
	if (fake->client_count == FAKE_CLIENTS || record->secret_count > TALLY_SECRETS_MAX ||
	    record->key_count > TALLY_PUBLIC_KEYS_MAX)
		return TALLY_ERR_LIMIT;
	struct tally_client_record *client = tally_arena_zalloc(fake->arena, sizeof(*client));

	if (client == NULL || give_client(fake, fake->arena, record, client) != TALLY_OK)
		return TALLY_ERR_NOMEM;
	enum tally_err err = fake_join(fake, &client->organisation);

	if (err != TALLY_OK)
		return err;
	client->number = ++fake->last_number;
	memmove(fake->clients + at + 1, fake->clients + at,
		(fake->client_count - at) * sizeof(fake->clients[0]));
	fake->clients[at] = client;
	fake->client_count++;
	return TALLY_OK;
}

enum tally_err fake_client_add(struct tally_store *store, const struct tally_client_record *client)
{
	struct fake *fake = fake_of(store);
	enum tally_err err = fake_enter(fake);

	if (err == TALLY_OK)
		err = insert_client(fake, client);
	return fake_leave(fake, err);
}

/* edit is called with the lock held: it must not use the store. */
static enum tally_err edit_client(struct fake *fake, size_t at, tally_client_edit *edit,
				  void *context)
{
	struct tally_client_record *client = tally_arena_zalloc(fake->arena, sizeof(*client));
	enum tally_err err = client ? give_client(fake, fake->arena, fake->clients[at], client)
				    : TALLY_ERR_NOMEM;

	if (err == TALLY_OK)
		err = edit(context, client);
	if (err == TALLY_OK)
		err = fake_join(fake, &client->organisation);
	/* What it was given is copied, since it is the caller's. */
	if (err == TALLY_OK)
		err = give_client(fake, fake->arena, client, fake->clients[at]);
	return err;
}

enum tally_err fake_client_set(struct tally_store *store, struct tally_arena *arena,
			       struct tally_span client_id, tally_client_edit *edit, void *context)
{
	struct fake *fake = fake_of(store);
	enum tally_err err = fake_enter(fake);
	size_t at;

	(void)arena;
	if (err == TALLY_OK && !find_client(fake, client_id, &at))
		err = TALLY_ERR_NOT_FOUND;
	if (err == TALLY_OK)
		err = edit_client(fake, at, edit, context);
	return fake_leave(fake, err);
}

enum tally_err fake_client_disable(struct tally_store *store, struct tally_span client_id,
				   int64_t when)
{
	struct fake *fake = fake_of(store);
	enum tally_err err = fake_enter(fake);
	size_t at;

	if (err == TALLY_OK && !find_client(fake, client_id, &at))
		err = TALLY_ERR_NOT_FOUND;
	if (err == TALLY_OK)
		fake->clients[at]->disabled_at = when;
	return fake_leave(fake, err);
}

enum tally_err fake_client_remove(struct tally_store *store, struct tally_span client_id)
{
	struct fake *fake = fake_of(store);
	enum tally_err err = fake_enter(fake);
	size_t at;

	if (err == TALLY_OK && !find_client(fake, client_id, &at))
		err = TALLY_ERR_NOT_FOUND;
	if (err == TALLY_OK) {
		fake->client_count--;
		memmove(fake->clients + at, fake->clients + at + 1,
			(fake->client_count - at) * sizeof(fake->clients[0]));
	}
	return fake_leave(fake, err);
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
	if (!copy_secret(fake->arena, secret, &client->secrets[client->secret_count]))
		return TALLY_ERR_NOMEM;
	client->secret_count++;
	return TALLY_OK;
}

enum tally_err fake_client_secret_add(struct tally_store *store, struct tally_span client_id,
				      const struct tally_secret_record *secret, int64_t now)
{
	struct fake *fake = fake_of(store);
	enum tally_err err = fake_enter(fake);
	size_t at;

	if (err == TALLY_OK && !find_client(fake, client_id, &at))
		err = TALLY_ERR_NOT_FOUND;
	if (err == TALLY_OK)
		err = add_secret(fake, fake->clients[at], secret, now);
	return fake_leave(fake, err);
}

enum tally_err fake_client_secret_remove(struct tally_store *store, struct tally_span client_id,
					 struct tally_span secret_id)
{
	struct fake *fake = fake_of(store);
	enum tally_err err = fake_enter(fake);
	size_t at, secret;

	if (err == TALLY_OK && (!find_client(fake, client_id, &at) ||
				!find_secret(fake->clients[at], secret_id, &secret)))
		err = TALLY_ERR_NOT_FOUND;
	if (err == TALLY_OK)
		remove_secret(fake->clients[at], secret);
	return fake_leave(fake, err);
}

static struct tally_secret_record *secret_of(struct fake *fake, uint64_t client,
					     struct tally_span secret_id)
{
	size_t at;

	for (size_t i = 0; i < fake->client_count; i++)
		if (fake->clients[i]->number == client &&
		    find_secret(fake->clients[i], secret_id, &at))
			return &fake->clients[i]->secrets[at];
	return NULL;
}

enum tally_err fake_client_secret_rewrap(struct tally_store *store, uint64_t client,
					 const struct tally_secret_record *before,
					 struct tally_span wrapped)
{
	struct fake *fake = fake_of(store);
	enum tally_err err = fake_enter(fake);
	struct tally_secret_record *secret = secret_of(fake, client, before->secret_id);

	if (err == TALLY_OK && (secret == NULL || !tally_span_eq(secret->wrapped, before->wrapped)))
		err = TALLY_ERR_NOT_FOUND;
	if (err == TALLY_OK && !fake_dup_all(fake->arena, (struct tally_span *[]){ &wrapped }, 1))
		err = TALLY_ERR_NOMEM;
	if (err == TALLY_OK)
		secret->wrapped = wrapped;
	return fake_leave(fake, err);
}

static bool find_key(const struct tally_client_record *client, struct tally_span id, size_t *at)
{
	for (*at = 0; *at < client->key_count; ++*at)
		if (tally_span_eq(client->keys[*at].key_id, id))
			return true;
	return false;
}

static enum tally_err add_key(struct fake *fake, struct tally_client_record *client,
			      const struct tally_public_key_record *key)
{
	size_t at;

	if (find_key(client, key->key_id, &at))
		return TALLY_ERR_EXISTS;
	if (client->key_count == TALLY_PUBLIC_KEYS_MAX)
		return TALLY_ERR_LIMIT;
	if (!fake_copy_public_key(fake->arena, key, &client->keys[client->key_count]))
		return TALLY_ERR_NOMEM;
	client->key_count++;
	return TALLY_OK;
}

enum tally_err fake_client_key_add(struct tally_store *store,
				   const struct tally_public_key_record *key)
{
	struct fake *fake = fake_of(store);
	enum tally_err err = fake_enter(fake);
	size_t at;

	if (err == TALLY_OK && !find_client(fake, key->owner, &at))
		err = TALLY_ERR_NOT_FOUND;
	if (err == TALLY_OK)
		err = add_key(fake, fake->clients[at], key);
	return fake_leave(fake, err);
}

static void remove_key(struct tally_client_record *client, size_t at)
{
	client->key_count--;
	memmove(client->keys + at, client->keys + at + 1,
		(client->key_count - at) * sizeof(client->keys[0]));
}

enum tally_err fake_client_key_remove(struct tally_store *store, struct tally_span client_id,
				      struct tally_span key_id)
{
	struct fake *fake = fake_of(store);
	enum tally_err err = fake_enter(fake);
	size_t at, key;

	if (err == TALLY_OK &&
	    (!find_client(fake, client_id, &at) || !find_key(fake->clients[at], key_id, &key)))
		err = TALLY_ERR_NOT_FOUND;
	if (err == TALLY_OK)
		remove_key(fake->clients[at], key);
	return fake_leave(fake, err);
}
