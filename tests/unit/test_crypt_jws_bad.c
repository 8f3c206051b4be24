/* SPDX-License-Identifier: Apache-2.0 */
/* What is no JWS, and what no key may believe. */
#include "config.h"

#include "jws_fixture.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>

/* A token text of these three; the first two are encoded here. */
static struct tally_span token_of(struct tally_span header, const char *payload,
				  const char *signature)
{
	struct tally_buf out;

	tally_buf_in(&out, arena, 8192);
	tally_b64url_add(&out, header.p, header.n);
	tally_buf_add_char(&out, '.');
	tally_b64url_add(&out, payload, strlen(payload));
	tally_buf_printf(&out, ".%s", signature);
	return tally_buf_span(&out);
}

static void headers_table(void **state)
{
#define ROW(err, text) { err, { text, sizeof(text) - 1 } }
	static const struct {
		enum tally_err err;
		struct tally_span header;
	} rows[] = {
		ROW(TALLY_OK, "{\"alg\":\"ES256\"}"),
		ROW(TALLY_OK, " {\"alg\" : \"ES256\"}\n"),
		ROW(TALLY_OK, "{\"alg\":\"ES256\",\"jku\":\"http://x\",\"x5u\":1,\"jwk\":{},\"x5c\":[]}"),
		ROW(TALLY_OK, "{\"alg\":\"ES256\",\"kid\":\"' OR 1=1; ../..\\u0001\",\"cty\":\"x\"}"),
		ROW(TALLY_ERR_UNSUPPORTED, "{\"alg\":\"none\"}"),
		ROW(TALLY_ERR_UNSUPPORTED, "{\"alg\":\"HS256\"}"),
		ROW(TALLY_ERR_UNSUPPORTED, "{\"alg\":\"es256\"}"),
		ROW(TALLY_ERR_UNSUPPORTED, "{\"alg\":\"\"}"),
		ROW(TALLY_ERR_UNSUPPORTED, "{\"alg\":\"ES256\",\"crit\":[]}"),
		ROW(TALLY_ERR_UNSUPPORTED, "{\"alg\":\"ES256\",\"crit\":[\"exp\"],\"exp\":1}"),
		ROW(TALLY_ERR_UNSUPPORTED, "{\"alg\":\"ES256\",\"crit\":null}"),
		ROW(TALLY_ERR_UNSUPPORTED, "{\"alg\":\"ES256\",\"b64\":false}"),
		ROW(TALLY_ERR_UNSUPPORTED, "{\"alg\":\"ES256\",\"b64\":true}"),
		ROW(TALLY_ERR_SYNTAX, ""),
		ROW(TALLY_ERR_SYNTAX, "{}"),
		ROW(TALLY_ERR_SYNTAX, "[]"),
		ROW(TALLY_ERR_SYNTAX, "\"ES256\""),
		ROW(TALLY_ERR_SYNTAX, "null"),
		ROW(TALLY_ERR_SYNTAX, "{\"Alg\":\"ES256\"}"),
		ROW(TALLY_ERR_SYNTAX, "{\"alg\":1}"),
		ROW(TALLY_ERR_SYNTAX, "{\"alg\":null}"),
		ROW(TALLY_ERR_SYNTAX, "{\"alg\":[\"ES256\"]}"),
		ROW(TALLY_ERR_SYNTAX, "{\"alg\":\"ES256\",\"alg\":\"ES256\"}"),
		ROW(TALLY_ERR_SYNTAX, "{\"alg\":\"none\",\"alg\":\"ES256\"}"),
		ROW(TALLY_ERR_SYNTAX, "{\"alg\":\"ES256\",\"x\":1,\"x\":1}"),
		ROW(TALLY_ERR_SYNTAX, "{\"alg\":\"ES256\",\"kid\":7}"),
		ROW(TALLY_ERR_SYNTAX, "{\"alg\":\"ES256\",\"kid\":null}"),
		ROW(TALLY_ERR_SYNTAX, "{\"alg\":\"ES256\",\"typ\":{}}"),
		ROW(TALLY_ERR_SYNTAX, "{\"alg\":\"ES256\"}{}"),
		ROW(TALLY_ERR_SYNTAX, "{\"alg\":\"ES256\"}\0"),
		ROW(TALLY_ERR_SYNTAX, "{\"alg\":\"ES256\",}"),
		ROW(TALLY_ERR_SYNTAX, "{\"alg\":\"ES256\""),
		ROW(TALLY_ERR_SYNTAX, "{\"alg\":\"ES256\",\"kid\":\"\xff\"}"),
		ROW(TALLY_ERR_SYNTAX, "\xef\xbb\xbf{\"alg\":\"ES256\"}"),
	};
#undef ROW

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		enum tally_err err = parse_err(token_of(rows[i].header, "{}", "AAAA"));

		if (err != rows[i].err)
			fail_msg("row %zu: %d for %.*s", i, (int)err, TALLY_SPAN_ARG(rows[i].header));
	}
}

