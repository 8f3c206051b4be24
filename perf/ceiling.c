/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ceiling: what a plain libfcgi program on this machine does when it is
 * asked for nothing but the cryptography that a request cannot do without, or
 * the one command to Redis. It reads the body, does the work that its arguments
 * name, and answers with the status, the headers and the size of the real
 * answer. Written in the ordinary way on purpose, with FCGX_Accept_r and a
 * connection to Redis in every thread, and with nothing of core/.
 *
 *   spawn-fcgi -s SOCKET -F 2 -- ceiling --threads 4 --body 660 sha256 es256
 *   spawn-fcgi -s SOCKET -F 2 -- ceiling --body 0 --redis /run/redis.sock setbit
 *
 * Without work it is the empty responder; without a body it answers 204.
 */
#include "config.h"

#include <argon2.h>
#include <fcgiapp.h>
#include <hiredis/hiredis.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUEST_MAX 65536
#define BODY_MAX    (8 * 1024 * 1024)
#define HEAD_MAX    256
#define THREADS_MAX 1024
#define DIGEST_SIZE 32
#define BITS        50000 /* of the list that setbit is about */

/* What is verified again and again: a context that is kept, and a signature. */
struct check {
	EVP_PKEY_CTX *ctx;
	unsigned char signature[512];
	size_t n;
};

/* Of one thread. */
struct job {
	EVP_MD *sha256;
	EVP_PKEY_CTX *es256; /* kept: preparing it costs more than signing */
	struct check es256_check;
	struct check rs256_check;
	redisContext *redis;
	unsigned int seed;
	char request[REQUEST_MAX];
	size_t request_n;
	char *answer; /* HEAD_MAX + body_size bytes */
	size_t head_n;
	size_t answer_n;
};

/* One kind of work on a request; false: it failed. */
struct work {
	const char *name;
	bool (*run)(struct job *job);
};

static EVP_PKEY *ec_key; /* of the process, as the real one */
static EVP_PKEY *rsa_key;
static const unsigned char signed_digest[DIGEST_SIZE]; /* any: it takes the same time */

/* The digest of a client's secret. */
static bool run_sha256(struct job *job)
{
	unsigned char digest[EVP_MAX_MD_SIZE];

	return EVP_Digest(job->request, job->request_n, digest, NULL, job->sha256, NULL) == 1;
}

/* The signature of a token: over the answer's body, which is mostly the token. */
static bool run_es256(struct job *job)
{
	unsigned char digest[EVP_MAX_MD_SIZE], signature[128];
	unsigned int digest_n;
	size_t n = sizeof(signature);

	return EVP_Digest(job->answer + job->head_n, job->answer_n - job->head_n, digest, &digest_n,
			  job->sha256, NULL) == 1 &&
	       EVP_PKEY_sign(job->es256, signature, &n, digest, digest_n) == 1;
}

/* The signature of a token that somebody brings. */
static bool verify(struct job *job, const struct check *check)
{
	return run_sha256(job) && EVP_PKEY_verify(check->ctx, check->signature, check->n,
						  signed_digest, DIGEST_SIZE) == 1;
}

static bool run_es256_verify(struct job *job)
{
	return verify(job, &job->es256_check);
}

static bool run_rs256_verify(struct job *job)
{
	return verify(job, &job->rs256_check);
}

/* A password with the least cost of OWASP, one at a time in a process. */
static bool run_argon2id(struct job *job)
{
	static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
	unsigned char hash[DIGEST_SIZE];

	pthread_mutex_lock(&turn);
	int rc = argon2id_hash_raw(2, 19456, 1, job->request, job->request_n, "0123456789abcdef",
				   16, hash, sizeof(hash));

	pthread_mutex_unlock(&turn);
	return rc == ARGON2_OK;
}

/* A status: a random bit, which is on disk when Redis answers. */
static bool run_setbit(struct job *job)
{
	redisReply *reply = redisCommand(job->redis, "SETBIT perf:ceiling %d %d",
					 rand_r(&job->seed) % BITS, rand_r(&job->seed) & 1);
	bool done = reply != NULL && reply->type == REDIS_REPLY_INTEGER;

	freeReplyObject(reply);
	return done;
}

static const struct work works[] = {
	{ "sha256", run_sha256 },
	{ "es256", run_es256 },
	{ "es256-verify", run_es256_verify },
	{ "rs256-verify", run_rs256_verify },
	{ "argon2id", run_argon2id },
	{ "setbit", run_setbit },
};

#define WORKS_MAX 8u

static const struct work *wanted[WORKS_MAX];
static size_t wanted_count;
static unsigned long body_size = 600;
static const char *redis_socket;

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "ceiling: %s\n", what);
	exit(EXIT_FAILURE);
}

static void read_request(struct job *job, FCGX_Request *fcgi)
{
	int n = FCGX_GetStr(job->request, REQUEST_MAX, fcgi->in);

	job->request_n = n > 0 ? (size_t)n : 0;
}

static void serve_one(struct job *job, FCGX_Request *fcgi)
{
	bool done = true;

	read_request(job, fcgi);
	for (size_t i = 0; i < wanted_count && done; i++)
		done = wanted[i]->run(job);
	if (done)
		FCGX_PutStr(job->answer, (int)job->answer_n, fcgi->out);
	else
		FCGX_PutS("Status: 500 Internal Server Error\r\n\r\n", fcgi->out);
}

