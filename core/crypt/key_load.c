/* SPDX-License-Identifier: Apache-2.0 */
/* Keys in and out as DER and PEM, and in through OpenSSL's store. */
#include "config.h"

#include "crypt/key_priv.h"
#include "crypt/ossl.h"
#include "sys/log.h"

#include <openssl/pem.h>
#include <openssl/store.h>
#include <openssl/ui.h>
#include <openssl/x509.h>

/* PEM of TALLY_KEY_DER_MAX bytes, with room for comments around it. */
#define PEM_MAX 16384u

enum tally_err tally_key_from_der(const struct tally_alg *alg, struct tally_span der,
				  struct tally_key **out)
{
	const unsigned char *p = (const unsigned char *)der.p;
	PKCS8_PRIV_KEY_INFO *info = NULL;
	EVP_PKEY *pkey = NULL;

	*out = NULL;
	if (der.n > TALLY_KEY_DER_MAX)
		return TALLY_ERR_LIMIT;
	if (der.n > 0)
		info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, (long)der.n);
	if (info != NULL && p == (const unsigned char *)der.p + der.n)
		pkey = EVP_PKCS82PKEY_ex(info, NULL, NULL);
	PKCS8_PRIV_KEY_INFO_free(info);
	return tally_key_bind(alg, pkey, true, out);
}

/* Whatever OpenSSL can read. */
static EVP_PKEY *read_any(struct tally_span der)
{
	const unsigned char *p = (const unsigned char *)der.p;
	EVP_PKEY *pkey = d2i_PUBKEY_ex(NULL, &p, (long)der.n, NULL, NULL);

	if (pkey == NULL || p == (const unsigned char *)der.p + der.n)
		return pkey;
	EVP_PKEY_free(pkey);
	return NULL;
}

enum tally_err tally_key_from_public_der(const struct tally_alg *alg, struct tally_span der,
					 struct tally_key **out)
{
	EVP_PKEY *pkey = NULL;

	*out = NULL;
	if (der.n > TALLY_KEY_DER_MAX)
		return TALLY_ERR_LIMIT;
	if (der.n > 0)
		pkey = tally_key_read_spki(alg, der);
	if (der.n > 0 && pkey == NULL)
		pkey = read_any(der);
	return tally_key_bind(alg, pkey, false, out);
}

/* OpenSSL's own would ask at the terminal. */
static int no_passphrase(char *buf, int size, int writing, void *arg)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

enum tally_err tally_key_from_pem(const struct tally_alg *alg, struct tally_span pem,
				  struct tally_key **out)
{
	bool is_private = true;

	*out = NULL;
	if (pem.n > PEM_MAX)
		return TALLY_ERR_LIMIT;
	BIO *bio = BIO_new_mem_buf(pem.n ? pem.p : "", (int)pem.n);

	if (bio == NULL)
		return TALLY_ERR_NOMEM;
	EVP_PKEY *pkey = PEM_read_bio_PrivateKey_ex(bio, NULL, no_passphrase, NULL, NULL, NULL);

	if (pkey == NULL && BIO_reset(bio) == 1) {
		is_private = false;
		pkey = PEM_read_bio_PUBKEY_ex(bio, NULL, no_passphrase, NULL, NULL, NULL);
	}
	BIO_free(bio);
	return tally_key_bind(alg, pkey, is_private, out);
}

/* The first private key behind an open store, and how many there are. */
static EVP_PKEY *load_private(OSSL_STORE_CTX *store, int *count)
{
	EVP_PKEY *pkey = NULL;

	*count = 0;
	while (!OSSL_STORE_eof(store)) {
		OSSL_STORE_INFO *info = OSSL_STORE_load(store);

		if (info == NULL && OSSL_STORE_error(store))
			break;
		EVP_PKEY *next = info ? OSSL_STORE_INFO_get1_PKEY(info) : NULL;

		OSSL_STORE_INFO_free(info);
		if (next != NULL && (*count)++ > 0)
			EVP_PKEY_free(next);
		else if (next != NULL)
			pkey = next;
	}
	return pkey;
}