static void sizes_are_capped(void **state)
{
	struct tally_buf out;
	char *huge = tally_arena_alloc(arena, TALLY_JWS_MAX + 1);

	(void)state;
	for (size_t kid = TALLY_KID_MAX; kid <= TALLY_KID_MAX + 1; kid++) {
		tally_buf_in(&out, arena, 1024);
		tally_buf_printf(&out, "{\"alg\":\"ES256\",\"kid\":\"%0*d\"}", (int)kid, 0);
		assert_int_equal(parse_err(token_of(tally_buf_span(&out), "", "AAAA")),
				 kid > TALLY_KID_MAX ? TALLY_ERR_LIMIT : TALLY_OK);
	}
	for (size_t pad = TALLY_JWS_HEADER_MAX - 22; pad <= TALLY_JWS_HEADER_MAX - 21; pad++) {
		tally_buf_in(&out, arena, 8192);
		tally_buf_printf(&out, "{\"alg\":\"ES256\",\"x\":\"%0*d\"}", (int)pad, 0);
		assert_int_equal(parse_err(token_of(tally_buf_span(&out), "", "AAAA")),
				 out.n > TALLY_JWS_HEADER_MAX ? TALLY_ERR_LIMIT : TALLY_OK);
	}
	memset(huge, 'A', TALLY_JWS_MAX + 1);
	memcpy(huge, "eyJhbGciOiJFUzI1NiJ9..", 22);
	assert_int_equal(parse_err(tally_span(huge, TALLY_JWS_MAX)), TALLY_OK);
	assert_int_equal(parse_err(tally_span(huge, TALLY_JWS_MAX + 1)), TALLY_ERR_LIMIT);
}

static void texts_table(void **state)
{
	static const char h[] = "eyJhbGciOiJFUzI1NiJ9";
	static const char *const formats[] = {
		"", ".", "..", "...", "%s", "%s.", "%s.AAAA", "%s.AAAA.AAAA.", "%s.AAAA.AAAA.AAAA",
		"%s.AAAA.AAAA.AAAA.AAAA", ".AAAA.AAAA", " %s.AAAA.AAAA", "%s .AAAA.AAAA",
		"%s.AAAA.AAAA ", "%s.AAAA.AAAA\n", "%s.AAAA\t.AAAA", "%s=.AAAA.AAAA", "%s.AAA=.AAAA",
		"%s.AAAA.AA==", "%s.AAAA.AB", "%s.AAB.AAAA", "%s.AAAA.A", "%s.AA+A.AAAA", "%s.AA/A.AAAA",
		"%s.AAAA.AA\xc3\xa4", "%s.AA%%41.AAAA",
	};
	char text[256];

	(void)state;
	for (size_t i = 0; i < COUNT(formats); i++) {
		struct tally_buf out;

		tally_buf_over(&out, text, sizeof(text));
		const char *mark = strstr(formats[i], "%s");

		if (mark != NULL) {
			tally_buf_add(&out, formats[i], (size_t)(mark - formats[i]));
			tally_buf_add_str(&out, h);
			tally_buf_add_str(&out, mark + 2);
		} else {
			tally_buf_add_str(&out, formats[i]);
		}
		if (parse_err(tally_buf_span(&out)) != TALLY_ERR_SYNTAX)
			fail_msg("row %zu: %s", i, formats[i]);
	}
	assert_int_equal(parse_err(TALLY_SPAN("eyJhbGciOiJFUzI1NiJ9.AA\0A.AAAA")), TALLY_ERR_SYNTAX);
	assert_int_equal(parse_err(TALLY_SPAN("eyJhbGciOiJFUzI1NiJ9.AAAA.AAA\0")), TALLY_ERR_SYNTAX);
	assert_int_equal(parse_err(TALLY_SPAN("eyJhbGciOiJFUzI1NiJ9..")), TALLY_OK);
}

