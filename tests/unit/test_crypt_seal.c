/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "crypt/digest.h"
#include "crypt/ecdsa.h"
#include "crypt/seal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct tally_seal_key key = { "0123456789abcdef0123456789abcde" };

/* FIPS 180-2 appendix B.1. */
static void sha256_of_abc(void **state)
{
	static const uint8_t want[TALLY_SHA256_SIZE] = {
		0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40,
		0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17,
		0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad,
	};
	uint8_t out[TALLY_SHA256_SIZE];

	(void)state;
	assert_int_equal(tally_sha256(TALLY_SPAN("abc"), out), TALLY_OK);
	assert_memory_equal(out, want, sizeof(want));
	assert_int_equal(tally_sha256(tally_span(NULL, 0), out), TALLY_OK);
	assert_int_equal(out[0], 0xe3);
}

/* The GCM specification (McGrew, Viega), test case 16: nonce, text, tag. */
static void gcm_test_case_16(void **state)
{
	static const char half[] = "\xfe\xff\xe9\x92\x86\x65\x73\x1c\x6d\x6a\x8f\x94\x67\x30\x83\x08";
	struct tally_seal_key k;
	struct tally_span aad = TALLY_SPAN("\xfe\xed\xfa\xce\xde\xad\xbe\xef\xfe\xed\xfa\xce"
					   "\xde\xad\xbe\xef\xab\xad\xda\xd2");
	struct tally_span sealed = TALLY_SPAN(
		"\xca\xfe\xba\xbe\xfa\xce\xdb\xad\xde\xca\xf8\x88"
		"\x52\x2d\xc1\xf0\x99\x56\x7d\x07\xf4\x7f\x37\xa3\x2a\x84\x42\x7d"
		"\x64\x3a\x8c\xdc\xbf\xe5\xc0\xc9\x75\x98\xa2\xbd\x25\x55\xd1\xaa"
		"\x8c\xb0\x8e\x48\x59\x0d\xbb\x3d\xa7\xb0\x8b\x10\x56\x82\x88\x38"
		"\xc5\xf6\x1e\x63\x93\xba\x7a\x0a\xbc\xc9\xf6\x62"
		"\x76\xfc\x6e\xce\x0f\x4e\x17\x68\xcd\xdf\x88\x53\xbb\x2d\x55\x1b");
	struct tally_span plain = TALLY_SPAN(
		"\xd9\x31\x32\x25\xf8\x84\x06\xe5\xa5\x59\x09\xc5\xaf\xf5\x26\x9a"
		"\x86\xa7\xa9\x53\x15\x34\xf7\xda\x2e\x4c\x30\x3d\x8a\x31\x8a\x72"
		"\x1c\x3c\x0c\x95\x95\x68\x09\x53\x2f\xcf\x0e\x24\x49\xa6\xb5\x25"
		"\xb1\x6a\xed\xf5\xaa\x0d\xe6\x57\xba\x63\x7b\x39");
	struct tally_buf out;

	(void)state;
	memcpy(k.bytes, half, 16);
	memcpy(k.bytes + 16, half, 16);
	tally_buf_grow(&out, 1024);
	assert_int_equal(tally_unseal(&k, aad, sealed, &out), TALLY_OK);
	assert_true(tally_span_eq(tally_buf_span(&out), plain));
	tally_buf_free(&out);
}

