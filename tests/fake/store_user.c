/* SPDX-License-Identifier: Apache-2.0 */
/* Users and the keys of machine users. */
#include "config.h"

#include "tests/fake/store_priv.h"

static bool copy_user(struct tally_arena *arena, const struct tally_user_record *from,
		      struct tally_user_record *to)
{
	*to = *from;
	return fake_dup_all(arena,
			    (struct tally_span *[]){ &to->user_id, &to->login, &to->name,
						     &to->password, &to->organisation },
			    5);
}

static enum tally_err give_user(const struct fake *fake, struct tally_arena *arena,
				const struct tally_user_record *from, struct tally_user_record *out)
{
	if (!copy_user(arena, from, out))
		return TALLY_ERR_NOMEM;
	out->organisation_disabled_at = fake_organisation_disabled(fake, from->organisation);
	return TALLY_OK;
}

static bool find_user(const struct fake *fake, struct tally_span user_id, size_t *at)
{
	for (*at = 0; *at < fake->user_count; ++*at)
		if (tally_span_eq(fake->users[*at]->user_id, user_id))
			return true;
	return false;
}

/* An empty login is nobody's. */
static bool find_login(const struct fake *fake, struct tally_span login, size_t *at)
{
	for (*at = 0; login.n > 0 && *at < fake->user_count; ++*at)
		if (tally_span_eq(fake->users[*at]->login, login))
			return true;
	return false;
}

const struct tally_user_record *fake_user_numbered(const struct fake *fake, uint64_t number)
{
	for (size_t i = 0; i < fake->user_count; i++)
		if (fake->users[i]->number == number)
			return fake->users[i];
	return NULL;
}

enum tally_err fake_user_find(struct tally_store *store, struct tally_arena *arena,
			      struct tally_span user_id, struct tally_user_record *out)
{
	struct fake *fake = fake_of(store);
	enum tally_err err = fake_enter(fake);
	size_t at;

	if (err == TALLY_OK && !find_user(fake, user_id, &at))
		err = TALLY_ERR_NOT_FOUND;
	if (err == TALLY_OK)
		err = give_user(fake, arena, fake->users[at], out);
	return fake_leave(fake, err);
}

enum tally_err fake_user_find_login(struct tally_store *store, struct tally_arena *arena,
				    struct tally_span login, struct tally_user_record *out)
{
	struct fake *fake = fake_of(store);
	enum tally_err err = fake_enter(fake);
	size_t at;

	if (err == TALLY_OK && !find_login(fake, login, &at))
		err = TALLY_ERR_NOT_FOUND;
	if (err == TALLY_OK)
		err = give_user(fake, arena, fake->users[at], out);
	return fake_leave(fake, err);
}

/* All users, copied while the lock is held. */
static enum tally_err snapshot(struct fake *fake, struct tally_arena *arena,
			       struct tally_user_record **out, size_t *count)
{
	enum tally_err err = fake_enter(fake);

	*count = 0;
	*out = tally_arena_array(arena, fake->user_count, sizeof(**out));
	if (err == TALLY_OK && *out == NULL)
		err = TALLY_ERR_NOMEM;
	while (err == TALLY_OK && *count < fake->user_count) {
		err = give_user(fake, arena, fake->users[*count], *out + *count);
		++*count;
	}
	return fake_leave(fake, err);
}

/* visit is called without the lock: it may use the store. */
enum tally_err fake_user_list(struct tally_store *store, tally_user_visit *visit, void *context)
{
	struct tally_arena *arena = tally_arena_new(4096, 16u << 20);
	struct tally_user_record *users;
	size_t count;

	if (arena == NULL)
		return TALLY_ERR_NOMEM;
	enum tally_err err = snapshot(fake_of(store), arena, &users, &count);

	for (size_t i = 0; err == TALLY_OK && i < count; i++)
		err = visit(context, &users[i]);
	tally_arena_free(arena);
	return err;
}

static enum tally_err insert_user(struct fake *fake, const struct tally_user_record *record)
{
	size_t at;

	if (record->user_id.n == 0 || record->user_id.n > TALLY_ID_MAX ||
	    record->login.n > TALLY_LOGIN_MAX || fake->user_count == FAKE_USERS)
		return TALLY_ERR_LIMIT;
	if (find_user(fake, record->user_id, &at) || find_login(fake, record->login, &at))
		return TALLY_ERR_EXISTS;
	struct tally_user_record *user = tally_arena_alloc(fake->arena, sizeof(*user));

	if (user == NULL || !copy_user(fake->arena, record, user))
		return TALLY_ERR_NOMEM;
	enum tally_err err = fake_join(fake, &user->organisation);

	if (err != TALLY_OK)
		return err;
	user->number = ++fake->last_number;
	fake->users[fake->user_count++] = user;
	return TALLY_OK;
}

enum tally_err fake_user_add(struct tally_store *store, const struct tally_user_record *user)
{
	struct fake *fake = fake_of(store);
	enum tally_err err = fake_enter(fake);

	if (err == TALLY_OK)
		err = insert_user(fake, user);
	return fake_leave(fake, err);
}

/* Enters; *at is the user's place when it exists. */
static enum tally_err enter_for_user(struct fake *fake, struct tally_span user_id, size_t *at)
{
	enum tally_err err = fake_enter(fake);

	if (err == TALLY_OK && !find_user(fake, user_id, at))
		err = TALLY_ERR_NOT_FOUND;
	return err;
}

enum tally_err fake_user_set_password(struct tally_store *store, struct tally_span user_id,
				      struct tally_span password)
{
	struct fake *fake = fake_of(store);
	size_t at;
	enum tally_err err = enter_for_user(fake, user_id, &at);

