/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "codec/cbor_in.h"

#include <math.h>

/* RFC 8949 §3.1; SIMPLE holds floating-point numbers too (§3.3). */
enum major { UNSIGNED, NEGATIVE, BYTES, TEXT, ARRAY, MAP, TAG, SIMPLE };

enum simple { SIMPLE_FALSE = 20, SIMPLE_UNDEFINED = 23, HALF = 25, SINGLE = 26, DOUBLE = 27 };

/* The beginning of an item: its first byte and its argument. */
struct head {
	enum major major;
	unsigned int info; /* the low bits of the first byte */
	uint64_t value;    /* the argument */
	size_t n;          /* bytes of the head */
};

/* Bytes of the argument behind the first byte; above 8: none of §3's definite ones. */
static unsigned int width_of(unsigned int info)
{
	if (info < 24)
		return 0;
	return info <= DOUBLE ? 1u << (info - 24) : UINT8_MAX;
}

/* The least argument that needs so many bytes. */
static uint64_t least_of(unsigned int width)
{
	return width <= 1 ? 24 * width : UINT64_C(1) << 4 * width;
}

static bool is_shortest(const struct head *head, unsigned int width)
{
	/* The bytes of a floating-point number are no argument. */
	return head->major == SIMPLE || width == 0 || head->value >= least_of(width);
}

static bool read_head(struct tally_span in, struct head *out)
{
	if (in.n == 0)
		return false;
	unsigned int first = (uint8_t)in.p[0];
	unsigned int width = width_of(first & 31);

	if (width > 8 || in.n < 1 + width)
		return false;
	out->major = (enum major)(first >> 5);
	out->info = first & 31;
	out->n = 1 + width;
	out->value = width == 0 ? out->info : 0;
	for (unsigned int i = 0; i < width; i++)
		out->value = out->value << 8 | (uint8_t)in.p[1 + i];
	return is_shortest(out, width);
}

/* false, true, null, undefined, and floating-point numbers. */
static bool is_known_simple(const struct head *head)
{
	return (head->info >= SIMPLE_FALSE && head->info <= SIMPLE_UNDEFINED) ||
	       (head->info >= HALF && head->info <= DOUBLE);
}

/* Bytes of an item without those inside it. Strings are a part of it. */
static bool own_size(struct tally_span in, const struct head *head, size_t *n)
{
	*n = head->n;
	if (head->major != BYTES && head->major != TEXT)
		return true;
	if (head->value > in.n - head->n)
		return false;
	*n += (size_t)head->value;
	return true;
}

/* How many items stand inside; in what is not yet checked at most in.n make sense. */
static bool items_inside(struct tally_span in, const struct head *head, uint64_t *items)
{
	*items = 0;
	if (head->major == TAG)
		*items = 1;
	else if (head->major == ARRAY)
		*items = head->value;
	else if (head->major == MAP && __builtin_mul_overflow(head->value, 2u, items))
		return false;
	return *items <= in.n;
}

static void advance(struct tally_span *in, size_t n)
{
	*in = tally_span(in->p + n, in->n - n);
}

/* What can be said about an item by itself. */
static enum tally_err check_item(struct tally_span in, const struct head *head)
{
	size_t n;

	if (!own_size(in, head, &n) || (head->major == SIMPLE && !is_known_simple(head)))
		return TALLY_ERR_SYNTAX;
	if (head->major == TEXT &&
	    !tally_span_is_utf8(tally_span(in.p + head->n, (size_t)head->value)))
		return TALLY_ERR_SYNTAX;
	return head->major == MAP && head->value > TALLY_CBOR_MAX_PAIRS ? TALLY_ERR_LIMIT
									: TALLY_OK;
}

/* Whether the bytes are one item: a cursor, and how much each level still needs. */
static enum tally_err check_form(struct tally_span in)
{
	uint64_t missing[TALLY_CBOR_MAX_DEPTH + 1] = { 1 };
	size_t level = 0;