static void sealed_values_open_in_their_place_alone(void **state)
{
	static const char *const texts[] = { "", "x", "sixteen bytes...", "rather more than one block" };
	struct tally_span aad = TALLY_SPAN("kid"), other = TALLY_SPAN("dik");

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct tally_span plain = tally_span_of(texts[i]);
		struct tally_seal_key wrong = key;
		struct tally_buf sealed, again, out;

		wrong.bytes[31] ^= 1;
		tally_buf_grow(&sealed, 1024);
		tally_buf_grow(&again, 1024);
		tally_buf_grow(&out, 1024);
		assert_int_equal(tally_seal(&key, aad, plain, &sealed), TALLY_OK);
		assert_int_equal(sealed.n, plain.n + TALLY_SEAL_OVERHEAD);
		assert_int_equal(tally_seal(&key, aad, plain, &again), TALLY_OK);
		assert_false(tally_span_eq(tally_buf_span(&sealed), tally_buf_span(&again)));
		struct tally_span text = tally_buf_span(&sealed);

		tally_buf_add_char(&out, '>');
		assert_int_equal(tally_unseal(&wrong, aad, text, &out), TALLY_ERR_VERIFY);
		assert_int_equal(tally_unseal(&key, other, text, &out), TALLY_ERR_VERIFY);
		assert_int_equal(tally_unseal(&key, tally_span(NULL, 0), text, &out),
				 TALLY_ERR_VERIFY);
		for (size_t at = 0; at < text.n; at++) {
			sealed.p[at] ^= 1;
			assert_int_equal(tally_unseal(&key, aad, text, &out), TALLY_ERR_VERIFY);
			sealed.p[at] ^= 1;
			assert_int_equal(tally_unseal(&key, aad, tally_span(text.p, at), &out),
					 TALLY_ERR_VERIFY);
		}
		assert_int_equal(out.n, 1);
		assert_int_equal(tally_unseal(&key, aad, text, &out), TALLY_OK);
		assert_true(tally_span_eq(tally_span(out.p + 1, out.n - 1), plain));
		tally_buf_free(&out);
		tally_buf_free(&again);
		tally_buf_free(&sealed);
	}
}

static void seal_without_room(void **state)
{
	char small[TALLY_SEAL_OVERHEAD + 2];
	struct tally_buf out;

	(void)state;
	tally_buf_over(&out, small, sizeof(small));
	assert_int_equal(tally_seal(&key, tally_span(NULL, 0), TALLY_SPAN("abc"), &out),
			 TALLY_ERR_LIMIT);
	assert_int_equal(out.n, 0);
}

/* Writes n bytes to a file of this mode, and says what loading it gives. */
static enum tally_err load_err(const char *path, size_t n, mode_t mode)
{
	struct tally_seal_key loaded;
	FILE *file = fopen(path, "wb");
	char bytes[64];

	memset(bytes, 'k', sizeof(bytes));
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, n, file), n);
	fclose(file);
	assert_int_equal(chmod(path, mode), 0);
	enum tally_err err = tally_seal_key_load(path, &loaded);

	if (err == TALLY_OK)
		assert_memory_equal(loaded.bytes, bytes, sizeof(loaded.bytes));
	return err;
}

static void key_file_must_be_closed_and_whole(void **state)
{
	char folder[] = "/tmp/tally-seal-XXXXXX", path[64];
	struct tally_seal_key loaded;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/key", folder);
	assert_int_equal(load_err(path, 32, 0600), TALLY_OK);
	assert_int_equal(load_err(path, 32, 0640), TALLY_OK);
	assert_int_equal(load_err(path, 32, 0644), TALLY_ERR_CONFIG);
	assert_int_equal(load_err(path, 32, 0660), TALLY_ERR_CONFIG);
	assert_int_equal(load_err(path, 32, 0602), TALLY_ERR_CONFIG);
	assert_int_equal(load_err(path, 31, 0600), TALLY_ERR_CONFIG);
	assert_int_equal(load_err(path, 33, 0600), TALLY_ERR_CONFIG);
	assert_int_equal(load_err(path, 0, 0600), TALLY_ERR_CONFIG);
	unlink(path);
	assert_int_equal(tally_seal_key_load(path, &loaded), TALLY_ERR_NOT_FOUND);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(tally_seal_key_load(path, &loaded), TALLY_ERR_CONFIG);
	unlink(path);
	assert_int_equal(tally_seal_key_load(folder, &loaded), TALLY_ERR_CONFIG);
	rmdir(folder);
}

