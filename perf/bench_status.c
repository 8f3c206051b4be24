/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What publishing a status list costs a processor, without Redis and disk:
 * compressing it, signing it as a JWT and as a CWT, and gzip for the JWT;
 * milliseconds of processor time, the best of several rounds. Then every level
 * of compression, with the size that it gives.
 *
 * make perf/bench_status && perf/bench_status [entries [per cent that are set]]
 */
#include "config.h"

#include "codec/bits.h"
#include "codec/deflate.h"
#include "status/format.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS    7
#define LEVEL_MAX 12

struct bench {
	struct tally_span list;
	struct tally_list_token token;
	struct tally_list_signer *signers[TALLY_LIST_FORMATS];
	struct tally_buf lst, tokens[TALLY_LIST_FORMATS], gzip;
	int level;
};

/* Ends the program: a benchmark that goes on after a failure measures nothing. */
static void must(bool done, const char *what)
{
	if (done)
		return;
	fprintf(stderr, "bench_status: %s failed\n", what);
	exit(1);
}

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double best_of(void (*call)(struct bench *), struct bench *b)
{
	double best = 0;

	for (int i = 0; i < ROUNDS; i++) {
		double start = now_ms();

		call(b);
		double ms = now_ms() - start;

		best = i == 0 || ms < best ? ms : best;
	}
	return best;
}

static void start_over(struct tally_buf *buf)
{
	tally_buf_free(buf);
	tally_buf_grow(buf, SIZE_MAX);
}

static void compress(struct bench *b)
{
	start_over(&b->lst);
	must(tally_deflate(TALLY_ZLIB, b->level, b->list, &b->lst) == TALLY_OK, "compress");
	b->token.lst = tally_buf_span(&b->lst);
}

static void sign(struct bench *b, enum tally_format format)
{
	struct tally_buf *out = &b->tokens[format];

	tally_buf_free(out);
	tally_buf_grow(out, tally_list_token_size(b->signers[format], &b->token));
	must(tally_list_sign(b->signers[format], &b->token, out) == TALLY_OK, "sign");
}

static void sign_jwt(struct bench *b)
{
	sign(b, TALLY_LIST_JWT);
}

static void sign_cwt(struct bench *b)
{
	sign(b, TALLY_LIST_CWT);
}

static void gzip_jwt(struct bench *b)
{
	start_over(&b->gzip);
	must(tally_deflate(TALLY_GZIP, TALLY_LIST_GZIP_LEVEL,
			   tally_buf_span(&b->tokens[TALLY_LIST_JWT]), &b->gzip) == TALLY_OK,
	     "gzip");
}

/* The same entries each time (a linear congruential generator, Knuth's MMIX). */
static struct tally_span fill(uint32_t entries, double per_cent)
{
	size_t n = tally_bits_bytes(entries, 1);
	uint8_t *list = calloc(1, n ? n : 1);
	uint64_t seed = 1;

	must(list != NULL, "memory");
	for (uint32_t i = 0; i < entries; i++) {
		seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		if ((double)(seed >> 33) / 0x1p31 * 100 < per_cent)
			tally_bits_set(list, 1, i, 1);
	}
	return tally_span(list, n);
}

static void prepare(struct bench *b, uint32_t entries, double per_cent)
{
	struct tally_list_key by = { .kid = "2026-01" };

	must(tally_key_generate(tally_alg(TALLY_ALG_ES256), &by.key) == TALLY_OK, "key");
	*b = (struct bench){ .list = fill(entries, per_cent), .level = TALLY_LIST_LEVEL };
	b->token = (struct tally_list_token){
		.uri = TALLY_SPAN("https://auth.example.com/status-lists/main-0123456789ab"),
		.issuer = TALLY_SPAN("https://auth.example.com"),
		.iat = 1767225600,
		.exp = 1767312000,
		.ttl = 300,
		.bits = 1,
	};
	for (unsigned int i = 0; i < TALLY_LIST_FORMATS; i++)
		must(tally_list_signer_new((enum tally_format)i, &by, &b->signers[i]) == TALLY_OK,
		     "signer");
	tally_key_free(by.key);
}

static void finish(struct bench *b)
{
	for (unsigned int i = 0; i < TALLY_LIST_FORMATS; i++) {
		tally_list_signer_free(b->signers[i]);
		tally_buf_free(&b->tokens[i]);
	}
	tally_buf_free(&b->lst);
	tally_buf_free(&b->gzip);
	free((void *)(uintptr_t)b->list.p);
}

static void bench_list(uint32_t entries, double per_cent)
{
	struct bench b;

	prepare(&b, entries, per_cent);
	double compressing = best_of(compress, &b), jwt = best_of(sign_jwt, &b);
	double cwt = best_of(sign_cwt, &b), gzip = best_of(gzip_jwt, &b);

	printf("%u entries, %g %% set, level %d\n", entries, per_cent, b.level);
	printf("  compress  %8.2f ms %9zu bytes\n", compressing, b.lst.n);
	printf("  JWT       %8.2f ms %9zu bytes\n", jwt, b.tokens[TALLY_LIST_JWT].n);
	printf("  CWT       %8.2f ms %9zu bytes\n", cwt, b.tokens[TALLY_LIST_CWT].n);
	printf("  gzip      %8.2f ms %9zu bytes\n", gzip, b.gzip.n);
	printf("  all       %8.2f ms\n", compressing + jwt + cwt + gzip);
	for (b.level = 1; b.level <= LEVEL_MAX; b.level++) {
		double ms = best_of(compress, &b);

		printf("  level %2d  %8.2f ms %9zu bytes\n", b.level, ms, b.lst.n);
	}
	finish(&b);
}

int main(int argc, char **argv)
{
	double per_cent = argc > 2 ? strtod(argv[2], NULL) : 1;
	uint64_t entries = 0;

	if (argc > 1) {
		must(tally_span_to_u64(tally_span_of(argv[1]), TALLY_LIST_SIZE_MAX, &entries) ==
			     TALLY_OK,
		     "reading the number of entries");
		bench_list((uint32_t)entries, per_cent);
		return 0;
	}
	bench_list(1000000, per_cent);
	bench_list(10000000, per_cent);
	return 0;
}
