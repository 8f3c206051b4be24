/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "base/b64.h"
#include "codec/json_out.h"
#include "crypt/alg.h"
#include "crypt/key.h"
#include "vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void algorithms_are_a_closed_list(void **state)
{
	static const char *const others[] = {
		"", "none", "None", "HS256", "es256", "ES256 ", "ES256K", "RS384", "PS512", "Ed25519",
		"RS1", "ECDH-ES",
	};

	(void)state;
	for (int i = 0; i < TALLY_ALG_COUNT; i++) {
		const struct tally_alg *alg = tally_alg((enum tally_alg_id)i);

		assert_ptr_equal(tally_alg_find(tally_span_of(alg->name)), alg);
		assert_int_equal(alg->id, i);
	}
	for (size_t i = 0; i < COUNT(others); i++)
		assert_null(tally_alg_find(tally_span_of(others[i])));
	assert_null(tally_alg_find(TALLY_SPAN("ES256\0")));
	assert_string_equal(tally_alg_names(), "ES256, ES384, ES512, RS256, PS256, EdDSA");
}

static void assert_same_key(const struct tally_key *a, const struct tally_key *b)
{
	char one[TALLY_THUMBPRINT_SIZE + 1], two[TALLY_THUMBPRINT_SIZE + 1];

	assert_int_equal(tally_key_thumbprint(a, one), TALLY_OK);
	assert_int_equal(tally_key_thumbprint(b, two), TALLY_OK);
	assert_int_equal(strlen(one), TALLY_THUMBPRINT_SIZE);
	assert_string_equal(one, two);
}

static void check_der(const struct tally_key *key, enum tally_alg_id alg)
{
	struct tally_buf der;
	struct tally_key *back;

	tally_buf_grow(&der, TALLY_KEY_DER_MAX);
	assert_int_equal(tally_key_add_private_der(key, &der), TALLY_OK);
	assert_int_equal(tally_key_from_der(tally_alg(alg), tally_buf_span(&der), &back), TALLY_OK);
	assert_true(tally_key_is_private(back));
	assert_same_key(key, back);
	tally_key_free(back);
	for (size_t n = 0; n < der.n; n++) /* cut off anywhere */
		assert_int_equal(tally_key_from_der(tally_alg(alg), tally_span(der.p, n), &back),
				 TALLY_ERR_SYNTAX);
	tally_buf_add_char(&der, '\0');
	assert_int_equal(tally_key_from_der(tally_alg(alg), tally_buf_span(&der), &back),
			 TALLY_ERR_SYNTAX);
	assert_null(back);
	tally_buf_free(&der);
}

static void check_public_der(const struct tally_key *key, enum tally_alg_id alg)
{
	struct tally_buf der;
	struct tally_key *back;

	tally_buf_grow(&der, TALLY_KEY_DER_MAX);
	assert_int_equal(tally_key_add_public_der(key, &der), TALLY_OK);
	assert_int_equal(tally_key_from_public_der(tally_alg(alg), tally_buf_span(&der), &back),
			 TALLY_OK);
	assert_false(tally_key_is_private(back));
	assert_same_key(key, back);
	assert_int_equal(tally_key_add_private_der(back, &der), TALLY_ERR_STATE);
	tally_key_free(back);
	tally_buf_add_char(&der, '\0');
	assert_int_equal(tally_key_from_public_der(tally_alg(alg), tally_buf_span(&der), &back),
			 TALLY_ERR_SYNTAX);
	tally_buf_free(&der);
}

