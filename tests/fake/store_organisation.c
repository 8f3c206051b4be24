/* SPDX-License-Identifier: Apache-2.0 */
/* Organisations. */
#include "config.h"

#include "tests/fake/store_priv.h"

static enum tally_err copy(struct tally_arena *arena, const struct tally_organisation_record *from,
			   struct tally_organisation_record *to)
{
	*to = *from;
	return fake_dup_all(arena, (struct tally_span *[]){ &to->organisation_id, &to->name }, 2)
		       ? TALLY_OK
		       : TALLY_ERR_NOMEM;
}

/* The organisation's place, or where it would go. */
static bool find(const struct fake *fake, struct tally_span id, size_t *at)
{
	int order = 1;

	for (*at = 0; *at < fake->organisation_count; ++*at) {
		order = tally_span_cmp(fake->organisations[*at].organisation_id, id);
		if (order >= 0)
			break;
	}
	return order == 0;
}

enum tally_err fake_join(struct fake *fake, struct tally_span *organisation)
{
	size_t at;

	if (organisation->n == 0)
		*organisation = TALLY_SPAN(TALLY_ORGANISATION_DEFAULT);
	if (!find(fake, *organisation, &at))
		return TALLY_ERR_STATE;
	*organisation = fake->organisations[at].organisation_id;
	return TALLY_OK;
}

int64_t fake_organisation_disabled(const struct fake *fake, struct tally_span organisation)
{
	size_t at;

	return find(fake, organisation, &at) ? fake->organisations[at].disabled_at : 1;
}

static enum tally_err enter_for(struct fake *fake, struct tally_span id, size_t *at)
{
	enum tally_err err = fake_enter(fake);

	if (err == TALLY_OK && !find(fake, id, at))
		err = TALLY_ERR_NOT_FOUND;
	return err;
}

enum tally_err fake_organisation_find(struct tally_store *store, struct tally_arena *arena,
				      struct tally_span organisation_id,
				      struct tally_organisation_record *out)
{
	struct fake *fake = fake_of(store);
	size_t at;
	enum tally_err err = enter_for(fake, organisation_id, &at);

	if (err == TALLY_OK)
		err = copy(arena, &fake->organisations[at], out);
	return fake_leave(fake, err);
}

/* visit is called without the lock: it may use the store. The texts are never freed. */
enum tally_err fake_organisation_list(struct tally_store *store, tally_organisation_visit *visit,
				      void *context)
{
	struct tally_organisation_record all[FAKE_ORGANISATIONS];
	struct fake *fake = fake_of(store);
	enum tally_err err = fake_enter(fake);
	size_t count = err == TALLY_OK ? fake->organisation_count : 0;

	memcpy(all, fake->organisations, count * sizeof(all[0]));
	err = fake_leave(fake, err);
	for (size_t i = 0; err == TALLY_OK && i < count; i++)
		err = visit(context, &all[i]);
	return err;
}

static enum tally_err insert(struct fake *fake, const struct tally_organisation_record *record)
{
	struct tally_organisation_record added;
	size_t at;

	if (record->organisation_id.n == 0 || record->organisation_id.n > TALLY_ID_MAX ||
	    fake->organisation_count == FAKE_ORGANISATIONS)
		return TALLY_ERR_LIMIT;
	if (find(fake, record->organisation_id, &at))
		return TALLY_ERR_EXISTS;
	if (copy(fake->arena, record, &added) != TALLY_OK)
		return TALLY_ERR_NOMEM;
	memmove(fake->organisations + at + 1, fake->organisations + at,
		(fake->organisation_count - at) * sizeof(fake->organisations[0]));
	fake->organisations[at] = added;
	fake->organisation_count++;
	return TALLY_OK;
}

bool fake_add_default_organisation(struct fake *fake)
{
	const struct tally_organisation_record everybody = {
		.organisation_id = TALLY_SPAN(TALLY_ORGANISATION_DEFAULT),
		.name = TALLY_SPAN("Default"),
	};

	return insert(fake, &everybody) == TALLY_OK;
}

enum tally_err fake_organisation_add(struct tally_store *store,
				     const struct tally_organisation_record *organisation)
{
	struct fake *fake = fake_of(store);
	enum tally_err err = fake_enter(fake);

	if (err == TALLY_OK)
		err = insert(fake, organisation);
	return fake_leave(fake, err);
}

enum tally_err fake_organisation_disable(struct tally_store *store,
					 struct tally_span organisation_id, int64_t when)
{
	struct fake *fake = fake_of(store);
	size_t at;
	enum tally_err err = enter_for(fake, organisation_id, &at);

	if (err == TALLY_OK)
		fake->organisations[at].disabled_at = when;
	return fake_leave(fake, err);
}

static bool has_members(const struct fake *fake, struct tally_span id)
{
	for (size_t i = 0; i < fake->client_count; i++)
		if (tally_span_eq(fake->clients[i]->organisation, id))
			return true;
	for (size_t i = 0; i < fake->user_count; i++)
		if (tally_span_eq(fake->users[i]->organisation, id))
			return true;
	return false;
}

enum tally_err fake_organisation_remove(struct tally_store *store,
					struct tally_span organisation_id)
{
	struct fake *fake = fake_of(store);
	size_t at;
	enum tally_err err = enter_for(fake, organisation_id, &at);

	if (err == TALLY_OK &&
	    (tally_span_eq(organisation_id, TALLY_SPAN(TALLY_ORGANISATION_DEFAULT)) ||
	     has_members(fake, organisation_id)))
		err = TALLY_ERR_STATE;
	if (err == TALLY_OK) {
		fake->organisation_count--;
		memmove(fake->organisations + at, fake->organisations + at + 1,
			(fake->organisation_count - at) * sizeof(fake->organisations[0]));
	}
	return fake_leave(fake, err);
}
