/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RFC 6749 §6 with rotation (RFC 9700 §4.14.2). Everything is looked at before
 * the token is used up, so that a request refused for another reason leaves it
 * usable. To the client a token that is unknown, expired, ended or another's is
 * all the same; which it was is in the log.
 */
#include "config.h"

#include "oauth/end.h"
#include "oauth/grant.h"
#include "oauth/user.h"
#include "sys/clock.h"

static enum tally_fault read_token(struct tally_request *rq,
				   const struct tally_token_request *token,
				   struct tally_refresh *out)
{
	struct tally_span text = tally_form_get(token->form, TALLY_SPAN("refresh_token"));

	if (text.p == NULL)
		return tally_fault(rq, TALLY_FAULT_INVALID_REQUEST, "no refresh_token");
	enum tally_err err = tally_refresh_read(rq, text, out);

	if (err == TALLY_ERR_NOT_FOUND)
		return tally_fault(rq, TALLY_FAULT_INVALID_GRANT,
				   "client %.*s brought an unknown or expired refresh token",
				   TALLY_SPAN_ARG(token->client->client_id));
	return err == TALLY_OK ? TALLY_FAULT_NONE
			       : tally_fault_of(rq, err, "reading a refresh token");
}

/* The number tells a client from one that later got the same client_id. */
static bool is_owner(const struct tally_client *client, const struct tally_token_owner *owner)
{
	return client->number == owner->client && tally_span_eq(client->client_id, owner->client_id);
}

static enum tally_fault check_token(struct tally_request *rq,
				    const struct tally_token_request *token,
				    const struct tally_refresh *refresh)
{
	const struct tally_token_owner *owner = &refresh->record.owner;

	if (!is_owner(token->client, owner))
		return tally_fault(rq, TALLY_FAULT_INVALID_GRANT,
				   "client %.*s brought a refresh token of client %.*s",
				   TALLY_SPAN_ARG(token->client->client_id),
				   TALLY_SPAN_ARG(owner->client_id));
	if (!refresh->is_revoked)
		return TALLY_FAULT_NONE;
	tally_token_end_late(rq, &refresh->record.live);
	return tally_fault(rq, TALLY_FAULT_INVALID_GRANT,
			   "the refresh token of client %.*s, subject %.*s was revoked",
			   TALLY_SPAN_ARG(owner->client_id), TALLY_SPAN_ARG(owner->subject));
}

/* The user as it is now, if the token is one of a user. */
static enum tally_fault find_user(struct tally_request *rq, const struct tally_token_owner *owner,
				  struct tally_mint *mint)
{
	if (owner->user == 0)
		return TALLY_FAULT_NONE;
	const struct tally_user *user = NULL;
	enum tally_err err = tally_user_by_id(rq, owner->subject, &user);

	if (err != TALLY_OK && err != TALLY_ERR_NOT_FOUND)
		return tally_fault_of(rq, err, "looking up a user");
	const char *why = err != TALLY_OK                         ? "was removed"
			  : user->record.number != owner->user    ? "is another now"
			  : tally_user_is_disabled(&user->record) ? "is disabled"
								  : NULL;

	if (why == NULL)
		mint->user = tally_user_copy(rq, &user->record);
	if (err == TALLY_OK)
		tally_user_release(rq, user);
	if (why == NULL)
		return mint->user ? TALLY_FAULT_NONE
				  : tally_fault_of(rq, TALLY_ERR_NOMEM, "copying a user");
	return tally_fault(rq, TALLY_FAULT_INVALID_GRANT, "user %.*s of the refresh token %s",
			   TALLY_SPAN_ARG(owner->subject), why);
}

/*
 * Asked for: at most what was granted; compared as it is, since a granted
 * "device_*" is a scope of that name and no pattern. Not asked for: what was
 * granted, less what the client has lost since.
 */
static enum tally_fault narrow_scope(struct tally_request *rq,
				     const struct tally_token_request *token,
				     struct tally_span granted, struct tally_mint *mint)
{
	const struct tally_scopes *asked = &token->scopes;
	struct tally_scopes left;

	for (size_t i = 0; i < asked->count; i++)
		if (!tally_scope_has(granted, asked->items[i]))
			return tally_fault(rq, TALLY_FAULT_INVALID_SCOPE,
					   "scope \"%.*s\" was not granted at first",
					   TALLY_SPAN_ARG(asked->items[i]));
	if (asked->count > 0)
		return TALLY_FAULT_NONE; /* mint->scope is it */
	enum tally_err err = tally_scopes_parse(&left, rq->arena, granted);

	if (err == TALLY_OK) {
		tally_scopes_retain(&left, &token->client->allowed);
		mint->scope = tally_scopes_join(&left, rq->arena);
		err = mint->scope.p ? TALLY_OK : TALLY_ERR_NOMEM;
	}
	return err == TALLY_OK ? TALLY_FAULT_NONE
			       : tally_fault_of(rq, err, "reading the scope of a refresh token");
}

/* Either is used up when what it is exchanged for is ready; of a kept one it shows before. */
static enum tally_fault check_used(struct tally_request *rq, const struct tally_refresh *refresh)
{
	if (refresh->used_at_us == 0 ||
	    tally_refresh_in_grace(rq, refresh->used_at_us, tally_clock_now_us()))
		return TALLY_FAULT_NONE;
	return tally_refresh_reused(rq, refresh);
}

static enum tally_fault decide(struct tally_request *rq, const struct tally_token_request *token,
			       struct tally_mint *mint)
{
	struct tally_refresh *refresh = tally_arena_zalloc(rq->arena, sizeof(*refresh));

	if (refresh == NULL)
		return tally_fault_of(rq, TALLY_ERR_NOMEM, "reading a refresh token");
	const struct tally_refresh_record *record = &refresh->record;
	enum tally_fault fault = read_token(rq, token, refresh);

	if (fault == TALLY_FAULT_NONE)
		fault = check_token(rq, token, refresh);
	if (fault == TALLY_FAULT_NONE)
		fault = find_user(rq, &record->owner, mint);
	if (fault == TALLY_FAULT_NONE)
		fault = narrow_scope(rq, token, record->owner.scope, mint);
	if (fault == TALLY_FAULT_NONE)
		fault = check_used(rq, refresh);
	if (fault != TALLY_FAULT_NONE)
		return fault;
	mint->subject = record->owner.subject;
	mint->audience = record->owner.audience;
	mint->with_refresh = true;
	mint->from = refresh;
	return TALLY_FAULT_NONE;
}

extern const struct tally_grant tally_grant_refresh_token;

const struct tally_grant tally_grant_refresh_token = {
	.type = "refresh_token",
	.decide = decide,
};
