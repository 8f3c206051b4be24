/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "admin/revoke.h"

#include "base/secret.h"
#include "crypt/verifier_cache.h"
#include "oauth/sealed.h"
#include "store/keyset.h"
#include "sys/clock.h"
#include "sys/log.h"

static enum tally_err revoke_all(struct tally_store *store, enum tally_watermark_kind kind,
				 struct tally_span who, int64_t *until_us)
{
	*until_us = tally_clock_now_us();
	return store->ops->revoke_all(store, kind, who, *until_us);
}

enum tally_err tally_admin_revoke_client(struct tally_store *store, struct tally_arena *arena,
					 struct tally_span client_id, int64_t *until_us)
{
	struct tally_client_record client;
	enum tally_err err = store->ops->client_find(store, arena, client_id, &client);

	if (err == TALLY_ERR_NOT_FOUND)
		tally_log_error("there is no client %.*s; \"tallystick client list\" shows what "
				"there is", TALLY_SPAN_ARG(client_id));
	return err == TALLY_OK ? revoke_all(store, TALLY_WATERMARK_CLIENT, client_id, until_us)
			       : err;
}

enum tally_err tally_admin_revoke_user(struct tally_store *store, struct tally_arena *arena,
				       struct tally_span name, struct tally_span *user_id,
				       int64_t *until_us)
{
	struct tally_user_record user;
	enum tally_err err = store->ops->user_find(store, arena, name, &user);

	if (err == TALLY_ERR_NOT_FOUND)
		err = store->ops->user_find_login(store, arena, name, &user);
	if (err == TALLY_ERR_NOT_FOUND)
		tally_log_error("there is no user with the user_id or login %.*s; \"tallystick user "
				"list\" shows who there is", TALLY_SPAN_ARG(name));
	if (err != TALLY_OK)
		return err;
	*user_id = user.user_id;
	return revoke_all(store, TALLY_WATERMARK_SUBJECT, user.user_id, until_us);
}

/* What the endpoints know when they are shown a token, and no more. */
static enum tally_err read_token(struct tally_store *store, struct tally_arena *arena,
				 const struct tally_site *site, struct tally_span text,
				 struct tally_token *out)
{
	const struct tally_services services = { .store = store };
	struct tally_request rq = {
		.arena = arena,
		.site = site,
		.services = &services,
		.verifier_cache = tally_verifier_cache_new(),
	};
	enum tally_err err =
		rq.verifier_cache ? tally_token_read(&rq, text, out) : TALLY_ERR_NOMEM;

	tally_verifier_cache_free(rq.verifier_cache);
	return err;
}

static enum tally_err open_token(struct tally_store *store, struct tally_arena *arena,
				 const struct tally_conf *conf, const struct tally_wrap_keys *wrap,
				 struct tally_span text, struct tally_token *out)
{
	struct tally_derived_keys sealing;
	struct tally_keyset *keys = NULL;
	enum tally_err err = tally_derive_keys(wrap, TALLY_SEALED_PURPOSE, &sealing);

	if (err == TALLY_OK)
		err = tally_keyset_load(store, wrap, tally_clock_now(), tally_key_tokens_live(conf),
					NULL, &keys);
	if (err == TALLY_OK) {
		const struct tally_site site = {
			.conf = conf,
			.keys = keys,
			.issuer = tally_span_of(conf->server_issuer),
			.wrap = wrap,
			.sealing = &sealing,
		};

		err = read_token(store, arena, &site, text, out);
	}
	tally_keyset_free(keys);
	tally_secret_wipe(&sealing, sizeof(sealing));
	return err;
}

enum tally_err tally_admin_revoke_token(struct tally_store *store, struct tally_arena *arena,
					const struct tally_conf *conf,
					const struct tally_wrap_keys *wrap, struct tally_span text,
					struct tally_token *out)
{
	enum tally_err err = open_token(store, arena, conf, wrap, text, out);

	if (err == TALLY_ERR_NOT_FOUND || err == TALLY_ERR_UNSUPPORTED) {
		tally_log_error("the token is no access or refresh token of server.issuer (%s), or "
				"it has expired: nothing was revoked", conf->server_issuer);
		return TALLY_ERR_NOT_FOUND;
	}
	if (err != TALLY_OK)
		return err;
	return store->ops->revoke(store, out->kind == TALLY_TOKEN_REFRESH ? &out->family : &out->id,
				  tally_clock_now());
}
