/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "codec/cbor_in.h"
#include "codec/cbor_out.h"
#include "crypt/cose.h"
#include "vectors.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define MAX 65536u

static struct tally_key *new_key(enum tally_alg_id alg)
{
	struct tally_key *key;

	assert_int_equal(tally_key_generate(tally_alg(alg), &key), TALLY_OK);
	return key;
}

static void sign(struct tally_key *key, const struct tally_signer_header *header,
		 struct tally_span payload, struct tally_buf *out)
{
	struct tally_cose_signer *signer;

	tally_buf_grow(out, MAX);
	assert_int_equal(tally_cose_signer_new(key, header, &signer), TALLY_OK);
	assert_int_equal(tally_cose_sign1(signer, payload, out), TALLY_OK);
	assert_true(out->n <= tally_cose_signer_size(signer, payload.n));
	tally_cose_signer_free(signer);
}

static enum tally_err parsed(struct tally_span bytes, struct tally_cose *out)
{
	enum tally_err err = tally_cose_parse(bytes, MAX, out);

	assert_int_equal(err == TALLY_OK, out->alg != NULL);
	return err;
}

static void every_algorithm_signs_and_verifies(void **state)
{
	const struct tally_signer_header header = { .kid = "k1", .typ = "application/x+cwt" };

	(void)state;
	for (unsigned int i = 0; i < TALLY_ALG_COUNT; i++) {
		struct tally_key *key = new_key((enum tally_alg_id)i);
		struct tally_key *other = new_key((enum tally_alg_id)i);
		struct tally_cose cose;
		struct tally_buf out;

		sign(key, &header, TALLY_SPAN("payload"), &out);
		assert_int_equal(parsed(tally_buf_span(&out), &cose), TALLY_OK);
		assert_ptr_equal(cose.alg, tally_alg((enum tally_alg_id)i));
		assert_true(tally_span_eq(cose.kid, TALLY_SPAN("k1")));
		assert_true(tally_span_eq(cose.typ, TALLY_SPAN("application/x+cwt")));
		assert_true(tally_span_eq(cose.payload, TALLY_SPAN("payload")));
		assert_int_equal(tally_cose_verify(&cose, key), TALLY_OK);
		assert_int_equal(tally_cose_verify(&cose, other), TALLY_ERR_VERIFY);
		cose.payload = TALLY_SPAN("Payload");
		assert_int_equal(tally_cose_verify(&cose, key), TALLY_ERR_VERIFY);
		cose.payload = TALLY_SPAN("payload");
		cose.signature.n--;
		assert_int_equal(tally_cose_verify(&cose, key), TALLY_ERR_VERIFY);
		tally_buf_free(&out);
		tally_key_free(key);
		tally_key_free(other);
	}
}

/* RFC 8725 §3.1: an RSA key that is one for PS256 is none for RS256. */
static void only_the_keys_own_algorithm_counts(void **state)
{
	struct tally_key *key = new_key(TALLY_ALG_ES256);
	struct tally_cose cose;
	struct tally_buf out;

	(void)state;
	sign(key, &(struct tally_signer_header){ 0 }, TALLY_SPAN("x"), &out);
	assert_int_equal(parsed(tally_buf_span(&out), &cose), TALLY_OK);
	for (unsigned int i = 0; i < TALLY_ALG_COUNT; i++) {
		cose.alg = tally_alg((enum tally_alg_id)i);
		assert_int_equal(tally_cose_verify(&cose, key),
				 i == TALLY_ALG_ES256 ? TALLY_OK : TALLY_ERR_VERIFY);
	}
	tally_buf_free(&out);
	tally_key_free(key);
}

static void numbers_are_those_of_the_registry(void **state)
{
	/* IANA, COSE Algorithms */
	assert_ptr_equal(tally_alg_find_cose(-7), tally_alg(TALLY_ALG_ES256));
	assert_ptr_equal(tally_alg_find_cose(-35), tally_alg(TALLY_ALG_ES384));
	assert_ptr_equal(tally_alg_find_cose(-36), tally_alg(TALLY_ALG_ES512));
	assert_ptr_equal(tally_alg_find_cose(-257), tally_alg(TALLY_ALG_RS256));
	assert_ptr_equal(tally_alg_find_cose(-37), tally_alg(TALLY_ALG_PS256));
	assert_ptr_equal(tally_alg_find_cose(-8), tally_alg(TALLY_ALG_EDDSA));
	assert_null(tally_alg_find_cose(5)); /* HMAC 256/256 */
	assert_null(tally_alg_find_cose(0));
	(void)state;
}

