/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Assertions of machine users (RFC 7523 §2.1), signed with RS256 by OpenSSL and
 * with nothing of core/, for requests that are made before a load begins.
 *
 *   assertions KEY.pem ISSUER < "USER_ID KEY_ID" lines > a JWT per line
 *
 * Each is good for an hour, the most that the service accepts.
 */
#include "config.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LIFETIME      3600
#define JSON_MAX      512
#define BASE64_MAX    1024
#define TEXT_MAX      (2 * BASE64_MAX + 2)
#define SIGNATURE_MAX 512

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "assertions: %s\n", what);
	exit(EXIT_FAILURE);
}

/* RFC 7515 §2: without padding. out has BASE64_MAX bytes. */
static void base64url(const void *bytes, int n, char *out)
{
	int length = EVP_EncodeBlock((unsigned char *)out, bytes, n);

	for (int i = 0; i < length; i++)
		out[i] = out[i] == '+' ? '-' : out[i] == '/' ? '_' : out[i];
	out[strcspn(out, "=")] = '\0';
}

static EVP_PKEY *read_key(const char *path)
{
	FILE *file = fopen(path, "r");
	EVP_PKEY *key = file ? PEM_read_PrivateKey(file, NULL, NULL, NULL) : NULL;

	if (file != NULL)
		fclose(file);
	if (key == NULL || !EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_get_size(key) > SIGNATURE_MAX)
		fail("there is no RSA key of at most 4096 bits in the file");
	return key;
}

/* Header and claims; out has TEXT_MAX bytes. */
static void write_text(const char *user, const char *key_id, const char *issuer, char *out)
{
	char json[JSON_MAX], header[BASE64_MAX], claims[BASE64_MAX];
	long long now = time(NULL);

	base64url(json, snprintf(json, sizeof(json), "{\"alg\":\"RS256\",\"kid\":\"%s\"}", key_id),
		  header);
	base64url(json,
		  snprintf(json, sizeof(json),
			   "{\"iss\":\"%s\",\"sub\":\"%s\",\"aud\":\"%s\",\"iat\":%lld,"
			   "\"exp\":%lld}", user, user, issuer, now, now + LIFETIME),
		  claims);
	snprintf(out, TEXT_MAX, "%s.%s", header, claims);
}

static void print_assertion(EVP_MD_CTX *ctx, EVP_PKEY *key, const char *text)
{
	unsigned char signature[SIGNATURE_MAX];
	char encoded[BASE64_MAX];
	size_t n = sizeof(signature);

	if (EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) != 1 ||
	    EVP_DigestSign(ctx, signature, &n, (const unsigned char *)text, strlen(text)) != 1)
		fail("OpenSSL cannot sign");
	base64url(signature, (int)n, encoded);
	printf("%s.%s\n", text, encoded);
}

int main(int argc, char **argv)
{
	char user[65], key_id[65], text[TEXT_MAX];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (argc != 3 || strlen(argv[2]) > 200)
		fail("expected: assertions KEY.pem ISSUER");
	EVP_PKEY *key = read_key(argv[1]);

	if (ctx == NULL)
		fail("out of memory");
	while (scanf("%64s %64s", user, key_id) == 2) {
		write_text(user, key_id, argv[2], text);
		print_assertion(ctx, key, text);
	}
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	if (ferror(stdin) || fflush(stdout) != 0)
		fail("the list could not be read, or the assertions not written");
	return EXIT_SUCCESS;
}
