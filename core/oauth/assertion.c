/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "oauth/assertion.h"

#include "codec/json_in.h"
#include "oauth/token.h"
#include "sys/clock.h"

#include <inttypes.h>

enum tally_fault tally_assertion_fault(enum tally_assertion_use use)
{
	return use == TALLY_ASSERTION_GRANT ? TALLY_FAULT_INVALID_GRANT
					    : TALLY_FAULT_INVALID_CLIENT;
}

/* ---- claims ---- */

/* A string that is not empty; absent: p NULL. */
static enum tally_err take_name(const struct tally_json *claims, const char *name,
				struct tally_arena *arena, struct tally_span *out)
{
	const struct tally_json *member = tally_json_member(claims, name);
	struct tally_span text;

	*out = tally_span(NULL, 0);
	if (member == NULL)
		return TALLY_OK;
	if (!tally_json_string(member, &text) || text.n == 0)
		return TALLY_ERR_SYNTAX;
	if (text.n > TALLY_ASSERTION_NAME_MAX)
		return TALLY_ERR_LIMIT;
	*out = tally_arena_dup(arena, text);
	return out->p ? TALLY_OK : TALLY_ERR_NOMEM;
}

/* NumericDate (RFC 7519 §2) after 1970; absent: 0. */
static enum tally_err take_time(const struct tally_json *claims, const char *name, int64_t *out)
{
	const struct tally_json *member = tally_json_member(claims, name);

	*out = 0;
	if (member == NULL || (tally_json_floor(member, out) && *out > 0))
		return TALLY_OK;
	return TALLY_ERR_SYNTAX;
}

static enum tally_err take_audience(const struct tally_json *value, struct tally_arena *arena,
				    struct tally_assertion *out)
{
	struct tally_span text;

	if (out->audience_count == TALLY_ASSERTION_AUDIENCES_MAX)
		return TALLY_ERR_LIMIT;
	if (!tally_json_string(value, &text) || text.n == 0)
		return TALLY_ERR_SYNTAX;
	text = tally_arena_dup(arena, text);
	out->audiences[out->audience_count++] = text;
	return text.p ? TALLY_OK : TALLY_ERR_NOMEM;
}

/* One string or an array of them (RFC 7519 §4.1.3). */
static enum tally_err take_audiences(const struct tally_json *claims, struct tally_arena *arena,
				     struct tally_assertion *out)
{
	const struct tally_json *aud = tally_json_member(claims, "aud");
	enum tally_err err = TALLY_OK;

	if (!tally_json_is_array(aud))
		return take_audience(aud, arena, out);
	for (const struct tally_json *one = tally_json_first(aud); one && err == TALLY_OK;
	     one = tally_json_next(one))
		err = take_audience(one, arena, out);
	return err;
}

/* *at: the claim that was looked at last, for the log. */
static enum tally_err take_claims(const struct tally_json *claims, struct tally_arena *arena,
				  struct tally_assertion *out, const char **at)
{
	const struct {
		const char *name;
		struct tally_span *text; /* NULL: a time */
		int64_t *time;
	} members[] = {
		{ "iss", &out->iss, NULL }, { "sub", &out->sub, NULL }, { "jti", &out->jti, NULL },
		{ "iat", NULL, &out->iat }, { "nbf", NULL, &out->nbf }, { "exp", NULL, &out->exp },
	};
	enum tally_err err = tally_json_is_object(claims) ? TALLY_OK : TALLY_ERR_SYNTAX;

	*at = "payload";
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]) && err == TALLY_OK; i++) {
		*at = members[i].name;
		err = members[i].text ? take_name(claims, *at, arena, members[i].text)
				      : take_time(claims, *at, members[i].time);
	}
	if (err != TALLY_OK)
		return err;
	*at = "aud";
	return take_audiences(claims, arena, out);
}

static enum tally_err read_payload(struct tally_request *rq, struct tally_assertion *out,
				   const char **at)
{
	struct tally_json *claims = NULL;
	enum tally_err err = tally_json_parse(out->jws.payload, TALLY_JWS_MAX, &claims);

	*at = "payload";
	if (err == TALLY_OK)
		err = take_claims(claims, rq->arena, out, at);
	tally_json_free(claims);
	return err;
}

/* ---- rules ---- */

/* RFC 8725 §3.11; RFC 10070 §4 advises against refusing a client's that has none. */
static bool typ_fits(const struct tally_assertion *assertion)
{
	if (assertion->jws.typ.p == NULL || tally_jws_typ_is(&assertion->jws, "JWT"))
		return true;
	return assertion->use != TALLY_ASSERTION_GRANT &&
	       tally_jws_typ_is(&assertion->jws, "client-authentication+jwt");
}

/* RFC 7523 §3, points 4 to 6. NULL: nothing is wrong. */
static const char *wrong_time(const struct tally_assertion *assertion, int64_t now, int64_t max_age)
{
	if (assertion->exp == 0)
		return "exp is missing";
	if (assertion->exp <= now)
		return "exp is past";
	if (assertion->exp > now + max_age + TALLY_ASSERTION_SKEW)
		return "exp is further away than assertions.max-age";
	if (assertion->iat > now + TALLY_ASSERTION_SKEW)
		return "iat is in the future";
	if (assertion->iat != 0 && assertion->iat < now - max_age)
		return "iat is older than assertions.max-age";
	if (assertion->nbf > now + TALLY_ASSERTION_SKEW)
		return "nbf is in the future";
	return NULL;
}

