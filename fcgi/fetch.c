/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "fcgi/fetch.h"

#include <stdbool.h>

#define URI_MAX 2048u

/* Curl gives up before we do, and says why. */
#define SECONDS_MAX "20"
#define WAIT_MS     25000u

/* The host, with its port, of a URI that begins so; p NULL: it does not. */
static struct tally_span authority_of(struct tally_span uri, struct tally_span scheme)
{
	size_t n = 0;

	if (uri.n < scheme.n || !tally_span_eq_nocase(tally_span(uri.p, scheme.n), scheme))
		return tally_span(NULL, 0);
	struct tally_span rest = tally_span(uri.p + scheme.n, uri.n - scheme.n);

	while (n < rest.n && strchr("/?#", rest.p[n]) == NULL)
		n++;
	return tally_span(rest.p, n);
}

/* "127.…" in figures: a name may begin so too. */
static bool is_loopback_address(struct tally_span host)
{
	for (size_t i = 0; i < host.n; i++)
		if (host.p[i] != '.' && (host.p[i] < '0' || host.p[i] > '9'))
			return false;
	return tally_span_starts_with(host, TALLY_SPAN("127."));
}

static bool is_this_host(struct tally_span authority)
{
	struct tally_span rest = authority;

	if (tally_span_starts_with(authority, TALLY_SPAN("[::1]")))
		return authority.n == 5 || authority.p[5] == ':';
	struct tally_span host = tally_span_cut(&rest, ':');

	return tally_span_eq_nocase(host, TALLY_SPAN("localhost")) || is_loopback_address(host);
}

/* What curl may speak to get there; NULL: it is not fetched. */
static const char *protocol_of(struct tally_span uri)
{
	struct tally_span https = authority_of(uri, TALLY_SPAN("https://"));
	struct tally_span http = authority_of(uri, TALLY_SPAN("http://"));
	struct tally_span authority = https.n > 0 ? https : http;

	/* A password in a URI is for nobody to send. */
	if (uri.n >= URI_MAX || authority.n == 0 || memchr(authority.p, '@', authority.n) != NULL)
		return NULL;
	for (size_t i = 0; i < uri.n; i++)
		if (uri.p[i] <= ' ' || uri.p[i] > '~')
			return NULL;
	if (https.n > 0)
		return "=https";
	return is_this_host(http) ? "=http" : NULL;
}

static enum tally_err run_curl(const char *uri, const char *protocol, const char *accept,
			       struct tally_command_output *out, char *why)
{
	char most[32], problem[TALLY_COMMAND_WHY_SIZE];
	/*
	 * -q comes first: no file may add to these. What went wrong is the last thing
	 * that curl says, where its own message would have advice behind it.
	 */
	const char *const argv[] = {
		"curl", "-q", "--silent", "--fail", "--globoff",
		"--write-out", "%{stderr}%{errormsg}",
		"--proto", protocol, "--location", "--max-redirs", "5", "--proto-redir", "=https",
		"--connect-timeout", "5", "--max-time", SECONDS_MAX, "--max-filesize", most,
		"--header", accept, "--output", "-", "--url", uri, NULL,
	};

	snprintf(most, sizeof(most), "%zu", out->size);
	enum tally_err err = tally_command_exec(argv, WAIT_MS, out, problem);

	if (err == TALLY_ERR_NOT_FOUND)
		snprintf(
			why, TALLY_COMMAND_WHY_SIZE,
			"the program curl, which fetches it, is missing: install the package curl");
	else if (err != TALLY_OK)
		snprintf(why, TALLY_COMMAND_WHY_SIZE, "curl %.240s", problem);
	return err;
}

enum tally_err tally_fetch(struct tally_span uri, const char *accept, struct tally_buf *out,
			   char why[TALLY_COMMAND_WHY_SIZE])
{
	const char *protocol = protocol_of(uri);
	char text[URI_MAX];

	if (protocol == NULL) {
		snprintf(why, TALLY_COMMAND_WHY_SIZE,
			 "only https is fetched (and http from this host)");
		return TALLY_ERR_UNSUPPORTED;
	}
	memcpy(text, uri.p, uri.n);
	text[uri.n] = '\0';
	size_t size = out->max - out->n, start = out->n;
	struct tally_command_output to = { .p = tally_buf_room(out, size), .size = size };

	if (to.p == NULL) {
		snprintf(why, TALLY_COMMAND_WHY_SIZE, "out of memory");
		return TALLY_ERR_NOMEM;
	}
	enum tally_err err = run_curl(text, protocol, accept, &to, why);

	out->n = start + to.n;
	return err;
}
