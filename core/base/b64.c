/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "base/b64.h"

#include <stdint.h>

#define DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

static const char url_alphabet[64 + 1] = DIGITS "-_";
static const char std_alphabet[64 + 1] = DIGITS "+/";

#define LETTERS \
	['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,  ['G'] = 7, \
	['H'] = 8,  ['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, \
	['O'] = 15, ['P'] = 16, ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, \
	['V'] = 22, ['W'] = 23, ['X'] = 24, ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, \
	['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32, ['g'] = 33, ['h'] = 34, ['i'] = 35, \
	['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40, ['o'] = 41, ['p'] = 42, \
	['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48, ['w'] = 49, \
	['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56, \
	['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62

/* Value + 1; 0: not in the alphabet. */
static const uint8_t url_value[256] = { LETTERS, ['-'] = 63, ['_'] = 64 };
static const uint8_t std_value[256] = { LETTERS, ['+'] = 63, ['/'] = 64 };

/* Without padding. Returns the characters written. */
static size_t encode(const char alphabet[64 + 1], char *out, const void *bytes, size_t n)
{
	const uint8_t *in = bytes;
	char *at = out;

	for (; n >= 3; n -= 3, in += 3) {
		uint32_t three = (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];

		*at++ = alphabet[three >> 18];
		*at++ = alphabet[three >> 12 & 63];
		*at++ = alphabet[three >> 6 & 63];
		*at++ = alphabet[three & 63];
	}
	if (n > 0) {
		uint32_t rest = (uint32_t)in[0] << 16 | (n > 1 ? (uint32_t)in[1] << 8 : 0);

		*at++ = alphabet[rest >> 18];
		*at++ = alphabet[rest >> 12 & 63];
		if (n > 1)
			*at++ = alphabet[rest >> 6 & 63];
	}
	return (size_t)(at - out);
}

size_t tally_b64url_put(char *out, const void *bytes, size_t n)
{
	return encode(url_alphabet, out, bytes, n);
}

void tally_b64url_add(struct tally_buf *buf, const void *bytes, size_t n)
{
	char *out = n ? tally_buf_room(buf, TALLY_B64URL_SIZE(n)) : NULL;

	if (out != NULL)
		tally_b64url_put(out, bytes, n);
}

void tally_b64_add(struct tally_buf *buf, const void *bytes, size_t n)
{
	static const char padding[] = "==";
	char *out = n ? tally_buf_room(buf, TALLY_B64URL_SIZE(n)) : NULL;

	if (out == NULL)
		return;
	encode(std_alphabet, out, bytes, n);
	if (n % 3 > 0)
		tally_buf_add(buf, padding, 3 - n % 3);
}

/* Text without padding, of one of the two alphabets. */
static enum tally_err decode(const uint8_t value[256], struct tally_span text,
			     uint8_t *out, size_t size, size_t *n)
{
	const uint8_t *in = (const uint8_t *)text.p;
	size_t bytes = text.n / 4 * 3 + (text.n % 4 ? text.n % 4 - 1 : 0);
	uint32_t bits = 0;
	unsigned int have = 0;

	if (text.n % 4 == 1)
		return TALLY_ERR_SYNTAX;
	if (bytes > size)
		return TALLY_ERR_LIMIT;
	for (size_t i = 0; i < text.n; i++) {
		if (value[in[i]] == 0)
			return TALLY_ERR_SYNTAX;
		bits = bits << 6 | (uint32_t)(value[in[i]] - 1);
		have += 6;
		if (have >= 8) {
			have -= 8;
			*out++ = (uint8_t)(bits >> have);
		}
	}
	if (bits & ((1u << have) - 1))
		return TALLY_ERR_SYNTAX;
	*n = bytes;
	return TALLY_OK;
}

enum tally_err tally_b64url_get(struct tally_span text, void *out, size_t size, size_t *n)
{
	return decode(url_value, text, out, size, n);
}

enum tally_err tally_b64_get(struct tally_span text, void *out, size_t size, size_t *n)
{
	if (text.n % 4 != 0)
		return TALLY_ERR_SYNTAX;
	for (int i = 0; i < 2 && text.n > 0 && text.p[text.n - 1] == '='; i++)
		text.n--;
	return decode(std_value, text, out, size, n);
}
