/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What signing and verifying cost here, against the bare call of OpenSSL with a
 * kept context: nanoseconds of processor time per operation, the best of many
 * rounds that take turns. Ours hashes and encodes too; the bare call gets a
 * ready digest.
 *
 * make perf/bench_crypt && perf/bench_crypt [milliseconds per figure]
 */
#include "config.h"

#include "base/arena.h"
#include "base/buf.h"
#include "crypt/digest.h"
#include "crypt/jws.h"
#include "crypt/seal.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <openssl/evp.h>
#include <openssl/rsa.h>

#define ROUNDS  31
#define OUT_MAX 4096u

/* About what an access token says (RFC 9068 §2.2). */
static const char payload[] =
	"{\"iss\":\"https://auth.example.com\",\"sub\":\"4f1c2a90-client\","
	"\"aud\":\"https://api.example.com\",\"client_id\":\"4f1c2a90-client\","
	"\"iat\":1767225600,\"exp\":1767229200,\"jti\":\"TkAAx3M0cVtq0v9x9n1c6w\","
	"\"scope\":\"read write device_0123456789\"}";

#define PAYLOAD tally_span(payload, sizeof(payload) - 1)

struct bench {
	struct tally_signer *signer;
	struct tally_verifier *verifier;
	const struct tally_key *key;
	struct tally_arena *arena;
	struct tally_jws jws;
	struct tally_buf token;
	EVP_PKEY *pkey;
	EVP_PKEY_CTX *bare_sign, *bare_verify; /* NULL: EdDSA */
	EVP_MD_CTX *md;
	EVP_MD *digest; /* NULL: EdDSA */
	size_t digest_n;
	uint8_t signature[512];
	size_t signature_n;
};

static const struct tally_seal_key seal_key;

/* Ends the program: a benchmark that goes on after a failure measures nothing. */
static void must(bool done, const char *what)
{
	if (done)
		return;
	fprintf(stderr, "bench_crypt: %s failed\n", what);
	exit(1);
}

static void our_sign(struct bench *b)
{
	char text[OUT_MAX];
	struct tally_buf out;

	tally_buf_over(&out, text, sizeof(text));
	must(tally_signer_sign(b->signer, PAYLOAD, &out) == TALLY_OK, "sign");
}

static void our_verify(struct bench *b)
{
	must(tally_verifier_verify(b->verifier, &b->jws) == TALLY_OK, "verify");
}

static void our_parse_and_verify(struct bench *b)
{
	struct tally_jws jws;

	must(tally_jws_parse(tally_buf_span(&b->token), b->arena, &jws) == TALLY_OK &&
		     tally_verifier_verify(b->verifier, &jws) == TALLY_OK,
	     "parse and verify");
	tally_arena_reset(b->arena);
}

static void our_single_verify(struct bench *b)
{
	must(tally_jws_verify(&b->jws, b->key) == TALLY_OK, "single verify");
}

static const uint8_t digest[EVP_MAX_MD_SIZE] = { 1, 2, 3 };

static void bare_sign(struct bench *b)
{
	const uint8_t *text = (const uint8_t *)payload;

	b->signature_n = sizeof(b->signature);
	if (b->bare_sign != NULL)
		must(EVP_PKEY_sign(b->bare_sign, b->signature, &b->signature_n, digest,
				   b->digest_n) == 1,
		     "bare sign");
	else
		must(EVP_DigestSignInit(b->md, NULL, NULL, NULL, b->pkey) == 1 &&
			     EVP_DigestSign(b->md, b->signature, &b->signature_n, text,
					    sizeof(payload) - 1) == 1,
		     "bare sign");
}

static void bare_verify(struct bench *b)
{
	const uint8_t *text = (const uint8_t *)payload;

	if (b->bare_verify != NULL)
		must(EVP_PKEY_verify(b->bare_verify, b->signature, b->signature_n, digest,
				     b->digest_n) == 1,
		     "bare verify");
	else
		must(EVP_DigestVerifyInit(b->md, NULL, NULL, NULL, b->pkey) == 1 &&
			     EVP_DigestVerify(b->md, b->signature, b->signature_n, text,
					      sizeof(payload) - 1) == 1,
		     "bare verify");
}

static void our_sha256(struct bench *b)
{
	uint8_t out[TALLY_SHA256_SIZE];

	(void)b;
	must(tally_sha256(PAYLOAD, out) == TALLY_OK, "SHA-256");
}

