/* SPDX-License-Identifier: Apache-2.0 */
/* The vectors of draft-ietf-oauth-status-list, and ours; see tests/vectors/README.md. */
#include "config.h"

#include "base/b64.h"
#include "codec/bits.h"
#include "codec/cbor_in.h"
#include "codec/deflate.h"
#include "crypt/cose.h"
#include "crypt/digest.h"
#include "status/check.h"
#include "status/format.h"
#include "vectors.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define INFLATED_MAX (1u << 24)

/* When the examples of the draft are valid: iat is 1686920170 in most of them. */
#define NOW INT64_C(1700000000)

static struct tally_arena *arena;
static struct tally_json *vector;

static int set_up(void **state)
{
	(void)state;
	arena = tally_arena_new(1u << 16, 1u << 26);
	return arena == NULL;
}

static int tear_down(void **state)
{
	(void)state;
	tally_json_free(vector);
	vector = NULL;
	tally_arena_free(arena);
	return 0;
}

/* ---- reading ---- */

static void load(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "status/%s", name);
	tally_json_free(vector);
	assert_int_equal(tally_json_parse(vector_text(arena, path), 65536, &vector), TALLY_OK);
}

static struct tally_span text_of(const struct tally_json *object, const char *name)
{
	struct tally_span text;

	assert_true(tally_json_string(tally_json_member(object, name), &text));
	return tally_arena_dup(arena, text);
}

static int64_t number_of(const struct tally_json *object, const char *name)
{
	int64_t number;

	assert_true(tally_json_integer(tally_json_member(object, name), &number));
	return number;
}

static struct tally_span from_hex(struct tally_span hex)
{
	char *bytes = tally_arena_alloc(arena, hex.n / 2 + 1);

	for (size_t i = 0; i < hex.n / 2; i++) {
		char two[3] = { hex.p[2 * i], hex.p[2 * i + 1], '\0' };

		bytes[i] = (char)strtoul(two, NULL, 16);
	}
	return tally_span(bytes, hex.n / 2);
}

static enum tally_err from_base64url(struct tally_span text, struct tally_span *out)
{
	char *bytes = tally_arena_alloc(arena, TALLY_B64_BYTES(text.n));

	out->p = bytes;
	return tally_b64url_get(text, bytes, TALLY_B64_BYTES(text.n), &out->n);
}

static enum tally_err inflated(struct tally_span lst, struct tally_span *out)
{
	struct tally_buf buf;

	tally_buf_grow(&buf, INFLATED_MAX);
	enum tally_err err = tally_inflate(TALLY_ZLIB, lst, INFLATED_MAX, &buf);

	if (err == TALLY_OK)
		*out = tally_arena_dup(arena, tally_buf_span(&buf));
	tally_buf_free(&buf);
	return err;
}

static void assert_digest(struct tally_span bytes, struct tally_span hex)
{
	uint8_t digest[TALLY_SHA256_SIZE];

	assert_int_equal(tally_sha256(bytes, digest), TALLY_OK);
	assert_true(tally_span_eq(tally_span(digest, sizeof(digest)), from_hex(hex)));
}

/* ---- lists ---- */

/* The list that the vector describes, made by us. */
static struct tally_span built(unsigned int bits, uint32_t size)
{
	size_t n = tally_bits_bytes(size, bits);
	uint8_t *list = tally_arena_zalloc(arena, n);
	const struct tally_json *fill = tally_json_member(vector, "fill");
	const struct tally_json *entries = tally_json_member(vector, "entries");
	int64_t index, value;

	if (fill != NULL)
		memset(list, (int)number_of(vector, "fill"), n);
	for (const struct tally_json *e = tally_json_first(entries); e; e = tally_json_next(e)) {
		assert_true(tally_json_integer(tally_json_first(e), &index));
		assert_true(tally_json_integer(tally_json_next(tally_json_first(e)), &value));
		tally_bits_set(list, bits, (uint64_t)index, (unsigned int)value);
	}
	return tally_span(list, n);
}

