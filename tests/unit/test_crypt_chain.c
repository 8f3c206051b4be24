/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates in headers: where they come from, and when they are trusted. */
#include "config.h"

#include "base/b64.h"
#include "crypt/chain.h"
#include "crypt/cose.h"
#include "crypt/jws.h"
#include "vectors.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define NOW INT64_C(1700000000)
#define EKU "1.3.6.1.4.1.99999.1"

static struct tally_arena *arena;
static struct tally_key *key;

static int set_up(void **state)
{
	(void)state;
	arena = tally_arena_new(1u << 16, 1u << 22);
	key = vector_pem(TALLY_ALG_ES256, "certificates/signer.pem");
	return arena == NULL;
}

static int tear_down(void **state)
{
	(void)state;
	tally_key_free(key);
	tally_arena_free(arena);
	return 0;
}

static const char *path_of(const char *name)
{
	const char *root = getenv("TALLY_SRCDIR");

	return tally_arena_printf(arena, "%s/tests/vectors/certificates/%s", root ? root : ".", name);
}

static struct tally_chain loaded(const char *name)
{
	struct tally_chain chain;

	assert_int_equal(tally_chain_load(path_of(name), key, arena, &chain), TALLY_OK);
	return chain;
}

/* The reason; NULL: it is trusted. */
static const char *distrusted(const struct tally_chain *chain, const char *authority,
			      struct tally_chain_use use)
{
	struct tally_trust *trust;
	struct tally_key *found;
	const char *why;

	assert_int_equal(tally_trust_load(path_of(authority), &trust), TALLY_OK);
	enum tally_err err = tally_chain_verify(chain, trust, &use, &why, &found);

	assert_int_equal(err == TALLY_OK, found != NULL);
	if (err == TALLY_OK)
		assert_false(tally_key_is_private(found));
	tally_key_free(found);
	tally_trust_free(trust);
	return err == TALLY_OK ? NULL : why ? why : tally_err_text(err);
}

static const struct tally_chain_use usual = { .alg = NULL, .now = NOW };

static struct tally_chain_use use_of(int64_t now, const char *eku)
{
	struct tally_chain_use use = usual;

	use.alg = tally_alg(TALLY_ALG_ES256);
	use.now = now;
	use.eku = eku;
	return use;
}

static void files_are_read(void **state)
{
	struct tally_chain chain = loaded("chain.pem");

	(void)state;
	assert_int_equal(chain.count, 2);
	assert_int_equal((uint8_t)chain.certificates[0].p[0], 0x30);
	assert_int_equal(loaded("leaf-alone.pem").count, 1);
}

static void wrong_files_are_refused(void **state)
{
	static const char *const names[] = { "signer.pem", "missing.pem", "chain-reversed.pem",
					     "root.pem", "chain-damaged.pem" };
	struct tally_chain chain;
	struct tally_trust *trust;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(tally_chain_load(path_of(names[i]), key, arena, &chain),
				 TALLY_ERR_CONFIG);
	assert_int_equal(tally_trust_load(path_of("signer.pem"), &trust), TALLY_ERR_CONFIG);
	assert_int_equal(tally_trust_load(path_of("missing.pem"), &trust), TALLY_ERR_CONFIG);
	assert_null(trust);
}

static void chain_leads_to_its_authority(void **state)
{
	struct tally_chain chain = loaded("chain.pem");

	(void)state;
	assert_null(distrusted(&chain, "root.pem", use_of(NOW, NULL)));
	assert_null(distrusted(&chain, "root.pem", use_of(NOW, EKU)));
}

/* Of the whole chain: the shortest. */
static void validity_is_that_of_all(void **state)
{
	struct tally_chain chain = loaded("chain.pem");
	int64_t from, until;

	(void)state;
	assert_int_equal(tally_chain_validity(&chain, &from, &until), TALLY_OK);
	assert_int_equal(from, 1577836800);  /* 2020-01-01 */
	assert_int_equal(until, 2524608000); /* 2050-01-01 */
	chain = loaded("chain-expired.pem");
	assert_int_equal(tally_chain_validity(&chain, &from, &until), TALLY_OK);
	assert_int_equal(until, 1609459200); /* 2021-01-01 */
	chain = loaded("chain-future.pem");
	assert_int_equal(tally_chain_validity(&chain, &from, &until), TALLY_OK);
	assert_int_equal(from, 2493072000); /* 2049-01-01 */
	chain.certificates[1].n--;
	assert_int_equal(tally_chain_validity(&chain, &from, &until), TALLY_ERR_SYNTAX);
}

