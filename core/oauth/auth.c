/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "oauth/auth.h"

#include "base/secret.h"
#include "crypt/digest.h"
#include "http/failures.h"
#include "sys/clock.h"

#define TALLY_AUTH(name) extern const struct tally_auth_method tally_auth_##name;
#include "oauth/auth.def"
#undef TALLY_AUTH

static const struct tally_auth_method *const rows[] = {
#define TALLY_AUTH(name) &tally_auth_##name,
#include "oauth/auth.def"
#undef TALLY_AUTH
};

size_t tally_auth_method_count(void)
{
	return sizeof(rows) / sizeof(rows[0]);
}

const struct tally_auth_method *tally_auth_method(size_t i)
{
	return rows[i];
}

enum tally_fault tally_auth_client(struct tally_request *rq, const struct tally_form *form,
				   bool optional, const struct tally_client **out)
{
	const struct tally_auth_method *used = NULL;

	*out = NULL;

	for (size_t i = 0; i < tally_auth_method_count(); i++) {
		if (!rows[i]->present(rq, form))
			continue;
		if (used != NULL)
			return tally_fault(rq, TALLY_FAULT_INVALID_REQUEST,
					   "both %s and %s in one request", used->name,
					   rows[i]->name);
		used = rows[i];
	}
	if (used == NULL && rq->params.authorization.p != NULL)
		return tally_fault(rq, TALLY_FAULT_INVALID_CLIENT,
				   "Authorization header of an unknown scheme");
	if (used == NULL && optional)
		return TALLY_FAULT_NONE;
	if (used == NULL)
		return tally_fault(rq, TALLY_FAULT_INVALID_CLIENT,
				   "no client authentication (if the client sent an Authorization "
				   "header, the web server does not pass it on: see CGIPassAuth)");
	return used->authenticate(rq, form, out);
}

static bool is_live(const struct tally_secret_record *secret, int64_t now)
{
	return secret->expires_at == 0 || secret->expires_at > now;
}

/* Compares with every place there could be, whether or not there is a secret. */
static bool has_secret(const struct tally_client *client, const uint8_t digest[TALLY_SHA256_SIZE],
		       int64_t now)
{
	static const struct tally_secret_record nobody = { .expires_at = 1 };
	unsigned int found = 0;

	for (size_t i = 0; i < TALLY_SECRETS_MAX; i++) {
		const struct tally_secret_record *secret =
			client && i < client->secret_count ? &client->secrets[i] : &nobody;

		unsigned int equal = tally_secret_equal(secret->digest, digest, TALLY_SHA256_SIZE);
		unsigned int live = is_live(secret, now);

		found |= equal & live;
	}
	return found != 0;
}

/* Compares, whatever was found; on TALLY_FAULT_NONE the client is not released. */
static enum tally_fault check_secret(struct tally_request *rq, struct tally_span client_id,
				     const struct tally_client *client,
				     const uint8_t digest[TALLY_SHA256_SIZE])
{
	bool ok = has_secret(client, digest, tally_clock_now());
	const char *why = client == NULL     ? "unknown"
			  : !ok              ? "wrong or expired secret of"
			  : client->disabled ? "disabled"
					     : NULL;

	if (why == NULL)
		return TALLY_FAULT_NONE;
	tally_client_release(rq, client);
	if (!ok)
		tally_failures_note(rq, TALLY_FAILURES_OF_CLIENTS, client_id);
	return tally_fault(rq, TALLY_FAULT_INVALID_CLIENT, "%s client %.*s", why,
			   TALLY_SPAN_ARG(client_id));
}

enum tally_fault tally_auth_secret(struct tally_request *rq, struct tally_span client_id,
				   struct tally_span secret, const struct tally_client **out)
{
	uint8_t digest[TALLY_SHA256_SIZE];
	struct tally_cached *cached = NULL;
	enum tally_fault fault = tally_failures_check(rq, TALLY_FAILURES_OF_CLIENTS, client_id);

	if (fault != TALLY_FAULT_NONE)
		return fault;
	enum tally_err err = tally_sha256(secret, digest);

	if (err != TALLY_OK)
		return tally_fault_of(rq, err, "hashing a client secret");
	err = client_id.n > TALLY_ID_MAX ? TALLY_ERR_NOT_FOUND
					 : tally_cache_get(rq->services->clients, client_id, &cached);
	if (err != TALLY_OK && err != TALLY_ERR_NOT_FOUND)
		return tally_fault_of(rq, err, "looking up a client");
	fault = check_secret(rq, client_id, (const struct tally_client *)cached, digest);
	if (fault == TALLY_FAULT_NONE)
		*out = (const struct tally_client *)cached;
	return fault;
}

void tally_client_release(struct tally_request *rq, const struct tally_client *client)
{
	/* Constant for the request; the cache counts its holders. */
	if (client != NULL)
		tally_cache_release(rq->services->clients, (struct tally_cached *)&client->cached);
}
