/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "crypt/jws.h"

#include "base/b64.h"
#include "base/secret.h"
#include "codec/json_out.h"
#include "crypt/op.h"
#include "crypt/ossl.h"
#include "sys/log.h"

#include <stdlib.h>

struct tally_signer {
	struct tally_key *key;
	struct tally_op op;
	size_t prefix_n;
	char prefix[TALLY_B64URL_SIZE(TALLY_JWS_HEADER_MAX) + 1]; /* header and dot */
};

/* What every token of this signer begins with. */
static enum tally_err set_prefix(struct tally_signer *signer, const char *kid, const char *typ)
{
	char text[TALLY_JWS_HEADER_MAX];
	struct tally_buf buf;
	struct tally_json_out json;

	tally_buf_over(&buf, text, sizeof(text));
	tally_json_begin(&json, &buf);
	tally_json_object(&json, NULL);
	tally_json_add_str(&json, "alg", signer->key->alg->name);
	if (kid != NULL)
		tally_json_add_str(&json, "kid", kid);
	if (typ != NULL)
		tally_json_add_str(&json, "typ", typ);
	tally_json_object_end(&json);
	if (tally_buf_err(&buf) != TALLY_OK)
		return tally_buf_err(&buf);
	signer->prefix_n = tally_b64url_put(signer->prefix, buf.p, buf.n);
	signer->prefix[signer->prefix_n++] = '.';
	return TALLY_OK;
}

enum tally_err tally_signer_new(struct tally_key *key, const char *kid, const char *typ,
				struct tally_signer **out)
{
	struct tally_signer *signer;

	*out = NULL;
	if (!key->is_private)
		return TALLY_ERR_STATE;
	if (tally_span_of(kid).n > TALLY_KID_MAX)
		return TALLY_ERR_LIMIT;
	signer = calloc(1, sizeof(*signer));
	if (signer == NULL)
		return TALLY_ERR_NOMEM;
	signer->key = tally_key_ref(key);
	enum tally_err err = set_prefix(signer, kid, typ);

	if (err == TALLY_OK)
		err = tally_op_begin(&signer->op, key, TALLY_OP_SIGN);
	if (err != TALLY_OK) {
		tally_signer_free(signer);
		return err;
	}
	*out = signer;
	return TALLY_OK;
}

void tally_signer_free(struct tally_signer *signer)
{
	if (signer == NULL)
		return;
	tally_op_end(&signer->op);
	tally_key_free(signer->key);
	free(signer);
}

size_t tally_signer_size(const struct tally_signer *signer, size_t n)
{
	return signer->prefix_n + TALLY_B64URL_SIZE(n) + 1 +
	       TALLY_B64URL_SIZE(signer->key->signature_size);
}

static enum tally_err sign(struct tally_signer *signer, struct tally_span data,
			   uint8_t signature[TALLY_SIGNATURE_MAX])
{
	enum tally_err err = tally_op_sign(&signer->op, data, signature);

	if (err != TALLY_OK)
		tally_log_error("signing with %s failed: %s", signer->key->alg->name,
				tally_ossl_reason());
	return err;
}

/* The token is built in place: what is signed is what stands in the buffer. */
enum tally_err tally_signer_sign(struct tally_signer *signer, struct tally_span payload,
				 struct tally_buf *out)
{
	uint8_t signature[TALLY_SIGNATURE_MAX];
	size_t start = out->n, size = tally_signer_size(signer, payload.n);
	char *token = tally_buf_room(out, size);

	if (token == NULL)
		return tally_buf_err(out);
	char *at = token + signer->prefix_n;

	memcpy(token, signer->prefix, signer->prefix_n);
	at += tally_b64url_put(at, payload.p, payload.n);
	enum tally_err err = sign(signer, tally_span(token, (size_t)(at - token)), signature);

	if (err != TALLY_OK) {
		tally_secret_wipe(token, size);
		out->n = start;
		return err;
	}
	*at++ = '.';
	tally_b64url_put(at, signature, signer->key->signature_size);
	return TALLY_OK;
}

enum tally_err tally_signer_sign_raw(struct tally_signer *signer, struct tally_span data,
				     struct tally_buf *out)
{
	uint8_t signature[TALLY_SIGNATURE_MAX];
	enum tally_err err = sign(signer, data, signature);

	if (err != TALLY_OK)
		return err;
	tally_buf_add(out, signature, signer->key->signature_size);
	return tally_buf_err(out);
}
