/* SPDX-License-Identifier: Apache-2.0 */
/* The Status List Token as a JWT (draft-ietf-oauth-status-list §5.1). */
#include "config.h"

#include "status/format.h"

#include "base/b64.h"
#include "codec/json_out.h"
#include "crypt/jws.h"

/* Names, numbers and punctuation of the claims. */
#define FRAME_MAX 256u

static enum tally_err open_signer(const struct tally_list_key *key, void **out)
{
	const struct tally_signer_header header = {
		.kid = key->kid,
		.typ = "statuslist+jwt",
		.chain = key->chain,
	};
	struct tally_signer *signer;
	enum tally_err err = tally_signer_new_with(key->key, &header, &signer);

	*out = signer;
	return err;
}

static void close_signer(void *signer)
{
	tally_signer_free(signer);
}

/* An escaped character takes six (RFC 8259 §7). */
static size_t payload_size(const struct tally_list_token *token)
{
	size_t text = token->uri.n + token->issuer.n + token->aggregation.n;

	return FRAME_MAX + 6 * text + TALLY_B64URL_SIZE(token->lst.n);
}

static size_t size(const void *signer, const struct tally_list_token *token)
{
	return tally_signer_size(signer, payload_size(token));
}

static void add_list(struct tally_json_out *json, const struct tally_list_token *token)
{
	tally_json_object(json, "status_list");
	tally_json_add_i64(json, "bits", token->bits);
	if (token->aggregation.n > 0)
		tally_json_add_span(json, "aggregation_uri", token->aggregation);
	tally_json_add_b64url(json, "lst", token->lst.p, token->lst.n);
	tally_json_object_end(json);
}

static void add_claims(struct tally_buf *buf, const struct tally_list_token *token)
{
	struct tally_json_out json;

	tally_json_begin(&json, buf);
	tally_json_object(&json, NULL);
	if (token->issuer.n > 0)
		tally_json_add_span(&json, "iss", token->issuer);
	tally_json_add_span(&json, "sub", token->uri);
	tally_json_add_i64(&json, "iat", token->iat);
	if (token->exp > 0)
		tally_json_add_i64(&json, "exp", token->exp);
	if (token->ttl > 0)
		tally_json_add_i64(&json, "ttl", token->ttl);
	add_list(&json, token);
	tally_json_object_end(&json);
}

static enum tally_err write(void *signer, const struct tally_list_token *token,
			    struct tally_buf *out)
{
	struct tally_buf payload;

	tally_buf_reserve(&payload, payload_size(token));
	add_claims(&payload, token);
	enum tally_err err = tally_buf_err(&payload);

	if (err == TALLY_OK)
		err = tally_signer_sign(signer, tally_buf_span(&payload), out);
	tally_buf_free(&payload);
	return err;
}

const struct tally_list_writer tally_list_writer_jwt = {
	.open = open_signer,
	.close = close_signer,
	.size = size,
	.write = write,
};
