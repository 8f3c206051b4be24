/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "crypt/ecdsa.h"

#define DER_INTEGER  0x02
#define DER_SEQUENCE 0x30
#define DER_LONG1    0x81 /* the length is in the one byte that follows */

struct cursor {
	const uint8_t *p;
	size_t n;
};

/*
 * Takes a tag with its length, which must be written in the shortest way and
 * not reach behind the end. No signature needs more than one byte of length.
 */
static bool take_header(struct cursor *in, uint8_t tag, size_t *length)
{
	size_t header = 2;

	if (in->n < 2 || in->p[0] != tag)
		return false;
	*length = in->p[1];
	if (*length == DER_LONG1) {
		if (in->n < 3 || in->p[2] < 0x80)
			return false;
		*length = in->p[2];
		header = 3;
	} else if (*length >= 0x80) {
		return false;
	}
	in->p += header;
	in->n -= header;
	return *length <= in->n;
}

/* A positive integer, without superfluous zeros, to the right of half bytes. */
static bool take_integer(struct cursor *in, size_t half, uint8_t *out)
{
	size_t n;

	if (!take_header(in, DER_INTEGER, &n) || n == 0 || in->p[0] >= 0x80)
		return false;
	const uint8_t *p = in->p;

	in->p += n;
	in->n -= n;
	if (p[0] == 0) {
		if (n == 1 || p[1] < 0x80)
			return false;
		p++;
		n--;
	}
	if (n > half)
		return false;
	memset(out, 0, half - n);
	memcpy(out + half - n, p, n);
	return true;
}

enum tally_err tally_ecdsa_from_der(struct tally_span der, size_t half, uint8_t *out)
{
	struct cursor in = { (const uint8_t *)der.p, der.n };
	size_t n;

	if (!take_header(&in, DER_SEQUENCE, &n) || n != in.n)
		return TALLY_ERR_SYNTAX;
	if (!take_integer(&in, half, out) || !take_integer(&in, half, out + half) || in.n != 0)
		return TALLY_ERR_SYNTAX;
	return TALLY_OK;
}

/* One integer as DER; returns its bytes. */
static size_t put_integer(const uint8_t *p, size_t n, uint8_t *out)
{
	while (n > 1 && p[0] == 0) {
		p++;
		n--;
	}
	size_t pad = p[0] >= 0x80;

	out[0] = DER_INTEGER;
	out[1] = (uint8_t)(n + pad);
	out[2] = 0;
	memcpy(out + 2 + pad, p, n);
	return 2 + pad + n;
}

size_t tally_ecdsa_to_der(const uint8_t *signature, size_t half, uint8_t *out)
{
	uint8_t body[TALLY_ECDSA_DER_MAX];
	size_t n = put_integer(signature, half, body);
	size_t header = 2;

	n += put_integer(signature + half, half, body + n);
	out[0] = DER_SEQUENCE;
	out[1] = (uint8_t)n;
	if (n >= 0x80) {
		out[1] = DER_LONG1;
		out[2] = (uint8_t)n;
		header = 3;
	}
	memcpy(out + header, body, n);
	return header + n;
}
