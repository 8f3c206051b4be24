/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "crypt/chain.h"

#include "crypt/key_priv.h"
#include "crypt/ossl.h"
#include "sys/clock.h"
#include "sys/log.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

/* OpenSSL's measure of what is strong enough: 112 bits (SP 800-57 part 1 §5.6.1). */
#define SECURITY_LEVEL 2

enum tally_err tally_chain_check_size(const struct tally_chain *chain)
{
	size_t bytes = 0;

	for (size_t i = 0; i < chain->count; i++)
		if (__builtin_add_overflow(bytes, chain->certificates[i].n, &bytes))
			return TALLY_ERR_LIMIT;
	return bytes <= TALLY_CHAIN_BYTES_MAX ? TALLY_OK : TALLY_ERR_LIMIT;
}

/* ---- files ---- */

static enum tally_err wrong(const char *path, const char *why)
{
	tally_log_error("certificates in %s: %s", path, why);
	return TALLY_ERR_CONFIG;
}

/* Whether reading PEM stopped because there is no more of it. */
static bool is_end_of_pem(void)
{
	unsigned long code = ERR_peek_last_error();

	return ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
}

/* What is wrong with what was read; NULL: nothing. */
static const char *read_all(BIO *file, int most, STACK_OF(X509) *all)
{
	X509 *one;

	while ((one = PEM_read_bio_X509(file, NULL, NULL, NULL)) != NULL) {
		if (sk_X509_num(all) < most && sk_X509_push(all, one) > 0)
			continue;
		X509_free(one);
		return "there are too many";
	}
	if (!is_end_of_pem())
		return "one of them is damaged";
	return sk_X509_num(all) > 0 ? NULL : "there is none";
}

/* All certificates of a PEM file, at most `most`; NULL: logged. */
static STACK_OF(X509) *read_pem(const char *path, int most)
{
	BIO *file = BIO_new_file(path, "r");
	STACK_OF(X509) *all = sk_X509_new_null();
	const char *fault = file && all ? read_all(file, most, all) : tally_ossl_reason();

	if (fault != NULL) {
		(void)wrong(path, fault);
		sk_X509_pop_free(all, X509_free);
		all = NULL;
	}
	(void)tally_ossl_reason();
	BIO_free(file);
	return all;
}

static enum tally_err copy_der(X509 *certificate, struct tally_arena *arena, struct tally_span *out)
{
	int n = i2d_X509(certificate, NULL);
	unsigned char *p = n > 0 ? tally_arena_alloc(arena, (size_t)n) : NULL;

	if (p == NULL)
		return TALLY_ERR_NOMEM;
	*out = tally_span(p, (size_t)n);
	return i2d_X509(certificate, &p) == n ? TALLY_OK : TALLY_ERR_NOMEM;
}

/* What makes the certificates no chain of this key; NULL: nothing. */
static const char *fault_of(STACK_OF(X509) * all, const struct tally_key *key)
{
	if (EVP_PKEY_eq(X509_get0_pubkey(sk_X509_value(all, 0)), key->pkey) != 1)
		return "the first is not for the key that signs";
	for (int i = 0; i + 1 < sk_X509_num(all); i++) {
		EVP_PKEY *issuer = X509_get0_pubkey(sk_X509_value(all, i + 1));

		if (issuer == NULL || X509_verify(sk_X509_value(all, i), issuer) != 1)
			return "each must be signed by the one behind it";
	}
	return NULL;
}

static enum tally_err take_all(STACK_OF(X509) * all, struct tally_arena *arena,
			       struct tally_chain *out)
{
	enum tally_err err = TALLY_OK;

	for (int i = 0; i < sk_X509_num(all) && err == TALLY_OK; i++)
		err = copy_der(sk_X509_value(all, i), arena, &out->certificates[out->count++]);
	return err == TALLY_OK ? tally_chain_check_size(out) : err;
}

enum tally_err tally_chain_load(const char *path, const struct tally_key *key,
				struct tally_arena *arena, struct tally_chain *out)
{
	STACK_OF(X509) *all = read_pem(path, TALLY_CHAIN_MAX);

	*out = (struct tally_chain){ .count = 0 };
	if (all == NULL)
		return TALLY_ERR_CONFIG;
	const char *fault = fault_of(all, key);
	enum tally_err err = fault ? wrong(path, fault) : take_all(all, arena, out);

	if (err == TALLY_ERR_LIMIT)
		err = wrong(path, "they are too large");
	sk_X509_pop_free(all, X509_free);
	(void)tally_ossl_reason();
	return err;
}

/* ---- verification ---- */

struct tally_trust {
	X509_STORE *store;
};

enum tally_err tally_trust_load(const char *path, struct tally_trust **out)
{
	STACK_OF(X509) *all = read_pem(path, INT16_MAX);
	struct tally_trust *trust = all ? malloc(sizeof(*trust)) : NULL;

	*out = NULL;
	if (all == NULL)
		return TALLY_ERR_CONFIG;
	if (trust != NULL)
		trust->store = X509_STORE_new();
	bool good = trust != NULL && trust->store != NULL;

