/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "oauth/issue.h"

#include "codec/json_out.h"
#include "oauth/mint.h"
#include "oauth/opaque.h"
#include "oauth/refresh.h"
#include "sys/clock.h"

#define ANSWER_FIXED_MAX 256u /* names, punctuation and expires_in */

/* One answer in the making. */
struct issue {
	const struct tally_client *client; /* NULL: none */
	const struct tally_mint *mint;
	enum tally_persistence persistence;
	enum tally_token_format format;
	bool with_refresh;
	bool with_id;
	int64_t now_us;
	struct tally_access_record access;
	struct tally_refresh_record refresh;
};

static enum tally_persistence persistence_of(const struct tally_request *rq,
					     const struct tally_client *client)
{
	static const enum tally_persistence configured[] = {
		[TALLY_CONF_ALL] = TALLY_PERSIST_ALL,
		[TALLY_CONF_REFRESH] = TALLY_PERSIST_REFRESH,
		[TALLY_CONF_NONE] = TALLY_PERSIST_NONE,
	};

	if (client != NULL && client->persistence != TALLY_PERSIST_DEFAULT)
		return client->persistence;
	return configured[rq->site->conf->tokens_persistence];
}

static enum tally_token_format format_of(const struct tally_request *rq,
					 const struct tally_client *client)
{
	if (client != NULL && client->format != TALLY_FORMAT_DEFAULT)
		return client->format;
	return rq->site->conf->tokens_format == TALLY_CONF_OPAQUE ? TALLY_FORMAT_OPAQUE
								  : TALLY_FORMAT_JWT;
}

/* An opaque token has none: nobody can look at it but us. */
static bool wants_status(const struct tally_request *rq, const struct issue *issue)
{
	const struct tally_client *client = issue->client;

	if (issue->format == TALLY_FORMAT_OPAQUE)
		return false;
	if (client != NULL && client->status != TALLY_STATUS_DEFAULT)
		return client->status == TALLY_STATUS_ON;
	return rq->site->conf->tokens_status != 0;
}

/* A refresh token goes to who may use it. */
static bool wants_refresh(const struct tally_client *client, const struct tally_mint *mint)
{
	return mint->with_refresh && client != NULL &&
	       (client->grants & UINT32_C(1) << TALLY_GRANT_refresh_token);
}

/* What the access token and the refresh token say in common. */
static struct tally_token_owner owner_of(const struct issue *issue)
{
	const struct tally_mint *mint = issue->mint;

	return (struct tally_token_owner){
		.client = issue->client ? issue->client->number : 0,
		.user = mint->user ? mint->user->number : 0,
		.client_id = issue->client ? issue->client->client_id : mint->subject,
		.subject = mint->subject,
		.scope = mint->scope,
		.audience = mint->audience,
	};
}

static void begin(struct tally_request *rq, const struct tally_client *client,
		  const struct tally_mint *mint, struct issue *issue)
{
	*issue = (struct issue){
		.client = client,
		.mint = mint,
		.persistence = persistence_of(rq, client),
		.format = format_of(rq, client),
		.with_refresh = wants_refresh(client, mint),
		.with_id = mint->user != NULL && tally_scope_has(mint->scope, TALLY_SPAN("openid")),
		.now_us = tally_clock_now_us(),
	};
	issue->access.owner = owner_of(issue);
	issue->access.expires_at = issue->now_us / 1000000 + mint->access_lifetime;
}

/* An entry of a list that is this token's alone: from memory, and never given back. */
static enum tally_fault take_status(struct tally_request *rq, struct issue *issue)
{
	struct tally_token_status *lists = rq->services->token_status;
	struct tally_span client_id = issue->access.owner.client_id;

	if (!wants_status(rq, issue))
		return TALLY_FAULT_NONE;
	if (lists == NULL)
		return tally_fault(rq, TALLY_FAULT_UNAVAILABLE,
				   "tokens of client %.*s are to have a status (tokens.status, or "
				   "the client's own), and there are no status lists: configure "
				   "Redis and tokens.status-pool", TALLY_SPAN_ARG(client_id));
	enum tally_err err =
		lists->take(lists, &issue->access.status, &issue->access.status_uri);

	if (err == TALLY_OK)
		return TALLY_FAULT_NONE;
	return tally_fault(rq, TALLY_FAULT_UNAVAILABLE,
			   "pool %s has no entry for a token of client %.*s, which is to have a "
			   "status: %s", rq->site->conf->tokens_status_pool,
			   TALLY_SPAN_ARG(client_id), tally_err_text(err));
}

/* The status of the access token, for as long as that lives. */
static struct tally_live_ref status_of(const struct issue *issue)
{
	const struct tally_access_record *access = &issue->access;