static void check_jwk(const struct tally_key *key, enum tally_alg_id alg)
{
	struct tally_buf text;
	struct tally_json_out out;
	struct tally_json *json;
	struct tally_key *back;

	tally_buf_grow(&text, 4096);
	tally_json_begin(&out, &text);
	assert_int_equal(tally_key_add_jwk(key, "k1", &out), TALLY_OK);
	assert_int_equal(tally_json_parse(tally_buf_span(&text), 4096, &json), TALLY_OK);
	assert_int_equal(tally_key_from_jwk(tally_alg(alg), json, &back), TALLY_OK);
	assert_null(tally_json_member(json, "d"));
	assert_false(tally_key_is_private(back));
	assert_ptr_equal(tally_key_alg(back), tally_alg(alg));
	assert_same_key(key, back);
	tally_key_free(back);
	tally_json_free(json);
	tally_buf_free(&text);
}

static void generated_keys_go_out_and_come_back(void **state)
{
	(void)state;
	for (int i = 0; i < TALLY_ALG_COUNT; i++) {
		enum tally_alg_id alg = (enum tally_alg_id)i;
		struct tally_key *key;

		assert_int_equal(tally_key_generate(tally_alg(alg), &key), TALLY_OK);
		assert_true(tally_key_is_private(key));
		assert_int_equal(tally_key_signature_size(key),
				 tally_alg(alg)->signature_size ? tally_alg(alg)->signature_size
								: 256);
		check_der(key, alg);
		check_public_der(key, alg);
		check_jwk(key, alg);
		tally_key_free(tally_key_ref(key));
		tally_key_free(key);
	}
	tally_key_free(NULL);
}

/* One coordinate in 256 begins with a zero byte, which must stay. */
static void short_coordinates_keep_their_length(void **state)
{
	static const char *const names[] = { "keys/ec-short-x", "keys/ec-short-y" };
	struct tally_arena *arena = tally_arena_new(1 << 17, 1 << 18);

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		const char *pem = tally_arena_printf(arena, "%s.pem", names[i]);
		const char *jwk = tally_arena_printf(arena, "%s.jwk", names[i]);
		struct tally_key *key = vector_pem(TALLY_ALG_ES256, pem);
		struct tally_buf text;
		struct tally_json_out out;

		tally_buf_grow(&text, 1024);
		tally_json_begin(&out, &text);
		assert_int_equal(tally_key_add_jwk(key, NULL, &out), TALLY_OK);
		assert_true(tally_span_eq(tally_buf_span(&text), vector_text(arena, jwk)));
		check_jwk(key, TALLY_ALG_ES256);
		tally_buf_free(&text);
		tally_key_free(key);
	}
	tally_arena_free(arena);
}

static void jwk_has_no_other_form(void **state)
{
	struct tally_key *key = vector_pem(TALLY_ALG_EDDSA, "jws/rfc8037-a4-eddsa.pem");
	struct tally_buf text;
	struct tally_json_out out;

	(void)state;
	tally_buf_grow(&text, 1024);
	tally_json_begin(&out, &text);
	assert_int_equal(tally_key_add_jwk(key, "one", &out), TALLY_OK);
	assert_string_equal(tally_buf_cstr(&text),
			    "{\"crv\":\"Ed25519\",\"kty\":\"OKP\","
			    "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\","
			    "\"use\":\"sig\",\"alg\":\"EdDSA\",\"kid\":\"one\"}");
	tally_buf_free(&text);
	tally_key_free(key);
}

