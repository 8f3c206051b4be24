/* SPDX-License-Identifier: Apache-2.0 */
/* What a directive alone cannot tell: rules between directives, and addresses. */
#include "config.h"

#include "sys/conf_parts.h"
#include "sys/log.h"

#define REFUSE(conf, directive, ...) \
	tally_conf_refuse(&(conf)->lines->part, TALLY_CONF_AT_##directive, __VA_ARGS__)

static bool is_letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool only(struct tally_span s, const char *others)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_letter_or_digit(s.p[i]) && strchr(others, s.p[i]) == NULL)
			return false;
	return true;
}

/*
 * "" or "/one/two": no empty segment, no "." and "..", nothing to escape, since
 * the path of a request is compared with it byte for byte.
 */
static bool is_plain_path(struct tally_span path)
{
	if (path.n == 0)
		return true;
	if (tally_span_cut(&path, '/').n > 0)
		return false;
	do {
		struct tally_span segment = tally_span_cut(&path, '/');

		if (segment.n == 0 || !only(segment, "-._~"))
			return false;
		if (tally_span_eq(segment, TALLY_SPAN(".")) ||
		    tally_span_eq(segment, TALLY_SPAN("..")))
			return false;
	} while (path.p != NULL);
	return true;
}

static bool is_loopback(struct tally_span host)
{
	if (host.n > 0 && host.p[0] == '[')
		return tally_span_starts_with(host, TALLY_SPAN("[::1]"));
	host = tally_span_cut(&host, ':');
	if (tally_span_starts_with(host, TALLY_SPAN("127.")))
		return strspn(host.p, "0123456789.") >= host.n;
	return tally_span_eq_nocase(host, TALLY_SPAN("localhost"));
}

/* host[:port], an IPv6 address in brackets; no user. */
static bool is_authority(struct tally_span s)
{
	struct tally_span host = tally_span_cut(&s, s.n > 0 && s.p[0] == '[' ? ']' : ':');
	struct tally_span port = s;
	uint64_t n;

	if (host.n > 0 && host.p[0] == '[') {
		if (port.p == NULL || !only(tally_span(host.p + 1, host.n - 1), ":."))
			return false;
		if (port.n > 0 && port.p[0] != ':')
			return false;
		port = port.n > 0 ? tally_span(port.p + 1, port.n - 1) : tally_span(NULL, 0);
		return host.n > 1 &&
		       (port.p == NULL || tally_span_to_u64(port, 65535, &n) == TALLY_OK);
	}
	return host.n > 0 && only(host, "-.") &&
	       (port.p == NULL || tally_span_to_u64(port, 65535, &n) == TALLY_OK);
}

/* What is wrong with a URL; NULL: nothing, or nothing that can be told without it. */
static const char *url_mistake(struct tally_span authority, struct tally_span path,
			       bool has_more)
{
	if (has_more)
		return "expected a URL without query and fragment";
	if (path.n > 0 && path.p[path.n - 1] == '/')
		return "expected a URL without a slash at its end";
	if (!is_authority(authority))
		return "expected host or host:port behind \"//\"";
	if (!is_plain_path(path))
		return "expected a path of letters, digits and -._~ between single slashes";
	return NULL;
}

void tally_conf_check_url(const struct tally_conf_part *part, size_t row, const char *url,
			  struct tally_span *path)
{
	struct tally_span rest = tally_span_of(url);
	bool https = tally_span_starts_with(rest, TALLY_SPAN("https://"));
	char shown[TALLY_CONF_SHOWN_SIZE];

	*path = tally_span(NULL, 0);
	if (!https && !tally_span_starts_with(rest, TALLY_SPAN("http://"))) {
		tally_conf_refuse(part, row, "expected https://host[:port][/path], found \"%s\"",
				  url);
		return;
	}
	rest.p += https ? 8 : 7;
	rest.n -= https ? 8 : 7;
	size_t host = strcspn(rest.p, "/?#");
	struct tally_span authority = tally_span(rest.p, host);
	struct tally_span behind = tally_span(rest.p + host, rest.n - host);
	const char *why = url_mistake(authority, behind, strpbrk(rest.p, "?#") != NULL);

	if (why != NULL) {
		tally_conf_refuse(part, row, "%s", why);
		return;
	}
	/* RFC 8414 §2; http is for trying things out. */
	if (!https && !is_loopback(authority))
		tally_log_warn("%s: %s: http is for loopback only; RFC 8414 wants https",
			       part->source->path,
			       tally_conf_shown(shown, part, &part->rows[row]));
	*path = behind;
}

static void check_issuer(struct tally_conf *conf)
{
	struct tally_span path;

	if (conf->server_issuer == NULL)
		return;
	tally_conf_check_url(&conf->lines->part, TALLY_CONF_AT_server_issuer, conf->server_issuer,
			     &path);
	if (conf->lines->line[TALLY_CONF_AT_server_mount] == 0)
		conf->server_mount = path.p;
}

