/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "oauth/metadata.h"

#include "codec/json_out.h"
#include "oauth/auth.h"
#include "oauth/grant.h"
#include "oauth/token.h"
#include "sys/pool_conf.h"

static void add_endpoint(struct tally_json_out *out, const struct tally_site *site,
			 const char *name, const char *path)
{
	tally_json_string_begin(out, name);
	tally_buf_add_span(out->buf, site->issuer);
	tally_buf_add_str(out->buf, path);
	tally_json_string_end(out);
}

static void add_grants(struct tally_json_out *out)
{
	tally_json_array(out, "grant_types_supported");
	for (unsigned int i = 0; i < TALLY_GRANT_COUNT; i++)
		tally_json_add_str(out, NULL, tally_grant((enum tally_grant_id)i)->type);
	tally_json_array_end(out);
}

/* The array that says something of an endpoint. */
static void begin_array(struct tally_json_out *out, const char *endpoint, const char *what)
{
	char name[96];

	snprintf(name, sizeof(name), "%s_%s", endpoint, what);
	tally_json_array(out, name);
}

/*
 * RFC 8414 §2, of one endpoint: the methods, and what assertions may be signed
 * with. secret: without the methods of public clients.
 */
static void add_auth(struct tally_json_out *out, const char *endpoint, bool secret)
{
	begin_array(out, endpoint, "auth_methods_supported");
	for (size_t i = 0; i < tally_auth_method_count(); i++) {
		const char *method = tally_auth_method(i)->name;

		if (!secret || strcmp(method, "none") != 0)
			tally_json_add_str(out, NULL, method);
	}
	tally_json_array_end(out);
	begin_array(out, endpoint, "auth_signing_alg_values_supported");
	for (unsigned int i = 0; i < TALLY_ALG_COUNT; i++)
		tally_json_add_str(out, NULL, tally_alg((enum tally_alg_id)i)->name);
	tally_json_add_str(out, NULL, TALLY_JWS_MAC);
	tally_json_array_end(out);
}

static void add_endpoints(struct tally_json_out *out, const struct tally_site *site)
{
	add_endpoint(out, site, "token_endpoint", TALLY_TOKEN_PATH);
	add_auth(out, "token_endpoint", false);
	add_endpoint(out, site, "introspection_endpoint", "/oauth2/introspect");
	add_auth(out, "introspection_endpoint", true);
	add_endpoint(out, site, "revocation_endpoint", "/oauth2/revoke");
	add_auth(out, "revocation_endpoint", false);
	add_endpoint(out, site, "userinfo_endpoint", "/oauth2/userinfo");
	add_endpoint(out, site, "jwks_uri", "/oauth2/jwks");
}

/* OpenID Discovery §3. A subject is the same for every client that asks. */
static void add_openid(struct tally_json_out *out, const struct tally_site *site)
{
	static const char *const claims[] = { "iss", "sub", "aud", "iat", "exp", "auth_time", "name",
					      "preferred_username" };

	tally_json_array(out, "subject_types_supported");
	tally_json_add_str(out, NULL, "public");
	tally_json_array_end(out);
	tally_json_array(out, "id_token_signing_alg_values_supported");
	tally_json_add_str(out, NULL, site->token_alg->name);
	tally_json_array_end(out);
	tally_json_array(out, "claims_supported");
	for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++)
		tally_json_add_str(out, NULL, claims[i]);
	tally_json_array_end(out);
}

/* A pool whose lists are found under our own issuer. */
static bool is_ours(const struct tally_conf *conf, const struct tally_pool_conf *pool)
{
	return pool->aggregation_id != NULL &&
	       (pool->issuer == NULL || strcmp(pool->issuer, conf->server_issuer) == 0);
}

/*
 * The aggregation of the pool that our tokens name; if it has none, that of all our
 * pools together, provided they agree. NULL: none. Pools of the database are not
 * looked at: what a document says of a service is to come from its configuration.
 */
static const char *find_aggregation(const struct tally_conf *conf)
{
	struct tally_span own = tally_span_of(conf->tokens_status_pool);
	const char *found = NULL;
	bool agree = true;
	size_t count;
	const struct tally_pool_conf *pools = tally_conf_pools(conf, &count);

	for (size_t i = 0; i < count; i++) {
		if (!is_ours(conf, &pools[i]))
			continue;
		if (tally_span_eq(pools[i].id, own))
			return pools[i].aggregation_id;
		agree &= found == NULL || strcmp(found, pools[i].aggregation_id) == 0;
		found = pools[i].aggregation_id;
	}
	return agree ? found : NULL;
}

/* draft-ietf-oauth-status-list §9.1. */
static void add_aggregation(struct tally_json_out *out, const struct tally_site *site)
{
	const char *id = find_aggregation(site->conf);

	if (id == NULL)
		return;
	tally_json_string_begin(out, "status_list_aggregation_endpoint");
	tally_buf_add_span(out->buf, site->issuer);
	tally_buf_add_str(out->buf, "/aggregation/");
	tally_buf_add_str(out->buf, id);
	tally_json_string_end(out);
}

enum tally_err tally_oauth_render_metadata(const struct tally_site *site, struct tally_buf *out)
{
	struct tally_json_out json;

	tally_json_begin(&json, out);
	tally_json_object(&json, NULL);
	tally_json_add_span(&json, "issuer", site->issuer);
	add_endpoints(&json, site);
	/* Required by RFC 8414 §2; there is no authorization endpoint to use them at. */
	tally_json_array(&json, "response_types_supported");
	tally_json_array_end(&json);
	add_grants(&json);
	add_openid(&json, site);
	add_aggregation(&json, site);
	tally_json_object_end(&json);
	return tally_buf_err(out);
}

enum tally_err tally_oauth_render_jwks(const struct tally_keyset *keys, struct tally_buf *out)
{
	struct tally_json_out json;

	tally_json_begin(&json, out);
	tally_json_object(&json, NULL);
	tally_json_array(&json, "keys");
	for (size_t i = 0; i < tally_keyset_count(keys); i++) {
		const struct tally_keyset_key *key = tally_keyset_at(keys, i);
		enum tally_err err = tally_key_add_jwk(key->key, key->kid, &json);

		if (err != TALLY_OK)
			return err;
	}
	tally_json_array_end(&json);
	tally_json_object_end(&json);
	return tally_buf_err(out);
}

static enum tally_fault send(struct tally_request *rq, const struct tally_document *document)
{
	tally_response_json(rq, document->body);
	rq->response.cache_control = document->cache_control;
	return TALLY_FAULT_NONE;
}

enum tally_fault tally_oauth_metadata(struct tally_request *rq)
{
	return send(rq, &rq->site->metadata);
}

enum tally_fault tally_oauth_jwks(struct tally_request *rq)
{
	if (rq->site->jwks.body.p == NULL)
		return tally_fault(rq, TALLY_FAULT_UNAVAILABLE,
				   "the keys have not been read from the database yet");
	return send(rq, &rq->site->jwks);
}
