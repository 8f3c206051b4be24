/* SPDX-License-Identifier: Apache-2.0 */
/* A COSE_Sign1 taken apart and verified. */
#include "config.h"

#include "crypt/cose.h"

#include "codec/cbor_in.h"
#include "crypt/cose_priv.h"
#include "crypt/op.h"

/* The two headers, which are maps and have no label in common (RFC 9052 §3). */
struct headers {
	struct tally_cbor protected;
	struct tally_cbor unprotected;
};

/* No bytes stand for an empty map (§3). */
static enum tally_err open_headers(struct tally_cbor sign1, struct tally_span *protected,
				   struct headers *out)
{
	enum tally_err err = TALLY_OK;

	*out = (struct headers){ .unprotected = tally_cbor_element(sign1, 1) };
	if (!tally_cbor_bytes(tally_cbor_element(sign1, 0), protected) ||
	    !tally_cbor_is_map(out->unprotected))
		return TALLY_ERR_SYNTAX;
	if (protected->n > 0)
		err = tally_cbor_parse(*protected, protected->n, &out->protected);
	if (err == TALLY_OK && protected->n > 0 && !tally_cbor_is_map(out->protected))
		err = TALLY_ERR_SYNTAX;
	return err;
}

/* A label of either header; false: it is in both. */
static bool either(const struct headers *headers, int64_t label, struct tally_cbor *out)
{
	struct tally_cbor inner = tally_cbor_at(headers->protected, label);
	struct tally_cbor outer = tally_cbor_at(headers->unprotected, label);

	*out = tally_cbor_is_there(inner) ? inner : outer;
	return !tally_cbor_is_there(inner) || !tally_cbor_is_there(outer);
}

static enum tally_err read_alg(const struct headers *headers, struct tally_cose *out)
{
	struct tally_cbor value;
	int64_t number;

	if (!either(headers, TALLY_COSE_ALG, &value) ||
	    !tally_cbor_is_there(tally_cbor_at(headers->protected, TALLY_COSE_ALG)))
		return TALLY_ERR_SYNTAX;
	if (tally_cbor_i64(value, &number))
		out->alg = tally_alg_find_cose(number);
	return out->alg ? TALLY_OK : TALLY_ERR_UNSUPPORTED;
}

static enum tally_err read_kid(const struct headers *headers, struct tally_cose *out)
{
	struct tally_cbor value;

	if (!either(headers, TALLY_COSE_KID, &value))
		return TALLY_ERR_SYNTAX;
	if (!tally_cbor_is_there(value))
		return TALLY_OK;
	if (!tally_cbor_bytes(value, &out->kid))
		return TALLY_ERR_SYNTAX;
	return out->kid.n <= TALLY_KID_MAX ? TALLY_OK : TALLY_ERR_LIMIT;
}

/* RFC 9596 §2: a number is a CoAP content format, of which none is ours. */
static enum tally_err read_typ(const struct headers *headers, struct tally_cose *out)
{
	struct tally_cbor value;
	uint64_t format;

	if (!either(headers, TALLY_COSE_TYP, &value))
		return TALLY_ERR_SYNTAX;
	if (!tally_cbor_is_there(value) || tally_cbor_u64(value, &format))
		return TALLY_OK;
	if (!tally_cbor_text(value, &out->typ))
		return TALLY_ERR_SYNTAX;
	/* Outside of what is signed it says nothing. */
	if (!tally_cbor_is_there(tally_cbor_at(headers->protected, TALLY_COSE_TYP)))
		out->typ = tally_span(NULL, 0);
	return TALLY_OK;
}

/* RFC 9360 §2: one certificate alone, or an array of two and more. */
static enum tally_err read_chain(const struct headers *headers, struct tally_cose *out)
{
	struct tally_chain *chain = &out->chain;
	struct tally_cbor value;
	uint64_t count;