/* Theirs is ours after inflating, in JSON and in CBOR; and ours goes round. */
static void check_list(const char *name)
{
	struct tally_span theirs, lst;
	struct tally_cbor map;
	uint64_t width;
	struct tally_buf packed;

	load(name);
	unsigned int bits = (unsigned int)number_of(vector, "bits");
	struct tally_span list = built(bits, (uint32_t)number_of(vector, "size"));

	assert_digest(list, text_of(vector, "sha256"));
	assert_int_equal(from_base64url(text_of(vector, "lst"), &lst), TALLY_OK);
	assert_int_equal(inflated(lst, &theirs), TALLY_OK);
	assert_true(tally_span_eq(theirs, list));
	if (tally_json_member(vector, "cbor") != NULL) {
		struct tally_span cbor = from_hex(text_of(vector, "cbor"));

		assert_int_equal(tally_cbor_parse(cbor, cbor.n, &map), TALLY_OK);
		assert_true(tally_cbor_u64(tally_cbor_member(map, "bits"), &width));
		assert_int_equal(width, bits);
		assert_true(tally_cbor_bytes(tally_cbor_member(map, "lst"), &lst));
		assert_int_equal(inflated(lst, &theirs), TALLY_OK);
		assert_true(tally_span_eq(theirs, list));
	}
	tally_buf_grow(&packed, INFLATED_MAX);
	assert_int_equal(tally_deflate(TALLY_ZLIB, TALLY_LIST_LEVEL, list, &packed), TALLY_OK);
	/* Not larger than what zlib makes of it at its best, but for a few bytes. */
	assert_true(packed.n <= lst.n + lst.n / 50 + 8);
	assert_int_equal(inflated(tally_buf_span(&packed), &theirs), TALLY_OK);
	assert_true(tally_span_eq(theirs, list));
	tally_buf_free(&packed);
}

static void lists_are_those_of_the_draft(void **state)
{
	static const char *const names[] = {
		"list-4.1-1bit.json",
		"list-4.1-2bit.json",
		"list-c1-1bit.json",
		"list-c2-2bit.json",
		"list-c3-4bit.json",
		"list-c4-8bit.json",
		"list-own-ones-1bit-1048576.json",
		"list-own-zeros-1bit-1048576.json",
		"list-own-zeros-1bit-8.json",
		"list-own-zeros-2bit-100000.json",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		check_list(names[i]);
}

/* The size of a list with some entries set at random, in bytes when compressed. */
static size_t size_of_random(uint32_t entries, unsigned int per_thousand)
{
	size_t n = tally_bits_bytes(entries, 1);
	uint8_t *list = tally_arena_zalloc(arena, n);
	uint64_t seed = 1;
	struct tally_buf packed;

	for (uint32_t i = 0; i < entries; i++) {
		seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		if ((seed >> 33) % 1000 < per_thousand)
			tally_bits_set(list, 1, i, 1);
	}
	tally_buf_grow(&packed, INFLATED_MAX);
	assert_int_equal(tally_deflate(TALLY_ZLIB, TALLY_LIST_LEVEL, tally_span(list, n), &packed), TALLY_OK);
	size_t size = packed.n;

	tally_buf_free(&packed);
	return size;
}

/* Appendix B, made with zlib; the entries are others, so that sizes differ a little. */
static void sizes_are_those_of_the_draft(void **state)
{
	static const struct {
		uint32_t entries;
		unsigned int per_thousand;
		unsigned int tenths; /* of KiB */
	} rows[] = {
		{ 100000, 10, 14 },   { 100000, 50, 45 },    { 100000, 500, 122 },
		{ 1000000, 10, 137 }, { 1000000, 20, 230 },  { 1000000, 250, 1022 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t size = size_of_random(rows[i].entries, rows[i].per_thousand);
		size_t theirs = rows[i].tenths * 1024 / 10;

		/* zlib's highest level is what it is compared with; versions of ours differ. */
		assert_true(size >= theirs * 75 / 100 && size <= theirs * 120 / 100);
	}
}

/* ---- tokens ---- */

struct judge {
	struct tally_jwks jwks;
	struct tally_check_keys keys;
	struct tally_check check;
};

/* With the key of the vector that is loaded. */
static void judge_begin(struct judge *judge)
{
	struct tally_jwk jwk;

	*judge = (struct judge){ .check = { .now = NOW, .inflated_max = INFLATED_MAX, .arena = arena } };
	assert_int_equal(tally_jwk_parse(tally_json_member(vector, "jwk"), arena, &jwk), TALLY_OK);
	judge->jwks.keys[judge->jwks.count++] = jwk;
	judge->keys.jwks = &judge->jwks;
}

static void judge_end(struct judge *judge)
{
	tally_jwks_end(&judge->jwks);
}

static void lists_of_the_draft_are_accepted(void **state)
{
	static const struct {
		const char *name;
		bool hex;
	} rows[] = { { "token-8.2-jwt.json", false }, { "token-5.2-cwt.json", true } };
	static const unsigned int statuses[] = { 1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1 };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct judge judge;
		struct tally_check_status status;
		struct tally_check_reference at = {
			.uri = TALLY_SPAN("https://example.com/statuslists/1"),
		};

		load(rows[i].name);
		judge_begin(&judge);
		struct tally_span token = text_of(vector, "token");

		if (rows[i].hex)
			token = from_hex(token);
		for (; at.index < 16; at.index++) {
			assert_int_equal(tally_check_list(&judge.check, &judge.keys, token, &at,
							  &status),
					 TALLY_OK);
			assert_int_equal(status.value, statuses[at.index]);
		}
		assert_int_equal(status.bits, 1);
		assert_int_equal(status.entries, 16);
		assert_int_equal(status.iat, 1686920170);
		assert_int_equal(status.exp, 2291720170);
		assert_int_equal(status.ttl, 43200);
		assert_int_equal(tally_check_list(&judge.check, &judge.keys, token, &at, &status),
				 TALLY_ERR_VERIFY);
		assert_string_equal(judge.check.why, "idx is beyond the end of the list");
		judge.check.now = 2291720170;
		at.index = 0;
		assert_int_equal(tally_check_list(&judge.check, &judge.keys, token, &at, &status),
				 TALLY_ERR_VERIFY);
		judge_end(&judge);
	}
}

static void tokens_of_the_draft_are_accepted(void **state)
{
	static const struct {
		const char *name;
		bool hex;
	} rows[] = { { "referenced-6.2-sd-jwt.json", false }, { "referenced-6.3-cwt.json", true } };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct judge judge;
		struct tally_check_reference at;

		load(rows[i].name);
		judge_begin(&judge);
		struct tally_span token = text_of(vector, "token");

		if (rows[i].hex)
			token = from_hex(token);
		assert_int_equal(tally_check_token(&judge.check, &judge.keys, token, &at), TALLY_OK);
		assert_int_equal(at.index, 0);
		assert_true(tally_span_eq(at.uri, TALLY_SPAN("https://example.com/statuslists/1")));
		judge_end(&judge);
	}
}

