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
	char *prefix; /* header and dot: what every token of this signer begins with */
};

static enum tally_err check_header(const struct tally_signer_header *header)
{
	if (tally_span_of(header->kid).n > TALLY_KID_MAX)
		return TALLY_ERR_LIMIT;
	return header->chain ? tally_chain_check_size(header->chain) : TALLY_OK;
}

/* Certificates are in base64 with padding, unlike all else (RFC 7515 §4.1.6). */
static void add_chain(struct tally_json_out *json, const struct tally_chain *chain)
{
	tally_json_array(json, "x5c");
	for (size_t i = 0; i < chain->count; i++) {
		tally_json_string_begin(json, NULL);
		tally_b64_add(json->buf, chain->certificates[i].p, chain->certificates[i].n);
		tally_json_string_end(json);
	}
	tally_json_array_end(json);
}

static void add_header(const struct tally_signer *signer, const struct tally_signer_header *header,
		       struct tally_buf *buf)
{
	struct tally_json_out json;

	tally_json_begin(&json, buf);
	tally_json_object(&json, NULL);
	tally_json_add_str(&json, "alg", signer->key->alg->name);
	if (header->kid != NULL)
		tally_json_add_str(&json, "kid", header->kid);
	if (header->typ != NULL)
		tally_json_add_str(&json, "typ", header->typ);
	if (header->chain != NULL)
		add_chain(&json, header->chain);
	tally_json_object_end(&json);
}

static enum tally_err set_prefix(struct tally_signer *signer,
				 const struct tally_signer_header *header)
{
	enum tally_err err = check_header(header);
	struct tally_buf text;

	if (err != TALLY_OK)
		return err;
	tally_buf_grow(&text, TALLY_JWS_LONG_HEADER_MAX);
	add_header(signer, header, &text);
	err = tally_buf_err(&text);
	if (err == TALLY_OK) {
		signer->prefix = malloc(TALLY_B64URL_SIZE(text.n) + 1);
		err = signer->prefix ? TALLY_OK : TALLY_ERR_NOMEM;
	}
	if (err == TALLY_OK) {
		signer->prefix_n = tally_b64url_put(signer->prefix, text.p, text.n);
		signer->prefix[signer->prefix_n++] = '.';
	}
	tally_buf_free(&text);
	return err;
}

enum tally_err tally_signer_new_with(struct tally_key *key,
				     const struct tally_signer_header *header,
				     struct tally_signer **out)
{
	struct tally_signer *signer;

	*out = NULL;
	if (!key->is_private)
		return TALLY_ERR_STATE;
	signer = calloc(1, sizeof(*signer));
	if (signer == NULL)
		return TALLY_ERR_NOMEM;
	signer->key = tally_key_ref(key);
	enum tally_err err = set_prefix(signer, header);

	if (err == TALLY_OK)
		err = tally_op_begin(&signer->op, key, TALLY_OP_SIGN);
	if (err != TALLY_OK) {
		tally_signer_free(signer);
		return err;
	}
	*out = signer;
	return TALLY_OK;
}

enum tally_err tally_signer_new(struct tally_key *key, const char *kid, const char *typ,
				struct tally_signer **out)
{
	return tally_signer_new_with(key, &(struct tally_signer_header){ .kid = kid, .typ = typ },
				     out);
}

void tally_signer_free(struct tally_signer *signer)
{
	if (signer == NULL)
		return;
	tally_op_end(&signer->op);
	tally_key_free(signer->key);
	free(signer->prefix);
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
