/* SPDX-License-Identifier: Apache-2.0 */
/* Signing and verifying, against the vectors of the standards. */
#include "config.h"

#include "jws_fixture.h"

#include <pthread.h>

static void vectors_verify(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(vectors); i++) {
		struct tally_key *key = public_key(vectors[i].alg, vectors[i].key);
		struct tally_jws jws;

		assert_int_equal(tally_jws_parse(vector_jws(vectors[i].name), arena, &jws), TALLY_OK);
		assert_ptr_equal(jws.alg, tally_alg(vectors[i].alg));
		assert_null(jws.kid.p);
		assert_null(jws.typ.p);
		assert_int_equal(verify_err(&jws, key), TALLY_OK);
		tally_key_free(key);
	}
}

static void every_signature_byte_counts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(vectors); i++) {
		struct tally_key *key = public_key(vectors[i].alg, vectors[i].key);
		struct tally_verifier *verifier;
		struct tally_jws jws;

		assert_int_equal(tally_jws_parse(vector_jws(vectors[i].name), arena, &jws), TALLY_OK);
		assert_int_equal(tally_verifier_new(key, &verifier), TALLY_OK);
		char *bytes = (char *)(uintptr_t)jws.signature.p;

		for (size_t at = 0; at < jws.signature.n; at += 7) {
			bytes[at] ^= 0x10;
			assert_int_equal(tally_verifier_verify(verifier, &jws), TALLY_ERR_VERIFY);
			bytes[at] ^= 0x10;
		}
		assert_int_equal(tally_verifier_verify(verifier, &jws), TALLY_OK);
		jws.signed_part.n--;
		assert_int_equal(tally_verifier_verify(verifier, &jws), TALLY_ERR_VERIFY);
		tally_verifier_free(verifier);
		tally_key_free(key);
	}
}

/* A salt of another length than the digest's is not PS256 (RFC 7518 §3.5). */
static void pss_salt_has_one_length(void **state)
{
	static const char *const names[] = { "own-ps256-salt0", "own-ps256-salt20" };
	struct tally_key *key = public_key(TALLY_ALG_PS256, "rfc7515-a2-rs256");

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		struct tally_jws jws;

		assert_int_equal(tally_jws_parse(vector_jws(names[i]), arena, &jws), TALLY_OK);
		assert_int_equal(verify_err(&jws, key), TALLY_ERR_VERIFY);
	}
	tally_key_free(key);
}

/* Signs the vector's payload; compares where the algorithm leaves no choice. */
static void check_signer(size_t i)
{
	struct tally_key *key = private_key(vectors[i].alg, vectors[i].key);
	struct tally_key *public = public_key(vectors[i].alg, vectors[i].key);
	struct tally_span text = vector_jws(vectors[i].name);
	struct tally_signer *signer;
	struct tally_jws jws, own;
	struct tally_buf out;

	assert_int_equal(tally_jws_parse(text, arena, &jws), TALLY_OK);
	assert_int_equal(tally_signer_new(key, NULL, NULL, &signer), TALLY_OK);
	assert_int_equal(tally_signer_size(signer, jws.payload.n), text.n);
	for (int round = 0; round < 3; round++) {
		tally_buf_in(&out, arena, text.n); /* exactly */
		assert_int_equal(tally_signer_sign(signer, jws.payload, &out), TALLY_OK);
		assert_int_equal(out.n, text.n);
		if (vectors[i].deterministic)
			assert_memory_equal(out.p, text.p, text.n);
		assert_int_equal(tally_jws_parse(tally_buf_span(&out), arena, &own), TALLY_OK);
		assert_true(tally_span_eq(own.payload, jws.payload));
		assert_int_equal(verify_err(&own, public), TALLY_OK);
	}
	tally_buf_in(&out, arena, text.n - 1);
	assert_int_equal(tally_signer_sign(signer, jws.payload, &out), TALLY_ERR_LIMIT);
	assert_int_equal(out.n, 0);
	tally_signer_free(signer);
	tally_key_free(public);
	tally_key_free(key);
}

static void signers_make_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(vectors); i++)
		check_signer(i);
}

static void raw_signatures_verify(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(vectors); i++) {
		struct tally_key *key = private_key(vectors[i].alg, vectors[i].key);
		struct tally_signer *signer;
		struct tally_buf out;

		tally_buf_in(&out, arena, tally_key_signature_size(key));
		assert_int_equal(tally_signer_new(key, NULL, NULL, &signer), TALLY_OK);
		assert_int_equal(tally_signer_sign_raw(signer, TALLY_SPAN("text"), &out), TALLY_OK);
		struct tally_jws jws = {
			.alg = tally_alg(vectors[i].alg),
			.signed_part = TALLY_SPAN("text"),
			.signature = tally_buf_span(&out),
		};

		assert_int_equal(verify_err(&jws, key), TALLY_OK);
		jws.signed_part = tally_span(NULL, 0);
		assert_int_equal(verify_err(&jws, key), TALLY_ERR_VERIFY);
		tally_signer_free(signer);
		tally_key_free(key);
	}
}