	for (;;) {
		struct head head;
		uint64_t items;
		size_t n;

		while (missing[level] == 0) {
			if (level-- == 0)
				return in.n == 0 ? TALLY_OK : TALLY_ERR_SYNTAX;
		}
		if (!read_head(in, &head))
			return TALLY_ERR_SYNTAX;
		enum tally_err err = check_item(in, &head);

		if (err != TALLY_OK)
			return err;
		if (!own_size(in, &head, &n) || !items_inside(in, &head, &items))
			return TALLY_ERR_SYNTAX;
		missing[level]--;
		if (head.major >= ARRAY && head.major <= TAG) {
			if (level == TALLY_CBOR_MAX_DEPTH)
				return TALLY_ERR_LIMIT;
			missing[++level] = items;
		}
		advance(&in, n);
	}
}

/*
 * From here on the form has been checked: heads can be read and sizes are within
 * the bytes.
 */
static struct head head_of(struct tally_span in)
{
	struct head head = { SIMPLE, 0, 0, 0 };

	return read_head(in, &head) ? head : (struct head){ SIMPLE, 0, 0, 0 };
}

/* Over one head, and the bytes of a string. */
static struct head step(struct tally_span *in)
{
	struct head head = head_of(*in);
	size_t n;

	if (own_size(*in, &head, &n))
		advance(in, n);
	return head;
}

/* Over one item with all that is inside. */
static void skip(struct tally_span *in)
{
	for (uint64_t pending = 1; pending > 0; pending--) {
		struct head head = step(in);
		uint64_t items;

		if (items_inside(*in, &head, &items))
			pending += items;
	}
}

/*
 * Keys are compared as bytes, which is what shortest forms allow. in stands
 * behind the head of the map.
 */
static enum tally_err check_keys(struct tally_span in, uint64_t pairs)
{
	struct tally_span keys[TALLY_CBOR_MAX_PAIRS];

	for (uint64_t i = 0; i < pairs; i++) {
		const char *start = in.p;
		enum major major = step(&in).major;

		if (major != UNSIGNED && major != NEGATIVE && major != TEXT)
			return TALLY_ERR_SYNTAX;
		keys[i] = tally_span(start, (size_t)(in.p - start));
		for (uint64_t k = 0; k < i; k++)
			if (tally_span_eq(keys[k], keys[i]))
				return TALLY_ERR_SYNTAX;
		skip(&in);
	}
	return TALLY_OK;
}

/* Head by head through everything, whatever is inside what. */
static enum tally_err check_maps(struct tally_span in)
{
	while (in.n > 0) {
		struct head head = step(&in);
		enum tally_err err = head.major == MAP ? check_keys(in, head.value) : TALLY_OK;

		if (err != TALLY_OK)
			return err;
	}
	return TALLY_OK;
}

enum tally_err tally_cbor_parse(struct tally_span bytes, size_t max, struct tally_cbor *out)
{
	*out = (struct tally_cbor){ .bytes = { NULL, 0 } };
	if (bytes.n > max)
		return TALLY_ERR_LIMIT;
	enum tally_err err = check_form(bytes);

	if (err == TALLY_OK)
		err = check_maps(bytes);
	if (err == TALLY_OK)
		out->bytes = bytes;
	return err;
}

static bool is(struct tally_cbor value, enum major major, struct head *head)
{
	if (value.bytes.p == NULL)
		return false;
	*head = head_of(value.bytes);
	return head->major == major;
}

bool tally_cbor_u64(struct tally_cbor value, uint64_t *out)
{
	struct head head;

	if (!is(value, UNSIGNED, &head))
		return false;
	*out = head.value;
	return true;
}

bool tally_cbor_i64(struct tally_cbor value, int64_t *out)
{
	struct head head;
	bool negative = is(value, NEGATIVE, &head);

	if ((!negative && !is(value, UNSIGNED, &head)) || head.value > INT64_MAX)
		return false;
	*out = negative ? -1 - (int64_t)head.value : (int64_t)head.value;
	return true;
}

