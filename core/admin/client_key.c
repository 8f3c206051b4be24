/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "admin/client_key.h"

#include "admin/text.h"
#include "sys/clock.h"
#include "sys/log.h"

static enum tally_err read_key(const struct tally_new_client_key *wanted, struct tally_arena *arena,
			       struct tally_jwk *out)
{
	*out = (struct tally_jwk){ .key = NULL };
	if ((wanted->pem.n > 0) == (wanted->jwk.n > 0)) {
		tally_log_error("a public key is wanted, in PEM or as a JWK");
		return TALLY_ERR_USAGE;
	}
	if (wanted->jwk.n > 0)
		return tally_admin_read_jwk(wanted->jwk, arena, out);
	return tally_admin_read_pem(wanted->alg, wanted->pem, &out->key);
}

/* The name that assertions call it by. */
static enum tally_err set_kid(struct tally_jwk *jwk, struct tally_arena *arena)
{
	char thumbprint[TALLY_THUMBPRINT_SIZE + 1];

	if (jwk->kid.n > 0)
		return tally_admin_check_plain("kid", jwk->kid, TALLY_ID_MAX);
	enum tally_err err = tally_key_thumbprint(jwk->key, thumbprint);

	if (err != TALLY_OK)
		return err;
	jwk->kid = tally_arena_dup(arena, tally_span_of(thumbprint));
	return jwk->kid.p ? TALLY_OK : TALLY_ERR_NOMEM;
}

enum tally_err tally_admin_client_key_add(struct tally_store *store, struct tally_arena *arena,
					  const struct tally_new_client_key *wanted,
					  struct tally_public_key_record *out)
{
	int64_t now = tally_clock_now();
	struct tally_jwk jwk = { .key = NULL };
	enum tally_err err = tally_admin_check_expiry(wanted->expires_at, now);

	if (err == TALLY_OK)
		err = read_key(wanted, arena, &jwk);
	if (err == TALLY_OK)
		err = set_kid(&jwk, arena);
	*out = (struct tally_public_key_record){
		.key_id = jwk.kid,
		.owner = wanted->client_id,
		.created_at = now,
		.expires_at = wanted->expires_at,
	};
	if (err == TALLY_OK)
		err = tally_admin_set_public_key(jwk.key, arena, out);
	if (err == TALLY_OK)
		err = store->ops->client_key_add(store, out);
	if (err == TALLY_ERR_EXISTS)
		tally_log_error("client %.*s has a key %.*s already",
				TALLY_SPAN_ARG(wanted->client_id), TALLY_SPAN_ARG(jwk.kid));
	tally_key_free(jwk.key);
	return err;
}
