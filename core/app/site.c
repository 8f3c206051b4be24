/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "app/site.h"

#include "base/secret.h"
#include "oauth/metadata.h"
#include "oauth/sealed.h"
#include "sys/pool_conf.h"

#include <stdatomic.h>
#include <stdlib.h>

#define DOCUMENT_MAX (1024u * 1024)
#define METADATA_CACHE "public, max-age=3600"

/* What comes of the configuration alone; shared by sites of different keys. */
struct base {
	_Atomic unsigned int refs;
	struct tally_conf *conf;
	struct tally_wrap_keys wrap;
	struct tally_derived_keys sealing;
	struct tally_buf metadata;
	char jwks_cache[48];
	struct tally_site site; /* without keys */
};

struct tally_site_box {
	_Atomic unsigned int refs;
	struct base *base;
	struct tally_keyset *keys;
	struct tally_buf jwks;
	struct tally_site site;
};

static void base_free(struct base *base)
{
	if (base == NULL ||
	    atomic_fetch_sub_explicit(&base->refs, 1, memory_order_acq_rel) != 1)
		return;
	tally_secret_wipe(&base->wrap, sizeof(base->wrap));
	tally_secret_wipe(&base->sealing, sizeof(base->sealing));
	tally_buf_free(&base->metadata);
	tally_conf_free(base->conf);
	free(base);
}

/* What the configuration cannot know of its pools; all mistakes are told. */
static enum tally_err check_pools(const struct tally_conf *conf)
{
	enum tally_err err = TALLY_OK;
	size_t count;
	const struct tally_pool_conf *pools = tally_conf_pools(conf, &count);

	for (size_t i = 0; i < count; i++)
		if (pools[i].algorithm != NULL &&
		    tally_alg_find(tally_span_of(pools[i].algorithm)) == NULL)
			err = tally_pool_conf_wrong(&pools[i], "algorithm", "\"%s\" is none of %s",
						    pools[i].algorithm, tally_alg_names());
	return err;
}

static enum tally_err fill_site(struct base *base)
{
	const struct tally_conf *conf = base->conf;
	struct tally_site *site = &base->site;

	site->conf = conf;
	site->issuer = tally_span_of(conf->server_issuer);
	site->mount = tally_span_of(conf->server_mount);
	site->audience = conf->tokens_audience ? tally_span_of(conf->tokens_audience)
					       : site->issuer;
	site->token_alg = tally_alg_find(tally_span_of(conf->tokens_algorithm));
	if (site->token_alg == NULL)
		return tally_conf_wrong(conf, "tokens.algorithm", "\"%s\" is none of %s",
					conf->tokens_algorithm, tally_alg_names());
	enum tally_err err = check_pools(conf);

	if (err == TALLY_OK)
		err = tally_oauth_render_metadata(site, &base->metadata);

	site->metadata = (struct tally_document){ tally_buf_span(&base->metadata),
						  METADATA_CACHE };
	return err;
}

static enum tally_err load_wrap(struct base *base)
{
	const struct tally_conf *conf = base->conf;
	enum tally_err err = tally_wrap_keys_load(conf->keys_wrap_key_file,
						  conf->keys_previous_wrap_key_file, &base->wrap);

	if (err != TALLY_OK)
		return tally_conf_wrong(conf, "keys.wrap-key-file",
					"it or keys.previous-wrap-key-file cannot be used");
	base->site.wrap = &base->wrap;
	base->site.sealing = &base->sealing;
	return tally_derive_keys(&base->wrap, TALLY_SEALED_PURPOSE, &base->sealing);
}

static enum tally_err base_new(struct tally_conf *conf, struct base **out)
{
	struct base *base = calloc(1, sizeof(*base));

	if (base == NULL) {
		tally_conf_free(conf);
		return TALLY_ERR_NOMEM;
	}
	atomic_init(&base->refs, 1);
	base->conf = conf;
	tally_buf_grow(&base->metadata, DOCUMENT_MAX);
	snprintf(base->jwks_cache, sizeof(base->jwks_cache), "public, max-age=%u",
		 conf->keys_jwks_max_age);
	enum tally_err err = fill_site(base);

	if (err == TALLY_OK)
		err = load_wrap(base);
	if (err == TALLY_OK)
		*out = base;
	else
		base_free(base);
	return err;
}

/* base: taken, also on failure. */
static enum tally_err box_new(struct base *base, struct tally_keyset *keys,
			      struct tally_site_box **out)
{
	struct tally_site_box *box = calloc(1, sizeof(*box));
	enum tally_err err = TALLY_OK;

	if (box == NULL) {
		base_free(base);
		return TALLY_ERR_NOMEM;
	}
	atomic_init(&box->refs, 1);
	box->base = base;
	box->site = base->site;
	tally_buf_grow(&box->jwks, DOCUMENT_MAX);
	if (keys != NULL) {
		box->keys = tally_keyset_ref(keys);
		box->site.keys = keys;
		err = tally_oauth_render_jwks(keys, &box->jwks);
		box->site.jwks = (struct tally_document){ tally_buf_span(&box->jwks),
							  base->jwks_cache };
	}
	if (err == TALLY_OK)
		*out = box;
	else
		tally_site_free(box);
	return err;
}

enum tally_err tally_site_new(struct tally_conf *conf, struct tally_keyset *keys,
			      struct tally_site_box **out)
{
	struct base *base;
	enum tally_err err = base_new(conf, &base);

	return err == TALLY_OK ? box_new(base, keys, out) : err;
}

enum tally_err tally_site_with_keys(struct tally_site_box *box, struct tally_keyset *keys,
				    struct tally_site_box **out)
{
	atomic_fetch_add_explicit(&box->base->refs, 1, memory_order_relaxed);
	return box_new(box->base, keys, out);
}

struct tally_site_box *tally_site_ref(struct tally_site_box *box)
{
	atomic_fetch_add_explicit(&box->refs, 1, memory_order_relaxed);
	return box;
}

void tally_site_free(struct tally_site_box *box)
{
	if (box == NULL || atomic_fetch_sub_explicit(&box->refs, 1, memory_order_acq_rel) != 1)
		return;
	tally_buf_free(&box->jwks);
	tally_keyset_free(box->keys);
	base_free(box->base);
	free(box);
}

const struct tally_site *tally_site_of(const struct tally_site_box *box)
{
	return &box->site;
}
