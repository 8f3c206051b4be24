/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "status/signing.h"

#include "crypt/chain.h"
#include "crypt/digest.h"
#include "crypt/jws.h"
#include "sys/clock.h"
#include "sys/log.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#define RETRY_MS 60000 /* a key that is not in a file */
#define RECIPE_MAX (TALLY_CHAIN_BYTES_MAX + TALLY_KEY_DER_MAX + 4096u)
#define ARENA_MAX (2 * TALLY_CHAIN_BYTES_MAX) /* of a chain */

/* A file as it was when it was read. */
struct seen {
	int reason; /* errno; 0: it is there */
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec changed;
};

struct tally_signing {
	struct tally_list_signer *forms[TALLY_LIST_FORMATS]; /* all or none */
	uint64_t recipe;
	enum tally_err err;        /* of the last attempt */
	const struct tally_pool *pool; /* that the last attempt was made for; NULL: forgotten */
	struct tally_key *set_key;     /* held, for the same; NULL: none was wanted, or there */
	struct seen key_file, chain_file;
	int64_t retry_at; /* of tally_clock_ms; 0: only when something changes */
	int64_t not_after; /* of the certificates; 0: has been told, or there are none */
};

/* What one attempt gathers. */
struct attempt {
	const struct tally_pool *pool;
	const struct tally_alg *alg;
	struct tally_key *key; /* held */
	char kid[TALLY_KID_MAX + 1];
	struct tally_chain chain;
	int64_t not_after;         /* of the chain */
	struct tally_arena *arena; /* of the chain */
};

struct tally_signing *tally_signing_new(void)
{
	return calloc(1, sizeof(struct tally_signing));
}

static void free_forms(struct tally_list_signer *forms[TALLY_LIST_FORMATS])
{
	for (size_t i = 0; i < TALLY_LIST_FORMATS; i++)
		tally_list_signer_free(forms[i]);
}

void tally_signing_free(struct tally_signing *signing)
{
	if (signing == NULL)
		return;
	free_forms(signing->forms);
	tally_key_free(signing->set_key);
	free(signing);
}

void tally_signing_forget_pool(struct tally_signing *signing)
{
	signing->pool = NULL;
}

/* ---- what an attempt was made with ---- */

/* The path in a key's URI; NULL: it is no file. */
static const char *uri_path(const char *uri)
{
	struct tally_span s = tally_span_of(uri);

	if (tally_span_starts_with(s, TALLY_SPAN("file:///")))
		return uri + 7;
	if (tally_span_starts_with(s, TALLY_SPAN("file:/")))
		return uri + 5;
	return s.n > 0 && uri[0] == '/' ? uri : NULL;
}

static struct seen look_at(const char *path)
{
	struct stat st;

	if (path == NULL)
		return (struct seen){ 0 };
	if (stat(path, &st) != 0)
		return (struct seen){ .reason = errno };
	return (struct seen){ 0, st.st_dev, st.st_ino, st.st_size, st.st_mtim };
}

static bool same(const struct seen *a, const struct seen *b)
{
	return a->reason == b->reason && a->device == b->device && a->inode == b->inode &&
	       a->size == b->size && a->changed.tv_sec == b->changed.tv_sec &&
	       a->changed.tv_nsec == b->changed.tv_nsec;
}

static const struct tally_alg *alg_of(const struct tally_pool *pool)
{
	return tally_alg_find(tally_span_of(pool->conf.algorithm));
}

static const struct tally_keyset_key *set_key_of(const struct tally_pool *pool,
						 const struct tally_keyset *keys)
{
	const struct tally_alg *alg = alg_of(pool);

	if (pool->conf.key_uri != NULL || keys == NULL || alg == NULL)
		return NULL;
	return tally_keyset_signing(keys, alg);
}

/* Notes what is there now; whether it is other than before. */
static bool note_inputs(struct tally_signing *signing, const struct tally_pool *pool,
			const struct tally_keyset_key *set_key)
{
	struct tally_key *key = set_key ? set_key->key : NULL;
	struct seen key_file = look_at(uri_path(pool->conf.key_uri));
	struct seen chain_file = look_at(pool->conf.certificates);
	bool is_same = signing->pool == pool && signing->set_key == key &&
		       same(&signing->key_file, &key_file) &&
		       same(&signing->chain_file, &chain_file);

	if (is_same)
		return false;
	tally_key_free(signing->set_key);
	signing->pool = pool;
	signing->set_key = key ? tally_key_ref(key) : NULL;
	signing->key_file = key_file;
	signing->chain_file = chain_file;
	return true;
}