/* A token with this header over the key's true signature by this algorithm. */
static void check_confusion(enum tally_alg_id signs, const char *header, const char *name,
			    enum tally_alg_id verifies)
{
	struct tally_key *key = private_key(signs, name);
	struct tally_key *other = private_key(verifies, name);
	struct tally_span text = token_of(tally_span_of(header), "{}", "AAAA");
	struct tally_signer *signer;
	struct tally_jws jws;
	struct tally_buf out;

	assert_int_equal(tally_jws_parse(text, arena, &jws), TALLY_OK);
	tally_buf_in(&out, arena, 512);
	assert_int_equal(tally_signer_new(key, NULL, NULL, &signer), TALLY_OK);
	assert_int_equal(tally_signer_sign_raw(signer, jws.signed_part, &out), TALLY_OK);
	jws.signature = tally_buf_span(&out);
	assert_int_equal(verify_err(&jws, key), TALLY_ERR_VERIFY);
	assert_int_equal(verify_err(&jws, other), TALLY_ERR_VERIFY);
	jws.alg = tally_alg(signs);
	assert_int_equal(verify_err(&jws, key), TALLY_OK); /* it was only the header */
	tally_signer_free(signer);
	tally_key_free(other);
	tally_key_free(key);
}

static void the_key_says_which_algorithm(void **state)
{
	(void)state;
	check_confusion(TALLY_ALG_RS256, "{\"alg\":\"PS256\"}", "rfc7515-a2-rs256", TALLY_ALG_PS256);
	check_confusion(TALLY_ALG_PS256, "{\"alg\":\"RS256\"}", "rfc7515-a2-rs256", TALLY_ALG_RS256);
	check_confusion(TALLY_ALG_ES256, "{\"alg\":\"ES384\"}", "rfc7515-a3-es256", TALLY_ALG_ES256);
	check_confusion(TALLY_ALG_ES256, "{\"alg\":\"EdDSA\"}", "rfc7515-a3-es256", TALLY_ALG_ES256);
}

/* The classic: the public key's text as an HMAC key, and no signature at all. */
static void symmetric_tokens_are_refused(void **state)
{
	struct tally_span secret = vector_text(arena, "keys/ec-public.pem");
	struct tally_span text = token_of(TALLY_SPAN("{\"alg\":\"HS256\"}"), "{}", "");
	unsigned char tag[32];
	char *signature = tally_arena_zalloc(arena, 64);
	size_t n;

	(void)state;
	assert_non_null(EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, secret.p, secret.n,
				  (const unsigned char *)text.p, text.n - 1, tag, sizeof(tag), &n));
	tally_b64url_put(signature, tag, n);
	assert_int_equal(parse_err(token_of(TALLY_SPAN("{\"alg\":\"HS256\"}"), "{}", signature)),
			 TALLY_ERR_UNSUPPORTED);
	assert_int_equal(parse_err(token_of(TALLY_SPAN("{\"alg\":\"none\"}"), "{}", "")),
			 TALLY_ERR_UNSUPPORTED);
}

/* The true signature with bytes gone from or added to either end. */
static void signatures_have_one_length(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(vectors); i++) {
		struct tally_key *key = public_key(vectors[i].alg, vectors[i].key);
		struct tally_jws jws;
		char longer[600] = { 0 };

		assert_int_equal(tally_jws_parse(vector_jws(vectors[i].name), arena, &jws), TALLY_OK);
		struct tally_span is = jws.signature;

		memcpy(longer + 1, is.p, is.n);
		const struct tally_span wrong[] = {
			{ NULL, 0 },      { is.p, 1 },         { is.p, is.n - 1 },
			{ is.p + 1, is.n - 1 }, { longer, is.n + 1 }, { longer + 1, is.n + 1 },
			{ longer, sizeof(longer) },
		};

		for (size_t j = 0; j < COUNT(wrong); j++) {
			jws.signature = wrong[j];
			assert_int_equal(verify_err(&jws, key), TALLY_ERR_VERIFY);
		}
		tally_key_free(key);
	}
}

