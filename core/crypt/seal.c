/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "crypt/seal.h"

#include "base/secret.h"
#include "crypt/ossl.h"
#include "sys/log.h"
#include "sys/rand.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#define NONCE_SIZE 12u
#define TAG_SIZE   16u

/* What is wrong with an open key file; NULL: nothing. */
static const char *fault_of(const struct stat *st)
{
	if (!S_ISREG(st->st_mode))
		return "is not a plain file";
	if (st->st_mode & (S_IRWXO | S_IWGRP | S_IXGRP))
		return "must not be open to others: chmod 0640 or 0600";
	if (st->st_size != TALLY_SEAL_KEY_SIZE)
		return "must have exactly 32 random bytes: head -c 32 /dev/urandom";
	return NULL;
}

enum tally_err tally_seal_key_load(const char *path, struct tally_seal_key *out)
{
	struct stat st;
	/* O_NONBLOCK: a FIFO is to be refused, not waited for. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0 || fstat(fd, &st) != 0) {
		int reason = errno;

		tally_log_error("key file %s: %s", path, strerror(reason));
		if (fd >= 0)
			close(fd);
		return reason == ENOENT ? TALLY_ERR_NOT_FOUND : TALLY_ERR_IO;
	}
	const char *fault = fault_of(&st);

	if (fault == NULL && read(fd, out->bytes, sizeof(out->bytes)) != sizeof(out->bytes))
		fault = "cannot be read";
	close(fd);
	if (fault == NULL)
		return TALLY_OK;
	tally_log_error("key file %s %s", path, fault);
	tally_secret_wipe(out, sizeof(*out));
	return TALLY_ERR_CONFIG;
}

/* An empty update is left out: with no output it would be taken for more aad. */
static bool update(EVP_CIPHER_CTX *ctx, uint8_t *out, struct tally_span in)
{
	int n;

	return in.n == 0 || EVP_CipherUpdate(ctx, out, &n, (const uint8_t *)in.p, (int)in.n) == 1;
}

static bool begin(EVP_CIPHER_CTX *ctx, const struct tally_seal_key *key, const uint8_t *nonce,
		  struct tally_span aad, int encrypt)
{
	const EVP_CIPHER *cipher = tally_fetched()->aes_256_gcm;

	return ctx != NULL && cipher != NULL &&
	       EVP_CipherInit_ex2(ctx, cipher, key->bytes, nonce, encrypt, NULL) == 1 &&
	       update(ctx, NULL, aad);
}

static bool seal(const struct tally_seal_key *key, struct tally_span aad, struct tally_span plain,
		 uint8_t *out)
{
	uint8_t *text = out + NONCE_SIZE, *tag = text + plain.n;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n;
	bool done = begin(ctx, key, out, aad, 1) && update(ctx, text, plain) &&
		    EVP_CipherFinal_ex(ctx, tag, &n) == 1 &&
		    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE, tag) == 1;

	EVP_CIPHER_CTX_free(ctx);
	return done;
}

static bool unseal(const struct tally_seal_key *key, struct tally_span aad,
		   struct tally_span sealed, uint8_t *out)
{
	const uint8_t *nonce = (const uint8_t *)sealed.p;
	struct tally_span text = { sealed.p + NONCE_SIZE, sealed.n - TALLY_SEAL_OVERHEAD };
	uint8_t tag[TAG_SIZE], none[TAG_SIZE];
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n;

	memcpy(tag, text.p + text.n, TAG_SIZE);
	bool done = begin(ctx, key, nonce, aad, 0) && update(ctx, out, text) &&
		    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_SIZE, tag) == 1 &&
		    EVP_CipherFinal_ex(ctx, none, &n) == 1;

	EVP_CIPHER_CTX_free(ctx);
	return done;
}

/* Takes back n bytes of room whose content is not to be used. */
static void give_back(struct tally_buf *buf, void *p, size_t n)
{
	tally_secret_wipe(p, n);
	buf->n -= n;
	(void)tally_ossl_reason();
}

enum tally_err tally_seal(const struct tally_seal_key *key, struct tally_span aad,
			  struct tally_span plain, struct tally_buf *out)
{
	if (plain.n > INT_MAX - TALLY_SEAL_OVERHEAD || aad.n > INT_MAX)
		return TALLY_ERR_LIMIT;
	size_t size = plain.n + TALLY_SEAL_OVERHEAD;
	uint8_t *p = (uint8_t *)tally_buf_room(out, size);

	if (p == NULL)
		return tally_buf_err(out);
	if (tally_rand_bytes(p, NONCE_SIZE) == TALLY_OK && seal(key, aad, plain, p))
		return TALLY_OK;
	give_back(out, p, size);
	return TALLY_ERR_CRYPTO;
}

enum tally_err tally_unseal(const struct tally_seal_key *key, struct tally_span aad,
			    struct tally_span sealed, struct tally_buf *out)
{
	if (sealed.n < TALLY_SEAL_OVERHEAD)
		return TALLY_ERR_VERIFY;
	if (sealed.n > INT_MAX || aad.n > INT_MAX)
		return TALLY_ERR_LIMIT;
	size_t size = sealed.n - TALLY_SEAL_OVERHEAD;
	uint8_t *p = (uint8_t *)tally_buf_room(out, size);

	if (p == NULL)
		return tally_buf_err(out);
	if (unseal(key, aad, sealed, p))
		return TALLY_OK;
	give_back(out, p, size);
	return TALLY_ERR_VERIFY;
}