	return (struct tally_live_ref){ access->status, access->expires_at };
}

/* What the refresh token knows of access tokens: of those before it, and of this one. */
static void plan_live(struct issue *issue)
{
	struct tally_live_refs *live = &issue->refresh.live;

	if (issue->mint->from != NULL)
		*live = issue->mint->from->record.live;
	tally_live_refs_expire(live, issue->now_us / 1000000);
	if (issue->access.status_uri.n > 0)
		tally_live_refs_add(live, status_of(issue));
}

/* What is kept is what was granted at first, not what this answer narrows. */
static void follow_family(const struct tally_refresh_record *from,
			  struct tally_refresh_record *refresh)
{
	refresh->owner.scope = from->owner.scope;
	refresh->family = from->family;
	refresh->family_expires_at = from->family_expires_at;
}

static enum tally_err begin_family(const struct tally_request *rq, const struct issue *issue,
				   struct tally_refresh_record *refresh)
{
	refresh->family_expires_at =
		issue->now_us / 1000000 + rq->site->conf->tokens_refresh_max_lifetime;
	return tally_token_id_make(&refresh->family, issue->now_us, refresh->family_expires_at);
}

static enum tally_err plan_refresh(const struct tally_request *rq, struct issue *issue)
{
	struct tally_refresh_record *refresh = &issue->refresh;
	uint32_t lifetime = issue->client->refresh_lifetime;
	enum tally_err err = TALLY_OK;

	if (lifetime == 0)
		lifetime = rq->site->conf->tokens_refresh_lifetime;
	*refresh = (struct tally_refresh_record){
		.owner = owner_of(issue),
		.expires_at = issue->now_us / 1000000 + lifetime,
	};
	plan_live(issue);
	if (issue->mint->from != NULL)
		follow_family(&issue->mint->from->record, refresh);
	else
		err = begin_family(rq, issue, refresh);
	if (refresh->expires_at > refresh->family_expires_at)
		refresh->expires_at = refresh->family_expires_at;
	if (err == TALLY_OK)
		err = tally_token_id_make(&refresh->id, issue->now_us, refresh->expires_at);
	return err;
}

static enum tally_err plan(const struct tally_request *rq, struct issue *issue)
{
	enum tally_err err = issue->with_refresh ? plan_refresh(rq, issue) : TALLY_OK;

	issue->access.family = issue->refresh.family;
	if (err == TALLY_OK)
		err = tally_token_id_make(&issue->access.id, issue->now_us,
					  issue->access.expires_at);
	return err;
}

static enum tally_err add_access(struct tally_request *rq, struct issue *issue,
				 struct tally_json_out *out)
{
	enum tally_err err;

	tally_json_string_begin(out, "access_token");
	if (issue->format == TALLY_FORMAT_OPAQUE)
		err = tally_opaque_write(out->buf, TALLY_ACCESS_PREFIX, &issue->access.id,
					 issue->access.digest);
	else
		err = tally_mint_access_token(rq, &issue->access, out->buf);
	tally_json_string_end(out);
	return err;
}

static enum tally_err add_refresh(struct tally_request *rq, struct issue *issue,
				  struct tally_json_out *out)
{
	tally_json_string_begin(out, "refresh_token");
	enum tally_err err = tally_refresh_write(rq, &issue->refresh,
						 issue->persistence == TALLY_PERSIST_NONE,
						 out->buf);

	tally_json_string_end(out);
	return err;
}

static enum tally_err add_id_token(struct tally_request *rq, const struct issue *issue,
				   struct tally_json_out *out)
{
	tally_json_string_begin(out, "id_token");
	enum tally_err err = tally_mint_id_token(rq, issue->mint, issue->access.owner.client_id,
						 issue->now_us / 1000000, out->buf);

	tally_json_string_end(out);
	return err;
}

static size_t answer_size(const struct tally_request *rq, const struct issue *issue)
{
	size_t size = ANSWER_FIXED_MAX + issue->mint->scope.n +
		      (issue->format == TALLY_FORMAT_OPAQUE
			       ? TALLY_OPAQUE_SIZE
			       : tally_mint_access_size(rq, &issue->access));

	if (issue->with_refresh)
		size += TALLY_REFRESH_MAX;
	if (issue->with_id)
		size += tally_mint_id_size(rq, issue->mint, issue->access.owner.client_id);
	return size;
}

/* RFC 6749 §5.1. */
static enum tally_err write_answer(struct tally_request *rq, struct issue *issue,
				   struct tally_buf *buf)
{
	struct tally_json_out out;

