/* SPDX-License-Identifier: Apache-2.0 */
/* What others bring: MACs, key sets, keys whose algorithm nobody says. */
#include "config.h"

#include "base/b64.h"
#include "crypt/hmac.h"
#include "crypt/jwks.h"
#include "crypt/verifier_cache.h"
#include "jws_fixture.h"

#include <stdio.h>

/* RFC 4231 §4.2, §4.3, §4.7. */
static void hmac_as_in_rfc_4231(void **state)
{
	static const char zeros_b[] = "\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b"
				      "\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b";
	char long_key[131];
	const struct {
		struct tally_span key;
		const char *data;
		const char *mac;
	} rows[] = {
		{ { zeros_b, 20 }, "Hi There",
		  "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
		{ TALLY_SPAN("Jefe"), "what do ya want for nothing?",
		  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
		{ { long_key, sizeof(long_key) },
		  "Test Using Larger Than Block-Size Key - Hash Key First",
		  "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
	};

	(void)state;
	memset(long_key, '\xaa', sizeof(long_key));
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct tally_span data = tally_span_of(rows[i].data);
		const struct tally_span halves[] = { { data.p, 3 }, { data.p + 3, data.n - 3 } };
		uint8_t mac[TALLY_HMAC_SIZE];
		char hex[2 * TALLY_HMAC_SIZE + 1];

		assert_int_equal(tally_hmac_sha256(rows[i].key, halves, 2, mac), TALLY_OK);
		for (size_t j = 0; j < sizeof(mac); j++)
			snprintf(hex + 2 * j, 3, "%02x", mac[j]);
		assert_string_equal(hex, rows[i].mac);
	}
	/* An empty key is a key. */
	uint8_t mac[TALLY_HMAC_SIZE];

	assert_int_equal(tally_hmac_sha256(tally_span(NULL, 0), NULL, 0, mac), TALLY_OK);
	assert_memory_equal(mac, "\xb6\x13\x67\x9a\x08\x14\xd9\xec", 8);
}

#define A1_SIGNED \
	"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQog" \
	"Imh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
#define A1 A1_SIGNED ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
#define A1_KEY \
	"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"

/* RFC 7515 appendix A.1. */
static void hs256_as_in_rfc_7515(void **state)
{
	uint8_t key[64], mac[TALLY_HMAC_SIZE];
	struct tally_jws jws;
	size_t n;

	(void)state;
	assert_int_equal(tally_b64url_get(TALLY_SPAN(A1_KEY), key, sizeof(key), &n), TALLY_OK);
	assert_int_equal(tally_jws_parse_mac(TALLY_SPAN(A1), arena, &jws), TALLY_OK);
	assert_null(jws.alg);
	assert_true(tally_span_eq(jws.signed_part, TALLY_SPAN(A1_SIGNED)));
	assert_true(tally_jws_typ_is(&jws, "JWT"));
	assert_int_equal(tally_hmac_sha256(tally_span(key, n), &jws.signed_part, 1, mac), TALLY_OK);
	assert_int_equal(jws.signature.n, sizeof(mac));
	assert_memory_equal(jws.signature.p, mac, sizeof(mac));
}

/* A MAC is no signature: neither parser takes what is the other's. */
static void macs_and_signatures_do_not_meet(void **state)
{
	struct tally_jws jws;

	(void)state;
	assert_int_equal(parse_err(TALLY_SPAN(A1)), TALLY_ERR_UNSUPPORTED);
	assert_true(tally_jws_says_mac(TALLY_SPAN(A1), arena));
	assert_int_equal(tally_jws_parse_mac(TALLY_SPAN(A1), arena, &jws), TALLY_OK);
	for (size_t i = 0; i < COUNT(vectors); i++) {
		struct tally_key *key = public_key(vectors[i].alg, vectors[i].key);
		struct tally_jws signature;

		assert_int_equal(tally_jws_verify(&jws, key), TALLY_ERR_VERIFY);
		assert_int_equal(tally_jws_parse_mac(vector_jws(vectors[i].name), arena, &signature),
				 TALLY_ERR_UNSUPPORTED);
		assert_false(tally_jws_says_mac(vector_jws(vectors[i].name), arena));
		tally_key_free(key);
	}
	assert_false(tally_jws_says_mac(TALLY_SPAN(""), arena));
	assert_false(tally_jws_says_mac(TALLY_SPAN("."), arena));
	assert_false(tally_jws_says_mac(TALLY_SPAN("e30.e30."), arena));
	assert_false(tally_jws_says_mac(TALLY_SPAN("W10"), arena));
}

/* ---- key sets ---- */

static struct tally_jwks jwks;

static enum tally_err parse_set(const char *text)
{
	tally_jwks_end(&jwks);
	return tally_jwks_parse(tally_span_of(text), 65536, arena, &jwks);
}

static const char *jwk_of(const char *name)
{
	return tally_arena_cstr(arena, vector_text(arena,
						   tally_arena_printf(arena, "jws/%s.jwk", name)));
}

/* The same JWK with one more member. */
static const char *with(const char *jwk, const char *member)
{
	return tally_arena_printf(arena, "{%s,%s", member, strchr(jwk, '{') + 1);
}

static void a_set_is_read(void **state)
{
	const char *es256 = jwk_of("rfc7515-a3-es256"), *rsa = jwk_of("rfc7515-a2-rs256");

	(void)state;
	assert_int_equal(parse_set(tally_arena_printf(
				 arena, "{\"x\":1,\"keys\":[%s,%s,%s,%s,{\"kty\":\"oct\"},7]}",
				 with(es256, "\"kid\":\"a\""), with(rsa, "\"kid\":\"a\""),
				 with(rsa, "\"kid\":\"b\",\"alg\":\"PS256\""),
				 jwk_of("own-es384"))), TALLY_OK);
	assert_int_equal(jwks.count, 4);
	assert_int_equal(jwks.skipped, 2);
	const struct tally_alg *rs256 = tally_alg(TALLY_ALG_RS256);

	/* A kid may name keys of several algorithms (RFC 7517 §4.5). */
	assert_ptr_equal(tally_jwks_find(&jwks, TALLY_SPAN("a"), tally_alg(TALLY_ALG_ES256)),
			 jwks.keys[0].key);
	assert_ptr_equal(tally_jwks_find(&jwks, TALLY_SPAN("a"), rs256), jwks.keys[1].key);
	assert_null(tally_jwks_find(&jwks, TALLY_SPAN("b"), rs256));
	assert_null(tally_jwks_find(&jwks, TALLY_SPAN(""), rs256));
	assert_ptr_equal(tally_jwks_find(&jwks, tally_span(NULL, 0), tally_alg(TALLY_ALG_PS256)),
			 jwks.keys[2].key);
	assert_null(tally_jwks_find(&jwks, tally_span(NULL, 0), tally_alg(TALLY_ALG_EDDSA)));
	/* Without a kid of its own it is found only by those that name none. */
	assert_null(tally_jwks_find(&jwks, TALLY_SPAN("c"), tally_alg(TALLY_ALG_ES384)));
	assert_ptr_equal(tally_jwks_find(&jwks, tally_span(NULL, 0), tally_alg(TALLY_ALG_ES384)),
			 jwks.keys[3].key);
}

static void what_is_no_set_is_refused(void **state)
{
	const char *es256 = jwk_of("rfc7515-a3-es256");
	struct tally_buf many;

	(void)state;
	assert_int_equal(parse_set(""), TALLY_ERR_SYNTAX);
	assert_int_equal(parse_set("[]"), TALLY_ERR_SYNTAX);
	assert_int_equal(parse_set("{}"), TALLY_ERR_SYNTAX);
	assert_int_equal(parse_set("{\"keys\":{}}"), TALLY_ERR_SYNTAX);
	assert_int_equal(parse_set(es256), TALLY_ERR_SYNTAX);
	assert_int_equal(parse_set("{\"keys\":[]}"), TALLY_OK);
	assert_int_equal(jwks.count, 0);
	assert_int_equal(parse_set(tally_arena_printf(arena, "{\"keys\":[%s,%s]}",
						      with(es256, "\"kid\":\"a\""),
						      with(es256, "\"kid\":\"a\""))),
			 TALLY_ERR_EXISTS);
	tally_buf_grow(&many, 65536);
	tally_buf_add_str(&many, "{\"keys\":[");
	for (size_t i = 0; i < TALLY_JWKS_KEYS_MAX; i++)
		tally_buf_printf(&many, "%s,", with(es256, "\"use\":\"sig\""));
	tally_buf_printf(&many, "%s]}", es256);
	assert_int_equal(parse_set(tally_buf_cstr(&many)), TALLY_ERR_LIMIT);
	tally_buf_free(&many);
	tally_jwks_end(&jwks);
	assert_int_equal(tally_jwks_parse(TALLY_SPAN("{\"keys\":[]}"), 5, arena, &jwks),
			 TALLY_ERR_LIMIT);
}

/* ---- keys in PEM ---- */

static enum tally_err public_pem(const struct tally_alg *alg, const char *name,
				 struct tally_key **out)
{
	return tally_public_key_from_pem(alg, vector_text(arena, name), out);
}

static void the_algorithm_of_a_pem_is_found(void **state)
{
	static const char *const refused[] = { "rsa-8192-public", "ec-explicit" };
	struct tally_key *key = NULL;
	struct tally_buf pem;

	(void)state;
	assert_int_equal(public_pem(NULL, "keys/ec-public.pem", &key), TALLY_OK);
	assert_int_equal(tally_key_alg(key)->id, TALLY_ALG_ES256);
	tally_key_free(key);
	assert_int_equal(public_pem(tally_alg(TALLY_ALG_ES384), "keys/ec-public.pem", &key),
			 TALLY_ERR_UNSUPPORTED);
	for (size_t i = 0; i < COUNT(refused); i++)
		assert_int_not_equal(public_pem(NULL, tally_arena_printf(arena, "keys/%s.pem",
									 refused[i]), &key),
				     TALLY_OK);
	assert_int_equal(public_pem(NULL, "jws/own-es384.pem", &key), TALLY_ERR_DENIED);
	assert_null(key);
	assert_int_equal(tally_public_key_from_pem(NULL, TALLY_SPAN("x"), &key), TALLY_ERR_SYNTAX);
	tally_buf_grow(&pem, 32);
	assert_int_equal(tally_key_add_private_pem(
				 key = public_key(TALLY_ALG_ES256, "rfc7515-a3-es256"), &pem),
			 TALLY_ERR_STATE);
	tally_key_free(key);
	tally_buf_free(&pem);
}

/* What is written can be read, and is the same key. */
static void a_private_key_in_pem(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(vectors); i++) {
		struct tally_key *key = private_key(vectors[i].alg, vectors[i].key), *back;
		char one[TALLY_THUMBPRINT_SIZE + 1], two[TALLY_THUMBPRINT_SIZE + 1];
		struct tally_buf pem;

		tally_buf_grow(&pem, 8192);
		assert_int_equal(tally_key_add_private_pem(key, &pem), TALLY_OK);
		assert_true(tally_span_starts_with(
			tally_buf_span(&pem), tally_alg(vectors[i].alg)->type == TALLY_KEY_RSA ||
							      tally_alg(vectors[i].alg)->type ==
								      TALLY_KEY_PSS
						      ? TALLY_SPAN("-----BEGIN RSA PRIVATE KEY-----\n")
						      : TALLY_SPAN("-----BEGIN PRIVATE KEY-----\n")));
		assert_int_equal(tally_key_from_pem(tally_alg(vectors[i].alg),
						    tally_buf_span(&pem), &back), TALLY_OK);
		assert_true(tally_key_is_private(back));
		assert_int_equal(tally_key_thumbprint(key, one), TALLY_OK);
		assert_int_equal(tally_key_thumbprint(back, two), TALLY_OK);
		assert_string_equal(one, two);
		tally_buf_free(&pem);
		tally_key_free(back);
		tally_key_free(key);
	}
}

/* ---- kept verifiers ---- */

static void verifiers_are_kept_for_many_keys(void **state)
{
	enum { KEYS = 1500 }; /* more than there are places */
	static struct tally_key *keys[KEYS];
	struct tally_verifier_cache *cache = tally_verifier_cache_new();
	struct tally_jws jws;

	(void)state;
	assert_non_null(cache);
	assert_int_equal(tally_jws_parse(vector_jws("rfc8037-a4-eddsa"), arena, &jws), TALLY_OK);
	for (size_t i = 0; i < KEYS; i++)
		keys[i] = public_key(TALLY_ALG_EDDSA, "rfc8037-a4-eddsa");
	for (size_t round = 0; round < 2; round++)
		for (size_t i = 0; i < KEYS; i++)
			assert_int_equal(tally_verifier_cache_verify(cache, keys[i], &jws), TALLY_OK);
	/* They hold what they need: the keys may go before them. */
	for (size_t i = 0; i < KEYS; i++)
		tally_key_free(keys[i]);
	struct tally_key *other = public_key(TALLY_ALG_ES256, "rfc7515-a3-es256");

	assert_int_equal(tally_verifier_cache_verify(cache, other, &jws), TALLY_ERR_VERIFY);
	tally_key_free(other);
	tally_verifier_cache_free(cache);
	tally_verifier_cache_free(NULL);
}

static int end(void **state)
{
	tally_jwks_end(&jwks);
	return free_arena(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(hmac_as_in_rfc_4231),
		TEST(hs256_as_in_rfc_7515),
		TEST(macs_and_signatures_do_not_meet),
		TEST(a_set_is_read),
		TEST(what_is_no_set_is_refused),
		TEST(the_algorithm_of_a_pem_is_found),
		TEST(a_private_key_in_pem),
		TEST(verifiers_are_kept_for_many_keys),
	};

	return cmocka_run_group_tests_name("crypt_others", tests, make_arena, end);
}
