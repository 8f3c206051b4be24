/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a relying party must do: every rule has a row that breaks it, tried as a
 * JWT and as a CWT, which is made of the same row.
 */
#include "config.h"

#include "base/b64.h"
#include "codec/bits.h"
#include "codec/cbor_out.h"
#include "codec/deflate.h"
#include "crypt/cose.h"
#include "status/check.h"
#include "vectors.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define NOW INT64_C(1700000000)
#define URI "https://example.com/statuslists/1"

/* The list of §4.1: 16 entries of one bit. */
#define LST "eNrbuRgAAhcBXQ"
#define LIST "\"status_list\":{\"bits\":1,\"lst\":\"" LST "\"}"
#define REFERENCE "\"status\":{\"status_list\":{\"idx\":3,\"uri\":\"" URI "\"}}"

struct fixture {
	struct tally_arena *arena;
	struct tally_key *key;
	struct tally_jwks jwks;
	struct tally_check_keys keys;
	struct tally_check check;
	const char *kid; /* in the headers of what is made */
};

static struct fixture f;

static int set_up(void **state)
{
	(void)state;
	f.arena = tally_arena_new(1u << 16, 1u << 26);
	assert_int_equal(tally_key_generate(tally_alg(TALLY_ALG_ES256), &f.key), TALLY_OK);
	f.jwks = (struct tally_jwks){
		.keys = { { .kid = TALLY_SPAN("k1"), .key = f.key } },
		.count = 1,
	};
	f.kid = "k1";
	f.keys = (struct tally_check_keys){ .jwks = &f.jwks };
	f.check = (struct tally_check){
		.now = NOW,
		.inflated_max = 1u << 24,
		.arena = f.arena,
	};
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	tally_key_free(f.key);
	tally_arena_free(f.arena);
	return 0;
}

/* ---- making tokens ---- */

static struct tally_span kept(struct tally_buf *buf)
{
	assert_int_equal(tally_buf_err(buf), TALLY_OK);
	struct tally_span copy = tally_arena_dup(f.arena, tally_buf_span(buf));

	tally_buf_free(buf);
	return copy;
}

static struct tally_span jwt_by(struct tally_key *key, const char *typ, struct tally_span claims)
{
	struct tally_signer *signer;
	struct tally_buf out;

	tally_buf_grow(&out, 1u << 20);
	assert_int_equal(tally_signer_new(key, f.kid, typ, &signer), TALLY_OK);
	assert_int_equal(tally_signer_sign(signer, claims, &out), TALLY_OK);
	tally_signer_free(signer);
	return kept(&out);
}

static struct tally_span cwt_by(struct tally_key *key, const char *typ, struct tally_span claims)
{
	const struct tally_signer_header header = { .kid = f.kid, .typ = typ };
	struct tally_cose_signer *signer;
	struct tally_buf out;

	tally_buf_grow(&out, 1u << 20);
	assert_int_equal(tally_cose_signer_new(key, &header, &signer), TALLY_OK);
	assert_int_equal(tally_cose_sign1(signer, claims, &out), TALLY_OK);
	tally_cose_signer_free(signer);
	return kept(&out);
}

static void add_key(struct tally_buf *out, struct tally_span name, bool is_top)
{
	static const struct {
		const char *name;
		uint64_t label;
	} labels[] = {
		{ "iss", 1 }, { "sub", 2 }, { "exp", 4 }, { "nbf", 5 }, { "iat", 6 },
		{ "status_list", 65533 }, { "ttl", 65534 }, { "status", 65535 },
	};

	for (size_t i = 0; is_top && i < sizeof(labels) / sizeof(labels[0]); i++) {
		if (tally_span_eq(name, tally_span_of(labels[i].name))) {
			tally_cbor_add_u64(out, labels[i].label);
			return;
		}
	}
	tally_cbor_add_text(out, name);
}

static bool add_bytes(struct tally_buf *out, struct tally_span base64url)
{
	uint8_t bytes[4096];
	size_t n;

	if (tally_b64url_get(base64url, bytes, sizeof(bytes), &n) != TALLY_OK)
		return false;
	tally_cbor_add_bytes(out, tally_span(bytes, n));
	return true;
}