static void check_mount(struct tally_conf *conf)
{
	if (conf->server_mount == NULL)
		conf->server_mount = "";
	if (conf->lines->line[TALLY_CONF_AT_server_mount] > 0 &&
	    !is_plain_path(tally_span_of(conf->server_mount)))
		REFUSE(conf, server_mount,
		       "expected nothing, or a path that begins with '/' and does not end with it, "
		       "of letters, digits and -._~ between single slashes, found \"%s\"",
		       conf->server_mount);
}

static void check_servers(struct tally_conf *conf)
{
	if (conf->database_host == NULL && conf->database_socket == NULL)
		REFUSE(conf, database_host, "expected database.host or database.socket, "
		       "found neither");
	if (conf->database_host != NULL && conf->database_socket != NULL)
		REFUSE(conf, database_socket, "expected database.host or database.socket, "
		       "found both");
	if (conf->database_password_file != NULL && conf->database_password_command != NULL)
		REFUSE(conf, database_password_command, "expected database.password-file or "
		       "database.password-command, found both");
	if (conf->redis_host != NULL && conf->redis_socket != NULL)
		REFUSE(conf, redis_socket, "expected redis.host or redis.socket, found both");
}

static void check_log(struct tally_conf *conf)
{
	struct tally_span target = tally_span_of(conf->log_target);

	if (target.n > 0 && target.p[0] != '/' && !tally_span_eq(target, TALLY_SPAN("stderr")) &&
	    !tally_span_eq(target, TALLY_SPAN("syslog")))
		REFUSE(conf, log_target, "expected stderr, syslog or a path that begins with '/', "
		       "found \"%s\"", conf->log_target);
}

static void check_keys(struct tally_conf *conf)
{
	if (conf->keys_previous_wrap_key_file != NULL && conf->keys_wrap_key_file == NULL)
		REFUSE(conf, keys_previous_wrap_key_file,
		       "expected keys.wrap-key-file beside it, found none");
	if (conf->keys_publish_before < conf->keys_jwks_max_age + conf->keys_refresh)
		tally_log_warn("%s: keys.publish-before is shorter than keys.jwks-max-age and "
			       "keys.refresh together: verifiers may meet a key that they do not "
			       "know yet", conf->path);
}

static void check_pools(struct tally_conf *conf)
{
	for (size_t i = 0; i < conf->lines->pool_count; i++) {
		const struct tally_pool_conf *pool = &conf->lines->pools[i];

		tally_pool_check(&conf->lines->pools[i]);
		if (conf->redis_host == NULL && conf->redis_socket == NULL)
			tally_conf_mistake(&conf->lines->source, pool->line,
					   "section [%s]: expected redis.host or redis.socket, "
					   "where status lists are kept, found neither",
					   pool->part->section);
	}
	if (!tally_pool_id_is_valid(tally_span_of(conf->tokens_status_pool)))
		REFUSE(conf, tokens_status_pool,
		       "expected the name of a pool: 1 to %u of a-z, 0-9 and '-', with no '-' at "
		       "either end, found \"%s\"", TALLY_POOL_ID_MAX, conf->tokens_status_pool);
}

/* The pool of our own tokens: its lists must stay for as long as a token may name them. */
static void check_token_pool(const struct tally_conf *conf, const struct tally_pool_conf *pool)
{
	if (!tally_span_eq(pool->id, tally_span_of(conf->tokens_status_pool)) ||
	    pool->reference_lifetime == 0 || pool->reference_lifetime >= conf->tokens_max_lifetime)
		return;
	tally_conf_refuse(pool->part, TALLY_POOL_AT_reference_lifetime,
			  "expected at least tokens.max-lifetime (%us), since tokens.status-pool "
			  "names this pool, or 0s for lists that stay; found %us",
			  conf->tokens_max_lifetime, pool->reference_lifetime);
}

static void check_tokens(struct tally_conf *conf)
{
	if (conf->tokens_access_lifetime > conf->tokens_max_lifetime)
		REFUSE(conf, tokens_access_lifetime,
		       "expected at most tokens.max-lifetime (%us), found %us",
		       conf->tokens_max_lifetime, conf->tokens_access_lifetime);
	if (conf->tokens_status && conf->redis_host == NULL && conf->redis_socket == NULL)
		REFUSE(conf, tokens_status, "expected redis.host or redis.socket beside it, where "
		       "status lists are kept, found neither");
	for (size_t i = 0; i < conf->lines->pool_count; i++)
		check_token_pool(conf, &conf->lines->pools[i]);
}

void tally_conf_check(struct tally_conf *conf)
{
	check_issuer(conf);
	check_mount(conf);
	check_servers(conf);
	check_log(conf);
	check_keys(conf);
	check_pools(conf);
	check_tokens(conf);
}