static enum tally_fault check(struct tally_request *rq, const struct tally_assertion *assertion)
{
	enum tally_fault fault = tally_assertion_fault(assertion->use);
	int64_t now = tally_clock_now();
	const char *why = wrong_time(assertion, now, rq->site->conf->assertions_max_age);

	if (!typ_fits(assertion))
		return tally_fault(rq, fault, "typ \"%.*s\" is that of another kind of JWT",
				   TALLY_SPAN_ARG(assertion->jws.typ));
	if (assertion->iss.p == NULL || assertion->sub.p == NULL)
		return tally_fault(rq, fault, "the assertion has no iss or no sub");
	if (why != NULL)
		return tally_fault(rq, fault,
				   "assertion of \"%.*s\": %s (iat %" PRId64 ", nbf %" PRId64
				   ", exp %" PRId64 ", and it is %" PRId64 ")",
				   TALLY_SPAN_ARG(assertion->iss), why, assertion->iat,
				   assertion->nbf, assertion->exp, now);
	return TALLY_FAULT_NONE;
}

enum tally_fault tally_assertion_parse(struct tally_request *rq, struct tally_span text,
				       enum tally_assertion_use use, struct tally_assertion *out)
{
	const char *at = "JWS";

	*out = (struct tally_assertion){ .use = use };
	enum tally_err err = use == TALLY_ASSERTION_CLIENT_MAC
				     ? tally_jws_parse_mac(text, rq->arena, &out->jws)
				     : tally_jws_parse(text, rq->arena, &out->jws);

	if (err == TALLY_OK)
		err = read_payload(rq, out, &at);
	if (err == TALLY_ERR_NOMEM)
		return tally_fault_of(rq, err, "reading an assertion");
	if (err != TALLY_OK)
		return tally_fault(rq, tally_assertion_fault(use), "assertion of %zu bytes: %s: %s",
				   text.n, at, tally_err_text(err));
	return check(rq, out);
}

/* ---- audience ---- */

bool tally_assertion_is_for_only(const struct tally_assertion *assertion,
				 struct tally_span audience)
{
	return assertion->audience_count == 1 && tally_span_eq(assertion->audiences[0], audience);
}

bool tally_assertion_is_for(const struct tally_assertion *assertion, struct tally_span audience)
{
	for (size_t i = 0; i < assertion->audience_count; i++)
		if (tally_span_eq(assertion->audiences[i], audience))
			return true;
	return false;
}

/* Simple string comparison, as RFC 3986 §6.2.1 has it. */
static bool is_token_endpoint(const struct tally_request *rq, struct tally_span text)
{
	struct tally_span issuer = rq->site->issuer;

	return tally_span_starts_with(text, issuer) &&
	       tally_span_eq(tally_span(text.p + issuer.n, text.n - issuer.n),
			     TALLY_SPAN(TALLY_TOKEN_PATH));
}

bool tally_assertion_is_for_us(const struct tally_request *rq,
			       const struct tally_assertion *assertion)
{
	for (size_t i = 0; i < assertion->audience_count; i++)
		if (tally_span_eq(assertion->audiences[i], rq->site->issuer) ||
		    is_token_endpoint(rq, assertion->audiences[i]))
			return true;
	return false;
}

/* ---- once ---- */

/*
 * Clients and those who sign grants are kept apart by the first letter: they
 * may have the same name. No claim has a NUL in it.
 */
static struct tally_span mark_of(struct tally_request *rq, const struct tally_assertion *assertion)
{
	struct tally_buf buf;

	tally_buf_in(&buf, rq->arena, 2 + assertion->iss.n + assertion->jti.n);
	tally_buf_add_char(&buf, assertion->use == TALLY_ASSERTION_GRANT ? 'g' : 'c');
	tally_buf_add_span(&buf, assertion->iss);
	tally_buf_add_char(&buf, '\0');
	tally_buf_add_span(&buf, assertion->jti);
	return tally_buf_err(&buf) == TALLY_OK ? tally_buf_span(&buf) : tally_span(NULL, 0);
}

enum tally_fault tally_assertion_use_once(struct tally_request *rq,
					  const struct tally_assertion *assertion)
{
	enum tally_fault fault = tally_assertion_fault(assertion->use);
	struct tally_marks *marks = rq->services->marks;

	if (assertion->jti.p == NULL)
		return tally_fault(rq, fault, "the assertion of \"%.*s\" has no jti",
				   TALLY_SPAN_ARG(assertion->iss));
	if (marks == NULL)
		return tally_fault(rq, TALLY_FAULT_UNAVAILABLE,
				   "that an assertion is used once is kept in Redis, and none is "
				   "configured: set redis.host or redis.socket");
	struct tally_span mark = mark_of(rq, assertion);

	if (mark.p == NULL)
		return tally_fault_of(rq, TALLY_ERR_NOMEM, "using up an assertion");
	/* A node whose clock is behind still takes it for a while longer. */
	uint32_t ttl = (uint32_t)(assertion->exp - tally_clock_now()) + TALLY_ASSERTION_SKEW;
	enum tally_err err = marks->ops->use(marks, TALLY_MARK_ASSERTION, mark, ttl);

	if (err == TALLY_ERR_EXISTS)
		return tally_fault(rq, fault, "the assertion of \"%.*s\" was used before",
				   TALLY_SPAN_ARG(assertion->iss));
	return err == TALLY_OK ? TALLY_FAULT_NONE
			       : tally_fault_of(rq, err, "using up an assertion");
}