/* Byte for byte, but for the signature; the order of labels is that of RFC 8949 §4.2.1. */
static void encoding_is_the_shortest(void **state)
{
	static const char head[] = "\xd2\x84"
				   "\x46\xa2\x01\x26\x10\x61t"
				   "\xa1\x04\x42k1"
				   "\x43" "abc"
				   "\x58\x40";
	struct tally_key *key = new_key(TALLY_ALG_ES256);
	struct tally_buf out;

	(void)state;
	sign(key, &(struct tally_signer_header){ .kid = "k1", .typ = "t" }, TALLY_SPAN("abc"), &out);
	assert_int_equal(out.n, sizeof(head) - 1 + 64);
	assert_memory_equal(out.p, head, sizeof(head) - 1);
	tally_buf_free(&out);
	sign(key, &(struct tally_signer_header){ 0 }, TALLY_SPAN(""), &out);
	assert_memory_equal(out.p, "\xd2\x84\x43\xa1\x01\x26\xa0\x40\x58\x40", 10);
	tally_buf_free(&out);
	tally_key_free(key);
}

static void certificates_are_protected(void **state)
{
	struct tally_chain chain = { .certificates = { TALLY_SPAN("one"), TALLY_SPAN("two") } };
	struct tally_key *key = new_key(TALLY_ALG_EDDSA);

	(void)state;
	for (chain.count = 1; chain.count <= 2; chain.count++) {
		struct tally_cbor header, value;
		struct tally_cose cose;
		struct tally_buf out;
		struct tally_span one;
		uint64_t n;

		sign(key, &(struct tally_signer_header){ .chain = &chain }, TALLY_SPAN("x"), &out);
		assert_int_equal(parsed(tally_buf_span(&out), &cose), TALLY_OK);
		assert_int_equal(cose.chain.count, chain.count);
		for (size_t i = 0; i < chain.count; i++)
			assert_true(tally_span_eq(cose.chain.certificates[i],
						  chain.certificates[i]));
		assert_int_equal(tally_cbor_parse(cose.protected, MAX, &header), TALLY_OK);
		value = tally_cbor_at(header, 33);
		/* RFC 9360 §2: one alone is no array. */
		assert_int_equal(tally_cbor_bytes(value, &one), chain.count == 1);
		assert_int_equal(tally_cbor_array(value, &n), chain.count == 2);
		tally_buf_free(&out);
	}
	tally_key_free(key);
}

static void limits_of_signers(void **state)
{
	static char bytes[TALLY_CHAIN_BYTES_MAX + 1], kid[TALLY_KID_MAX + 2];
	struct tally_chain chain = { .certificates = { { bytes, TALLY_CHAIN_BYTES_MAX } },
				     .count = 1 };
	struct tally_signer_header header = { .chain = &chain };
	struct tally_key *key = new_key(TALLY_ALG_ES256), *public;
	struct tally_cose_signer *signer;
	struct tally_buf der;

	(void)state;
	assert_int_equal(tally_cose_signer_new(key, &header, &signer), TALLY_OK);
	tally_cose_signer_free(signer);
	chain.certificates[0].n++;
	assert_int_equal(tally_cose_signer_new(key, &header, &signer), TALLY_ERR_LIMIT);
	assert_null(signer);
	memset(kid, 'k', TALLY_KID_MAX + 1);
	header = (struct tally_signer_header){ .kid = kid };
	assert_int_equal(tally_cose_signer_new(key, &header, &signer), TALLY_ERR_LIMIT);
	tally_buf_grow(&der, MAX);
	assert_int_equal(tally_key_add_public_der(key, &der), TALLY_OK);
	assert_int_equal(tally_key_from_public_der(tally_alg(TALLY_ALG_ES256),
						   tally_buf_span(&der), &public),
			 TALLY_OK);
	header.kid = NULL;
	assert_int_equal(tally_cose_signer_new(public, &header, &signer), TALLY_ERR_STATE);
	tally_buf_free(&der);
	tally_key_free(public);
	tally_key_free(key);
}