/* The one private key that a URI names; NULL with the reason logged. */
static EVP_PKEY *load_uri(const char *uri)
{
	/* A passphrase or PIN has no one to ask; a URI can name where it is. */
	OSSL_STORE_CTX *store =
		OSSL_STORE_open_ex(uri, NULL, NULL, UI_null(), NULL, NULL, NULL, NULL);
	EVP_PKEY *pkey = NULL;
	int count = 0;

	if (store != NULL && OSSL_STORE_expect(store, OSSL_STORE_INFO_PKEY) == 1)
		pkey = load_private(store, &count);
	if (count == 0)
		tally_log_error("no private key from %s: %s", uri, tally_ossl_reason());
	if (count > 1) {
		tally_log_error("%d private keys from %s: which one?", count, uri);
		EVP_PKEY_free(pkey);
		pkey = NULL;
	}
	if (store != NULL)
		OSSL_STORE_close(store);
	return pkey;
}

enum tally_err tally_key_from_uri(const struct tally_alg *alg, const char *uri,
				  struct tally_key **out)
{
	EVP_PKEY *pkey = load_uri(uri);

	*out = NULL;
	if (pkey == NULL)
		return TALLY_ERR_NOT_FOUND;
	enum tally_err err = tally_key_bind(alg, pkey, true, out);

	if (err != TALLY_OK)
		tally_log_error("the key from %s is not one for %s: %s", uri, alg->name,
				tally_err_text(err));
	return err;
}

enum tally_err tally_key_add_private_der(const struct tally_key *key, struct tally_buf *der)
{
	if (!key->is_private)
		return TALLY_ERR_STATE;
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key->pkey);
	int n = info ? i2d_PKCS8_PRIV_KEY_INFO(info, NULL) : -1;
	unsigned char *p = n > 0 ? (unsigned char *)tally_buf_room(der, (size_t)n) : NULL;

	if (p != NULL)
		n = i2d_PKCS8_PRIV_KEY_INFO(info, &p);
	PKCS8_PRIV_KEY_INFO_free(info);
	(void)tally_ossl_reason();
	return n > 0 ? tally_buf_err(der) : TALLY_ERR_CRYPTO;
}

enum tally_err tally_key_add_public_der(const struct tally_key *key, struct tally_buf *der)
{
	int n = i2d_PUBKEY(key->pkey, NULL);
	unsigned char *p = n > 0 ? (unsigned char *)tally_buf_room(der, (size_t)n) : NULL;

	if (p != NULL)
		n = i2d_PUBKEY(key->pkey, &p);
	(void)tally_ossl_reason();
	return n > 0 ? tally_buf_err(der) : TALLY_ERR_CRYPTO;
}

static bool write_pem(const struct tally_key *key, BIO *bio)
{
	if (EVP_PKEY_is_a(key->pkey, "RSA"))
		return PEM_write_bio_PrivateKey_traditional(bio, key->pkey, NULL, NULL, 0, NULL,
							    NULL) == 1;
	return PEM_write_bio_PKCS8PrivateKey(bio, key->pkey, NULL, NULL, 0, NULL, NULL) == 1;
}

enum tally_err tally_key_add_private_pem(const struct tally_key *key, struct tally_buf *pem)
{
	if (!key->is_private)
		return TALLY_ERR_STATE;
	BIO *bio = BIO_new(BIO_s_mem()); /* wipes what it frees */
	bool done = bio != NULL && write_pem(key, bio);
	char *text;
	long n = done ? BIO_get_mem_data(bio, &text) : 0;

	if (n > 0)
		tally_buf_add(pem, text, (size_t)n);
	BIO_free(bio);
	(void)tally_ossl_reason();
	return n > 0 ? tally_buf_err(pem) : TALLY_ERR_CRYPTO;
}
