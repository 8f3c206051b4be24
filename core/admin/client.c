/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "admin/client.h"

#include "base/b64.h"
#include "base/secret.h"
#include "crypt/digest.h"
#include "oauth/grant.h"
#include "oauth/scope.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "sys/rand.h"

#define SECRET_BYTES 32u
#define SECRET_ID_BYTES 6u
#define CLIENT_ID_BYTES 10u /* for one that is made up; written in hexadecimal */

/* Safe in a URL, a shell and a log, and free of the ':' of Basic. */
static bool is_id_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("-._~@", c) != NULL);
}

static enum tally_err check_client_id(struct tally_span id)
{
	bool ok = id.n <= TALLY_ID_MAX && (id.n == 0 || id.p[0] != '-');

	for (size_t i = 0; i < id.n && ok; i++)
		ok = is_id_char(id.p[i]);
	if (ok)
		return TALLY_OK;
	tally_log_error("client_id \"%.*s\": expected at most %u letters, digits and -._~@, not "
			"beginning with -", TALLY_SPAN_ARG(id), TALLY_ID_MAX);
	return TALLY_ERR_USAGE;
}

static enum tally_err check_text(const char *what, struct tally_span text, size_t max)
{
	if (text.n <= max && tally_span_is_utf8(text))
		return TALLY_OK;
	tally_log_error("%s: expected at most %zu bytes of UTF-8", what, max);
	return TALLY_ERR_USAGE;
}

/* An audience is compared byte for byte by others, so it is plain ASCII. */
static enum tally_err check_audience(struct tally_span audience)
{
	bool ok = audience.n <= TALLY_NAME_MAX;

	for (size_t i = 0; i < audience.n && ok; i++)
		ok = audience.p[i] > ' ' && audience.p[i] < 0x7f;
	if (ok)
		return TALLY_OK;
	tally_log_error("audience: expected at most %u printable ASCII characters without blanks",
			TALLY_NAME_MAX);
	return TALLY_ERR_USAGE;
}

static enum tally_err check_grants(struct tally_span grants)
{
	if (grants.n == 0) {
		tally_log_error("a client without a grant can do nothing: give it one, such as "
				"client_credentials");
		return TALLY_ERR_USAGE;
	}
	while (grants.n > 0) {
		struct tally_span type = tally_span_cut(&grants, ' ');
		enum tally_grant_id id;

		if (tally_grant_find(type, &id) != NULL)
			continue;
		tally_log_error("grant \"%.*s\" is unknown; the server's metadata lists the grants",
				TALLY_SPAN_ARG(type));
		return TALLY_ERR_USAGE;
	}
	return TALLY_OK;
}

static enum tally_err check_scopes(const struct tally_new_client *client,
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

static enum tally_err check(const struct tally_new_client *client, struct tally_arena *arena)
{
	enum tally_err err = check_client_id(client->client_id);

	if (err == TALLY_OK)
		err = check_text("name", client->name, TALLY_NAME_MAX);
	if (err == TALLY_OK)
		err = check_audience(client->audience);
	if (err == TALLY_OK)
		err = check_grants(client->grants);
	return err == TALLY_OK ? check_scopes(client, arena) : err;
}

static enum tally_err make_client_id(struct tally_arena *arena, struct tally_span *out)
{
	static const char hex[] = "0123456789abcdef";
	uint8_t bytes[CLIENT_ID_BYTES];
	char text[2 * CLIENT_ID_BYTES];
	enum tally_err err = tally_rand_bytes(bytes, sizeof(bytes));

	for (size_t i = 0; i < sizeof(bytes); i++) {
		text[2 * i] = hex[bytes[i] >> 4];
		text[2 * i + 1] = hex[bytes[i] & 15];
	}
	*out = tally_arena_dup(arena, tally_span(text, sizeof(text)));
	return err == TALLY_OK && out->p == NULL ? TALLY_ERR_NOMEM : err;
}

/* The secret for its owner, and the record of it for the store. */
static enum tally_err make_secret(uint32_t lifetime, int64_t now, struct tally_new_secret *secret,
				  struct tally_secret_record *record)
{
	uint8_t bytes[SECRET_BYTES];
	uint8_t id[SECRET_ID_BYTES];
	enum tally_err err = tally_rand_bytes(bytes, sizeof(bytes));

	if (err == TALLY_OK)
		err = tally_rand_bytes(id, sizeof(id));
	*secret = (struct tally_new_secret){ .expires_at = lifetime ? now + lifetime : 0 };
	tally_b64url_put(secret->text, bytes, sizeof(bytes));
	tally_b64url_put(secret->id, id, sizeof(id));
	tally_secret_wipe(bytes, sizeof(bytes));
	*record = (struct tally_secret_record){
		.secret_id = tally_span_of(secret->id),
		.created_at = now,
		.expires_at = secret->expires_at,
	};
	if (err == TALLY_OK)
		err = tally_sha256(tally_span(secret->text, TALLY_SECRET_CHARS), record->digest);
	return err;
}

enum tally_err tally_admin_client_add(struct tally_store *store, struct tally_arena *arena,
				      const struct tally_new_client *client,
				      uint32_t secret_lifetime, struct tally_span *client_id,
				      struct tally_new_secret *secret)
{
	struct tally_secret_record secret_record;
	struct tally_client_record record = {
		.name = client->name,
		.grants = client->grants,
		.scopes = client->scopes,
		.default_scopes = client->default_scopes,
		.audience = client->audience,
		.access_lifetime = client->access_lifetime,
		.created_at = tally_clock_now(),
		.secrets = &secret_record,
		.secret_count = 1,
	};
	enum tally_err err = check(client, arena);

	*client_id = client->client_id;
	if (err == TALLY_OK && client_id->n == 0)
		err = make_client_id(arena, client_id);
	if (err == TALLY_OK)
		err = make_secret(secret_lifetime, record.created_at, secret, &secret_record);
	record.client_id = *client_id;
	if (err == TALLY_OK)
		err = store->ops->client_add(store, &record);
	if (err == TALLY_ERR_EXISTS)
		tally_log_error("there is a client %.*s already", TALLY_SPAN_ARG(*client_id));
	return err;
}

enum tally_err tally_admin_client_secret_add(struct tally_store *store,
					     struct tally_span client_id,
					     uint32_t secret_lifetime,
					     struct tally_new_secret *secret)
{
	struct tally_secret_record record;
	int64_t now = tally_clock_now();
	enum tally_err err = make_secret(secret_lifetime, now, secret, &record);

	if (err == TALLY_OK)
		err = store->ops->client_secret_add(store, client_id, &record, now);
	if (err == TALLY_ERR_LIMIT)
		tally_log_error("client %.*s has %u live secrets already: remove one first",
				TALLY_SPAN_ARG(client_id), TALLY_SECRETS_MAX);
	return err;
}