static void full_buffer_gets_nothing(void **state)
{
	struct tally_key *key = new_key(TALLY_ALG_ES256);
	struct tally_cose_signer *signer;
	struct tally_buf out;
	char room[80];

	(void)state;
	assert_int_equal(tally_cose_signer_new(key, &(struct tally_signer_header){ 0 }, &signer),
			 TALLY_OK);
	tally_buf_over(&out, room, sizeof(room));
	tally_buf_add_str(&out, "before");
	assert_int_equal(tally_cose_sign1(signer, TALLY_SPAN("payload"), &out), TALLY_ERR_LIMIT);
	assert_int_equal(out.n, 6);
	tally_cose_signer_free(signer);
	tally_key_free(key);
}

/* ---- what is refused ---- */

struct parts {
	const char *protected; /* the map */
	size_t protected_n;
	const char *unprotected;
	size_t unprotected_n;
	enum tally_err err;
};

#define PARTS(a, b, err) { a, sizeof(a) - 1, b, sizeof(b) - 1, err }

static void headers_are_judged(void **state)
{
	static const struct parts rows[] = {
		PARTS("\xa1\x01\x26", "\xa0", TALLY_OK),
		PARTS("\xa1\x01\x26", "\xa1\x04\x41k", TALLY_OK),
		PARTS("\xa2\x01\x26\x04\x41k", "\xa0", TALLY_OK),
		PARTS("\xa1\x01\x26", "\xa1\x18\x21\x41" "c", TALLY_OK),
		PARTS("\xa2\x01\x26\x10\x18\x3d", "\xa0", TALLY_OK), /* a CoAP content format */
		PARTS("\xa2\x01\x26\x61x\xf6", "\xa1\x61x\xf6", TALLY_OK),
		/* alg: none, not signed, twice, unknown, not ours */
		PARTS("", "\xa0", TALLY_ERR_SYNTAX),
		PARTS("\xa0", "\xa0", TALLY_ERR_SYNTAX),
		PARTS("\xa0", "\xa1\x01\x26", TALLY_ERR_SYNTAX),
		PARTS("", "\xa1\x01\x26", TALLY_ERR_SYNTAX),
		PARTS("\xa1\x01\x26", "\xa1\x01\x26", TALLY_ERR_SYNTAX),
		PARTS("\xa1\x01\x05", "\xa0", TALLY_ERR_UNSUPPORTED),
		PARTS("\xa1\x01\x65" "ES256", "\xa0", TALLY_ERR_UNSUPPORTED),
		PARTS("\xa1\x01\xf6", "\xa0", TALLY_ERR_UNSUPPORTED),
		PARTS("\xa1\x01\x38\x2e", "\xa0", TALLY_ERR_UNSUPPORTED), /* ES256K */
		/* crit */
		PARTS("\xa2\x01\x26\x02\x81\x10", "\xa0", TALLY_ERR_UNSUPPORTED),
		PARTS("\xa1\x01\x26", "\xa1\x02\x81\x10", TALLY_ERR_UNSUPPORTED),
		/* kid, typ, x5chain: of the wrong type, twice */
		PARTS("\xa1\x01\x26", "\xa1\x04\x61k", TALLY_ERR_SYNTAX),
		PARTS("\xa2\x01\x26\x04\x41k", "\xa1\x04\x41k", TALLY_ERR_SYNTAX),
		PARTS("\xa2\x01\x26\x10\x41t", "\xa0", TALLY_ERR_SYNTAX),
		PARTS("\xa2\x01\x26\x10\x61t", "\xa1\x10\x61t", TALLY_ERR_SYNTAX),
		PARTS("\xa2\x01\x26\x18\x21\x61" "c", "\xa0", TALLY_ERR_SYNTAX),
		PARTS("\xa2\x01\x26\x18\x21\x80", "\xa0", TALLY_ERR_SYNTAX),
		PARTS("\xa2\x01\x26\x18\x21\x81\x41" "c", "\xa0", TALLY_ERR_SYNTAX),
		PARTS("\xa2\x01\x26\x18\x21\x82\x41" "c\x01", "\xa0", TALLY_ERR_SYNTAX),
		PARTS("\xa2\x01\x26\x18\x21\x41" "c", "\xa1\x18\x21\x41" "c", TALLY_ERR_SYNTAX),
		PARTS("\xa2\x01\x26\x18\x21\x89\x40\x40\x40\x40\x40\x40\x40\x40\x40", "\xa0",
		      TALLY_ERR_LIMIT),
		/* no maps */
		PARTS("\x80", "\xa0", TALLY_ERR_SYNTAX),
		PARTS("\xa1\x01\x26\x00", "\xa0", TALLY_ERR_SYNTAX),
		PARTS("\xa1\x01\x26", "\x80", TALLY_ERR_SYNTAX),
		PARTS("\xa1\x01\x26", "\x40", TALLY_ERR_SYNTAX),
		PARTS("\xa2\x01\x26\x01\x26", "\xa0", TALLY_ERR_SYNTAX),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tally_cose cose;
		struct tally_buf buf;
		char room[128];

		tally_buf_over(&buf, room, sizeof(room));
		tally_cbor_add_tag(&buf, 18);
		tally_cbor_add_array(&buf, 4);
		tally_cbor_add_bytes(&buf, tally_span(rows[i].protected, rows[i].protected_n));
		tally_buf_add(&buf, rows[i].unprotected, rows[i].unprotected_n);
		tally_cbor_add_bytes(&buf, TALLY_SPAN("p"));
		tally_cbor_add_bytes(&buf, TALLY_SPAN("s"));
		enum tally_err err = parsed(tally_buf_span(&buf), &cose);

		if (err != rows[i].err)
			print_message("# row %zu\n", i);
		assert_int_equal(err, rows[i].err);
	}
}

