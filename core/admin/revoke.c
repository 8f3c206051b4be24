/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "admin/revoke.h"

#include "base/secret.h"
#include "crypt/verifier_cache.h"
#include "oauth/end.h"
#include "oauth/sealed.h"
#include "store/keyset.h"
#include "sys/clock.h"
#include "sys/log.h"

#include <stdlib.h>

#define PAGE_FIRST (64u * 1024)
#define PAGE_MAX (4u << 20) /* of one page, as it is read */

/* ---- all of a client or a user ---- */

/* Marks what a page of kept tokens names. */
static enum tally_err mark_page(const struct tally_revoker *revoker, struct tally_entry_walk *walk,
				struct tally_status_ref refs[TALLY_ENTRY_PAGE], uint64_t *marked)
{
	struct tally_token_status *lists = revoker->token_status;
	struct tally_store *store = revoker->store;
	struct tally_arena *page = tally_arena_new(PAGE_FIRST, PAGE_MAX);
	size_t n = 0;
	enum tally_err err = page ? store->ops->entry_page(store, page, walk, refs, &n)
				  : TALLY_ERR_NOMEM;

	tally_arena_free(page);
	if (err == TALLY_OK && n > 0)
		err = lists->revoke(lists, refs, n);
	*marked += n;
	if (revoker->progress != NULL)
		revoker->progress(revoker->context, walk->rows);
	return err;
}

static enum tally_err mark_all(const struct tally_revoker *revoker, struct tally_entry_walk *walk,
			       uint64_t *marked)
{
	struct tally_status_ref *refs = malloc(TALLY_ENTRY_PAGE * sizeof(*refs));
	enum tally_err err = refs ? TALLY_OK : TALLY_ERR_NOMEM;

	walk->now = tally_clock_now();
	while (err == TALLY_OK && !walk->is_over)
		err = mark_page(revoker, walk, refs, marked);
	free(refs);
	if (err != TALLY_OK)
		tally_log_error("everything issued until now has ended for whoever asks us, but "
				"not all status lists could be told (%s): do it again when the "
				"database and Redis answer", tally_err_text(err));
	return err;
}

/* The mark first: what is issued from then on is not looked for. */
static enum tally_err revoke_all(const struct tally_revoker *revoker, struct tally_span who,
				 struct tally_entry_walk *walk, struct tally_revoked_all *out)
{
	struct tally_store *store = revoker->store;

	*out = (struct tally_revoked_all){ .until_us = tally_clock_now_us() };
	enum tally_err err = store->ops->revoke_all(store, walk->kind, who, out->until_us);

	if (err != TALLY_OK || revoker->token_status == NULL)
		return err;
	return mark_all(revoker, walk, &out->entries);
}

enum tally_err tally_admin_revoke_client(const struct tally_revoker *revoker,
					 struct tally_span client_id,
					 struct tally_revoked_all *out)
{
	struct tally_store *store = revoker->store;
	struct tally_client_record client;
	enum tally_err err = store->ops->client_find(store, revoker->arena, client_id, &client);

	if (err == TALLY_ERR_NOT_FOUND)
		tally_log_error("there is no client %.*s; \"tallystick client list\" shows what "
				"there is", TALLY_SPAN_ARG(client_id));
	if (err != TALLY_OK)
		return err;
	struct tally_entry_walk walk = { .kind = TALLY_WATERMARK_CLIENT, .client = client.number };

	return revoke_all(revoker, client_id, &walk, out);
}

enum tally_err tally_admin_revoke_user(const struct tally_revoker *revoker, struct tally_span name,
				       struct tally_span *user_id, struct tally_revoked_all *out)
{
	struct tally_store *store = revoker->store;
	struct tally_user_record user;
	enum tally_err err = store->ops->user_find(store, revoker->arena, name, &user);

	if (err == TALLY_ERR_NOT_FOUND)
		err = store->ops->user_find_login(store, revoker->arena, name, &user);
	if (err == TALLY_ERR_NOT_FOUND)
		tally_log_error("there is no user with the user_id or login %.*s; \"tallystick user "
				"list\" shows who there is", TALLY_SPAN_ARG(name));
	if (err != TALLY_OK)
		return err;
	struct tally_entry_walk walk = { .kind = TALLY_WATERMARK_SUBJECT,
					 .subject = user.user_id };

	*user_id = user.user_id;
	return revoke_all(revoker, user.user_id, &walk, out);
}

/* ---- one token ---- */

/* What the endpoints know when they are shown a token, and no more. */
static enum tally_err end_token(const struct tally_revoker *revoker, const struct tally_site *site,
				struct tally_span text, struct tally_token *out)
{
	const struct tally_services services = {
		.store = revoker->store,
		.marks = revoker->marks,
		.token_status = revoker->token_status,
	};
	struct tally_request rq = {
		.arena = revoker->arena,
		.site = site,
		.services = &services,
		.verifier_cache = tally_verifier_cache_new(),
	};
	enum tally_err err =
		rq.verifier_cache ? tally_token_read(&rq, text, out) : TALLY_ERR_NOMEM;

	if (err == TALLY_OK)
		err = tally_token_end(&rq, out);
	tally_verifier_cache_free(rq.verifier_cache);
	return err;
}

enum tally_err tally_admin_revoke_token(const struct tally_revoker *revoker,
					const struct tally_conf *conf,
					const struct tally_wrap_keys *wrap, struct tally_span text,
					struct tally_token *out)
{
	struct tally_derived_keys sealing;
	struct tally_keyset *keys = NULL;
	enum tally_err err = tally_derive_keys(wrap, TALLY_SEALED_PURPOSE, &sealing);

	if (err == TALLY_OK)
		err = tally_keyset_load(revoker->store, wrap, tally_clock_now(),
					tally_key_tokens_live(conf), NULL, &keys);
	if (err == TALLY_OK) {
		const struct tally_site site = {
			.conf = conf,
			.keys = keys,
			.issuer = tally_span_of(conf->server_issuer),
			.wrap = wrap,
			.sealing = &sealing,
		};

		err = end_token(revoker, &site, text, out);
	}
	tally_keyset_free(keys);
	tally_secret_wipe(&sealing, sizeof(sealing));
	if (err != TALLY_ERR_NOT_FOUND && err != TALLY_ERR_UNSUPPORTED)
		return err;
	tally_log_error("the token is no access or refresh token of server.issuer (%s), or it has "
			"expired: nothing was revoked", conf->server_issuer);
	return TALLY_ERR_NOT_FOUND;
}