	if (err == TALLY_OK && !fake_dup_all(fake->arena, (struct tally_span *[]){ &password }, 1))
		err = TALLY_ERR_NOMEM;
	if (err == TALLY_OK)
		fake->users[at]->password = password;
	return fake_leave(fake, err);
}

enum tally_err fake_user_disable(struct tally_store *store, struct tally_span user_id, int64_t when)
{
	struct fake *fake = fake_of(store);
	size_t at;
	enum tally_err err = enter_for_user(fake, user_id, &at);

	if (err == TALLY_OK)
		fake->users[at]->disabled_at = when;
	return fake_leave(fake, err);
}

static void remove_key(struct fake *fake, size_t at)
{
	fake->user_key_count--;
	memmove(fake->user_keys + at, fake->user_keys + at + 1,
		(fake->user_key_count - at) * sizeof(fake->user_keys[0]));
}

static void remove_user(struct fake *fake, size_t at)
{
	for (size_t i = fake->user_key_count; i-- > 0;)
		if (tally_span_eq(fake->user_keys[i].owner, fake->users[at]->user_id))
			remove_key(fake, i);
	fake->user_count--;
	memmove(fake->users + at, fake->users + at + 1,
		(fake->user_count - at) * sizeof(fake->users[0]));
}

enum tally_err fake_user_remove(struct tally_store *store, struct tally_span user_id)
{
	struct fake *fake = fake_of(store);
	size_t at;
	enum tally_err err = enter_for_user(fake, user_id, &at);

	if (err == TALLY_OK)
		remove_user(fake, at);
	return fake_leave(fake, err);
}

/* ---- keys ---- */

static bool find_key(const struct fake *fake, struct tally_span key_id, size_t *at)
{
	for (*at = 0; *at < fake->user_key_count; ++*at)
		if (tally_span_eq(fake->user_keys[*at].key_id, key_id))
			return true;
	return false;
}

enum tally_err fake_user_key_find(struct tally_store *store, struct tally_arena *arena,
				  struct tally_span key_id, struct tally_public_key_record *key,
				  struct tally_user_record *user)
{
	struct fake *fake = fake_of(store);
	enum tally_err err = fake_enter(fake);
	size_t at, owner;

	if (err == TALLY_OK &&
	    (!find_key(fake, key_id, &at) || !find_user(fake, fake->user_keys[at].owner, &owner)))
		err = TALLY_ERR_NOT_FOUND;
	if (err == TALLY_OK && !fake_copy_public_key(arena, &fake->user_keys[at], key))
		err = TALLY_ERR_NOMEM;
	if (err == TALLY_OK)
		err = give_user(fake, arena, fake->users[owner], user);
	return fake_leave(fake, err);
}

static enum tally_err collect_keys(const struct fake *fake, struct tally_arena *arena,
				   struct tally_span user_id, struct tally_public_key_record **out,
				   size_t *count)
{
	*count = 0;
	*out = tally_arena_array(arena, TALLY_PUBLIC_KEYS_MAX, sizeof(**out));
	if (*out == NULL)
		return TALLY_ERR_NOMEM;
	for (size_t i = 0; i < fake->user_key_count; i++)
		if (tally_span_eq(fake->user_keys[i].owner, user_id) &&
		    !fake_copy_public_key(arena, &fake->user_keys[i], &(*out)[(*count)++]))
			return TALLY_ERR_NOMEM;
	return TALLY_OK;
}

enum tally_err fake_user_key_list(struct tally_store *store, struct tally_arena *arena,
				  struct tally_span user_id, struct tally_public_key_record **out,
				  size_t *count)
{
	struct fake *fake = fake_of(store);
	size_t at;
	enum tally_err err = enter_for_user(fake, user_id, &at);

	if (err == TALLY_OK)
		err = collect_keys(fake, arena, user_id, out, count);
	return fake_leave(fake, err);
}

static enum tally_err add_key(struct fake *fake, const struct tally_public_key_record *key)
{
	size_t at, count = 0;

	if (find_key(fake, key->key_id, &at))
		return TALLY_ERR_EXISTS;
	for (at = 0; at < fake->user_key_count; at++)
		count += tally_span_eq(fake->user_keys[at].owner, key->owner);
	if (count >= TALLY_PUBLIC_KEYS_MAX || fake->user_key_count == FAKE_USER_KEYS)
		return TALLY_ERR_LIMIT;
	if (!fake_copy_public_key(fake->arena, key, &fake->user_keys[fake->user_key_count]))
		return TALLY_ERR_NOMEM;
	fake->user_key_count++;
	return TALLY_OK;
}

enum tally_err fake_user_key_add(struct tally_store *store,
				 const struct tally_public_key_record *key)
{
	struct fake *fake = fake_of(store);
	size_t at;
	enum tally_err err = enter_for_user(fake, key->owner, &at);

	if (err == TALLY_OK)
		err = add_key(fake, key);
	return fake_leave(fake, err);
}

enum tally_err fake_user_key_remove(struct tally_store *store, struct tally_span user_id,
				    struct tally_span key_id)
{
	struct fake *fake = fake_of(store);
	enum tally_err err = fake_enter(fake);
	size_t at;

	if (err == TALLY_OK &&
	    (!find_key(fake, key_id, &at) || !tally_span_eq(fake->user_keys[at].owner, user_id)))
		err = TALLY_ERR_NOT_FOUND;
	if (err == TALLY_OK)
		remove_key(fake, at);
	return fake_leave(fake, err);
}