static void header_says_what_it_should(void **state)
{
	struct tally_key *key = private_key(TALLY_ALG_ES256, "rfc7515-a3-es256");
	struct tally_key *public = public_key(TALLY_ALG_ES256, "rfc7515-a3-es256");
	char text[64], long_kid[TALLY_KID_MAX + 2];
	struct tally_signer *signer;
	struct tally_buf out;
	struct tally_jws jws;
	size_t n;

	(void)state;
	assert_int_equal(tally_signer_new(key, "k1", "at+jwt", &signer), TALLY_OK);
	tally_key_free(key); /* the signer holds it */
	tally_buf_in(&out, arena, 4096);
	tally_buf_add_str(&out, "before ");
	assert_int_equal(tally_signer_sign(signer, TALLY_SPAN("{}"), &out), TALLY_OK);
	struct tally_span token = { out.p + 7, out.n - 7 }, rest = token;
	struct tally_span header = tally_span_cut(&rest, '.');

	assert_int_equal(tally_b64url_get(header, text, sizeof(text), &n), TALLY_OK);
	assert_true(tally_span_eq(tally_span(text, n),
				  TALLY_SPAN("{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"at+jwt\"}")));
	assert_int_equal(tally_jws_parse(token, arena, &jws), TALLY_OK);
	assert_true(tally_span_eq(jws.kid, TALLY_SPAN("k1")));
	assert_true(tally_jws_typ_is(&jws, "at+jwt"));
	assert_true(tally_span_eq(jws.payload, TALLY_SPAN("{}")));
	tally_signer_free(signer);

	memset(long_kid, 'k', sizeof(long_kid));
	long_kid[sizeof(long_kid) - 1] = '\0';
	key = private_key(TALLY_ALG_ES256, "rfc7515-a3-es256");
	assert_int_equal(tally_signer_new(key, long_kid, NULL, &signer), TALLY_ERR_LIMIT);
	assert_int_equal(tally_signer_new(public, "k1", NULL, &signer), TALLY_ERR_STATE);
	assert_null(signer);
	tally_key_free(key);
	tally_key_free(public);
}

static void typ_is_a_media_type(void **state)
{
	static const struct {
		const char *have, *want;
		bool same;
	} rows[] = {
		{ "at+jwt", "at+jwt", true },
		{ "AT+JWT", "at+jwt", true },
		{ "application/at+jwt", "at+jwt", true },
		{ "Application/At+Jwt", "at+jwt", true },
		{ "JWT", "at+jwt", false },
		{ "at+jwt ", "at+jwt", false },
		{ "text/at+jwt", "at+jwt", false },
		{ "application/application/at+jwt", "at+jwt", false },
		{ "application/", "", false },
		{ "", "", false },
		{ NULL, "at+jwt", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct tally_jws jws = { .typ = tally_span_of(rows[i].have) };

		assert_int_equal(tally_jws_typ_is(&jws, rows[i].want), rows[i].same);
	}
}

static void parse_stays_within_the_arena(void **state)
{
	struct tally_arena *small = tally_arena_new(16, 64);
	struct tally_jws jws;

	(void)state;
	assert_int_equal(tally_jws_parse(vector_jws("rfc7515-a3-es256"), small, &jws),
			 TALLY_ERR_NOMEM);
	tally_arena_free(small);
}

/* What one thread does with a key that others use at the same time. */
static void *sign_and_verify(void *arg)
{
	struct tally_key *key = tally_key_ref(arg);
	struct tally_signer *signer = NULL;
	struct tally_verifier *verifier = NULL;
	bool good = tally_signer_new(key, "k1", NULL, &signer) == TALLY_OK &&
		    tally_verifier_new(key, &verifier) == TALLY_OK;

	tally_key_free(key);
	for (int i = 0; good && i < 50; i++) {
		char text[600];
		struct tally_buf out;

		tally_buf_over(&out, text, sizeof(text));
		good = tally_signer_sign_raw(signer, TALLY_SPAN("text"), &out) == TALLY_OK;
		struct tally_jws jws = {
			.alg = tally_key_alg(key),
			.signed_part = TALLY_SPAN("text"),
			.signature = tally_buf_span(&out),
		};

		good = good && tally_verifier_verify(verifier, &jws) == TALLY_OK;
	}
	tally_signer_free(signer);
	tally_verifier_free(verifier);
	return good ? arg : NULL;
}

static void threads_share_a_key(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(vectors); i++) {
		struct tally_key *key = private_key(vectors[i].alg, vectors[i].key);
		pthread_t threads[4];
		void *good;

		for (size_t t = 0; t < COUNT(threads); t++)
			assert_int_equal(pthread_create(&threads[t], NULL, sign_and_verify, key), 0);
		for (size_t t = 0; t < COUNT(threads); t++) {
			pthread_join(threads[t], &good);
			assert_non_null(good);
		}
		tally_key_free(key);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(vectors_verify),
		TEST(every_signature_byte_counts),
		TEST(pss_salt_has_one_length),
		TEST(signers_make_the_same),
		TEST(raw_signatures_verify),
		TEST(header_says_what_it_should),
		TEST(typ_is_a_media_type),
		TEST(parse_stays_within_the_arena),
		TEST(threads_share_a_key),
	};

	return cmocka_run_group_tests_name("crypt_jws", tests, make_arena, free_arena);
}