/* A number with a fraction, of which only ½ occurs here. */
static void add_half(struct tally_buf *out, int64_t floor)
{
	assert_int_equal(floor, 0);
	tally_buf_add(out, "\xf9\x38\x00", 3);
}

static void add_value(struct tally_buf *out, const struct tally_json *value, unsigned int depth);

static void add_map(struct tally_buf *out, const struct tally_json *object, unsigned int depth)
{
	uint64_t pairs = 0;

	for (const struct tally_json *m = tally_json_first(object); m; m = tally_json_next(m))
		pairs++;
	tally_cbor_add_map(out, pairs);
	for (const struct tally_json *m = tally_json_first(object); m; m = tally_json_next(m)) {
		struct tally_span name = tally_json_name(m), text;

		add_key(out, name, depth == 0);
		if (!tally_span_eq(name, TALLY_SPAN("lst")) || !tally_json_string(m, &text) ||
		    !add_bytes(out, text))
			add_value(out, m, depth + 1);
	}
}

static void add_value(struct tally_buf *out, const struct tally_json *value, unsigned int depth)
{
	struct tally_span text;
	int64_t number;
	bool truth;

	if (tally_json_is_object(value))
		add_map(out, value, depth);
	else if (tally_json_string(value, &text))
		tally_cbor_add_text(out, text);
	else if (tally_json_integer(value, &number))
		tally_cbor_add_i64(out, number);
	else if (tally_json_floor(value, &number))
		add_half(out, number);
	else if (tally_json_bool(value, &truth))
		tally_buf_add_char(out, truth ? '\xf5' : '\xf4');
	else if (tally_json_is_array(value))
		tally_cbor_add_array(out, 0);
	else
		tally_buf_add_char(out, '\xf6');
}

/* The claims of a CWT that says what this JSON says. */
static struct tally_span as_cbor(const char *json)
{
	struct tally_json *parsed;
	struct tally_buf out;

	assert_int_equal(tally_json_parse(tally_span_of(json), 65536, &parsed), TALLY_OK);
	tally_buf_grow(&out, 65536);
	add_value(&out, parsed, 0);
	tally_json_free(parsed);
	return kept(&out);
}

/* ---- judging ---- */

static enum tally_err checked_token(struct tally_span token, struct tally_check_reference *out)
{
	f.check.why = NULL;
	return tally_check_token(&f.check, &f.keys, token, out);
}

static enum tally_err checked_list(struct tally_span list, uint64_t index,
				   struct tally_check_status *out)
{
	const struct tally_check_reference reference = { TALLY_SPAN(URI), index };

	f.check.why = NULL;
	return tally_check_list(&f.check, &f.keys, list, &reference, out);
}

/* why NULL: there was to be none. */
static void assert_refused(enum tally_err err, const char *why, const char *row)
{
	const char *got = f.check.why;

	if (why == NULL ? err != TALLY_OK : err != TALLY_ERR_VERIFY || !got || !strstr(got, why))
		print_message("# %s: %s\n", row, got ? got : "accepted");
	if (why == NULL) {
		assert_int_equal(err, TALLY_OK);
		return;
	}
	assert_int_equal(err, TALLY_ERR_VERIFY);
	assert_non_null(got);
	assert_non_null(strstr(got, why));
}

struct row {
	const char *claims;
	const char *jwt; /* why it is refused as a JWT; NULL: it is not */
	const char *cwt; /* and as a CWT */
};

#define BOTH(why) why, why