static void unsigned_typ_is_none(void **state)
{
	struct tally_cose cose;

	(void)state;
	assert_int_equal(parsed(TALLY_SPAN("\xd2\x84\x43\xa1\x01\x26\xa1\x10\x61t\x41p\x41s"), &cose),
			 TALLY_OK);
	assert_null(cose.typ.p);
}

static void envelopes_are_judged(void **state)
{
#define REST "\x43\xa1\x01\x26\xa0\x41p\x41s"
	static const struct {
		struct tally_span bytes;
		enum tally_err err;
	} rows[] = {
		{ { "\xd2\x84" REST, 11 }, TALLY_OK },
		{ { "\x84" REST, 10 }, TALLY_ERR_SYNTAX },             /* untagged */
		{ { "\xd1\x84" REST, 11 }, TALLY_ERR_SYNTAX },         /* COSE_Mac0 */
		{ { "\xd8\x3d\xd2\x84" REST, 13 }, TALLY_ERR_SYNTAX }, /* CWT */
		{ { "\xd2\xd2\x84" REST, 12 }, TALLY_ERR_SYNTAX },
		{ { "\xd2\x83\x43\xa1\x01\x26\xa0\x41p", 9 }, TALLY_ERR_SYNTAX },
		{ { "\xd2\x85" REST "\x00", 12 }, TALLY_ERR_SYNTAX },
		{ { "\xd2\x84" REST "\x00", 12 }, TALLY_ERR_SYNTAX },
		{ { "\xd2\x84\x43\xa1\x01\x26\xa0\xf6\x41s", 10 }, TALLY_ERR_SYNTAX }, /* detached */
		{ { "\xd2\x84\x43\xa1\x01\x26\xa0\x61p\x41s", 11 }, TALLY_ERR_SYNTAX },
		{ { "\xd2\x84\x43\xa1\x01\x26\xa0\x41p\x61s", 11 }, TALLY_ERR_SYNTAX },
		{ { "\xd2\x84\xa1\x01\x26\xa0\x41p\x41s", 10 }, TALLY_ERR_SYNTAX },
		{ { "\xd2\xa0", 2 }, TALLY_ERR_SYNTAX },
		{ { "", 0 }, TALLY_ERR_SYNTAX },
	};
#undef REST
	struct tally_cose cose;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(parsed(rows[i].bytes, &cose), rows[i].err);
	assert_int_equal(tally_cose_parse(rows[0].bytes, rows[0].bytes.n - 1, &cose),
			 TALLY_ERR_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_algorithm_signs_and_verifies),
		cmocka_unit_test(only_the_keys_own_algorithm_counts),
		cmocka_unit_test(numbers_are_those_of_the_registry),
		cmocka_unit_test(encoding_is_the_shortest),
		cmocka_unit_test(certificates_are_protected),
		cmocka_unit_test(limits_of_signers),
		cmocka_unit_test(full_buffer_gets_nothing),
		cmocka_unit_test(headers_are_judged),
		cmocka_unit_test(unsigned_typ_is_none),
		cmocka_unit_test(envelopes_are_judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
