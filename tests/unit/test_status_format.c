/* SPDX-License-Identifier: Apache-2.0 */
/* Status List Tokens as they are made; what others make of them is in tests/it. */
#include "config.h"

#include "codec/bits.h"
#include "codec/deflate.h"
#include "crypt/cose.h"
#include "status/check.h"
#include "status/format.h"
#include "vectors.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define NOW INT64_C(1700000000)
#define URI "https://example.com/status-lists/p-0123456789ab"

static struct tally_arena *arena;
static struct tally_key *key;

static int set_up(void **state)
{
	(void)state;
	arena = tally_arena_new(1u << 16, 1u << 26);
	return tally_key_generate(tally_alg(TALLY_ALG_ES256), &key) != TALLY_OK;
}

static int tear_down(void **state)
{
	(void)state;
	tally_key_free(key);
	tally_arena_free(arena);
	return 0;
}

static struct tally_span made(enum tally_format format, const struct tally_list_token *token)
{
	const struct tally_list_key by = { .key = key, .kid = "k1" };
	struct tally_list_signer *signer;
	struct tally_buf out;

	assert_int_equal(tally_list_signer_new(format, &by, &signer), TALLY_OK);
	tally_buf_grow(&out, tally_list_token_size(signer, token));
	assert_int_equal(tally_list_sign(signer, token, &out), TALLY_OK);
	tally_list_signer_free(signer);
	struct tally_span copy = tally_arena_dup(arena, tally_buf_span(&out));

	tally_buf_free(&out);
	return copy;
}

static struct tally_list_token full(void)
{
	return (struct tally_list_token){
		.uri = TALLY_SPAN(URI),
		.issuer = TALLY_SPAN("https://example.com"),
		.iat = 1686920170,
		.exp = 2291720170,
		.ttl = 43200,
		.bits = 1,
		.lst = TALLY_SPAN("\x78\xda\xdb\xb9\x18\x00\x02\x17\x01\x5d"),
		.aggregation = TALLY_SPAN("https://example.com/aggregation/a"),
	};
}

static struct tally_list_token least(void)
{
	struct tally_list_token token = full();

	token.issuer = token.aggregation = tally_span(NULL, 0);
	token.exp = 0;
	token.ttl = 0;
	return token;
}

static void forms_are_those_of_the_draft(void **state)
{
	(void)state;
	assert_int_equal(TALLY_LIST_FORMATS, 2);
	assert_int_equal(tally_list_format(TALLY_LIST_CWT)->id, TALLY_LIST_CWT);
	assert_string_equal(tally_list_format(TALLY_LIST_JWT)->media_type,
			    "application/statuslist+jwt");
	assert_string_equal(tally_list_format(TALLY_LIST_CWT)->media_type,
			    "application/statuslist+cwt");
	assert_string_equal(tally_list_format(TALLY_LIST_JWT)->suffix, "jwt");
	assert_string_equal(tally_list_format(TALLY_LIST_CWT)->suffix, "cwt");
}

/* §5.1 */
static void jwt_says_what_it_must(void **state)
{
	struct tally_list_token token = full();
	struct tally_jws jws;

	(void)state;
	assert_int_equal(tally_jws_parse(made(TALLY_LIST_JWT, &token), arena, &jws), TALLY_OK);
	assert_true(tally_span_eq(jws.typ, TALLY_SPAN("statuslist+jwt")));
	assert_true(tally_span_eq(jws.kid, TALLY_SPAN("k1")));
	assert_true(tally_span_eq(
		jws.payload,
		TALLY_SPAN("{\"iss\":\"https://example.com\",\"sub\":\"" URI "\",\"iat\":1686920170,"
			   "\"exp\":2291720170,\"ttl\":43200,\"status_list\":{\"bits\":1,"
			   "\"aggregation_uri\":\"https://example.com/aggregation/a\","
			   "\"lst\":\"eNrbuRgAAhcBXQ\"}}")));
	token = least();
	assert_int_equal(tally_jws_parse(made(TALLY_LIST_JWT, &token), arena, &jws), TALLY_OK);
	assert_true(tally_span_eq(
		jws.payload, TALLY_SPAN("{\"sub\":\"" URI "\",\"iat\":1686920170,\"status_list\":"
					"{\"bits\":1,\"lst\":\"eNrbuRgAAhcBXQ\"}}")));
}

/* §5.2; the keys in the order of RFC 8949 §4.2.1 */
static void cwt_says_what_it_must(void **state)
{
	static const char all[] =
		"\xa6"
		"\x01\x73https://example.com"
		"\x02\x78\x2f" URI
		"\x04\x1a\x88\x98\xdf\xea"
		"\x06\x1a\x64\x8c\x5b\xea"
		"\x19\xff\xfd\xa3"
		"\x63lst\x4a\x78\xda\xdb\xb9\x18\x00\x02\x17\x01\x5d"
		"\x64" "bits\x01"
		"\x6f" "aggregation_uri\x78\x21https://example.com/aggregation/a"
		"\x19\xff\xfe\x19\xa8\xc0";
	static const char some[] =
		"\xa3"
		"\x02\x78\x2f" URI
		"\x06\x1a\x64\x8c\x5b\xea"
		"\x19\xff\xfd\xa2"
		"\x63lst\x4a\x78\xda\xdb\xb9\x18\x00\x02\x17\x01\x5d"
		"\x64" "bits\x01";
	struct tally_list_token token = full();
	struct tally_cose cose;

	(void)state;
	assert_int_equal(tally_cose_parse(made(TALLY_LIST_CWT, &token), 1000, &cose), TALLY_OK);
	assert_true(tally_span_eq(cose.typ, TALLY_SPAN("application/statuslist+cwt")));
	assert_true(tally_span_eq(cose.kid, TALLY_SPAN("k1")));
	assert_true(tally_span_eq(cose.payload, tally_span(all, sizeof(all) - 1)));
	assert_int_equal(tally_cose_verify(&cose, key), TALLY_OK);
	token = least();
	assert_int_equal(tally_cose_parse(made(TALLY_LIST_CWT, &token), 1000, &cose), TALLY_OK);
	assert_true(tally_span_eq(cose.payload, tally_span(some, sizeof(some) - 1)));
}