static void lists_are_judged(void **state)
{
#define GOOD "\"sub\":\"" URI "\",\"iat\":1699999999,\"exp\":1700000001,\"ttl\":60,"
	static const struct row rows[] = {
		{ "{" GOOD LIST "}", BOTH(NULL) },
		{ "{" GOOD LIST ",\"iss\":\"https://example.com\",\"other\":{}}", BOTH(NULL) },
		{ "{\"sub\":\"" URI "\",\"iat\":1," LIST "}", BOTH(NULL) },
		/* sub */
		{ "{\"iat\":1," LIST "}", BOTH("no sub") },
		{ "{\"sub\":7,\"iat\":1," LIST "}", BOTH("no sub") },
		{ "{\"sub\":\"" URI "/\",\"iat\":1," LIST "}", BOTH("another URI") },
		{ "{\"sub\":\"HTTPS://example.com/statuslists/1\",\"iat\":1," LIST "}",
		  BOTH("another URI") },
		{ "{\"sub\":\"\",\"iat\":1," LIST "}", BOTH("another URI") },
		/* iat */
		{ "{\"sub\":\"" URI "\",\"exp\":1700000001," LIST "}", BOTH("no iat") },
		{ "{\"sub\":\"" URI "\",\"iat\":\"1\"," LIST "}", BOTH("no time") },
		{ "{\"sub\":\"" URI "\",\"iat\":null," LIST "}", BOTH("no time") },
		{ "{\"sub\":\"" URI "\",\"iat\":1700000010," LIST "}", BOTH(NULL) },
		{ "{\"sub\":\"" URI "\",\"iat\":1700000011," LIST "}", BOTH("in the future") },
		{ "{\"sub\":\"" URI "\",\"iat\":0.5," LIST "}", BOTH(NULL) },
		/* exp, nbf */
		{ "{\"sub\":\"" URI "\",\"iat\":1,\"exp\":1700000000," LIST "}", BOTH("expired") },
		{ "{\"sub\":\"" URI "\",\"iat\":1,\"exp\":0," LIST "}", BOTH("expired") },
		{ "{\"sub\":\"" URI "\",\"iat\":1,\"exp\":-1," LIST "}", BOTH("expired") },
		{ "{\"sub\":\"" URI "\",\"iat\":1,\"exp\":\"never\"," LIST "}", BOTH("no time") },
		{ "{\"sub\":\"" URI "\",\"iat\":1,\"exp\":null," LIST "}", BOTH("no time") },
		{ "{" GOOD "\"nbf\":1700000010," LIST "}", BOTH(NULL) },
		{ "{" GOOD "\"nbf\":1700000011," LIST "}", BOTH("not valid yet") },
		{ "{" GOOD "\"nbf\":true," LIST "}", BOTH("no time") },
		/* ttl */
		{ "{\"sub\":\"" URI "\",\"iat\":1,\"ttl\":0," LIST "}", BOTH("ttl") },
		{ "{\"sub\":\"" URI "\",\"iat\":1,\"ttl\":-1," LIST "}", BOTH("ttl") },
		{ "{\"sub\":\"" URI "\",\"iat\":1,\"ttl\":\"60\"," LIST "}", BOTH("ttl") },
		{ "{\"sub\":\"" URI "\",\"iat\":1,\"ttl\":null," LIST "}", BOTH("ttl") },
		{ "{\"sub\":\"" URI "\",\"iat\":1,\"ttl\":0.5," LIST "}", NULL, "ttl" },
		/* status_list */
		{ "{" GOOD "\"x\":1}", BOTH("no status_list") },
		{ "{" GOOD "\"status_list\":[]}", BOTH("no status_list") },
		{ "{" GOOD "\"status_list\":\"\"}", BOTH("no status_list") },
		{ "{" GOOD "\"status_list\":{\"lst\":\"" LST "\"}}", BOTH("bits") },
		{ "{" GOOD "\"status_list\":{\"bits\":\"1\",\"lst\":\"" LST "\"}}", BOTH("bits") },
		{ "{" GOOD "\"status_list\":{\"bits\":0,\"lst\":\"" LST "\"}}", BOTH("bits") },
		{ "{" GOOD "\"status_list\":{\"bits\":3,\"lst\":\"" LST "\"}}", BOTH("bits") },
		{ "{" GOOD "\"status_list\":{\"bits\":16,\"lst\":\"" LST "\"}}", BOTH("bits") },
		{ "{" GOOD "\"status_list\":{\"bits\":-1,\"lst\":\"" LST "\"}}", BOTH("bits") },
		{ "{" GOOD "\"status_list\":{\"bits\":4294967297,\"lst\":\"" LST "\"}}", BOTH("bits") },
		{ "{" GOOD "\"status_list\":{\"bits\":1}}", BOTH("lst") },
		{ "{" GOOD "\"status_list\":{\"bits\":1,\"lst\":1}}", BOTH("lst") },
		{ "{" GOOD "\"status_list\":{\"bits\":1,\"lst\":\"" LST "=\"}}", BOTH("lst") },
		{ "{" GOOD "\"status_list\":{\"bits\":1,\"lst\":\"" LST " \"}}", BOTH("lst") },
		{ "{" GOOD "\"status_list\":{\"bits\":1,\"lst\":\"\"}}", BOTH("compressed") },
		{ "{" GOOD "\"status_list\":{\"bits\":1,\"lst\":\"uaM\"}}", BOTH("compressed") },
	};
#undef GOOD
	struct tally_check_status status;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tally_span jwt =
			jwt_by(f.key, "statuslist+jwt", tally_span_of(rows[i].claims));
		struct tally_span cwt =
			cwt_by(f.key, "application/statuslist+cwt", as_cbor(rows[i].claims));

		assert_refused(checked_list(jwt, 3, &status), rows[i].jwt, rows[i].claims);
		assert_int_equal(status.format, TALLY_LIST_JWT);
		assert_refused(checked_list(cwt, 3, &status), rows[i].cwt, rows[i].claims);
		if (rows[i].cwt == NULL) {
			assert_int_equal(status.format, TALLY_LIST_CWT);
			assert_int_equal(status.value, 1);
			assert_int_equal(status.entries, 16);
		}
	}
}