/* ---- an attempt ---- */

static enum tally_err take_set_key(struct attempt *attempt, const struct tally_keyset_key *set_key)
{
	const struct tally_span id = attempt->pool->conf.id;
	const char *alg = attempt->alg->name;

	if (set_key == NULL) {
		tally_log_error("pool %.*s: its lists cannot be signed, for there is no %s key: "
				"run \"tallystick key add --alg %s --activate\", or give it a key-uri",
				TALLY_SPAN_ARG(id), alg, alg);
		return TALLY_ERR_STATE;
	}
	if (!tally_key_is_private(set_key->key)) {
		tally_log_error("pool %.*s: its lists cannot be signed, for the private part of "
				"key %s could not be opened", TALLY_SPAN_ARG(id), set_key->kid);
		return TALLY_ERR_STATE;
	}
	attempt->key = tally_key_ref(set_key->key);
	memcpy(attempt->kid, set_key->kid, sizeof(set_key->kid));
	return TALLY_OK;
}

/* Why it cannot be loaded is logged there. */
static enum tally_err load_own_key(struct attempt *attempt)
{
	const struct tally_pool_conf *conf = &attempt->pool->conf;
	enum tally_err err = tally_key_from_uri(attempt->alg, conf->key_uri, &attempt->key);

	if (err != TALLY_OK) {
		tally_log_error("pool %.*s: its lists cannot be signed, for its key-uri leads to "
				"no %s key", TALLY_SPAN_ARG(conf->id), attempt->alg->name);
		return err;
	}
	if (conf->kid == NULL)
		return tally_key_thumbprint(attempt->key, attempt->kid);
	snprintf(attempt->kid, sizeof(attempt->kid), "%s", conf->kid);
	return TALLY_OK;
}

/* What is wrong with them is logged there. */
static enum tally_err load_chain(struct attempt *attempt)
{
	const char *path = attempt->pool->conf.certificates;
	int64_t not_before = 0;
	enum tally_err err = tally_chain_load(path, attempt->key, attempt->arena, &attempt->chain);

	if (err == TALLY_OK)
		err = tally_chain_validity(&attempt->chain, &not_before, &attempt->not_after);
	if (err != TALLY_OK)
		tally_log_error("pool %.*s: its lists cannot be signed with its certificates",
				TALLY_SPAN_ARG(attempt->pool->conf.id));
	else if (tally_clock_now() < not_before)
		tally_log_warn("pool %.*s: a certificate in %s is not valid yet",
			       TALLY_SPAN_ARG(attempt->pool->conf.id), path);
	return err;
}

/* ---- what comes of it ---- */

static void add_part(struct tally_buf *buf, struct tally_span part)
{
	tally_buf_add_u64(buf, part.n);
	tally_buf_add_char(buf, ':');
	tally_buf_add_span(buf, part);
}

static enum tally_err count_recipe(const struct attempt *attempt, uint64_t *out)
{
	const struct tally_pool_conf *conf = &attempt->pool->conf;
	char uri[TALLY_LIST_URI_MAX];
	uint8_t digest[TALLY_SHA256_SIZE];
	struct tally_buf buf;

	tally_buf_grow(&buf, RECIPE_MAX);
	enum tally_err err = tally_key_add_public_der(attempt->key, &buf);

	add_part(&buf, tally_span_of(attempt->alg->name));
	add_part(&buf, tally_span_of(attempt->kid));
	add_part(&buf, tally_span_of(conf->issuer));
	add_part(&buf, tally_aggregation_uri(attempt->pool, uri));
	for (size_t i = 0; i < attempt->chain.count; i++)
		add_part(&buf, attempt->chain.certificates[i]);
	tally_buf_printf(&buf, "%u %u", conf->ttl, conf->list_lifetime);
	if (err == TALLY_OK)
		err = tally_buf_err(&buf);
	if (err == TALLY_OK)
		err = tally_sha256(tally_buf_span(&buf), digest);
	tally_buf_free(&buf);
	if (err == TALLY_OK)
		memcpy(out, digest, sizeof(*out));
	*out |= 1; /* never 0 */
	return err;
}

static enum tally_err make_forms(const struct attempt *attempt,
				 struct tally_list_signer *forms[TALLY_LIST_FORMATS])
{
	const struct tally_list_key key = {
		.key = attempt->key,
		.kid = attempt->kid,
		.chain = attempt->chain.count > 0 ? &attempt->chain : NULL,
	};
	enum tally_err err = TALLY_OK;