/* The order of a curve, from OpenSSL. */
static BIGNUM *order_of(const char *curve)
{
	EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", curve);
	BIGNUM *n = NULL;

	assert_int_equal(EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_EC_ORDER, &n), 1);
	EVP_PKEY_free(pkey);
	return n;
}

/* Puts one number in the place of r or s, and expects a refusal. */
static void refuse_half(struct tally_jws *jws, struct tally_key *key, bool second,
			const BIGNUM *value)
{
	size_t half = jws->signature.n / 2;
	char *to = (char *)(uintptr_t)jws->signature.p + (second ? half : 0);
	char kept[66];

	if (BN_num_bytes(value) > (int)half)
		return;
	memcpy(kept, to, half);
	assert_int_equal(BN_bn2binpad(value, (unsigned char *)to, (int)half), (int)half);
	assert_int_equal(verify_err(jws, key), TALLY_ERR_VERIFY);
	memcpy(to, kept, half);
}

static void ecdsa_numbers_are_in_range(void **state)
{
	static const size_t rows[] = { 1, 2, 3 }; /* of vectors */

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		enum tally_alg_id alg = vectors[rows[i]].alg;
		struct tally_key *key = public_key(alg, vectors[rows[i]].key);
		BIGNUM *n = order_of(tally_alg(alg)->curve), *sum = BN_new(), *now = BN_new();
		struct tally_jws jws;

		assert_int_equal(tally_jws_parse(vector_jws(vectors[rows[i]].name), arena, &jws),
				 TALLY_OK);
		size_t half = jws.signature.n / 2;

		for (int second = 0; second < 2; second++) {
			BN_zero(sum);
			refuse_half(&jws, key, second, sum);
			refuse_half(&jws, key, second, n);
			BN_add(sum, n, BN_value_one());
			refuse_half(&jws, key, second, sum);
			/* The same value modulo n; fits for P-521 alone. */
			BN_bin2bn((const unsigned char *)jws.signature.p + second * (int)half,
				  (int)half, now);
			BN_add(sum, n, now);
			refuse_half(&jws, key, second, sum);
		}
		assert_int_equal(verify_err(&jws, key), TALLY_OK);
		BN_free(now);
		BN_free(sum);
		BN_free(n);
		tally_key_free(key);
	}
}

/* S + L says the same to a verifier that does not look (RFC 8032 §5.1.7). */
static void eddsa_s_is_below_the_order(void **state)
{
	static const uint8_t order[32] = {
		0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
		0x14, [31] = 0x10,
	};
	struct tally_key *key = public_key(TALLY_ALG_EDDSA, "rfc8037-a4-eddsa");
	struct tally_jws jws;
	unsigned int carry = 0;

	(void)state;
	assert_int_equal(tally_jws_parse(vector_jws("rfc8037-a4-eddsa"), arena, &jws), TALLY_OK);
	uint8_t *s = (uint8_t *)(uintptr_t)jws.signature.p + 32;

	for (int i = 0; i < 32; i++) {
		carry += (unsigned int)s[i] + order[i];
		s[i] = (uint8_t)carry;
		carry >>= 8;
	}
	assert_int_equal(carry, 0);
	assert_int_equal(verify_err(&jws, key), TALLY_ERR_VERIFY);
	tally_key_free(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(headers_table),
		TEST(sizes_are_capped),
		TEST(texts_table),
		TEST(the_key_says_which_algorithm),
		TEST(symmetric_tokens_are_refused),
		TEST(signatures_have_one_length),
		TEST(ecdsa_numbers_are_in_range),
		TEST(eddsa_s_is_below_the_order),
	};

	return cmocka_run_group_tests_name("crypt_jws_bad", tests, make_arena, free_arena);
}