static void tokens_are_judged(void **state)
{
	static const struct row rows[] = {
		{ "{" REFERENCE "}", BOTH(NULL) },
		{ "{\"iss\":\"x\",\"sub\":\"y\",\"iat\":1,\"nbf\":1,\"exp\":1700000001," REFERENCE "}",
		  BOTH(NULL) },
		{ "{\"status\":{\"other\":{},\"status_list\":{\"idx\":3,\"uri\":\"" URI
		  "\",\"more\":1}}}",
		  BOTH(NULL) },
		/* its own validity comes first */
		{ "{\"exp\":1700000000," REFERENCE "}", BOTH("expired") },
		{ "{\"exp\":\"1700000001\"," REFERENCE "}", BOTH("no time") },
		{ "{\"nbf\":1700000011," REFERENCE "}", BOTH("not valid yet") },
		{ "{\"iat\":1700000011," REFERENCE "}", BOTH("in the future") },
		/* status */
		{ "{\"sub\":\"y\"}", BOTH("no status claim") },
		{ "{\"status\":\"valid\"}", BOTH("no status_list") },
		{ "{\"status\":{}}", BOTH("no status_list") },
		{ "{\"status\":{\"status_list\":[]}}", BOTH("no status_list") },
		{ "{\"status_list\":{\"idx\":3,\"uri\":\"" URI "\"}}", BOTH("no status claim") },
		/* idx */
		{ "{\"status\":{\"status_list\":{\"uri\":\"" URI "\"}}}", BOTH("idx") },
		{ "{\"status\":{\"status_list\":{\"idx\":-1,\"uri\":\"" URI "\"}}}", BOTH("idx") },
		{ "{\"status\":{\"status_list\":{\"idx\":0.5,\"uri\":\"" URI "\"}}}", BOTH("idx") },
		{ "{\"status\":{\"status_list\":{\"idx\":\"3\",\"uri\":\"" URI "\"}}}", BOTH("idx") },
		{ "{\"status\":{\"status_list\":{\"idx\":null,\"uri\":\"" URI "\"}}}", BOTH("idx") },
		/* uri */
		{ "{\"status\":{\"status_list\":{\"idx\":3}}}", BOTH("uri") },
		{ "{\"status\":{\"status_list\":{\"idx\":3,\"uri\":7}}}", BOTH("uri") },
		{ "{\"status\":{\"status_list\":{\"idx\":3,\"uri\":\"\"}}}", BOTH("uri") },
		{ "{\"status\":{\"status_list\":{\"idx\":3,\"uri\":\"/statuslists/1\"}}}", BOTH("uri") },
		{ "{\"status\":{\"status_list\":{\"idx\":3,\"uri\":\"https://a b\"}}}", BOTH("uri") },
		{ "{\"status\":{\"status_list\":{\"idx\":3,\"uri\":\"https://a\\nb\"}}}", BOTH("uri") },
		{ "{\"status\":{\"status_list\":{\"idx\":3,\"uri\":\"https://\\u00e4\"}}}", BOTH("uri") },
		{ "{\"status\":{\"status_list\":{\"idx\":3,\"uri\":\"-K:x\"}}}", BOTH("uri") },
	};
	struct tally_check_reference reference;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tally_span jwt = jwt_by(f.key, "at+jwt", tally_span_of(rows[i].claims));
		struct tally_span cwt = cwt_by(f.key, NULL, as_cbor(rows[i].claims));

		assert_refused(checked_token(jwt, &reference), rows[i].jwt, rows[i].claims);
		assert_int_equal(reference.uri.p != NULL, rows[i].jwt == NULL);
		assert_refused(checked_token(cwt, &reference), rows[i].cwt, rows[i].claims);
		assert_int_equal(reference.uri.p != NULL, rows[i].cwt == NULL);
		if (rows[i].cwt == NULL) {
			assert_int_equal(reference.index, 3);
			assert_true(tally_span_eq(reference.uri, TALLY_SPAN(URI)));
		}
	}
}