static void our_seal(struct bench *b)
{
	char text[OUT_MAX];
	struct tally_buf out;

	(void)b;
	tally_buf_over(&out, text, sizeof(text));
	must(tally_seal(&seal_key, TALLY_SPAN("kid"), PAYLOAD, &out) == TALLY_OK, "seal");
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Nanoseconds per call, measured for about so many nanoseconds. */
static double measure(void (*call)(struct bench *), struct bench *b, double budget)
{
	double start = now(), end = start;
	unsigned int calls = 0;

	while (end - start < budget) {
		for (int i = 0; i < 16; i++)
			call(b);
		calls += 16;
		end = now();
	}
	return (end - start) / calls;
}

/* The best of the rounds for each call; the calls take turns. */
static void compete(void (*const calls[])(struct bench *), size_t count, struct bench *b,
		    double budget, double *best)
{
	for (int round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < count; i++) {
			double ns = measure(calls[i], b, budget / ROUNDS);

			if (round == 0 || ns < best[i])
				best[i] = ns;
		}
}

static EVP_PKEY_CTX *bare_context(struct bench *b, bool sign)
{
	const struct tally_alg *alg = tally_key_alg(b->key);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(b->pkey, NULL);

	must((sign ? EVP_PKEY_sign_init(ctx) : EVP_PKEY_verify_init(ctx)) == 1, "bare context");
	EVP_PKEY_CTX_set_signature_md(ctx, b->digest);
	if (alg->type == TALLY_KEY_PSS) {
		EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING);
		EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST);
	}
	return ctx;
}

static void prepare(struct bench *b, struct tally_key *key, char *token)
{
	char der[TALLY_KEY_DER_MAX];
	struct tally_buf buf;

	*b = (struct bench){ .key = key, .md = EVP_MD_CTX_new() };
	b->arena = tally_arena_new(8192, 65536);
	must(tally_signer_new(key, "2026-01", "at+jwt", &b->signer) == TALLY_OK, "signer");
	must(tally_verifier_new(key, &b->verifier) == TALLY_OK, "verifier");
	tally_buf_over(&b->token, token, OUT_MAX);
	must(tally_signer_sign(b->signer, PAYLOAD, &b->token) == TALLY_OK, "sign");
	tally_buf_over(&buf, der, sizeof(der));
	must(tally_key_add_private_der(key, &buf) == TALLY_OK, "key");
	const unsigned char *p = (const unsigned char *)der;

	b->pkey = d2i_AutoPrivateKey(NULL, &p, (long)buf.n);
	if (tally_key_alg(key)->type != TALLY_KEY_OKP) {
		b->digest = EVP_MD_fetch(NULL, tally_key_alg(key)->digest, NULL);
		b->digest_n = (size_t)EVP_MD_get_size(b->digest);
		b->bare_sign = bare_context(b, true);
		b->bare_verify = bare_context(b, false);
	}
	bare_sign(b);
}

static void finish(struct bench *b)
{
	EVP_PKEY_CTX_free(b->bare_sign);
	EVP_PKEY_CTX_free(b->bare_verify);
	EVP_PKEY_free(b->pkey);
	EVP_MD_CTX_free(b->md);
	EVP_MD_free(b->digest);
	tally_verifier_free(b->verifier);
	tally_signer_free(b->signer);
	tally_arena_free(b->arena);
}

static void bench_alg(const struct tally_alg *alg, double budget)
{
	static void (*const calls[])(struct bench *) = {
		bare_sign,         our_sign, bare_verify, our_verify, our_parse_and_verify,
		our_single_verify,
	};
	double ns[sizeof(calls) / sizeof(calls[0])];
	struct tally_arena *text = tally_arena_new(8192, 65536);
	struct tally_key *key;
	struct bench b;
	char token[OUT_MAX];

	must(tally_key_generate(alg, &key) == TALLY_OK, "key generation");
	prepare(&b, key, token);
	must(tally_jws_parse(tally_buf_span(&b.token), text, &b.jws) == TALLY_OK, "parse");
	compete(calls, sizeof(calls) / sizeof(calls[0]), &b, budget, ns);
	printf("%-6s %9.0f %9.0f %+7.0f %6.3f   %9.0f %9.0f %+7.0f %6.3f   %9.0f %9.0f\n",
	       alg->name, ns[0], ns[1], ns[1] - ns[0], ns[1] / ns[0], ns[2], ns[3], ns[3] - ns[2],
	       ns[3] / ns[2], ns[4], ns[5]);
	finish(&b);
	tally_key_free(key);
	tally_arena_free(text);
}

int main(int argc, char **argv)
{
	static void (*const others[])(struct bench *) = { our_sha256, our_seal };
	double budget = 1e6 * (argc > 1 ? strtod(argv[1], NULL) : 500);
	double ns[2];

	printf("%-6s %9s %9s %7s %6s   %9s %9s %7s %6s   %9s %9s\n", "ns/op", "EVP sign", "ours",
	       "+", "ratio", "EVP vrfy", "ours", "+", "ratio", "w. parse", "no kept");
	for (int i = 0; i < TALLY_ALG_COUNT; i++)
		bench_alg(tally_alg((enum tally_alg_id)i), budget);
	compete(others, 2, NULL, budget, ns);
	printf("SHA-256 of %zu bytes %.0f, sealing them %.0f\n", sizeof(payload) - 1, ns[0], ns[1]);
	return 0;
}
