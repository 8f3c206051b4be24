/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "admin/client.h"

#include "admin/organisation.h"
#include "admin/text.h"
#include "crypt/digest.h"
#include "oauth/grant.h"
#include "oauth/scope.h"
#include "oauth/secret.h"
#include "sys/clock.h"
#include "sys/log.h"

#define SECRET_BYTES 32u
#define SECRET_ID_BYTES 6u

static enum tally_err check_grant(struct tally_span type, bool is_public)
{
	enum tally_grant_id id;
	const struct tally_grant *grant = tally_grant_find(type, &id);

	if (grant == NULL) {
		tally_log_error("grant \"%.*s\" is unknown; the server's metadata lists the grants",
				TALLY_SPAN_ARG(type));
		return TALLY_ERR_USAGE;
	}
	if (!is_public || !(grant->flags & TALLY_GRANT_CONFIDENTIAL_ONLY))
		return TALLY_OK;
	tally_log_error("grant %s is for clients that authenticate, and a public one does not",
			grant->type);
	return TALLY_ERR_USAGE;
}

static enum tally_err check_grants(const struct tally_client_record *client)
{
	struct tally_span rest = client->grants;
	enum tally_err err = TALLY_OK;

	if (rest.n == 0) {
		tally_log_error("a client without a grant can do nothing: give it one, such as "
				"client_credentials");
		return TALLY_ERR_USAGE;
	}
	while (rest.n > 0 && err == TALLY_OK)
		err = check_grant(tally_span_cut(&rest, ' '), client->is_public);
	return err;
}

static enum tally_err check_scopes(const struct tally_client_record *client,
				   struct tally_arena *arena)
{
	struct tally_scopes allowed, defaults;
	struct tally_span denied;
	enum tally_err err = client->scopes.n > TALLY_SCOPE_TEXT_MAX ? TALLY_ERR_LIMIT : TALLY_OK;

	if (err == TALLY_OK)
		err = tally_scopes_parse_allowed(&allowed, arena, client->scopes);
	if (err == TALLY_OK)
		err = tally_scopes_parse(&defaults, arena, client->default_scopes);
	if (err != TALLY_OK) {
		tally_log_error("scopes: %s; expected words with one blank between them, without \" "
				"and \\ (RFC 6749 section 3.3)", tally_err_text(err));
		return TALLY_ERR_USAGE;
	}
	if (tally_scopes_allowed(&allowed, &defaults, &denied))
		return TALLY_OK;
	tally_log_error("default scope \"%.*s\" is not among the scopes that the client may have",
			TALLY_SPAN_ARG(denied));
	return TALLY_ERR_USAGE;
}

static enum tally_err check_status(const struct tally_client_record *client)
{
	if (client->status != TALLY_STATUS_ON || client->format != TALLY_FORMAT_OPAQUE)
		return TALLY_OK;
	tally_log_error("an opaque token carries no status: whoever has it asks us anyway; choose "
			"the format jwt, or no status");
	return TALLY_ERR_USAGE;
}

static enum tally_err check(const struct tally_client_record *client, struct tally_arena *arena)
{
	enum tally_err err = tally_admin_check_id("client_id", client->client_id);

	if (err == TALLY_OK)
		err = tally_admin_check_text("name", client->name, TALLY_NAME_MAX);
	if (err == TALLY_OK)
		err = tally_admin_check_plain("audience", client->audience, TALLY_AUDIENCE_MAX);
	if (err == TALLY_OK)
		err = check_status(client);
	if (err == TALLY_OK)
		err = check_grants(client);
	return err == TALLY_OK ? check_scopes(client, arena) : err;
}

/* The secret for its owner, and the record of it for the store. */
static enum tally_err make_secret(uint32_t lifetime, int64_t now, struct tally_new_secret *secret,
				  struct tally_secret_record *record)
{
	*secret = (struct tally_new_secret){ .expires_at = lifetime ? now + lifetime : 0 };
	enum tally_err err = tally_admin_make_random(secret->text, SECRET_BYTES);

	if (err == TALLY_OK)
		err = tally_admin_make_random(secret->id, SECRET_ID_BYTES);
	*record = (struct tally_secret_record){
		.secret_id = tally_span_of(secret->id),
		.created_at = now,
		.expires_at = secret->expires_at,
	};
	if (err == TALLY_OK)
		err = tally_sha256(tally_span(secret->text, TALLY_SECRET_CHARS), record->digest);
	return err;
}