static void kinds_are_told_apart(void **state)
{
	static const char list[] = "{\"sub\":\"" URI "\",\"iat\":1," LIST "," REFERENCE "}";
	static const char *const wrong[] = {
		NULL, "", "JWT", "at+jwt", "StatusList+jwt", "statuslist+jwt ", "statuslist+cwt",
		"application/statuslist+jwt+",
	};
	struct tally_check_reference reference;
	struct tally_check_status status;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_refused(checked_list(jwt_by(f.key, wrong[i], tally_span_of(list)), 3, &status),
			       "no status list (typ)", wrong[i] ? wrong[i] : "none");
		assert_refused(checked_list(cwt_by(f.key, wrong[i], as_cbor(list)), 3, &status),
			       "no status list (typ)", wrong[i] ? wrong[i] : "none");
	}
	assert_refused(checked_list(jwt_by(f.key, "application/statuslist+jwt",
					   tally_span_of(list)), 3, &status),
		       "(typ)", "the long form");
	assert_refused(checked_list(jwt_by(f.key, "application/statuslist+cwt",
					   tally_span_of(list)), 3, &status),
		       "(typ)", "the type of the other form");
	assert_refused(checked_list(cwt_by(f.key, "statuslist+jwt", as_cbor(list)), 3, &status),
		       "(typ)", "the type of the other form");
	assert_refused(checked_token(jwt_by(f.key, "statuslist+jwt", tally_span_of(list)),
				     &reference),
		       "it is a status list", "a list as a token");
	assert_refused(checked_token(cwt_by(f.key, "application/statuslist+cwt", as_cbor(list)),
				     &reference),
		       "it is a status list", "a list as a token");
}

/* ---- signatures ---- */

static void unsigned_and_foreign_are_refused(void **state)
{
	static const struct {
		const char *header;
		const char *why;
	} rows[] = {
		{ "{\"alg\":\"none\",\"typ\":\"statuslist+jwt\"}", "algorithm" },
		{ "{\"alg\":\"HS256\",\"kid\":\"k1\",\"typ\":\"statuslist+jwt\"}", "algorithm" },
		{ "{\"alg\":\"ES256K\",\"kid\":\"k1\",\"typ\":\"statuslist+jwt\"}", "algorithm" },
		{ "{\"alg\":\"ES256\",\"kid\":\"k1\",\"crit\":[\"exp\"]}", "critical" },
		{ "{\"alg\":\"ES384\",\"kid\":\"k1\",\"typ\":\"statuslist+jwt\"}", "no ES384 key" },
		{ "{\"alg\":\"ES256\",\"kid\":\"k2\",\"typ\":\"statuslist+jwt\"}", "kid \"k2\"" },
		{ "{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"statuslist+jwt\"}", "signature" },
		{ "{\"kid\":\"k1\"}", "as a JWT" },
		{ "[]", "as a JWT" },
	};
	struct tally_check_reference reference;
	struct tally_check_status status;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tally_buf text;

		tally_buf_grow(&text, 4096);
		tally_b64url_add(&text, rows[i].header, strlen(rows[i].header));
		tally_buf_add_char(&text, '.');
		tally_b64url_add(&text, "{" REFERENCE "}", sizeof("{" REFERENCE "}") - 1);
		tally_buf_add_char(&text, '.');
		struct tally_span token = kept(&text);

		assert_refused(checked_token(token, &reference), rows[i].why, rows[i].header);
		assert_refused(checked_list(token, 3, &status), rows[i].why, rows[i].header);
	}
}

