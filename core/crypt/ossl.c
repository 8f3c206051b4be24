/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "crypt/ossl.h"

#include <pthread.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>

static struct tally_fetched fetched;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* HMAC with its digest set, so that no copy has to look it up. */
static EVP_MAC_CTX *prepare_hmac(void)
{
	char name[] = "SHA2-256";
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;

	EVP_MAC_free(mac);
	if (ctx != NULL && EVP_MAC_CTX_set_params(ctx, params) != 1) {
		EVP_MAC_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

/* They live as long as the process: other threads may sign while it exits. */
static void fetch(void)
{
	fetched.sha256 = EVP_MD_fetch(NULL, "SHA2-256", NULL);
	fetched.sha384 = EVP_MD_fetch(NULL, "SHA2-384", NULL);
	fetched.sha512 = EVP_MD_fetch(NULL, "SHA2-512", NULL);
	fetched.aes_256_gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	fetched.hmac_sha256 = prepare_hmac();
	ERR_clear_error();
}

const struct tally_fetched *tally_fetched(void)
{
	pthread_once(&once, fetch);
	return &fetched;
}

const EVP_MD *tally_fetched_digest(const char *name)
{
	const struct tally_fetched *f = tally_fetched();

	if (strcmp(name, "SHA2-256") == 0)
		return f->sha256;
	if (strcmp(name, "SHA2-384") == 0)
		return f->sha384;
	if (strcmp(name, "SHA2-512") == 0)
		return f->sha512;
	return NULL;
}

const char *tally_ossl_reason(void)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = NULL;

	if (code != 0)
		reason = ERR_SYSTEM_ERROR(code) ? strerror(ERR_GET_REASON(code))
						: ERR_reason_error_string(code);
	ERR_clear_error();
	return reason ? reason : "no reason given";
}
