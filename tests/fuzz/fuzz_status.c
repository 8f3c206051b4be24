/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A token that refers to a list, and a list, from anyone. The first byte says
 * what the rest is: 0 a token as it comes, 1 and 2 the claims of a JWT or of a CWT, which
 * is then signed by a key that is believed, so that what lies behind the signature is
 * reached too. A statement is made only about a place that is in the list.
 */
#include "config.h"

#include "crypt/cose.h"
#include "status/check.h"
#include "tests/fuzz/fuzz.h"

#define URI "https://example.com/statuslists/1"
#define INFLATED_MAX (64u * 1024)

static struct tally_jwks jwks;
static struct tally_signer *jwt_signers[2];
static struct tally_cose_signer *cwt_signers[2];

/* One of each form for a list, and one for a token that refers to one. */
static void make_signers(void)
{
	const struct tally_signer_header list = { .typ = "application/statuslist+cwt" };
	const struct tally_signer_header token = { .typ = NULL };

	if (jwks.count > 0)
		return;
	FUZZ_ASSERT(tally_key_generate(tally_alg(TALLY_ALG_EDDSA), &jwks.keys[0].key) == TALLY_OK);
	jwks.count = 1;
	struct tally_key *key = jwks.keys[0].key;

	FUZZ_ASSERT(tally_signer_new(key, NULL, "statuslist+jwt", &jwt_signers[0]) == TALLY_OK);
	FUZZ_ASSERT(tally_signer_new(key, NULL, NULL, &jwt_signers[1]) == TALLY_OK);
	FUZZ_ASSERT(tally_cose_signer_new(key, &list, &cwt_signers[0]) == TALLY_OK);
	FUZZ_ASSERT(tally_cose_signer_new(key, &token, &cwt_signers[1]) == TALLY_OK);
}

static struct tally_span token_of(unsigned int kind, struct tally_span bytes, bool is_list,
				  struct tally_buf *out)
{
	tally_buf_grow(out, 1u << 22);
	if (kind == 1)
		FUZZ_ASSERT(tally_signer_sign(jwt_signers[!is_list], bytes, out) == TALLY_OK);
	else if (kind == 2)
		FUZZ_ASSERT(tally_cose_sign1(cwt_signers[!is_list], bytes, out) == TALLY_OK);
	else
		tally_buf_add_span(out, bytes);
	return tally_buf_span(out);
}

static void judge(const struct tally_check *check, enum tally_err err)
{
	FUZZ_ASSERT(err == TALLY_OK || err == TALLY_ERR_VERIFY);
	FUZZ_ASSERT((err == TALLY_OK) == (check->why == NULL));
}

static void check_token(struct tally_check check, unsigned int kind, struct tally_span bytes)
{
	const struct tally_check_keys keys = { .jwks = &jwks };
	struct tally_check_reference at;
	struct tally_buf token;
	enum tally_err err =
		tally_check_token(&check, &keys, token_of(kind, bytes, false, &token), &at);

	judge(&check, err);
	if (err == TALLY_OK) {
		FUZZ_ASSERT(kind != 0 && at.uri.n > 0);
		for (size_t i = 0; i < at.uri.n; i++)
			FUZZ_ASSERT(at.uri.p[i] > ' ' && at.uri.p[i] < 0x7f);
	}
	tally_buf_free(&token);
}

static void check_list(struct tally_check check, unsigned int kind, struct tally_span bytes)
{
	const struct tally_check_reference at = { TALLY_SPAN(URI), bytes.n };
	const struct tally_check_keys keys = { .jwks = &jwks };
	struct tally_check_status status;
	struct tally_buf token;
	enum tally_err err = tally_check_list(&check, &keys,
					      token_of(kind, bytes, true, &token), &at, &status);

	judge(&check, err);
	if (err == TALLY_OK) {
		FUZZ_ASSERT(kind != 0 && at.index < status.entries);
		FUZZ_ASSERT(status.value < 1u << status.bits);
		FUZZ_ASSERT(status.iat <= check.now + TALLY_CHECK_LEEWAY);
		FUZZ_ASSERT(status.exp == 0 || status.exp > check.now);
	}
	tally_buf_free(&token);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tally_check check = {
		.now = 1700000000,
		.inflated_max = INFLATED_MAX,
		.arena = tally_arena_new(4096, 1u << 24),
	};

	FUZZ_ASSERT(check.arena != NULL);
	make_signers();
	if (size > 0) {
		check_token(check, data[0] % 3, tally_span(data + 1, size - 1));
		check_list(check, data[0] % 3, tally_span(data + 1, size - 1));
	}
	tally_arena_free(check.arena);
	return 0;
}
