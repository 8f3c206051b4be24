/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "oauth/end.h"

#include "sys/clock.h"

#define BATCH 64u       /* entries that are marked at once */
#define STEPS_MAX 4096u /* successors of a refresh token that are looked at */

/* Entries on their way to be marked. */
struct batch {
	struct tally_token_status *status;
	int64_t now;
	struct tally_status_ref refs[BATCH];
	size_t n;
	enum tally_err err; /* the first failure */
};

static void note(struct batch *batch, enum tally_err err)
{
	if (batch->err == TALLY_OK)
		batch->err = err;
}

static void mark(struct batch *batch)
{
	if (batch->n > 0)
		note(batch, batch->status->revoke(batch->status, batch->refs, batch->n));
	batch->n = 0;
}

static bool has(const struct batch *batch, struct tally_status_ref ref)
{
	for (size_t i = 0; i < batch->n; i++)
		if (batch->refs[i].list == ref.list && batch->refs[i].index == ref.index)
			return true;
	return false;
}

static void add(struct batch *batch, const struct tally_live_refs *live)
{
	for (size_t i = 0; i < live->count; i++) {
		if (live->items[i].expires_at <= batch->now || has(batch, live->items[i].ref))
			continue;
		if (batch->n == BATCH)
			mark(batch);
		batch->refs[batch->n++] = live->items[i].ref;
	}
}

/* From one kept token to what came of it, to the last one. */
static void add_successors(struct tally_request *rq, const struct tally_token *token,
			   struct batch *batch)
{
	struct tally_store *store = rq->services->store;
	struct tally_token_id id = token->id;
	struct tally_live_refs live;
	enum tally_err err = TALLY_OK;

	for (unsigned int i = 0; i < STEPS_MAX && err == TALLY_OK; i++) {
		err = store->ops->refresh_next(store, rq->arena, &id, &id, &live);
		if (err == TALLY_OK)
			add(batch, &live);
	}
	if (err == TALLY_OK)
		tally_log_warn("a refresh token of client %.*s has more than %u successors: the "
			       "status of the access tokens of later ones is left as it is",
			       TALLY_SPAN_ARG(token->owner.client_id), STEPS_MAX);
	else if (err != TALLY_ERR_NOT_FOUND)
		note(batch, err);
}

/* Of sealed tokens Redis has noted what they made. */
static void add_made(struct tally_request *rq, const struct tally_token *token, struct batch *batch)
{
	struct tally_marks *marks = rq->services->marks;
	struct tally_live_refs live;

	if (marks == NULL)
		return;
	enum tally_err err = marks->ops->refresh_made(marks, &token->family, &live);

	if (err == TALLY_OK)
		add(batch, &live);
	else
		note(batch, err);
}

static enum tally_err end_entries(struct tally_request *rq, const struct tally_token *token)
{
	struct batch batch = { .status = rq->services->token_status, .now = tally_clock_now() };

	if (batch.status == NULL)
		return TALLY_OK;
	add(&batch, &token->live);
	if (token->kind == TALLY_TOKEN_REFRESH && token->is_sealed)
		add_made(rq, token, &batch);
	else if (token->kind == TALLY_TOKEN_REFRESH)
		add_successors(rq, token, &batch);
	mark(&batch);
	if (token->status_is_unknown)
		note(&batch, TALLY_ERR_UNAVAILABLE);
	return batch.err;
}

enum tally_err tally_token_end(struct tally_request *rq, const struct tally_token *token)
{
	struct tally_store *store = rq->services->store;
	enum tally_err err = store->ops->revoke(
		store, token->kind == TALLY_TOKEN_REFRESH ? &token->family : &token->id,
		tally_clock_now());
	enum tally_err entries_err = end_entries(rq, token);

	return err == TALLY_OK ? entries_err : err;
}

void tally_token_end_late(struct tally_request *rq, const struct tally_live_refs *live)
{
	struct batch batch = { .status = rq->services->token_status, .now = tally_clock_now() };

	if (batch.status == NULL)
		return;
	add(&batch, live);
	mark(&batch);
	if (batch.err != TALLY_OK)
		tally_log_warn("the status of access tokens that were ended cannot be set: %s",
			       tally_err_text(batch.err));
}