/* The same headers as the real answer has. */
static int write_head(char head[HEAD_MAX])
{
	if (body_size == 0)
		return snprintf(head, HEAD_MAX,
				"Status: 204 No Content\r\nCache-Control: no-store\r\n"
				"X-Request-Id: 0123456789abcdef\r\n\r\n");
	return snprintf(head, HEAD_MAX,
			"Status: 200 OK\r\nContent-Type: application/json\r\n"
			"Content-Length: %lu\r\nCache-Control: no-store\r\n"
			"X-Request-Id: 0123456789abcdef\r\n\r\n",
			body_size);
}

static void make_answer(struct job *job)
{
	job->answer = malloc(HEAD_MAX + body_size);
	if (job->answer == NULL)
		fail("out of memory");
	job->head_n = (size_t)write_head(job->answer);
	memset(job->answer + job->head_n, 'x', body_size);
	job->answer_n = job->head_n + body_size;
}

static bool is_wanted(bool (*run)(struct job *job))
{
	for (size_t i = 0; i < wanted_count; i++)
		if (wanted[i]->run == run)
			return true;
	return false;
}

/* NULL: there is no work for it. */
static redisContext *open_redis(void)
{
	if (!is_wanted(run_setbit))
		return NULL;
	redisContext *redis = redis_socket ? redisConnectUnix(redis_socket) : NULL;

	if (redis == NULL || redis->err != 0)
		fail("Redis does not answer");
	return redis;
}

static EVP_PKEY_CTX *new_ctx(EVP_PKEY *key, int (*init)(EVP_PKEY_CTX *), EVP_MD *sha256)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);

	if (ctx == NULL || sha256 == NULL || init(ctx) <= 0 ||
	    (EVP_PKEY_is_a(key, "RSA") &&
	     EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) <= 0) ||
	    EVP_PKEY_CTX_set_signature_md(ctx, sha256) <= 0)
		fail("OpenSSL cannot sign or verify");
	return ctx;
}

static void make_check(struct check *check, EVP_PKEY *key, EVP_MD *sha256)
{
	EVP_PKEY_CTX *signing = new_ctx(key, EVP_PKEY_sign_init, sha256);

	check->n = sizeof(check->signature);
	if (EVP_PKEY_sign(signing, check->signature, &check->n, signed_digest, DIGEST_SIZE) != 1)
		fail("OpenSSL cannot sign");
	EVP_PKEY_CTX_free(signing);
	check->ctx = new_ctx(key, EVP_PKEY_verify_init, sha256);
}

static struct job *new_job(void)
{
	struct job *job = calloc(1, sizeof(*job));

	if (job == NULL)
		fail("out of memory");
	job->sha256 = EVP_MD_fetch(NULL, "SHA2-256", NULL);
	job->es256 = new_ctx(ec_key, EVP_PKEY_sign_init, job->sha256);
	make_check(&job->es256_check, ec_key, job->sha256);
	make_check(&job->rs256_check, rsa_key, job->sha256);
	job->redis = open_redis();
	job->seed = (unsigned int)(uintptr_t)job;
	make_answer(job);
	return job;
}

static void *serve(void *context)
{
	struct job *job = new_job();
	FCGX_Request fcgi;

	(void)context;
	if (FCGX_InitRequest(&fcgi, 0, 0) != 0)
		fail("libfcgi cannot begin");
	while (FCGX_Accept_r(&fcgi) == 0) {
		serve_one(job, &fcgi);
		FCGX_Finish_r(&fcgi);
	}
	return NULL;
}

static unsigned long number(const char *text, unsigned long min, unsigned long max)
{
	char *end;
	unsigned long n = text ? strtoul(text, &end, 10) : 0;

	if (text == NULL || n < min || n > max || *end != '\0')
		fail("expected: ceiling [--threads N] [--body BYTES] [--redis SOCKET] [WORK]...");
	return n;
}

static void want(const char *name)
{
	for (size_t i = 0; i < sizeof(works) / sizeof(works[0]); i++)
		if (strcmp(works[i].name, name) == 0 && wanted_count < WORKS_MAX) {
			wanted[wanted_count++] = &works[i];
			return;
		}
	fail("unknown work, or too much of it");
}

int main(int argc, char **argv)
{
	unsigned long threads = 4;
	pthread_t thread;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--threads") == 0)
			threads = number(argv[++i], 1, THREADS_MAX);
		else if (strcmp(argv[i], "--body") == 0)
			body_size = number(argv[++i], 0, BODY_MAX);
		else if (strcmp(argv[i], "--redis") == 0)
			redis_socket = argv[++i];
		else
			want(argv[i]);
	}
	signal(SIGPIPE, SIG_IGN);
	ec_key = EVP_EC_gen("P-256");
	rsa_key = EVP_RSA_gen(2048);
	if (ec_key == NULL || rsa_key == NULL || FCGX_Init() != 0)
		fail("OpenSSL or libfcgi cannot begin");
	for (unsigned long i = 1; i < threads; i++)
		if (pthread_create(&thread, NULL, serve, NULL) != 0)
			fail("a thread cannot start");
	serve(NULL);
	return EXIT_SUCCESS;
}