static void another_key_is_refused(void **state)
{
	static const char list[] = "{\"sub\":\"" URI "\",\"iat\":1," LIST "}";
	struct tally_check_status status;
	struct tally_key *other;

	(void)state;
	assert_int_equal(tally_key_generate(tally_alg(TALLY_ALG_ES256), &other), TALLY_OK);
	assert_refused(checked_list(jwt_by(other, "statuslist+jwt", tally_span_of(list)), 3, &status),
		       "signature", "another's JWT");
	assert_refused(checked_list(cwt_by(other, "application/statuslist+cwt", as_cbor(list)), 3,
				    &status),
		       "signature", "another's CWT");
	tally_key_free(other);
	f.keys.jwks = NULL;
	assert_refused(checked_list(jwt_by(f.key, "statuslist+jwt", tally_span_of(list)), 3, &status),
		       "no ES256 key", "no keys at all");
	f.keys.jwks = &f.jwks;
}

/* Without kid, which a CWT has where nothing is signed. */
static void every_byte_is_signed(void **state)
{
	static const char list[] = "{\"sub\":\"" URI "\",\"iat\":1," LIST "}";
	struct tally_check_status status;

	(void)state;
	f.kid = NULL;
	struct tally_span cwt = cwt_by(f.key, "application/statuslist+cwt", as_cbor(list));
	char *bytes = tally_arena_alloc(f.arena, cwt.n);

	f.kid = "k1";
	assert_refused(checked_list(cwt, 3, &status), NULL, "the only key is found without kid");
	for (size_t i = 0; i < cwt.n; i++) {
		memcpy(bytes, cwt.p, cwt.n);
		bytes[i] = (char)(bytes[i] ^ 1);
		assert_int_equal(checked_list(tally_span(bytes, cwt.n), 3, &status),
				 TALLY_ERR_VERIFY);
		assert_int_equal(checked_list(tally_span(cwt.p, i), 3, &status), TALLY_ERR_VERIFY);
	}
}

/* ---- forms ---- */

static struct tally_span as_text(struct tally_span bytes, bool hex)
{
	struct tally_buf text;

	tally_buf_grow(&text, 1u << 20);
	for (size_t i = 0; hex && i < bytes.n; i++)
		tally_buf_printf(&text, i % 2 ? "%02x" : "%02X", (uint8_t)bytes.p[i]);
	if (!hex)
		tally_b64url_add(&text, bytes.p, bytes.n);
	tally_buf_add_str(&text, "\r\n");
	return kept(&text);
}

static void bytes_come_as_text_too(void **state)
{
	static const char list[] = "{\"sub\":\"" URI "\",\"iat\":1," LIST "}";
	struct tally_span cwt = cwt_by(f.key, "application/statuslist+cwt", as_cbor(list));
	struct tally_check_status status;

	(void)state;
	assert_refused(checked_list(as_text(cwt, true), 3, &status), NULL, "hexadecimal");
	assert_refused(checked_list(as_text(cwt, false), 3, &status), NULL, "base64url");
	assert_refused(checked_list(TALLY_SPAN(""), 3, &status), "neither", "nothing");
	assert_refused(checked_list(TALLY_SPAN("\n"), 3, &status), "neither", "an empty line");
	assert_refused(checked_list(TALLY_SPAN("<html>"), 3, &status), "neither", "a page");
	assert_refused(checked_list(TALLY_SPAN("<p>..</p>"), 3, &status), "as a JWT", "a page");
	assert_refused(checked_list(TALLY_SPAN("GGGG"), 3, &status), "neither", "other bytes");
}