static bool string(struct tally_cbor value, enum major major, struct tally_span *out)
{
	struct head head;

	if (!is(value, major, &head))
		return false;
	*out = tally_span(value.bytes.p + head.n, (size_t)head.value);
	return true;
}

bool tally_cbor_bytes(struct tally_cbor value, struct tally_span *out)
{
	return string(value, BYTES, out);
}

bool tally_cbor_text(struct tally_cbor value, struct tally_span *out)
{
	return string(value, TEXT, out);
}

/* RFC 8949 appendix D: half-precision. */
static double half_of(uint64_t bits)
{
	int exponent = (int)(bits >> 10 & 31);
	double fraction = (double)(bits & 1023);
	double number =
		exponent == 0 ? ldexp(fraction, -24) : ldexp(fraction + 1024, exponent - 25);

	if (exponent == 31)
		number = fraction > 0 ? (double)NAN : (double)INFINITY;
	return bits >> 15 ? -number : number;
}

static double number_of(const struct head *head)
{
	uint32_t bits = (uint32_t)head->value;
	double number;
	float single;

	switch (head->info) {
	case HALF:
		return half_of(head->value);
	case SINGLE:
		memcpy(&single, &bits, sizeof(single));
		return (double)single;
	case DOUBLE:
		memcpy(&number, &head->value, sizeof(number));
		return number;
	default:
		return (double)NAN;
	}
}

bool tally_cbor_floor(struct tally_cbor value, int64_t *out)
{
	struct head head;

	if (!is(value, SIMPLE, &head))
		return tally_cbor_i64(value, out);
	double number = number_of(&head);

	/* What a double holds exactly, as in JSON (RFC 7493 §2.2); NaN is outside too. */
	if (!(number >= -9007199254740991.0 && number <= 9007199254740991.0))
		return false;
	*out = (int64_t)number;
	if ((double)*out > number)
		--*out;
	return true;
}

bool tally_cbor_tag(struct tally_cbor value, uint64_t *tag, struct tally_cbor *inside)
{
	struct head head;

	if (!is(value, TAG, &head))
		return false;
	*tag = head.value;
	inside->bytes = value.bytes;
	advance(&inside->bytes, head.n);
	return true;
}

bool tally_cbor_is_map(struct tally_cbor value)
{
	struct head head;

	return is(value, MAP, &head);
}

bool tally_cbor_array(struct tally_cbor value, uint64_t *elements)
{
	struct head head;

	if (!is(value, ARRAY, &head))
		return false;
	*elements = head.value;
	return true;
}

struct tally_cbor tally_cbor_element(struct tally_cbor array, uint64_t i)
{
	struct head head;

	if (!is(array, ARRAY, &head) || i >= head.value)
		return (struct tally_cbor){ .bytes = { NULL, 0 } };
	advance(&array.bytes, head.n);
	for (; i > 0; i--)
		skip(&array.bytes);
	return array;
}

static bool is_key(struct tally_cbor at, const char *text, int64_t number)
{
	struct tally_span name;
	int64_t label;

	if (text != NULL)
		return tally_cbor_text(at, &name) && tally_span_eq(name, tally_span_of(text));
	return tally_cbor_i64(at, &label) && label == number;
}

static struct tally_cbor find(struct tally_cbor map, const char *text, int64_t number)
{
	struct head head;
	uint64_t pairs = is(map, MAP, &head) ? head.value : 0;

	if (pairs > 0)
		advance(&map.bytes, head.n);
	for (; pairs > 0; pairs--) {
		bool found = is_key(map, text, number);

		skip(&map.bytes);
		if (found)
			return map;
		skip(&map.bytes);
	}
	return (struct tally_cbor){ .bytes = { NULL, 0 } };
}

struct tally_cbor tally_cbor_at(struct tally_cbor map, int64_t key)
{
	return find(map, NULL, key);
}

struct tally_cbor tally_cbor_member(struct tally_cbor map, const char *key)
{
	return find(map, key, 0);
}
