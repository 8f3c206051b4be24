/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "admin/public_key.h"

#include "sys/clock.h"
#include "sys/log.h"

#define ACCEPTED "expected RSA of 2048 to 4096 bits, P-256, P-384, P-521 or Ed25519"

static enum tally_err explain(enum tally_err err, const struct tally_alg *alg)
{
	if (err == TALLY_ERR_DENIED)
		tally_log_error("this is a private key, which nobody should have but its owner; "
				"the public one is made by: openssl pkey -in FILE -pubout");
	else if (err == TALLY_ERR_UNSUPPORTED && alg != NULL)
		tally_log_error("the public key is not one for %s", alg->name);
	else if (err == TALLY_ERR_UNSUPPORTED)
		tally_log_error(
			"the public key is of a kind or size that is not supported: " ACCEPTED);
	else if (err != TALLY_OK)
		tally_log_error("the public key cannot be read: %s", tally_err_text(err));
	return err == TALLY_OK || err == TALLY_ERR_NOMEM ? err : TALLY_ERR_USAGE;
}

enum tally_err tally_admin_read_pem(const struct tally_alg *alg, struct tally_span text,
				    struct tally_key **out)
{
	return explain(tally_public_key_from_pem(alg, text, out), alg);
}

enum tally_err tally_admin_read_jwk(struct tally_span text, struct tally_arena *arena,
				    struct tally_jwk *out)
{
	struct tally_json *json;
	enum tally_err err = tally_json_parse(text, TALLY_PUBLIC_KEY_FILE_MAX, &json);

	*out = (struct tally_jwk){ .key = NULL };
	if (err == TALLY_OK && tally_json_member(json, "d") != NULL)
		err = TALLY_ERR_DENIED; /* private: RFC 7518 §6.2.2.1, §6.3.2.1, RFC 8037 §2 */
	if (err == TALLY_OK)
		err = tally_jwk_parse(json, arena, out);
	tally_json_free(json);
	return explain(err, NULL);
}

enum tally_err tally_admin_check_expiry(int64_t expires_at, int64_t now)
{
	char time[TALLY_TIME_SIZE];

	if (expires_at == 0 || expires_at > now)
		return TALLY_OK;
	tally_log_error("the key would end at %s, which is past",
			tally_clock_format(time, expires_at));
	return TALLY_ERR_USAGE;
}

enum tally_err tally_admin_set_public_key(const struct tally_key *key, struct tally_arena *arena,
					  struct tally_public_key_record *out)
{
	struct tally_buf der;

	tally_buf_in(&der, arena, TALLY_KEY_DER_MAX);
	enum tally_err err = tally_key_add_public_der(key, &der);

	out->alg = tally_span_of(tally_key_alg(key)->name);
	out->public_der = tally_buf_span(&der);
	return err;
}
