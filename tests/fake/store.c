/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/fake/store.h"

#include "tests/fake/store_priv.h"

#include <stdlib.h>

enum tally_err fake_enter(struct fake *fake)
{
	pthread_mutex_lock(&fake->lock);
	fake->calls++;
	if (fake->fail_in > 0 && --fake->fail_in == 0)
		return fake->fail_with;
	return fake->down ? TALLY_ERR_UNAVAILABLE : TALLY_OK;
}

enum tally_err fake_leave(struct fake *fake, enum tally_err err)
{
	pthread_mutex_unlock(&fake->lock);
	return err;
}

bool fake_dup_all(struct tally_arena *arena, struct tally_span *const spans[], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		*spans[i] = tally_arena_dup(arena, *spans[i]);
		if (spans[i]->p == NULL)
			return false;
	}
	return true;
}

static enum tally_err ping(struct tally_store *store)
{
	struct fake *fake = fake_of(store);

	return fake_leave(fake, fake_enter(fake));
}

static bool copy_key(struct tally_arena *arena, const struct tally_key_record *from,
		     struct tally_key_record *to)
{
	*to = *from;
	return fake_dup_all(arena,
			    (struct tally_span *[]){ &to->kid, &to->alg, &to->public_der,
						     &to->wrapped, &to->uri },
			    5);
}

static enum tally_err key_list(struct tally_store *store, struct tally_arena *arena,
			       struct tally_key_record **out, size_t *count)
{
	struct fake *fake = fake_of(store);
	enum tally_err err = fake_enter(fake);

	*count = 0;
	*out = tally_arena_array(arena, fake->key_count, sizeof(**out));
	if (err == TALLY_OK && *out == NULL)
		err = TALLY_ERR_NOMEM;
	while (err == TALLY_OK && *count < fake->key_count) {
		if (!copy_key(arena, &fake->keys[*count], *out + *count))
			err = TALLY_ERR_NOMEM;
		++*count;
	}
	return fake_leave(fake, err);
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
	if (fake->key_count == FAKE_KEYS)
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
	enum tally_err err = fake_enter(fake);

	if (err == TALLY_OK)
		err = insert_key(fake, key);
	return fake_leave(fake, err);
}

static enum tally_err key_rewrap(struct tally_store *store, const struct tally_key_record *before,
				 struct tally_span wrapped)
{
	struct fake *fake = fake_of(store);
	enum tally_err err = fake_enter(fake);
	struct tally_key_record *key = find_key(fake, before->kid);

	if (err == TALLY_OK && (key == NULL || !tally_span_eq(key->wrapped, before->wrapped)))
		err = TALLY_ERR_NOT_FOUND;
	if (err == TALLY_OK && !fake_dup_all(fake->arena, (struct tally_span *[]){ &wrapped }, 1))
		err = TALLY_ERR_NOMEM;
	if (err == TALLY_OK)
		key->wrapped = wrapped;
	return fake_leave(fake, err);
}

/* Enters; *out is the key when it exists and is not retired. */
static enum tally_err enter_for_key(struct fake *fake, struct tally_span kid,
				    struct tally_key_record **out)
{
	enum tally_err err = fake_enter(fake);

	if (err != TALLY_OK)
		return err;
	*out = find_key(fake, kid);
	if (*out == NULL)
		return TALLY_ERR_NOT_FOUND;
	return (*out)->retired_at != 0 ? TALLY_ERR_STATE : TALLY_OK;
}

static enum tally_err key_activate(struct tally_store *store, struct tally_span kid, int64_t when)
{
	struct tally_key_record *key = NULL;
	enum tally_err err = enter_for_key(fake_of(store), kid, &key);

	if (err == TALLY_OK)
		key->activate_at = when;
	return fake_leave(fake_of(store), err);
}

static enum tally_err key_retire(struct tally_store *store, struct tally_span kid, int64_t when)
{
	struct tally_key_record *key = NULL;
	enum tally_err err = enter_for_key(fake_of(store), kid, &key);

	if (err == TALLY_OK)
		key->retired_at = when;
	return fake_leave(fake_of(store), err);
}

static enum tally_err key_remove(struct tally_store *store, struct tally_span kid)
{
	struct fake *fake = fake_of(store);
	struct tally_key_record *key = NULL;
	enum tally_err err = enter_for_key(fake, kid, &key);

	if (err == TALLY_OK || err == TALLY_ERR_STATE) {
		size_t behind = (size_t)(fake->keys + fake->key_count - key) - 1;

		memmove(key, key + 1, behind * sizeof(*key));
		fake->key_count--;
		err = TALLY_OK;
	}
	return fake_leave(fake, err);
}

static void close_store(struct tally_store *store)
{
	struct fake *fake = fake_of(store);

	fake_tokens_end(fake);
	tally_arena_free(fake->arena);
	pthread_mutex_destroy(&fake->lock);
	free(fake);
}

static const struct tally_store_ops ops = {
	.ping = ping,
	.organisation_find = fake_organisation_find,
	.organisation_list = fake_organisation_list,
	.organisation_add = fake_organisation_add,
	.organisation_disable = fake_organisation_disable,
	.organisation_remove = fake_organisation_remove,
	.client_find = fake_client_find,
	.client_list = fake_client_list,
	.client_add = fake_client_add,
	.client_set = fake_client_set,
	.client_disable = fake_client_disable,
	.client_remove = fake_client_remove,
	.client_secret_add = fake_client_secret_add,
	.client_secret_remove = fake_client_secret_remove,
	.client_key_add = fake_client_key_add,
	.client_key_remove = fake_client_key_remove,
	.user_find = fake_user_find,
	.user_find_login = fake_user_find_login,
	.user_list = fake_user_list,
	.user_add = fake_user_add,
	.user_set_password = fake_user_set_password,
	.user_disable = fake_user_disable,
	.user_remove = fake_user_remove,
	.user_key_find = fake_user_key_find,
	.user_key_list = fake_user_key_list,
	.user_key_add = fake_user_key_add,
	.user_key_remove = fake_user_key_remove,
	.issuer_find = fake_issuer_find,
	.issuer_list = fake_issuer_list,
	.issuer_add = fake_issuer_add,
	.issuer_set = fake_issuer_set,
	.issuer_disable = fake_issuer_disable,
	.issuer_remove = fake_issuer_remove,
	.pool_list = fake_pool_list,
	.pool_add = fake_pool_add,
	.pool_set = fake_pool_set,
	.pool_retire = fake_pool_retire,
	.token_write = fake_token_write,
	.access_find = fake_access_find,
	.refresh_find = fake_refresh_find,
	.refresh_next = fake_refresh_next,
	.entry_page = fake_entry_page,
	.revoked = fake_revoked,
	.revoke = fake_revoke,
	.revoke_all = fake_revoke_all,
	.purge = fake_purge,
	.client_secret_rewrap = fake_client_secret_rewrap,
	.key_rewrap = key_rewrap,
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
	fake->arena = tally_arena_new(4096, 512u << 20);
	if (fake->arena == NULL || !fake_add_default_organisation(fake)) {
		tally_arena_free(fake->arena);
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
