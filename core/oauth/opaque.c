/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "oauth/opaque.h"

#include "base/b64.h"
#include "base/secret.h"
#include "sys/rand.h"

#define SECRET_SIZE 32u
#define BYTES (TALLY_TOKEN_ID_SIZE + SECRET_SIZE)

_Static_assert(TALLY_PREFIX_SIZE + TALLY_B64URL_SIZE(BYTES) == TALLY_OPAQUE_SIZE,
	       "the size of an opaque token");

enum tally_err tally_opaque_write(struct tally_buf *out, const char *prefix,
				  const struct tally_token_id *id,
				  uint8_t digest[TALLY_SHA256_SIZE])
{
	uint8_t bytes[BYTES];
	char *text = tally_buf_room(out, TALLY_OPAQUE_SIZE);

	if (text == NULL)
		return tally_buf_err(out);
	memcpy(bytes, id->bytes, TALLY_TOKEN_ID_SIZE);
	enum tally_err err = tally_rand_bytes(bytes + TALLY_TOKEN_ID_SIZE, SECRET_SIZE);

	if (err == TALLY_OK) {
		memcpy(text, prefix, TALLY_PREFIX_SIZE);
		tally_b64url_put(text + TALLY_PREFIX_SIZE, bytes, sizeof(bytes));
		err = tally_sha256(tally_span(text, TALLY_OPAQUE_SIZE), digest);
	}
	tally_secret_wipe(bytes, sizeof(bytes));
	return err;
}

enum tally_err tally_opaque_read(struct tally_span text, const char *prefix,
				 struct tally_token_id *id, uint8_t digest[TALLY_SHA256_SIZE])
{
	uint8_t bytes[BYTES];
	size_t n;

	if (text.n != TALLY_OPAQUE_SIZE || !tally_span_starts_with(text, tally_span_of(prefix)))
		return TALLY_ERR_SYNTAX;
	enum tally_err err = tally_b64url_get(tally_span(text.p + TALLY_PREFIX_SIZE,
							 text.n - TALLY_PREFIX_SIZE),
					      bytes, sizeof(bytes), &n);

	if (err != TALLY_OK)
		return TALLY_ERR_SYNTAX;
	memcpy(id->bytes, bytes, TALLY_TOKEN_ID_SIZE);
	tally_secret_wipe(bytes, sizeof(bytes));
	return tally_sha256(text, digest);
}
