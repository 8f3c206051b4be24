/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/unit/assertions.h"

#include "base/b64.h"
#include "crypt/hmac.h"
#include "sys/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct tally_key *keys[TALLY_ALG_COUNT][2];

struct tally_key *assertion_key(enum tally_alg_id alg, unsigned int which)
{
	if (keys[alg][which] == NULL)
		assert_int_equal(tally_key_generate(tally_alg(alg), &keys[alg][which]), TALLY_OK);
	return keys[alg][which];
}

void assertion_free_keys(void)
{
	for (size_t i = 0; i < TALLY_ALG_COUNT; i++)
		for (size_t j = 0; j < 2; j++) {
			tally_key_free(keys[i][j]);
			keys[i][j] = NULL;
		}
}

/* Appends text as base64url, with its times filled in. */
static void add_part(struct tally_buf *out, const char *text)
{
	static char bytes[SEAM_TEXT_MAX];
	struct tally_buf part;

	tally_buf_over(&part, bytes, sizeof(bytes));
	while (*text != '\0') {
		char *end;

		if (*text != '@') {
			tally_buf_add_char(&part, *text++);
			continue;
		}
		tally_buf_printf(&part, "%lld",
				 (long long)tally_clock_now() + strtoll(text + 1, &end, 10));
		text = end;
	}
	assert_int_equal(tally_buf_err(&part), TALLY_OK);
	tally_b64url_add(out, part.p, part.n);
}

static void begin(struct tally_buf *buf, const char *header, const char *payload,
		  char out[SEAM_TEXT_MAX])
{
	tally_buf_over(buf, out, SEAM_TEXT_MAX);
	add_part(buf, header);
	tally_buf_add_char(buf, '.');
	add_part(buf, payload);
}

const char *assertion_sign(struct tally_key *key, const char *header, const char *payload,
			   char out[SEAM_TEXT_MAX])
{
	char signature[1024];
	struct tally_signer *signer;
	struct tally_buf text, raw;

	begin(&text, header, payload, out);
	tally_buf_over(&raw, signature, sizeof(signature));
	assert_int_equal(tally_signer_new(key, NULL, NULL, &signer), TALLY_OK);
	assert_int_equal(tally_signer_sign_raw(signer, tally_buf_span(&text), &raw), TALLY_OK);
	tally_signer_free(signer);
	tally_buf_add_char(&text, '.');
	tally_b64url_add(&text, raw.p, raw.n);
	assert_int_equal(tally_buf_err(&text), TALLY_OK);
	return tally_buf_cstr(&text);
}

const char *assertion_mac(struct tally_span secret, const char *header, const char *payload,
			  char out[SEAM_TEXT_MAX])
{
	uint8_t mac[TALLY_HMAC_SIZE];
	struct tally_buf text;

	begin(&text, header, payload, out);
	const struct tally_span part = tally_buf_span(&text);

	assert_int_equal(tally_hmac_sha256(secret, &part, 1, mac), TALLY_OK);
	tally_buf_add_char(&text, '.');
	tally_b64url_add(&text, mac, sizeof(mac));
	return tally_buf_cstr(&text);
}

void assertion_add_machine(struct tally_store *store, const char *user_id)
{
	char login[64];
	struct tally_user_record user = {
		.user_id = tally_span_of(user_id),
		.name = TALLY_SPAN("A Machine"),
		.kind = TALLY_USER_MACHINE,
		.created_at = 1,
	};

	snprintf(login, sizeof(login), "bot-%s", user_id);
	user.login = tally_span_of(login);
	assert_int_equal(store->ops->user_add(store, &user), TALLY_OK);
}

/* The record's public key is in der. */
static struct tally_public_key_record record_of(const char *owner, const char *kid,
						struct tally_key *key, int64_t expires_at,
						char der[TALLY_KEY_DER_MAX])
{
	struct tally_buf buf;

	tally_buf_over(&buf, der, TALLY_KEY_DER_MAX);
	assert_int_equal(tally_key_add_public_der(key, &buf), TALLY_OK);
	return (struct tally_public_key_record){
		.key_id = tally_span_of(kid),
		.owner = tally_span_of(owner),
		.alg = tally_span_of(tally_key_alg(key)->name),
		.public_der = tally_buf_span(&buf),
		.created_at = 1,
		.expires_at = expires_at,
	};
}

void assertion_add_user_key(struct tally_store *store, const char *user_id, const char *kid,
			    struct tally_key *key, int64_t expires_at)
{
	char der[TALLY_KEY_DER_MAX];
	const struct tally_public_key_record record =
		record_of(user_id, kid, key, expires_at, der);

	assert_int_equal(store->ops->user_key_add(store, &record), TALLY_OK);
}

void assertion_add_client_key(struct tally_store *store, const char *client_id, const char *kid,
			      struct tally_key *key, int64_t expires_at)
{
	char der[TALLY_KEY_DER_MAX];
	const struct tally_public_key_record record =
		record_of(client_id, kid, key, expires_at, der);

	assert_int_equal(store->ops->client_key_add(store, &record), TALLY_OK);
}

struct tally_json *assertion_claims(struct tally_span response, const char *member)
{
	static char token[SEAM_TEXT_MAX], claims[SEAM_TEXT_MAX];
	struct tally_json *json = NULL;
	size_t n;

	seam_member(response, member, token);
	struct tally_span rest = tally_span_of(token);

	tally_span_cut(&rest, '.');
	assert_int_equal(tally_b64url_get(tally_span_cut(&rest, '.'), claims, sizeof(claims), &n),
			 TALLY_OK);
	assert_int_equal(tally_json_parse(tally_span(claims, n), n, &json), TALLY_OK);
	return json;
}

void assertion_assert_claim(const struct tally_json *claims, const char *name, const char *want)
{
	struct tally_span value = { NULL, 0 };

	assert_true(tally_json_string(tally_json_member(claims, name), &value));
	assert_true(tally_span_eq(value, tally_span_of(want)));
}