	tally_buf_in(buf, rq->arena, answer_size(rq, issue));
	tally_json_begin(&out, buf);
	tally_json_object(&out, NULL);
	enum tally_err err = add_access(rq, issue, &out);

	tally_json_add_str(&out, "token_type", "Bearer");
	tally_json_add_i64(&out, "expires_in", issue->mint->access_lifetime);
	if (err == TALLY_OK && issue->with_refresh)
		err = add_refresh(rq, issue, &out);
	if (err == TALLY_OK && issue->with_id)
		err = add_id_token(rq, issue, &out);
	if (issue->mint->scope.n > 0)
		tally_json_add_span(&out, "scope", issue->mint->scope);
	tally_json_object_end(&out);
	return err == TALLY_OK ? tally_buf_err(buf) : err;
}

/* An opaque access token is always kept: nobody could tell what it is otherwise. */
static bool keeps_access(const struct issue *issue)
{
	return issue->persistence == TALLY_PERSIST_ALL || issue->format == TALLY_FORMAT_OPAQUE;
}

/* A kept token is used up in the same step that keeps its successor. */
static const struct tally_refresh_record *used_by(const struct issue *issue)
{
	const struct tally_refresh *from = issue->mint->from;

	return from != NULL && !from->sealed && from->used_at_us == 0 ? &from->record : NULL;
}

static enum tally_fault use_sealed(struct tally_request *rq, const struct issue *issue)
{
	const struct tally_refresh *from = issue->mint->from;
	const struct tally_live_ref made = status_of(issue);

	if (from == NULL || !from->sealed)
		return TALLY_FAULT_NONE;
	return tally_refresh_use_sealed(rq, from, issue->access.status_uri.n > 0 ? &made : NULL);
}

static enum tally_fault keep(struct tally_request *rq, const struct issue *issue)
{
	struct tally_token_job job = {
		.use = used_by(issue),
		.access = keeps_access(issue) ? &issue->access : NULL,
		.refresh = issue->with_refresh && issue->persistence != TALLY_PERSIST_NONE
				   ? &issue->refresh : NULL,
		.now_us = issue->now_us,
	};

	if (job.use == NULL && job.access == NULL && job.refresh == NULL)
		return TALLY_FAULT_NONE;
	enum tally_err err = tally_token_writer_put(rq->services->writer, &job);

	if (err == TALLY_ERR_CONFLICT) {
		/* Another request was faster than this one since it looked. */
		if (!tally_refresh_in_grace(rq, job.used_at_us, job.now_us))
			return tally_refresh_reused(rq, issue->mint->from);
		job.use = NULL;
		err = tally_token_writer_put(rq->services->writer, &job);
	}
	if (err == TALLY_ERR_LIMIT)
		return tally_fault(rq, TALLY_FAULT_UNAVAILABLE,
				   "tokens.write-queue (%u) is full: the database is too slow",
				   rq->site->conf->tokens_write_queue);
	return err == TALLY_OK ? TALLY_FAULT_NONE : tally_fault_of(rq, err, "keeping a token");
}

static void log_issue(const struct issue *issue)
{
	const struct tally_token_owner *owner = &issue->access.owner;

	tally_log_info("issued an access token%s%s to client %.*s, subject %.*s, scope \"%.*s\", %u s",
		       issue->with_refresh ? ", a refresh token" : "",
		       issue->with_id ? ", an ID token" : "", TALLY_SPAN_ARG(owner->client_id),
		       TALLY_SPAN_ARG(owner->subject), TALLY_SPAN_ARG(owner->scope),
		       issue->mint->access_lifetime);
}

enum tally_fault tally_issue(struct tally_request *rq, const struct tally_client *client,
			     const struct tally_mint *mint)
{
	struct issue issue;
	struct tally_buf buf;

	begin(rq, client, mint, &issue);
	enum tally_fault fault = take_status(rq, &issue);

	if (fault != TALLY_FAULT_NONE)
		return fault;
	enum tally_err err = plan(rq, &issue);

	if (err == TALLY_OK)
		err = write_answer(rq, &issue, &buf);
	if (err != TALLY_OK)
		return tally_fault_of(rq, err, "making a token");
	fault = use_sealed(rq, &issue);
	if (fault == TALLY_FAULT_NONE)
		fault = keep(rq, &issue);
	if (fault != TALLY_FAULT_NONE)
		return fault;
	tally_response_json(rq, tally_buf_span(&buf));
	/* RFC 6749 §5.1 asks for it beside Cache-Control: no-store. */
	tally_response_header(rq, "Pragma", TALLY_SPAN("no-cache"));
	log_issue(&issue);
	return TALLY_FAULT_NONE;
}