	if (!either(headers, TALLY_COSE_X5CHAIN, &value))
		return TALLY_ERR_SYNTAX;
	if (!tally_cbor_is_there(value))
		return TALLY_OK;
	if (tally_cbor_bytes(value, &chain->certificates[0])) {
		chain->count = 1;
		return tally_chain_check_size(chain);
	}
	if (!tally_cbor_array(value, &count) || count < 2)
		return TALLY_ERR_SYNTAX;
	if (count > TALLY_CHAIN_MAX)
		return TALLY_ERR_LIMIT;
	for (; chain->count < count; chain->count++)
		if (!tally_cbor_bytes(tally_cbor_element(value, chain->count),
				      &chain->certificates[chain->count]))
			return TALLY_ERR_SYNTAX;
	return tally_chain_check_size(chain);
}

static enum tally_err read_headers(const struct headers *headers, struct tally_cose *out)
{
	struct tally_cbor crit;

	if (!either(headers, TALLY_COSE_CRIT, &crit))
		return TALLY_ERR_SYNTAX;
	if (tally_cbor_is_there(crit))
		return TALLY_ERR_UNSUPPORTED;
	enum tally_err err = read_alg(headers, out);

	if (err == TALLY_OK)
		err = read_kid(headers, out);
	if (err == TALLY_OK)
		err = read_typ(headers, out);
	return err == TALLY_OK ? read_chain(headers, out) : err;
}

static enum tally_err open_sign1(struct tally_span bytes, size_t max, struct tally_cbor *out)
{
	struct tally_cbor whole;
	uint64_t tag, elements;
	enum tally_err err = tally_cbor_parse(bytes, max, &whole);

	if (err != TALLY_OK)
		return err;
	return tally_cbor_tag(whole, &tag, out) && tag == TALLY_COSE_TAG_SIGN1 &&
			       tally_cbor_array(*out, &elements) && elements == 4
		       ? TALLY_OK
		       : TALLY_ERR_SYNTAX;
}

static enum tally_err parse(struct tally_span bytes, size_t max, struct tally_cose *out)
{
	struct tally_cbor sign1;
	struct headers headers;
	enum tally_err err = open_sign1(bytes, max, &sign1);

	if (err == TALLY_OK)
		err = open_headers(sign1, &out->protected, &headers);
	if (err != TALLY_OK)
		return err;
	if (!tally_cbor_bytes(tally_cbor_element(sign1, 2), &out->payload) ||
	    !tally_cbor_bytes(tally_cbor_element(sign1, 3), &out->signature))
		return TALLY_ERR_SYNTAX;
	return read_headers(&headers, out);
}

enum tally_err tally_cose_parse(struct tally_span bytes, size_t max, struct tally_cose *out)
{
	*out = (struct tally_cose){ .alg = NULL };
	enum tally_err err = parse(bytes, max, out);

	if (err != TALLY_OK)
		*out = (struct tally_cose){ .alg = NULL };
	return err;
}

static enum tally_err verify(const struct tally_cose *cose, const struct tally_key *key,
			     struct tally_span data)
{
	struct tally_op op;
	enum tally_err err = tally_op_begin(&op, key, TALLY_OP_VERIFY);

	if (err == TALLY_OK)
		err = tally_op_verify(&op, data, cose->signature);
	tally_op_end(&op);
	return err;
}

enum tally_err tally_cose_verify(const struct tally_cose *cose, const struct tally_key *key)
{
	struct tally_buf data;

	/* The key says which algorithm, never the header (RFC 8725 §3.1). */
	if (cose->alg != tally_key_alg(key))
		return TALLY_ERR_VERIFY;
	tally_buf_reserve(&data,
			  TALLY_COSE_SIG_STRUCTURE_MAX + cose->protected.n + cose->payload.n);
	tally_cose_add_sig_structure(&data, cose->protected, cose->payload);
	enum tally_err err = tally_buf_err(&data);

	if (err == TALLY_OK)
		err = verify(cose, key, tally_buf_span(&data));
	tally_buf_free(&data);
	return err;
}
