/* SPDX-License-Identifier: Apache-2.0 */
/* Trusted issuers. */
#include "config.h"

#include "tests/fake/store_priv.h"

static enum tally_err copy_issuer(struct tally_arena *arena, const struct tally_issuer_record *from,
				  struct tally_issuer_record *to)
{
	*to = *from;
	return fake_dup_all(arena, (struct tally_span *[]){ &to->issuer, &to->jwks, &to->audience },
			    3)
		       ? TALLY_OK
		       : TALLY_ERR_NOMEM;
}

/* The issuer's place, or where it would go. */
static bool find_issuer(const struct fake *fake, struct tally_span issuer, size_t *at)
{
	int order = 1;

	for (*at = 0; *at < fake->issuer_count; ++*at) {
		order = tally_span_cmp(fake->issuers[*at].issuer, issuer);
		if (order >= 0)
			break;
	}
	return order == 0;
}

static enum tally_err enter_for_issuer(struct fake *fake, struct tally_span issuer, size_t *at)
{
	enum tally_err err = fake_enter(fake);

	if (err == TALLY_OK && !find_issuer(fake, issuer, at))
		err = TALLY_ERR_NOT_FOUND;
	return err;
}

enum tally_err fake_issuer_find(struct tally_store *store, struct tally_arena *arena,
				struct tally_span issuer, struct tally_issuer_record *out)
{
	struct fake *fake = fake_of(store);
	size_t at;
	enum tally_err err = enter_for_issuer(fake, issuer, &at);

	if (err == TALLY_OK)
		err = copy_issuer(arena, &fake->issuers[at], out);
	return fake_leave(fake, err);
}

static enum tally_err snapshot(struct fake *fake, struct tally_arena *arena,
			       struct tally_issuer_record **out, size_t *count)
{
	enum tally_err err = fake_enter(fake);

	*count = 0;
	*out = tally_arena_array(arena, fake->issuer_count, sizeof(**out));
	if (err == TALLY_OK && *out == NULL)
		err = TALLY_ERR_NOMEM;
	while (err == TALLY_OK && *count < fake->issuer_count) {
		err = copy_issuer(arena, &fake->issuers[*count], *out + *count);
		++*count;
	}
	return fake_leave(fake, err);
}

/* visit is called without the lock: it may use the store. */
enum tally_err fake_issuer_list(struct tally_store *store, tally_issuer_visit *visit, void *context)
{
	struct tally_arena *arena = tally_arena_new(4096, 16u << 20);
	struct tally_issuer_record *issuers;
	size_t count;

	if (arena == NULL)
		return TALLY_ERR_NOMEM;
	enum tally_err err = snapshot(fake_of(store), arena, &issuers, &count);

	for (size_t i = 0; err == TALLY_OK && i < count; i++)
		err = visit(context, &issuers[i]);
	tally_arena_free(arena);
	return err;
}

static enum tally_err insert_issuer(struct fake *fake, const struct tally_issuer_record *issuer)
{
	struct tally_issuer_record copy;
	size_t at;

	if (find_issuer(fake, issuer->issuer, &at))
		return TALLY_ERR_EXISTS;
	if (fake->issuer_count == FAKE_ISSUERS || issuer->issuer.n == 0 ||
	    issuer->jwks.n > TALLY_JWKS_MAX)
		return TALLY_ERR_LIMIT;
	if (copy_issuer(fake->arena, issuer, &copy) != TALLY_OK)
		return TALLY_ERR_NOMEM;
	memmove(fake->issuers + at + 1, fake->issuers + at,
		(fake->issuer_count - at) * sizeof(fake->issuers[0]));
	fake->issuers[at] = copy;
	fake->issuer_count++;
	return TALLY_OK;
}

enum tally_err fake_issuer_add(struct tally_store *store, const struct tally_issuer_record *issuer)
{
	struct fake *fake = fake_of(store);
	enum tally_err err = fake_enter(fake);

	if (err == TALLY_OK)
		err = insert_issuer(fake, issuer);
	return fake_leave(fake, err);
}

static enum tally_err change_issuer(struct fake *fake, struct tally_issuer_record *to,
				    const struct tally_issuer_record *wanted, unsigned int parts)
{
	struct tally_issuer_record copy;

	if (wanted->jwks.n > TALLY_JWKS_MAX)
		return TALLY_ERR_LIMIT;
	if (copy_issuer(fake->arena, wanted, &copy) != TALLY_OK)
		return TALLY_ERR_NOMEM;
	if (parts & TALLY_ISSUER_JWKS)
		to->jwks = copy.jwks;
	if (parts & TALLY_ISSUER_AUDIENCE)
		to->audience = copy.audience;
	if (parts & TALLY_ISSUER_MAPPING)
		to->mapping = copy.mapping;
	return TALLY_OK;
}

enum tally_err fake_issuer_set(struct tally_store *store, const struct tally_issuer_record *issuer,
			       unsigned int parts)
{
	struct fake *fake = fake_of(store);
	size_t at;
	enum tally_err err = enter_for_issuer(fake, issuer->issuer, &at);

	if (err == TALLY_OK)
		err = change_issuer(fake, &fake->issuers[at], issuer, parts);
	return fake_leave(fake, err);
}

enum tally_err fake_issuer_disable(struct tally_store *store, struct tally_span issuer,
				   int64_t when)
{
	struct fake *fake = fake_of(store);
	size_t at;
	enum tally_err err = enter_for_issuer(fake, issuer, &at);

	if (err == TALLY_OK)
		fake->issuers[at].disabled_at = when;
	return fake_leave(fake, err);
}

enum tally_err fake_issuer_remove(struct tally_store *store, struct tally_span issuer)
{
	struct fake *fake = fake_of(store);
	size_t at;
	enum tally_err err = enter_for_issuer(fake, issuer, &at);

	if (err == TALLY_OK) {
		fake->issuer_count--;
		memmove(fake->issuers + at, fake->issuers + at + 1,
			(fake->issuer_count - at) * sizeof(fake->issuers[0]));
	}
	return fake_leave(fake, err);
}