/* Beside the digest, the secret itself, sealed: for a client that signs with it. */
static enum tally_err keep_secret(const struct tally_secret_use *use, struct tally_span client_id,
				  const struct tally_new_secret *secret, struct tally_buf *wrapped,
				  struct tally_secret_record *record)
{
	if (!use->for_jwt)
		return TALLY_OK;
	if (use->wrap == NULL) {
		tally_log_error("a secret for client_secret_jwt is kept sealed, so "
				"keys.wrap-key-file must be configured");
		return TALLY_ERR_CONFIG;
	}
	enum tally_err err = tally_secret_wrap(use->wrap, client_id, record->secret_id,
					       tally_span(secret->text, TALLY_SECRET_CHARS),
					       wrapped);

	record->wrapped = tally_buf_span(wrapped);
	return err;
}

static enum tally_err add_with_secret(struct tally_store *store,
				      const struct tally_secret_use *use,
				      struct tally_client_record *client,
				      struct tally_new_secret *secret)
{
	char wrapped_bytes[TALLY_SECRET_WRAPPED_MAX];
	struct tally_secret_record record;
	struct tally_buf wrapped;

	tally_buf_over(&wrapped, wrapped_bytes, sizeof(wrapped_bytes));
	enum tally_err err = make_secret(use->lifetime, client->created_at, secret, &record);

	if (err == TALLY_OK)
		err = keep_secret(use, client->client_id, secret, &wrapped, &record);
	client->secrets = &record;
	client->secret_count = 1;
	return err == TALLY_OK ? store->ops->client_add(store, client) : err;
}

enum tally_err tally_admin_client_add(struct tally_store *store, struct tally_arena *arena,
				      const struct tally_client_record *client,
				      const struct tally_secret_use *use,
				      struct tally_span *client_id,
				      struct tally_new_secret *secret)
{
	struct tally_client_record record = *client;
	enum tally_err err = check(client, arena);

	*client_id = client->client_id;
	*secret = (struct tally_new_secret){ .expires_at = 0 };
	if (err == TALLY_OK && client_id->n == 0)
		err = tally_admin_make_id(arena, client_id);
	record.client_id = *client_id;
	record.created_at = tally_clock_now();
	if (err == TALLY_OK)
		err = client->is_public ? store->ops->client_add(store, &record)
					: add_with_secret(store, use, &record, secret);
	if (err == TALLY_ERR_EXISTS)
		tally_log_error("there is a client %.*s already", TALLY_SPAN_ARG(*client_id));
	if (err == TALLY_ERR_STATE)
		tally_admin_no_organisation(client->organisation);
	return err;
}

struct set {
	struct tally_arena *arena;
	const struct tally_client_record *wanted;
	unsigned int parts;
};

static void take_over(struct tally_client_record *client, const struct tally_client_record *wanted,
		      unsigned int parts)
{
#define TAKE(part, member)              \
	if (parts & TALLY_CLIENT_##part) \
	client->member = wanted->member
	TAKE(NAME, name);
	TAKE(GRANTS, grants);
	TAKE(SCOPES, scopes);
	TAKE(DEFAULT_SCOPES, default_scopes);
	TAKE(AUDIENCE, audience);
	TAKE(ACCESS_LIFETIME, access_lifetime);
	TAKE(REFRESH_LIFETIME, refresh_lifetime);
	TAKE(PERSISTENCE, persistence);
	TAKE(FORMAT, format);
	TAKE(STATUS, status);
	TAKE(INTROSPECTS, may_introspect);
	TAKE(ORGANISATION, organisation);
#undef TAKE
}

static enum tally_err edit(void *context, struct tally_client_record *client)
{
	const struct set *set = context;

	take_over(client, set->wanted, set->parts);
	return check(client, set->arena);
}

enum tally_err tally_admin_client_set(struct tally_store *store, struct tally_arena *arena,
				      const struct tally_client_record *wanted, unsigned int parts)
{
	struct set set = { arena, wanted, parts };
	enum tally_err err =
		store->ops->client_set(store, arena, wanted->client_id, edit, &set);

	if (err == TALLY_ERR_STATE)
		tally_admin_no_organisation(wanted->organisation);
	return err;
}

enum tally_err tally_admin_client_secret_add(struct tally_store *store,
					     struct tally_span client_id,
					     const struct tally_secret_use *use,
					     struct tally_new_secret *secret)
{
	char wrapped_bytes[TALLY_SECRET_WRAPPED_MAX];
	struct tally_secret_record record;
	struct tally_buf wrapped;
	int64_t now = tally_clock_now();
	enum tally_err err = make_secret(use->lifetime, now, secret, &record);

	tally_buf_over(&wrapped, wrapped_bytes, sizeof(wrapped_bytes));
	if (err == TALLY_OK)
		err = keep_secret(use, client_id, secret, &wrapped, &record);
	if (err == TALLY_OK)
		err = store->ops->client_secret_add(store, client_id, &record, now);
	if (err == TALLY_ERR_LIMIT)
		tally_log_error("client %.*s has %u live secrets already: remove one first",
				TALLY_SPAN_ARG(client_id), TALLY_SECRETS_MAX);
	return err;
}
