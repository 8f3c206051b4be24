/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/fake/token_status.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define SIZE TALLY_FAKE_LIST_SIZE
#define BASE "https://as.example/status-lists/tokens-"
#define URI_SIZE 64u

struct list {
	char uri[URI_SIZE]; /* "": nothing of it was handed out */
	bool set[SIZE];
};

struct fake {
	struct tally_token_status status;
	pthread_mutex_t lock;
	struct list *lists;
	uint32_t taken;
	uint32_t left;
	bool down;
	bool unknown;
};

static struct fake *fake_of(struct tally_token_status *status)
{
	return (struct fake *)status;
}

static struct tally_status_ref ref_of(uint32_t number)
{
	/* Not in their order, as it is with the real ones. */
	return (struct tally_status_ref){ number / SIZE, number * 37 % SIZE };
}

static enum tally_err take(struct tally_token_status *status, struct tally_status_ref *out,
			   struct tally_span *uri)
{
	struct fake *fake = fake_of(status);
	enum tally_err err = TALLY_ERR_UNAVAILABLE;

	pthread_mutex_lock(&fake->lock);
	if (fake->left > 0 && fake->taken < SIZE * TALLY_FAKE_LISTS) {
		*out = ref_of(fake->taken++);
		struct list *list = &fake->lists[out->list];

		if (list->uri[0] == '\0')
			snprintf(list->uri, sizeof(list->uri), BASE "%u", out->list);
		*uri = tally_span_of(list->uri);
		fake->left -= fake->left != UINT32_MAX;
		err = TALLY_OK;
	}
	pthread_mutex_unlock(&fake->lock);
	return err;
}

static bool exists(struct tally_status_ref ref)
{
	return ref.list < TALLY_FAKE_LISTS && ref.index < SIZE;
}

static enum tally_err revoke(struct tally_token_status *status,
			     const struct tally_status_ref *refs, size_t n)
{
	struct fake *fake = fake_of(status);

	pthread_mutex_lock(&fake->lock);
	bool down = fake->down;

	for (size_t i = 0; i < n && !down; i++)
		if (exists(refs[i]))
			fake->lists[refs[i].list].set[refs[i].index] = true;
	pthread_mutex_unlock(&fake->lock);
	return down ? TALLY_ERR_UNAVAILABLE : TALLY_OK;
}

static enum tally_err is_revoked(struct tally_token_status *status, struct tally_status_ref ref,
				 bool *out)
{
	struct fake *fake = fake_of(status);

	pthread_mutex_lock(&fake->lock);
	bool down = fake->down;

	*out = !down && exists(ref) && fake->lists[ref.list].set[ref.index];
	pthread_mutex_unlock(&fake->lock);
	return down ? TALLY_ERR_UNAVAILABLE : TALLY_OK;
}

static enum tally_err find(struct tally_token_status *status, struct tally_span uri, uint64_t idx,
			   struct tally_status_ref *out)
{
	struct tally_span base = TALLY_SPAN(BASE);
	uint64_t list;

	if (fake_of(status)->unknown)
		return TALLY_ERR_UNAVAILABLE;
	if (!tally_span_starts_with(uri, base) || idx >= SIZE ||
	    tally_span_to_u64(tally_span(uri.p + base.n, uri.n - base.n), TALLY_FAKE_LISTS - 1,
			      &list) != TALLY_OK)
		return TALLY_ERR_NOT_FOUND;
	*out = (struct tally_status_ref){ (uint32_t)list, (uint32_t)idx };
	return TALLY_OK;
}

struct tally_token_status *tally_fake_token_status_new(void)
{
	struct fake *fake = calloc(1, sizeof(*fake));

	if (fake == NULL)
		return NULL;
	fake->lists = calloc(TALLY_FAKE_LISTS, sizeof(*fake->lists));
	if (fake->lists == NULL) {
		free(fake);
		return NULL;
	}
	fake->status = (struct tally_token_status){
		.take = take,
		.revoke = revoke,
		.is_revoked = is_revoked,
		.find = find,
	};
	fake->left = UINT32_MAX;
	pthread_mutex_init(&fake->lock, NULL);
	return &fake->status;
}

void tally_fake_token_status_free(struct tally_token_status *status)
{
	if (status == NULL)
		return;
	pthread_mutex_destroy(&fake_of(status)->lock);
	free(fake_of(status)->lists);
	free(fake_of(status));
}

void tally_fake_token_status_down(struct tally_token_status *status, bool down)
{
	pthread_mutex_lock(&fake_of(status)->lock);
	fake_of(status)->down = down;
	pthread_mutex_unlock(&fake_of(status)->lock);
}

void tally_fake_token_status_unknown(struct tally_token_status *status, bool unknown)
{
	fake_of(status)->unknown = unknown;
}

void tally_fake_token_status_left(struct tally_token_status *status, uint32_t left)
{
	pthread_mutex_lock(&fake_of(status)->lock);
	fake_of(status)->left = left;
	pthread_mutex_unlock(&fake_of(status)->lock);
}

struct tally_status_ref tally_fake_token_status_last(struct tally_token_status *status)
{
	return ref_of(fake_of(status)->taken - 1);
}

uint32_t tally_fake_token_status_taken(struct tally_token_status *status)
{
	return fake_of(status)->taken;
}

bool tally_fake_token_status_is_set(struct tally_token_status *status, struct tally_status_ref ref)
{
	return fake_of(status)->lists[ref.list].set[ref.index];
}

uint32_t tally_fake_token_status_set_count(struct tally_token_status *status)
{
	const struct list *lists = fake_of(status)->lists;
	uint32_t count = 0;

	for (size_t i = 0; i < TALLY_FAKE_LISTS; i++)
		for (size_t k = 0; k < SIZE; k++)
			count += lists[i].set[k];
	return count;
}