	for (size_t i = 0; i < TALLY_LIST_FORMATS && err == TALLY_OK; i++)
		err = tally_list_signer_new((enum tally_format)i, &key, &forms[i]);
	if (err != TALLY_OK)
		tally_log_error("pool %.*s: its lists cannot be signed with key %s: %s",
				TALLY_SPAN_ARG(attempt->pool->conf.id), attempt->kid,
				tally_err_text(err));
	return err;
}

static enum tally_err put_in_force(struct tally_signing *signing, const struct attempt *attempt)
{
	struct tally_list_signer *forms[TALLY_LIST_FORMATS] = { NULL };
	uint64_t recipe = 0;
	enum tally_err err = count_recipe(attempt, &recipe);

	if (err == TALLY_OK)
		err = make_forms(attempt, forms);
	if (err != TALLY_OK) {
		free_forms(forms);
		return err;
	}
	free_forms(signing->forms);
	memcpy(signing->forms, forms, sizeof(forms));
	signing->not_after = attempt->not_after;
	if (signing->recipe != recipe)
		tally_log_notice("pool %.*s: key %s signs its lists (%s)",
				 TALLY_SPAN_ARG(attempt->pool->conf.id), attempt->kid,
				 attempt->alg->name);
	signing->recipe = recipe;
	return TALLY_OK;
}

static enum tally_err try(struct tally_signing *signing, const struct tally_keyset_key *set_key)
{
	const struct tally_pool_conf *conf = &signing->pool->conf;
	struct attempt attempt = { .pool = signing->pool };
	enum tally_err err = TALLY_OK;

	attempt.alg = alg_of(attempt.pool);
	attempt.arena = tally_arena_new(0, ARENA_MAX);
	if (attempt.arena == NULL)
		return TALLY_ERR_NOMEM;
	if (attempt.alg == NULL) {
		tally_log_error("pool %.*s: algorithm \"%s\" is none of %s",
				TALLY_SPAN_ARG(conf->id), conf->algorithm, tally_alg_names());
		err = TALLY_ERR_CONFIG;
	}
	if (err == TALLY_OK)
		err = conf->key_uri ? load_own_key(&attempt) : take_set_key(&attempt, set_key);
	if (err == TALLY_OK && conf->certificates != NULL)
		err = load_chain(&attempt);
	if (err == TALLY_OK)
		err = put_in_force(signing, &attempt);
	tally_key_free(attempt.key);
	tally_arena_free(attempt.arena);
	return err;
}

/* Nobody would find the key that signed so far: it is published no longer. */
static void stop(struct tally_signing *signing)
{
	free_forms(signing->forms);
	memset(signing->forms, 0, sizeof(signing->forms));
	signing->recipe = 0;
}

static void warn_of_expiry(struct tally_signing *signing)
{
	if (signing->not_after == 0 || tally_clock_now() <= signing->not_after)
		return;
	signing->not_after = 0;
	tally_log_warn("pool %.*s: a certificate in %s has expired; its lists are signed with it "
		       "all the same, until you put another one there",
		       TALLY_SPAN_ARG(signing->pool->conf.id), signing->pool->conf.certificates);
}

enum tally_err tally_signing_renew(struct tally_signing *signing, const struct tally_pool *pool,
				   const struct tally_keyset *keys)
{
	const struct tally_keyset_key *set_key = set_key_of(pool, keys);
	bool is_file = uri_path(pool->conf.key_uri) != NULL;

	if (pool->conf.key_uri == NULL && keys == NULL)
		return signing->recipe ? TALLY_OK : TALLY_ERR_UNAVAILABLE;
	if (note_inputs(signing, pool, set_key) ||
	    (signing->retry_at > 0 && tally_clock_ms() >= signing->retry_at)) {
		signing->err = try(signing, set_key);
		if (pool->conf.key_uri == NULL && set_key == NULL)
			stop(signing);
		signing->retry_at = signing->err == TALLY_ERR_NOMEM ||
				    (signing->err != TALLY_OK && pool->conf.key_uri && !is_file)
					    ? tally_clock_ms() + RETRY_MS
					    : 0;
	}
	warn_of_expiry(signing);
	return signing->recipe ? TALLY_OK : signing->err;
}

struct tally_list_signer *tally_signing_form(const struct tally_signing *signing,
					     enum tally_format format)
{
	return signing->forms[format];
}

uint64_t tally_signing_recipe(const struct tally_signing *signing)
{
	return signing->recipe;
}