	for (int i = 0; good && i < sk_X509_num(all); i++)
		good = X509_STORE_add_cert(trust->store, sk_X509_value(all, i)) == 1;
	sk_X509_pop_free(all, X509_free);
	if (!good) {
		tally_trust_free(trust);
		return TALLY_ERR_NOMEM;
	}
	*out = trust;
	return TALLY_OK;
}

void tally_trust_free(struct tally_trust *trust)
{
	if (trust == NULL)
		return;
	X509_STORE_free(trust->store);
	free(trust);
}

/* The DER certificates of a chain; NULL: one of them is none. */
static STACK_OF(X509) * read_der(const struct tally_chain *chain)
{
	STACK_OF(X509) *all = sk_X509_new_null();
	bool good = all != NULL;

	for (size_t i = 0; good && i < chain->count; i++) {
		const unsigned char *p = (const unsigned char *)chain->certificates[i].p;
		const unsigned char *end = p + chain->certificates[i].n;
		X509 *one = d2i_X509(NULL, &p, (long)chain->certificates[i].n);

		good = one != NULL && p == end && sk_X509_push(all, one) > 0;
		if (!good)
			X509_free(one);
	}
	if (good && chain->count > 0)
		return all;
	sk_X509_pop_free(all, X509_free);
	(void)tally_ossl_reason();
	return NULL;
}

/* Seconds since 1970; false: OpenSSL finds it malformed. */
static bool read_time(const ASN1_TIME *time, int64_t *out)
{
	ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	int days, seconds;
	bool done = epoch != NULL && ASN1_TIME_diff(&days, &seconds, epoch, time) == 1;

	ASN1_TIME_free(epoch);
	if (done)
		*out = (int64_t)days * TALLY_DAY + seconds;
	return done;
}

enum tally_err tally_chain_validity(const struct tally_chain *chain, int64_t *not_before,
				    int64_t *not_after)
{
	STACK_OF(X509) *all = read_der(chain);
	bool good = all != NULL;

	*not_before = INT64_MIN;
	*not_after = INT64_MAX;
	for (int i = 0; good && i < sk_X509_num(all); i++) {
		int64_t from, until;

		good = read_time(X509_get0_notBefore(sk_X509_value(all, i)), &from) &&
		       read_time(X509_get0_notAfter(sk_X509_value(all, i)), &until);
		if (good && from > *not_before)
			*not_before = from;
		if (good && until < *not_after)
			*not_after = until;
	}
	sk_X509_pop_free(all, X509_free);
	(void)tally_ossl_reason();
	return good ? TALLY_OK : TALLY_ERR_SYNTAX;
}

/* An extended key usage is asked for by its number: it may be newer than OpenSSL. */
static bool has_eku(X509 *certificate, const char *eku)
{
	EXTENDED_KEY_USAGE *usages = X509_get_ext_d2i(certificate, NID_ext_key_usage, NULL, NULL);
	ASN1_OBJECT *wanted = OBJ_txt2obj(eku, 1);
	bool found = false;

	for (int i = 0; wanted != NULL && usages != NULL && i < sk_ASN1_OBJECT_num(usages); i++)
		if (OBJ_cmp(sk_ASN1_OBJECT_value(usages, i), wanted) == 0)
			found = true;
	ASN1_OBJECT_free(wanted);
	sk_ASN1_OBJECT_pop_free(usages, ASN1_OBJECT_free);
	(void)tally_ossl_reason();
	return found;
}

/* What keeps the first of the certificates from being trusted; NULL: nothing. */
static const char *distrust(STACK_OF(X509) * all, const struct tally_trust *trust,
			    const struct tally_chain_use *use)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509 *signer = sk_X509_value(all, 0);
	const char *why = "out of memory";

	if (ctx != NULL && X509_STORE_CTX_init(ctx, trust->store, signer, all) == 1) {
		X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);

		X509_VERIFY_PARAM_set_auth_level(param, SECURITY_LEVEL);
		X509_VERIFY_PARAM_set_time(param, (time_t)use->now);
		why = X509_verify_cert(ctx) == 1
			      ? NULL
			      : X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx));
	}
	X509_STORE_CTX_free(ctx);
	(void)tally_ossl_reason();
	if (why == NULL && !(X509_get_key_usage(signer) & KU_DIGITAL_SIGNATURE))
		why = "its certificate is not one for signatures";
	if (why == NULL && use->eku != NULL && !has_eku(signer, use->eku))
		why = "its certificate lacks the extended key usage";
	return why;
}

enum tally_err tally_chain_verify(const struct tally_chain *chain, const struct tally_trust *trust,
				  const struct tally_chain_use *use, const char **why,
				  struct tally_key **out)
{
	STACK_OF(X509) *all = read_der(chain);

	*out = NULL;
	*why = NULL;
	if (all == NULL)
		return TALLY_ERR_SYNTAX;
	enum tally_err err = TALLY_ERR_VERIFY;

	*why = distrust(all, trust, use);
	if (*why == NULL)
		err = tally_key_bind(use->alg, X509_get_pubkey(sk_X509_value(all, 0)), false, out);
	sk_X509_pop_free(all, X509_free);
	return err;
}