static void both_are_accepted_by_the_check(void **state)
{
	struct tally_list_token token = full();
	const struct tally_check_reference at = { TALLY_SPAN(URI), 15 };
	struct tally_jwks jwks = { .keys = { { TALLY_SPAN("k1"), key } }, .count = 1 };
	const struct tally_check_keys keys = { .jwks = &jwks };
	struct tally_check check = { .now = NOW, .inflated_max = 1000, .arena = arena };

	(void)state;
	for (unsigned int i = 0; i < TALLY_LIST_FORMATS; i++) {
		struct tally_check_status status;

		assert_int_equal(tally_check_list(&check, &keys, made((enum tally_format)i, &token),
						  &at, &status),
				 TALLY_OK);
		assert_int_equal(status.format, i);
		assert_int_equal(status.value, 1);
		assert_int_equal(status.ttl, 43200);
		assert_int_equal(status.exp, token.exp);
	}
}

/* Whatever is in it, as much room as is said to be enough is enough. */
static void sizes_are_enough(void **state)
{
	static char bytes[5000], text[300];
	struct tally_list_token token = full();

	(void)state;
	memset(text, '\x01', sizeof(text));
	token.iat = token.exp = INT64_MIN;
	token.ttl = UINT32_MAX;
	token.bits = UINT32_MAX;
	for (size_t n = 1; n < sizeof(text); n += 7) {
		token.exp = n % 2 ? INT64_MAX : 0;
		token.uri = token.issuer = token.aggregation = tally_span(text, n);
		token.lst = tally_span(bytes, n * 16);
		for (unsigned int i = 0; i < TALLY_LIST_FORMATS; i++)
			assert_true(made((enum tally_format)i, &token).n > 0);
	}
}

static void full_buffer_gets_nothing(void **state)
{
	const struct tally_list_key by = { .key = key };
	struct tally_list_token token = full();

	(void)state;
	for (unsigned int i = 0; i < TALLY_LIST_FORMATS; i++) {
		struct tally_list_signer *signer;
		struct tally_buf out;
		char room[100];

		assert_int_equal(tally_list_signer_new((enum tally_format)i, &by, &signer), TALLY_OK);
		tally_buf_over(&out, room, sizeof(room));
		assert_int_equal(tally_list_sign(signer, &token, &out), TALLY_ERR_LIMIT);
		assert_int_equal(out.n, 0);
		tally_list_signer_free(signer);
	}
}

static void certificates_are_in_both(void **state)
{
	const struct tally_chain chain = { .certificates = { TALLY_SPAN("a"), TALLY_SPAN("b") },
					   .count = 2 };
	const struct tally_list_key by = { .key = key, .chain = &chain };
	struct tally_list_token token = full();
	struct tally_list_signer *signer;
	struct tally_chain found;
	struct tally_cose cose;
	struct tally_jws jws;
	struct tally_buf out;

	(void)state;
	tally_buf_grow(&out, 65536);
	assert_int_equal(tally_list_signer_new(TALLY_LIST_JWT, &by, &signer), TALLY_OK);
	assert_int_equal(tally_list_sign(signer, &token, &out), TALLY_OK);
	tally_list_signer_free(signer);
	assert_int_equal(tally_jws_parse(tally_buf_span(&out), arena, &jws), TALLY_OK);
	assert_null(jws.kid.p);
	assert_int_equal(tally_jws_chain(&jws, arena, &found), TALLY_OK);
	assert_int_equal(found.count, 2);
	out.n = 0;
	assert_int_equal(tally_list_signer_new(TALLY_LIST_CWT, &by, &signer), TALLY_OK);
	assert_int_equal(tally_list_sign(signer, &token, &out), TALLY_OK);
	tally_list_signer_free(signer);
	assert_int_equal(tally_cose_parse(tally_buf_span(&out), out.n, &cose), TALLY_OK);
	assert_null(cose.kid.p);
	assert_int_equal(cose.chain.count, 2);
	tally_buf_free(&out);
}

static void wrong_keys_make_no_signer(void **state)
{
	static const char kid[TALLY_KID_MAX + 2] = { [0 ... TALLY_KID_MAX] = 'k' };
	const struct tally_list_key by = { .key = key, .kid = kid };
	struct tally_list_signer *signer;

	(void)state;
	for (unsigned int i = 0; i < TALLY_LIST_FORMATS; i++) {
		assert_int_equal(tally_list_signer_new((enum tally_format)i, &by, &signer),
				 TALLY_ERR_LIMIT);
		assert_null(signer);
	}
	tally_list_signer_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms_are_those_of_the_draft),
		cmocka_unit_test(jwt_says_what_it_must),
		cmocka_unit_test(cwt_says_what_it_must),
		cmocka_unit_test(both_are_accepted_by_the_check),
		cmocka_unit_test(sizes_are_enough),
		cmocka_unit_test(full_buffer_gets_nothing),
		cmocka_unit_test(certificates_are_in_both),
		cmocka_unit_test(wrong_keys_make_no_signer),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
