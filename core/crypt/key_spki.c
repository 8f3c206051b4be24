/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Public keys from the bytes that they are stored as: SubjectPublicKeyInfo (RFC
 * 5280 §4.1.2.7). OpenSSL 3.0 takes 100 µs and more to find the decoder that fits,
 * ten times what it takes to make the key; where users are more than are
 * remembered, each of them would wait for that.
 *
 * DER has one encoding of a value (X.690 §10), so that all bytes but those of the
 * key itself are known beforehand. They are compared, and nothing is parsed: what
 * has other bytes there is OpenSSL's to read.
 */
#include "config.h"

#include "crypt/key_priv.h"

#include <openssl/ec.h>

/* ---- points ---- */

/* What stands before the point or the key (RFC 5480 §2, RFC 8410 §4). */
static const struct {
	const char *curve;
	struct tally_span before;
} curves[] = {
	{ "P-256", TALLY_SPAN("\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01"
			      "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00") },
	{ "P-384", TALLY_SPAN("\x30\x76\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01"
			      "\x06\x05\x2b\x81\x04\x00\x22\x03\x62\x00") },
	{ "P-521", TALLY_SPAN("\x30\x81\x9b\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01"
			      "\x06\x05\x2b\x81\x04\x00\x23\x03\x81\x86\x00") },
	{ "Ed25519", TALLY_SPAN("\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00") },
};

/* The size bytes behind what stands before them on this curve; NULL: it is not so. */
static const uint8_t *behind(const char *curve, struct tally_span der, size_t size)
{
	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
		struct tally_span before = curves[i].before;

		if (strcmp(curves[i].curve, curve) == 0 && der.n == before.n + size &&
		    tally_span_starts_with(der, before))
			return (const uint8_t *)der.p + before.n;
	}
	return NULL;
}

static EVP_PKEY *read_ec(const struct tally_alg *alg, struct tally_span der)
{
	const uint8_t *point =
		behind(alg->curve, der, 1 + 2 * tally_key_coordinate_size(alg));

	if (point == NULL || point[0] != POINT_CONVERSION_UNCOMPRESSED)
		return NULL;
	return tally_key_make_ec(alg, point);
}

static EVP_PKEY *read_okp(const struct tally_alg *alg, struct tally_span der)
{
	const uint8_t *bytes = behind(alg->curve, der, TALLY_ED25519_SIZE);

	return bytes ? tally_key_make_okp(alg, bytes) : NULL;
}

/* ---- RSA ---- */

#define EXPONENT 65537u

/*
 * What stands before a modulus of so many bytes whose first bit is set, and behind
 * it (RFC 8017 §A.1.1). HIGH and LOW are the two bytes of a length.
 */
#define HIGH(n) (uint8_t)((n) >> 8)
#define LOW(n)  (uint8_t)(n)
#define BEFORE_SIZE 33u
#define BEHIND_SIZE 5u

static void write_before(size_t modulus, uint8_t out[BEFORE_SIZE])
{
	const size_t number = modulus + 1, key = number + 9, bits = key + 5, all = bits + 19;
	const uint8_t bytes[BEFORE_SIZE] = {
		0x30, 0x82, HIGH(all), LOW(all),
		0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
		0x03, 0x82, HIGH(bits), LOW(bits), 0x00,
		0x30, 0x82, HIGH(key), LOW(key),
		0x02, 0x82, HIGH(number), LOW(number), 0x00,
	};

	memcpy(out, bytes, BEFORE_SIZE);
}

static bool is_around(struct tally_span der, size_t modulus)
{
	static const uint8_t exponent[BEHIND_SIZE] = { 0x02, 0x03, 0x01, 0x00, 0x01 };
	uint8_t before[BEFORE_SIZE];

	write_before(modulus, before);
	return memcmp(der.p, before, BEFORE_SIZE) == 0 &&
	       memcmp(der.p + BEFORE_SIZE + modulus, exponent, BEHIND_SIZE) == 0 &&
	       ((uint8_t)der.p[BEFORE_SIZE] & 0x80) != 0;
}

static EVP_PKEY *read_rsa(struct tally_span der)
{
	const size_t least = TALLY_RSA_BITS_MIN / 8 + BEFORE_SIZE + BEHIND_SIZE;
	const size_t most = TALLY_RSA_N_MAX + BEFORE_SIZE + BEHIND_SIZE;
	const size_t modulus = der.n - BEFORE_SIZE - BEHIND_SIZE;

	if (der.n < least || der.n > most || !is_around(der, modulus))
		return NULL;
	BIGNUM *n = BN_bin2bn((const uint8_t *)der.p + BEFORE_SIZE, (int)modulus, NULL);
	BIGNUM *e = BN_new();
	EVP_PKEY *pkey = NULL;

	if (n != NULL && e != NULL && BN_set_word(e, EXPONENT) == 1)
		pkey = tally_key_make_rsa(n, e);
	BN_free(n);
	BN_free(e);
	return pkey;
}

/* ---- each of them ---- */

EVP_PKEY *tally_key_read_spki(const struct tally_alg *alg, struct tally_span der)
{
	switch (alg->type) {
	case TALLY_KEY_EC:
		return read_ec(alg, der);
	case TALLY_KEY_RSA:
	case TALLY_KEY_PSS:
		return read_rsa(der);
	case TALLY_KEY_OKP:
		return read_okp(alg, der);
	}
	return NULL;
}