/* RFC 7638 §3.1, RFC 8037 appendix A.3. */
static void thumbprints_of_the_standards(void **state)
{
	static const struct {
		enum tally_alg_id alg;
		const char *file;
		const char *thumbprint;
	} rows[] = {
		{ TALLY_ALG_RS256, "jws/rfc7638-3.1.jwk",
		  "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs" },
		{ TALLY_ALG_EDDSA, "jws/rfc8037-a4-eddsa.jwk",
		  "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct tally_key *key = vector_jwk(rows[i].alg, rows[i].file);
		char text[TALLY_THUMBPRINT_SIZE + 1];

		assert_int_equal(tally_key_thumbprint(key, text), TALLY_OK);
		assert_string_equal(text, rows[i].thumbprint);
		tally_key_free(key);
	}
}

static void pem_of_every_form(void **state)
{
	static const struct {
		enum tally_alg_id alg;
		const char *file;
		bool is_private;
	} rows[] = {
		{ TALLY_ALG_ES256, "jws/rfc7515-a3-es256.pem", true },
		{ TALLY_ALG_ES256, "keys/ec-sec1.pem", true },
		{ TALLY_ALG_ES256, "keys/ec-public.pem", false },
		{ TALLY_ALG_ES256, "keys/ec-compressed.pem", false },
		{ TALLY_ALG_RS256, "keys/rsa-4096.pem", true },
		{ TALLY_ALG_PS256, "keys/rsa-4096.pem", true },
		{ TALLY_ALG_PS256, "keys/rsa-pss.pem", true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct tally_key *key = vector_pem(rows[i].alg, rows[i].file);

		assert_int_equal(tally_key_is_private(key), rows[i].is_private);
		check_jwk(key, rows[i].alg);
		if (tally_alg(rows[i].alg)->type == TALLY_KEY_RSA)
			check_der(key, rows[i].alg); /* the longest there is */
		tally_key_free(key);
	}
}

static void pem_that_is_refused(void **state)
{
	static const struct {
		enum tally_alg_id alg;
		const char *file;
		enum tally_err err;
	} rows[] = {
		{ TALLY_ALG_RS256, "keys/rsa-1024.pem", TALLY_ERR_UNSUPPORTED },
		{ TALLY_ALG_RS256, "keys/rsa-8192-public.pem", TALLY_ERR_UNSUPPORTED },
		{ TALLY_ALG_RS256, "keys/rsa-e3.pem", TALLY_ERR_UNSUPPORTED },
		{ TALLY_ALG_RS256, "keys/rsa-pss.pem", TALLY_ERR_UNSUPPORTED },
		{ TALLY_ALG_PS256, "keys/rsa-pss-sha512.pem", TALLY_ERR_UNSUPPORTED },
		{ TALLY_ALG_RS256, "jws/rfc7515-a3-es256.pem", TALLY_ERR_UNSUPPORTED },
		{ TALLY_ALG_ES256, "jws/rfc7515-a2-rs256.pem", TALLY_ERR_UNSUPPORTED },
		{ TALLY_ALG_ES256, "jws/rfc8037-a4-eddsa.pem", TALLY_ERR_UNSUPPORTED },
		{ TALLY_ALG_ES384, "jws/rfc7515-a3-es256.pem", TALLY_ERR_UNSUPPORTED },
		{ TALLY_ALG_ES256, "keys/ec-secp256k1.pem", TALLY_ERR_UNSUPPORTED },
		{ TALLY_ALG_ES256, "keys/ec-explicit.pem", TALLY_ERR_UNSUPPORTED },
		{ TALLY_ALG_ES256, "keys/ec-mismatched.pem", TALLY_ERR_UNSUPPORTED },
		{ TALLY_ALG_ES256, "keys/ec-off-curve.pem", TALLY_ERR_SYNTAX },
		{ TALLY_ALG_ES256, "keys/ec-encrypted.pem", TALLY_ERR_SYNTAX },
		{ TALLY_ALG_EDDSA, "keys/ed448.pem", TALLY_ERR_UNSUPPORTED },
		{ TALLY_ALG_EDDSA, "keys/x25519.pem", TALLY_ERR_UNSUPPORTED },
		{ TALLY_ALG_ES256, "jws/rfc7515-a3-es256.jwk", TALLY_ERR_SYNTAX },
	};
	struct tally_key *key;
	char large[20000];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(pem_err(rows[i].alg, rows[i].file), rows[i].err);
	memset(large, 'x', sizeof(large));
	assert_int_equal(tally_key_from_pem(tally_alg(TALLY_ALG_ES256),
					    tally_span(large, sizeof(large)), &key),
			 TALLY_ERR_LIMIT);
	assert_int_equal(tally_key_from_der(tally_alg(TALLY_ALG_ES256),
					    tally_span(large, sizeof(large)), &key),
			 TALLY_ERR_LIMIT);
	assert_int_equal(tally_key_from_public_der(tally_alg(TALLY_ALG_ES256),
						   tally_span(large, sizeof(large)), &key),
			 TALLY_ERR_LIMIT);
	assert_int_equal(tally_key_from_pem(tally_alg(TALLY_ALG_ES256), tally_span(NULL, 0), &key),
			 TALLY_ERR_SYNTAX);
}

static void uri_names_one_private_key(void **state)
{
	static const struct {
		const char *file;
		enum tally_err err;
	} rows[] = {
		{ "jws/rfc7515-a3-es256.pem", TALLY_OK },
		{ "jws/rfc7515-a2-rs256.pem", TALLY_ERR_UNSUPPORTED },
		{ "keys/ec-public.pem", TALLY_ERR_NOT_FOUND },
		{ "keys/ec-encrypted.pem", TALLY_ERR_NOT_FOUND },
		{ "keys/ec-two.pem", TALLY_ERR_NOT_FOUND },
		{ "jws/rfc7515-a3-es256.jwk", TALLY_ERR_NOT_FOUND },
		{ "no such file", TALLY_ERR_NOT_FOUND },
	};
	const char *root = getenv("TALLY_SRCDIR");
	char uri[1024];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct tally_key *key;

		snprintf(uri, sizeof(uri), "file:%s/tests/vectors/%s", root ? root : ".",
			 rows[i].file);
		assert_int_equal(tally_key_from_uri(tally_alg(TALLY_ALG_ES256), uri, &key),
				 rows[i].err);
		tally_key_free(key);
	}
}

#define X "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\""
#define Y "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\""
#define EC "\"kty\":\"EC\",\"crv\":\"P-256\","
#define OKP "\"kty\":\"OKP\",\"crv\":\"Ed25519\","
#define OKP_X "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\""

static void jwk_table(void **state)
{
	static const struct {
		enum tally_alg_id alg;
		enum tally_err err;
		const char *text;
	} rows[] = {
		{ TALLY_ALG_ES256, TALLY_OK, "{" EC X "," Y "}" },
		{ TALLY_ALG_ES256, TALLY_OK, "{" EC X "," Y ",\"use\":\"sig\",\"alg\":\"ES256\"}" },
		{ TALLY_ALG_ES256, TALLY_OK, "{" EC X "," Y ",\"key_ops\":[\"verify\"]}" },
		{ TALLY_ALG_ES256, TALLY_OK, "{" EC X "," Y ",\"d\":\"AA\",\"x5c\":7,\"jku\":0}" },
		{ TALLY_ALG_ES256, TALLY_ERR_UNSUPPORTED, "{" EC X "," Y ",\"use\":\"enc\"}" },
		{ TALLY_ALG_ES256, TALLY_ERR_SYNTAX, "{" EC X "," Y ",\"use\":1}" },
		{ TALLY_ALG_ES256, TALLY_ERR_UNSUPPORTED, "{" EC X "," Y ",\"alg\":\"ES384\"}" },
		{ TALLY_ALG_ES256, TALLY_ERR_SYNTAX, "{" EC X "," Y ",\"alg\":null}" },
		{ TALLY_ALG_ES256, TALLY_ERR_UNSUPPORTED, "{" EC X "," Y ",\"key_ops\":[\"sign\"]}" },
		{ TALLY_ALG_ES256, TALLY_ERR_SYNTAX, "{" EC X "," Y ",\"key_ops\":\"verify\"}" },
		{ TALLY_ALG_ES384, TALLY_ERR_UNSUPPORTED, "{" EC X "," Y "}" },
		{ TALLY_ALG_RS256, TALLY_ERR_UNSUPPORTED, "{" EC X "," Y "}" },
		{ TALLY_ALG_ES256, TALLY_ERR_SYNTAX, "{}" },
		{ TALLY_ALG_ES256, TALLY_ERR_SYNTAX, "[]" },
		{ TALLY_ALG_ES256, TALLY_ERR_SYNTAX, "{\"kty\":\"EC\"," X "," Y "}" },
		{ TALLY_ALG_ES256, TALLY_ERR_SYNTAX, "{" EC X "}" },
		{ TALLY_ALG_ES256, TALLY_ERR_SYNTAX, "{" EC Y "}" },
		{ TALLY_ALG_ES256, TALLY_ERR_SYNTAX, "{" EC X ",\"y\":5}" },
		{ TALLY_ALG_ES256, TALLY_ERR_SYNTAX, "{" EC X ",\"y\":\"\"}" },
		{ TALLY_ALG_ES256, TALLY_ERR_UNSUPPORTED, "{\"kty\":\"ec\",\"crv\":\"P-256\"," X "," Y "}" },
		{ TALLY_ALG_ES256, TALLY_ERR_UNSUPPORTED, "{\"kty\":\"EC\",\"crv\":\"p-256\"," X "," Y "}" },
		{ TALLY_ALG_ES256, TALLY_ERR_UNSUPPORTED, "{\"kty\":\"oct\",\"k\":\"AAAA\"}" },
		/* Not on the curve: y + 1, the origin, x = p. */
		{ TALLY_ALG_ES256, TALLY_ERR_UNSUPPORTED,
		  "{" EC X ",\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a4\"}" },
		{ TALLY_ALG_ES256, TALLY_ERR_UNSUPPORTED,
		  "{" EC "\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
		  "\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}" },
		{ TALLY_ALG_ES256, TALLY_ERR_UNSUPPORTED,
		  "{" EC "\"x\":\"_____wAAAAEAAAAAAAAAAAAAAAD_______________8\"," Y "}" },
		/* Longer, shorter, padded, with trailing bits, in the other alphabet. */
		{ TALLY_ALG_ES256, TALLY_ERR_SYNTAX,
		  "{" EC X ",\"y\":\"AMfxRM0bvZt-hyzf7bnuufSzaV1uqQskrYpGIyiFiOWt\"}" },
		{ TALLY_ALG_ES256, TALLY_ERR_SYNTAX,
		  "{" EC X ",\"y\":\"8UTNG72bfocs3-257rn0s2ldbqkLJK2KRiMohYjlrQ\"}" },
		{ TALLY_ALG_ES256, TALLY_ERR_SYNTAX,
		  "{" EC X ",\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0=\"}" },
		{ TALLY_ALG_ES256, TALLY_ERR_SYNTAX,
		  "{" EC X ",\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a1\"}" },
		{ TALLY_ALG_ES256, TALLY_ERR_SYNTAX,
		  "{" EC X ",\"y\":\"x/FEzRu9m36HLN/tue659LNpXW6pCyStikYjKIWI5a0\"}" },
		{ TALLY_ALG_EDDSA, TALLY_OK, "{" OKP OKP_X "}" },
		{ TALLY_ALG_EDDSA, TALLY_ERR_UNSUPPORTED,
		  "{\"kty\":\"OKP\",\"crv\":\"X25519\"," OKP_X "}" },
		{ TALLY_ALG_EDDSA, TALLY_ERR_SYNTAX, "{" OKP "\"x\":\"11qYAYKxCrfVS_7T\"}" },
		{ TALLY_ALG_EDDSA, TALLY_ERR_SYNTAX,
		  "{" OKP "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURoA\"}" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (jwk_err(rows[i].alg, rows[i].text) != rows[i].err)
			fail_msg("row %zu: %s", i, rows[i].text);
}

/* An RSA JWK with the numbers given as bytes. */
static enum tally_err rsa_err(const uint8_t *n, size_t n_size, const char *e)
{
	struct tally_buf text;

	tally_buf_grow(&text, 8192);
	tally_buf_add_str(&text, "{\"kty\":\"RSA\",\"n\":\"");
	tally_b64url_add(&text, n, n_size);
	tally_buf_printf(&text, "\",\"e\":\"%s\"}", e);
	enum tally_err err = jwk_err(TALLY_ALG_RS256, tally_buf_cstr(&text));

	tally_buf_free(&text);
	return err;
}

static void rsa_limits(void **state)
{
	struct tally_arena *arena = tally_arena_new(1 << 17, 1 << 17);
	struct tally_json *json;
	struct tally_span text;
	uint8_t n[1024];
	size_t size;

	(void)state;
	assert_int_equal(tally_json_parse(vector_text(arena, "jws/rfc7515-a2-rs256.jwk"), 4096,
					  &json),
			 TALLY_OK);
	assert_true(tally_json_string(tally_json_member(json, "n"), &text));
	assert_int_equal(tally_b64url_get(text, n, sizeof(n), &size), TALLY_OK);
	assert_int_equal(size, 256);
	assert_int_equal(rsa_err(n, 256, "AQAB"), TALLY_OK);
	assert_int_equal(rsa_err(n, 256, "_____w"), TALLY_OK);              /* 2^32 - 1 */
	assert_int_equal(rsa_err(n, 256, "AQ"), TALLY_ERR_UNSUPPORTED);     /* 1 */
	assert_int_equal(rsa_err(n, 256, "Aw"), TALLY_ERR_UNSUPPORTED);     /* 3 */
	assert_int_equal(rsa_err(n, 256, "__8"), TALLY_ERR_UNSUPPORTED);    /* 65535 */
	assert_int_equal(rsa_err(n, 256, "AQAC"), TALLY_ERR_UNSUPPORTED);   /* even */
	assert_int_equal(rsa_err(n, 256, "AQAAAAE"), TALLY_ERR_UNSUPPORTED); /* 2^32 + 1 */
	assert_int_equal(rsa_err(n, 256, "AAEAAQ"), TALLY_ERR_SYNTAX);      /* leading zero */
	assert_int_equal(rsa_err(n, 256, ""), TALLY_ERR_SYNTAX);
	assert_int_equal(rsa_err(n, 255, "AQAB"), TALLY_ERR_UNSUPPORTED); /* 2040 bits */
	n[0] &= 0x7f;
	assert_int_equal(rsa_err(n, 256, "AQAB"), TALLY_ERR_UNSUPPORTED); /* 2047 bits */
	n[0] |= 0x80;
	n[255] &= 0xfe;
	assert_int_equal(rsa_err(n, 256, "AQAB"), TALLY_ERR_UNSUPPORTED); /* even */
	memset(n, 0xff, sizeof(n));
	assert_int_equal(rsa_err(n, 513, "AQAB"), TALLY_ERR_UNSUPPORTED);
	assert_int_equal(rsa_err(n, 1024, "AQAB"), TALLY_ERR_UNSUPPORTED);
	n[0] = 0;
	assert_int_equal(rsa_err(n, 256, "AQAB"), TALLY_ERR_SYNTAX); /* leading zero */
	tally_json_free(json);
	tally_arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(algorithms_are_a_closed_list),
		cmocka_unit_test(generated_keys_go_out_and_come_back),
		cmocka_unit_test(short_coordinates_keep_their_length),
		cmocka_unit_test(jwk_has_no_other_form),
		cmocka_unit_test(thumbprints_of_the_standards),
		cmocka_unit_test(pem_of_every_form),
		cmocka_unit_test(pem_that_is_refused),
		cmocka_unit_test(uri_names_one_private_key),
		cmocka_unit_test(jwk_table),
		cmocka_unit_test(rsa_limits),
	};

	return cmocka_run_group_tests_name("crypt_key", tests, NULL, NULL);
}
