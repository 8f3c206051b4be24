/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "oauth/secret.h"

/* Neither id has a NUL in it. */
struct tally_span tally_secret_place(struct tally_buf *buf, char bytes[TALLY_SECRET_PLACE_MAX],
				     struct tally_span client_id, struct tally_span secret_id)
{
	static const char purpose[] = "client secret";

	tally_buf_over(buf, bytes, TALLY_SECRET_PLACE_MAX);
	tally_buf_add(buf, purpose, sizeof(purpose));
	tally_buf_add_span(buf, client_id);
	tally_buf_add_char(buf, '\0');
	tally_buf_add_span(buf, secret_id);
	return tally_buf_span(buf);
}

enum tally_err tally_secret_wrap(const struct tally_seal_key *wrap, struct tally_span client_id,
				 struct tally_span secret_id, struct tally_span secret,
				 struct tally_buf *out)
{
	char bytes[TALLY_SECRET_PLACE_MAX];
	struct tally_buf buf;
	struct tally_span aad = tally_secret_place(&buf, bytes, client_id, secret_id);
	enum tally_err err = tally_buf_err(&buf);

	return err == TALLY_OK ? tally_seal(wrap, aad, secret, out) : err;
}

enum tally_err tally_secret_unwrap(const struct tally_wrap_keys *wrap, struct tally_span client_id,
				   const struct tally_secret_record *record, struct tally_buf *out)
{
	char bytes[TALLY_SECRET_PLACE_MAX];
	struct tally_buf buf;
	struct tally_span aad = tally_secret_place(&buf, bytes, client_id, record->secret_id);
	enum tally_err err = tally_buf_err(&buf);

	return err == TALLY_OK ? tally_wrap_keys_unseal(wrap, aad, record->wrapped, out) : err;
}