static void others_are_not_trusted(void **state)
{
	static const char *const names[] = {
		"leaf-alone.pem", "chain-expired.pem",  "chain-future.pem",
		"chain-by-leaf.pem", "self-signed.pem", "chain-no-signature.pem",
	};
	struct tally_chain chain = loaded("chain.pem");

	(void)state;
	assert_non_null(distrusted(&chain, "other-root.pem", use_of(NOW, NULL)));
	assert_non_null(distrusted(&chain, "root.pem", use_of(2600000000, NULL)));
	assert_non_null(distrusted(&chain, "root.pem", use_of(1500000000, NULL)));
	assert_non_null(distrusted(&chain, "root.pem", use_of(NOW, "1.3.6.1.4.1.99999.2")));
	assert_non_null(distrusted(&chain, "root.pem", use_of(NOW, "no number")));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct tally_chain other = loaded(names[i]);
		const char *why = distrusted(&other, "root.pem", use_of(NOW, NULL));

		if (why == NULL)
			print_message("# %s\n", names[i]);
		assert_non_null(why);
	}
	chain = loaded("chain-no-eku.pem");
	assert_null(distrusted(&chain, "root.pem", use_of(NOW, NULL)));
	assert_non_null(distrusted(&chain, "root.pem", use_of(NOW, EKU)));
}

static void what_is_no_certificate_is_refused(void **state)
{
	struct tally_chain chain = { .count = 0 }, good = loaded("chain.pem");
	struct tally_chain_use use = use_of(NOW, NULL);

	(void)state;
	assert_non_null(distrusted(&chain, "root.pem", use));
	chain = (struct tally_chain){ .certificates = { TALLY_SPAN("0") }, .count = 1 };
	assert_non_null(distrusted(&chain, "root.pem", use));
	chain = good;
	chain.certificates[0].n--;
	assert_non_null(distrusted(&chain, "root.pem", use));
	chain = good;
	chain.certificates[1] = TALLY_SPAN("");
	assert_non_null(distrusted(&chain, "root.pem", use));
	use.alg = tally_alg(TALLY_ALG_ES384);
	assert_non_null(distrusted(&good, "root.pem", use));
	use.alg = tally_alg(TALLY_ALG_RS256);
	assert_non_null(distrusted(&good, "root.pem", use));
}

/* ---- in the header of a JWS ---- */

static void certificates_go_round(void **state)
{
	struct tally_chain chain = loaded("chain.pem"), back;
	const struct tally_signer_header header = { .kid = "k", .typ = "t", .chain = &chain };
	struct tally_signer *signer;
	struct tally_jws jws;
	struct tally_buf out;

	(void)state;
	tally_buf_grow(&out, 1u << 16);
	assert_int_equal(tally_signer_new_with(key, &header, &signer), TALLY_OK);
	assert_int_equal(tally_signer_sign(signer, TALLY_SPAN("{}"), &out), TALLY_OK);
	assert_int_equal(out.n, tally_signer_size(signer, 2));
	tally_signer_free(signer);
	assert_int_equal(tally_jws_parse_long(tally_buf_span(&out), out.n, arena, &jws), TALLY_OK);
	assert_int_equal(tally_jws_verify(&jws, key), TALLY_OK);
	assert_int_equal(tally_jws_chain(&jws, arena, &back), TALLY_OK);
	assert_int_equal(back.count, 2);
	for (size_t i = 0; i < 2; i++)
		assert_true(tally_span_eq(back.certificates[i], chain.certificates[i]));
	assert_int_equal(tally_jws_parse_long(tally_buf_span(&out), out.n - 1, arena, &jws),
			 TALLY_ERR_LIMIT);
	tally_buf_free(&out);
}

