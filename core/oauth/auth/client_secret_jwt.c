/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RFC 7523 §2.2 with HS256 (OpenID Connect Core §9). The key is a secret that
 * was made for this and is kept sealed; a public key is never looked at here.
 */
#include "config.h"

#include "base/secret.h"
#include "crypt/hmac.h"
#include "oauth/auth/client_assertion.h"
#include "oauth/secret.h"
#include "sys/clock.h"

static bool present(const struct tally_request *rq, const struct tally_form *form)
{
	return tally_client_assertion_present(rq, form, TALLY_ASSERTION_CLIENT_MAC);
}

static enum tally_err check_mac(struct tally_span secret, const struct tally_jws *jws)
{
	uint8_t mac[TALLY_HMAC_SIZE];
	enum tally_err err = tally_hmac_sha256(secret, &jws->signed_part, 1, mac);

	if (err == TALLY_OK && (jws->signature.n != sizeof(mac) ||
				!tally_secret_equal(jws->signature.p, mac, sizeof(mac))))
		err = TALLY_ERR_VERIFY;
	tally_secret_wipe(mac, sizeof(mac));
	return err;
}

static enum tally_err check_secret(struct tally_request *rq, const struct tally_client *client,
				   const struct tally_secret_record *record,
				   const struct tally_jws *jws)
{
	char bytes[TALLY_SECRET_WRAPPED_MAX];
	struct tally_buf secret;
	enum tally_err err = TALLY_ERR_VERIFY;

	tally_buf_over(&secret, bytes, sizeof(bytes));
	if (rq->site->wrap != NULL)
		err = tally_secret_unwrap(rq->site->wrap, client->client_id, record, &secret);
	if (err == TALLY_OK)
		err = check_mac(tally_buf_span(&secret), jws);
	else
		tally_log_error("secret %.*s of client %.*s cannot be opened with the key in "
				"keys.wrap-key-file: give the client another one",
				TALLY_SPAN_ARG(record->secret_id),
				TALLY_SPAN_ARG(client->client_id));
	tally_buf_free(&secret);
	return err;
}

static bool is_usable(const struct tally_secret_record *record, int64_t now)
{
	return record->wrapped.n > 0 && (record->expires_at == 0 || record->expires_at > now);
}

static enum tally_err prove(struct tally_request *rq, const struct tally_client *client,
			    const struct tally_assertion *assertion)
{
	int64_t now = tally_clock_now();
	enum tally_err err = TALLY_ERR_VERIFY;

	for (size_t i = 0; i < client->secret_count && err == TALLY_ERR_VERIFY; i++)
		if (is_usable(&client->secrets[i], now))
			err = check_secret(rq, client, &client->secrets[i], &assertion->jws);
	return err;
}

static enum tally_fault authenticate(struct tally_request *rq, const struct tally_form *form,
				     const struct tally_client **out)
{
	return tally_client_assertion_authenticate(rq, form, TALLY_ASSERTION_CLIENT_MAC, prove,
						   out);
}

extern const struct tally_auth_method tally_auth_client_secret_jwt;

const struct tally_auth_method tally_auth_client_secret_jwt = {
	.name = "client_secret_jwt",
	.present = present,
	.authenticate = authenticate,
};