static void cwt_tag_is_for_tokens_only(void **state)
{
	static const char list[] = "{\"sub\":\"" URI "\",\"iat\":1," LIST "}";
	struct tally_span token = cwt_by(f.key, NULL, as_cbor("{" REFERENCE "}"));
	struct tally_span cwt = cwt_by(f.key, "application/statuslist+cwt", as_cbor(list));
	struct tally_check_reference reference;
	struct tally_check_status status;
	struct tally_buf buf;

	(void)state;
	tally_buf_grow(&buf, 4096);
	tally_buf_add_str(&buf, "\xd8\x3d");
	tally_buf_add_span(&buf, token);
	assert_refused(checked_token(kept(&buf), &reference), NULL, "a token with tag 61");
	tally_buf_grow(&buf, 4096);
	tally_buf_add_str(&buf, "\xd8\x3d");
	tally_buf_add_span(&buf, cwt);
	assert_refused(checked_list(kept(&buf), 3, &status), "COSE_Sign1", "a list with tag 61");
	assert_refused(checked_list(tally_span(cwt.p + 1, cwt.n - 1), 3, &status), "COSE_Sign1",
		       "a list without tag 18");
}

static void sizes_are_bounded(void **state)
{
	static char text[TALLY_CHECK_TOKEN_MAX * 2 + 2];
	struct tally_check_reference reference;

	(void)state;
	memset(text, '.', sizeof(text));
	assert_refused(checked_token(tally_span(text, TALLY_CHECK_TOKEN_MAX + 1), &reference),
		       "too large", "a large JWT");
	memset(text, 'd', sizeof(text));
	assert_refused(checked_token(tally_span(text, sizeof(text)), &reference), "too large",
		       "a large text");
	memset(text, '\xd2', sizeof(text));
	assert_refused(checked_token(tally_span(text, TALLY_CHECK_TOKEN_MAX + 1), &reference),
		       "too large", "large bytes");
}

/* 16 MiB of zeros in 16 KiB. */
static void bomb_is_refused(void **state)
{
	static uint8_t zeros[1u << 24];
	struct tally_buf lst;
	char *claims;
	struct tally_check_status status;

	(void)state;
	tally_buf_grow(&lst, 1u << 20);
	assert_int_equal(tally_deflate(TALLY_ZLIB, 9, tally_span(zeros, sizeof(zeros)), &lst),
			 TALLY_OK);
	struct tally_buf text;

	tally_buf_grow(&text, 1u << 20);
	tally_b64url_add(&text, lst.p, lst.n);
	claims = tally_arena_printf(f.arena,
				    "{\"sub\":\"" URI "\",\"iat\":1,\"status_list\":{\"bits\":8,"
				    "\"lst\":\"%.*s\"}}", (int)text.n, text.p);
	tally_buf_free(&text);
	tally_buf_free(&lst);
	struct tally_span jwt = jwt_by(f.key, "statuslist+jwt", tally_span_of(claims));

	assert_refused(checked_list(jwt, sizeof(zeros) - 1, &status), NULL, "just as large");
	assert_int_equal(status.entries, sizeof(zeros));
	f.check.inflated_max = sizeof(zeros) - 1;
	assert_refused(checked_list(jwt, 0, &status), "larger than a list may be", "a bomb");
	f.check.inflated_max = 1u << 24;
}

static void values_have_names(void **state)
{
	(void)state;
	assert_string_equal(tally_status_name(0), "VALID");
	assert_string_equal(tally_status_name(1), "INVALID");
	assert_string_equal(tally_status_name(2), "SUSPENDED");
	assert_string_equal(tally_status_name(3), "APPLICATION_SPECIFIC");
	assert_string_equal(tally_status_name(4), "UNASSIGNED");
	assert_string_equal(tally_status_name(0x0b), "UNASSIGNED");
	assert_string_equal(tally_status_name(0x0c), "APPLICATION_SPECIFIC");
	assert_string_equal(tally_status_name(0x0f), "APPLICATION_SPECIFIC");
	assert_string_equal(tally_status_name(0x10), "UNASSIGNED");
	assert_string_equal(tally_status_name(255), "UNASSIGNED");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_are_judged),
		cmocka_unit_test(tokens_are_judged),
		cmocka_unit_test(kinds_are_told_apart),
		cmocka_unit_test(unsigned_and_foreign_are_refused),
		cmocka_unit_test(another_key_is_refused),
		cmocka_unit_test(every_byte_is_signed),
		cmocka_unit_test(bytes_come_as_text_too),
		cmocka_unit_test(cwt_tag_is_for_tokens_only),
		cmocka_unit_test(sizes_are_bounded),
		cmocka_unit_test(bomb_is_refused),
		cmocka_unit_test(values_have_names),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