static void largest_chain_goes_round(void **state)
{
	static char bytes[TALLY_CHAIN_BYTES_MAX];
	struct tally_chain chain = { .count = TALLY_CHAIN_MAX }, back;
	const struct tally_signer_header header = { .chain = &chain };
	struct tally_signer *signer;
	struct tally_jws jws;
	struct tally_buf out;

	(void)state;
	for (size_t i = 0; i < TALLY_CHAIN_MAX; i++)
		chain.certificates[i] = tally_span(bytes, sizeof(bytes) / TALLY_CHAIN_MAX);
	tally_buf_grow(&out, 1u << 18);
	assert_int_equal(tally_signer_new_with(key, &header, &signer), TALLY_OK);
	assert_int_equal(tally_signer_sign(signer, TALLY_SPAN("{}"), &out), TALLY_OK);
	tally_signer_free(signer);
	assert_int_equal(tally_jws_parse_long(tally_buf_span(&out), out.n, arena, &jws), TALLY_OK);
	assert_int_equal(tally_jws_chain(&jws, arena, &back), TALLY_OK);
	assert_int_equal(back.count, TALLY_CHAIN_MAX);
	/* It is too long for where tokens of clients are read. */
	assert_int_equal(tally_jws_parse(tally_buf_span(&out), arena, &jws), TALLY_ERR_LIMIT);
	chain.certificates[0].n++;
	assert_int_equal(tally_signer_new_with(key, &header, &signer), TALLY_ERR_LIMIT);
	tally_buf_free(&out);
}

static enum tally_err chain_of(const char *header, struct tally_chain *out)
{
	struct tally_jws jws;
	struct tally_buf buf;

	tally_buf_grow(&buf, 1u << 16);
	tally_b64url_add(&buf, header, strlen(header));
	tally_buf_add_str(&buf, ".e30.");
	enum tally_err err =
		tally_jws_parse_long(tally_buf_span(&buf), buf.n, arena, &jws);

	assert_int_equal(err, TALLY_OK);
	tally_buf_free(&buf);
	return tally_jws_chain(&jws, arena, out);
}

static void x5c_is_judged(void **state)
{
	static const struct {
		const char *header;
		enum tally_err err;
		size_t count;
	} rows[] = {
		{ "{\"alg\":\"ES256\"}", TALLY_OK, 0 },
		{ "{\"alg\":\"ES256\",\"x5c\":[\"YQ==\"]}", TALLY_OK, 1 },
		{ "{\"alg\":\"ES256\",\"x5c\":[\"YWE=\",\"YWFh\"]}", TALLY_OK, 2 },
		{ "{\"alg\":\"ES256\",\"x5c\":[]}", TALLY_ERR_SYNTAX, 0 },
		{ "{\"alg\":\"ES256\",\"x5c\":\"YQ==\"}", TALLY_ERR_SYNTAX, 0 },
		{ "{\"alg\":\"ES256\",\"x5c\":null}", TALLY_ERR_SYNTAX, 0 },
		{ "{\"alg\":\"ES256\",\"x5c\":[\"YQ\"]}", TALLY_ERR_SYNTAX, 0 },
		{ "{\"alg\":\"ES256\",\"x5c\":[\"_-8=\"]}", TALLY_ERR_SYNTAX, 0 },
		{ "{\"alg\":\"ES256\",\"x5c\":[\"YQ==\",7]}", TALLY_ERR_SYNTAX, 0 },
		{ "{\"alg\":\"ES256\",\"x5c\":[[\"YQ==\"]]}", TALLY_ERR_SYNTAX, 0 },
		{ "{\"alg\":\"ES256\",\"x5c\":[\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\"]}",
		  TALLY_ERR_LIMIT, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tally_chain chain;

		assert_int_equal(chain_of(rows[i].header, &chain), rows[i].err);
		assert_int_equal(chain.count, rows[i].count);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_read),
		cmocka_unit_test(wrong_files_are_refused),
		cmocka_unit_test(chain_leads_to_its_authority),
		cmocka_unit_test(validity_is_that_of_all),
		cmocka_unit_test(others_are_not_trusted),
		cmocka_unit_test(what_is_no_certificate_is_refused),
		cmocka_unit_test(certificates_go_round),
		cmocka_unit_test(largest_chain_goes_round),
		cmocka_unit_test(x5c_is_judged),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
