/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "oauth/user.h"

#include "oauth/public_key.h"

#define ARENA_FIRST 1024u
#define ARENA_MAX (64u * 1024)
#define KEY_MAX (1 + (TALLY_LOGIN_MAX > TALLY_ID_MAX ? TALLY_LOGIN_MAX : TALLY_ID_MAX))

static enum tally_err find(struct tally_store *store, struct tally_arena *arena,
			   struct tally_span key, struct tally_user_record *out)
{
	struct tally_span name = tally_span(key.p + 1, key.n - 1);

	if (key.p[0] == 'i')
		return store->ops->user_find(store, arena, name, out);
	return store->ops->user_find_login(store, arena, name, out);
}

static enum tally_err load_user(void *context, struct tally_span key,
				const struct tally_cached *before, struct tally_cached **out)
{
	(void)before;
	struct tally_arena *arena = tally_arena_new(ARENA_FIRST, ARENA_MAX);
	struct tally_user *user = arena ? tally_arena_zalloc(arena, sizeof(*user)) : NULL;
	enum tally_err err = user ? find(context, arena, key, &user->record) : TALLY_ERR_NOMEM;

	if (err != TALLY_OK) {
		tally_arena_free(arena);
		return err;
	}
	user->arena = arena;
	*out = &user->cached;
	return TALLY_OK;
}

static void free_user(struct tally_cached *cached)
{
	tally_arena_free(((struct tally_user *)cached)->arena);
}

const struct tally_cache_type tally_user_cache_type = { .load = load_user, .free = free_user };

static enum tally_err get(struct tally_request *rq, char letter, struct tally_span name,
			  const struct tally_user **out)
{
	char key[KEY_MAX];
	struct tally_cached *cached = NULL;

	if (name.n == 0 || name.n > sizeof(key) - 1)
		return TALLY_ERR_NOT_FOUND;
	key[0] = letter;
	memcpy(key + 1, name.p, name.n);
	enum tally_err err =
		tally_cache_get(rq->services->users, tally_span(key, name.n + 1), &cached);

	*out = (const struct tally_user *)cached;
	return err;
}

enum tally_err tally_user_by_id(struct tally_request *rq, struct tally_span user_id,
				const struct tally_user **out)
{
	return get(rq, 'i', user_id, out);
}

enum tally_err tally_user_by_login(struct tally_request *rq, struct tally_span login,
				   const struct tally_user **out)
{
	return get(rq, 'l', login, out);
}

void tally_user_release(struct tally_request *rq, const struct tally_user *user)
{
	/* Constant for the request; the cache counts its holders. */
	if (user != NULL)
		tally_cache_release(rq->services->users, (struct tally_cached *)&user->cached);
}

const struct tally_user_record *tally_user_copy(struct tally_request *rq,
						const struct tally_user_record *user)
{
	struct tally_user_record *copy = tally_arena_alloc(rq->arena, sizeof(*copy));

	if (copy == NULL)
		return NULL;
	*copy = *user;
	copy->user_id = tally_arena_dup(rq->arena, user->user_id);
	copy->login = tally_arena_dup(rq->arena, user->login);
	copy->name = tally_arena_dup(rq->arena, user->name);
	copy->organisation = TALLY_SPAN("");
	copy->password = TALLY_SPAN("");
	return copy->user_id.p && copy->login.p && copy->name.p ? copy : NULL;
}

static enum tally_err fill_key(struct tally_store *store, struct tally_span key_id,
			       const struct tally_user_key *before, struct tally_user_key *key)
{
	struct tally_public_key known = { .key = NULL };
	enum tally_err err =
		store->ops->user_key_find(store, key->arena, key_id, &key->record, &key->user);

	if (err != TALLY_OK)
		return err;
	if (before != NULL)
		known = (struct tally_public_key){ &before->record, before->key };
	return tally_public_key_open(&key->record, &known, before ? 1 : 0, &key->key);
}

static enum tally_err load_key(void *context, struct tally_span key_id,
			       const struct tally_cached *before, struct tally_cached **out)
{
	struct tally_arena *arena = tally_arena_new(ARENA_FIRST, ARENA_MAX);
	struct tally_user_key *key = arena ? tally_arena_zalloc(arena, sizeof(*key)) : NULL;
	enum tally_err err = key ? TALLY_OK : TALLY_ERR_NOMEM;

	if (err == TALLY_OK) {
		key->arena = arena;
		err = fill_key(context, key_id, (const struct tally_user_key *)before, key);
	}
	if (err != TALLY_OK) {
		tally_arena_free(arena);
		return err;
	}
	*out = &key->cached;
	return TALLY_OK;
}

static void free_key(struct tally_cached *cached)
{
	struct tally_user_key *key = (struct tally_user_key *)cached;

	tally_key_free(key->key);
	tally_arena_free(key->arena);
}

const struct tally_cache_type tally_user_key_cache_type = { .load = load_key, .free = free_key };

enum tally_err tally_user_key_get(struct tally_request *rq, struct tally_span key_id,
				  const struct tally_user_key **out)
{
	struct tally_cached *cached = NULL;
	enum tally_err err = TALLY_ERR_NOT_FOUND;

	if (key_id.n > 0 && key_id.n <= TALLY_ID_MAX)
		err = tally_cache_get(rq->services->user_keys, key_id, &cached);
	*out = (const struct tally_user_key *)cached;
	return err;
}

void tally_user_key_release(struct tally_request *rq, const struct tally_user_key *key)
{
	/* Constant for the request; the cache counts its holders. */
	if (key != NULL)
		tally_cache_release(rq->services->user_keys, (struct tally_cached *)&key->cached);
}