/* What the CWT of §5.2 is made of, piece by piece. */
static void cwt_has_the_parts_of_the_draft(void **state)
{
	struct tally_cose cose;

	(void)state;
	load("token-5.2-cwt.json");
	struct tally_span token = from_hex(text_of(vector, "token"));

	assert_int_equal(tally_cose_parse(token, token.n, &cose), TALLY_OK);
	assert_ptr_equal(cose.alg, tally_alg(TALLY_ALG_ES256));
	assert_true(tally_span_eq(cose.protected, from_hex(text_of(vector, "protected"))));
	assert_true(tally_span_eq(cose.payload, from_hex(text_of(vector, "payload"))));
	assert_true(tally_span_eq(cose.kid, TALLY_SPAN("12")));
	assert_true(tally_span_eq(cose.typ, TALLY_SPAN("application/statuslist+cwt")));
	assert_int_equal(cose.chain.count, 0);
}

/* ---- what no client may accept ---- */

static void lists_are_refused(void **state)
{
	size_t rows = 0;

	(void)state;
	load("refused-lists.json");
	for (const struct tally_json *row = tally_json_first(vector); row; row = tally_json_next(row)) {
		unsigned int bits = (unsigned int)number_of(row, "bits");
		struct tally_span lst, list;
		bool accepted = tally_bits_is_width(bits) &&
				from_base64url(text_of(row, "lst"), &lst) == TALLY_OK &&
				inflated(lst, &list) == TALLY_OK;

		assert_false(accepted);
		rows++;
	}
	assert_int_equal(rows, 11);
}

static void indices_are_looked_up(void **state)
{
	struct tally_json *rows;
	size_t count = 0;

	(void)state;
	load("look-ups.json");
	rows = vector;
	vector = NULL;
	for (const struct tally_json *row = tally_json_first(rows); row; row = tally_json_next(row)) {
		int64_t index = number_of(row, "idx"), value;
		bool inside = tally_json_integer(tally_json_member(row, "value"), &value);
		struct tally_span list;

		load(text_of(row, "list").p);
		unsigned int bits = (unsigned int)number_of(vector, "bits");

		list = built(bits, (uint32_t)number_of(vector, "size"));
		assert_int_equal(index >= 0 && (uint64_t)index < tally_bits_entries(list.n, bits),
				 inside);
		if (inside)
			assert_int_equal(tally_bits_get(list, bits, (uint64_t)index), value);
		count++;
	}
	tally_json_free(rows);
	assert_int_equal(count, 9);
}

static void aggregation_is_read(void **state)
{
	char uri[] = "https://example.com/statuslists/1";
	const struct tally_json *list;
	struct tally_span text;

	(void)state;
	load("aggregation-9.3.json");
	list = tally_json_first(tally_json_member(vector, "status_lists"));
	for (; list != NULL; list = tally_json_next(list), uri[sizeof(uri) - 2]++) {
		assert_true(tally_json_string(list, &text));
		assert_true(tally_span_eq(text, tally_span_of(uri)));
	}
	assert_int_equal(uri[sizeof(uri) - 2], '4');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_are_those_of_the_draft),
		cmocka_unit_test(sizes_are_those_of_the_draft),
		cmocka_unit_test(lists_of_the_draft_are_accepted),
		cmocka_unit_test(tokens_of_the_draft_are_accepted),
		cmocka_unit_test(cwt_has_the_parts_of_the_draft),
		cmocka_unit_test(lists_are_refused),
		cmocka_unit_test(indices_are_looked_up),
		cmocka_unit_test(aggregation_is_read),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