static void ecdsa_forms_are_inverse(void **state)
{
	static const size_t halves[] = { 32, 48, 66 };
	uint8_t in[132], out[132], der[TALLY_ECDSA_DER_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(halves); i++) {
		size_t half = halves[i];

		/* A first byte with and without the top bit, and leading zeros. */
		for (unsigned int zeros = 0; zeros < half; zeros++)
			for (unsigned int first = 1; first < 256; first += 127) {
				memset(in, 0xa5, sizeof(in));
				memset(in, 0, zeros);
				in[zeros] = (uint8_t)first;
				in[half] = (uint8_t)(256 - first);
				size_t n = tally_ecdsa_to_der(in, half, der);

				assert_true(n <= sizeof(der));
				assert_int_equal(tally_ecdsa_from_der(tally_span(der, n), half, out), 0);
				assert_memory_equal(in, out, 2 * half);
				for (size_t cut = 0; cut < n; cut++)
					assert_int_equal(tally_ecdsa_from_der(tally_span(der, cut), half,
									      out),
							 TALLY_ERR_SYNTAX);
			}
	}
}

static void ecdsa_der_is_strict(void **state)
{
	static const struct tally_span rows[] = {
#define ROW(text) { text, sizeof(text) - 1 }
		ROW("\x30\x07\x02\x01\x01\x02\x01\x01\x00"), /* more in the sequence */
		ROW("\x30\x06\x02\x01\x01\x02\x01\x01\x00"), /* more behind it */
		ROW("\x30\x05\x02\x01\x01\x02\x01\x01"),     /* sequence too short */
		ROW("\x30\x81\x06\x02\x01\x01\x02\x01\x01"), /* length not the shortest */
		ROW("\x30\x80\x02\x01\x01\x02\x01\x01\x00\x00"), /* indefinite */
		ROW("\x30\x82\x00\x06\x02\x01\x01\x02\x01\x01"),
		ROW("\x31\x06\x02\x01\x01\x02\x01\x01"),     /* a set */
		ROW("\x30\x06\x03\x01\x01\x02\x01\x01"),     /* no integer */
		ROW("\x30\x06\x02\x01\x81\x02\x01\x01"),     /* negative */
		ROW("\x30\x07\x02\x02\x00\x01\x02\x01\x01"), /* superfluous zero */
		ROW("\x30\x06\x02\x01\x00\x02\x01\x01"),     /* zero is not positive */
		ROW("\x30\x05\x02\x00\x02\x01\x01"),         /* empty */
		ROW("\x30\x06\x02\x04\x01\x02\x01\x01"),     /* reaches out */
		ROW("\x30\x03\x02\x01\x01"),                 /* one alone */
		ROW("\x30\x07\x02\x02\x01\x01\x02\x01\x01"), /* longer than half */
#undef ROW
	};
	uint8_t out[2];

	(void)state;
	assert_int_equal(tally_ecdsa_from_der(TALLY_SPAN("\x30\x06\x02\x01\x01\x02\x01\x02"), 1, out),
			 TALLY_OK);
	assert_int_equal(out[0], 1);
	assert_int_equal(out[1], 2);
	for (size_t i = 0; i < COUNT(rows); i++)
		if (tally_ecdsa_from_der(rows[i], 1, out) != TALLY_ERR_SYNTAX)
			fail_msg("row %zu", i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha256_of_abc),
		cmocka_unit_test(gcm_test_case_16),
		cmocka_unit_test(sealed_values_open_in_their_place_alone),
		cmocka_unit_test(seal_without_room),
		cmocka_unit_test(key_file_must_be_closed_and_whole),
		cmocka_unit_test(ecdsa_forms_are_inverse),
		cmocka_unit_test(ecdsa_der_is_strict),
	};

	return cmocka_run_group_tests_name("crypt_seal", tests, NULL, NULL);
}
