/* SPDX-License-Identifier: Apache-2.0 */
/* A compact JWS taken apart (RFC 7515 §5.2, steps 1 to 7). */
#include "config.h"

#include "crypt/jws.h"

#include "base/b64.h"
#include "codec/json_in.h"

/* What protects it: a signature, or a MAC under a secret that both sides know. */
enum kind { SIGNATURE, MAC };

/* What is accepted at the most: a text in characters, its header in bytes. */
struct limits {
	size_t text;
	size_t header;
};

static const struct limits usual = { TALLY_JWS_MAX, TALLY_JWS_HEADER_MAX };

/* Decodes one part into the arena. */
static enum tally_err decode(struct tally_span text, struct tally_arena *arena,
			     struct tally_span *out)
{
	size_t size = TALLY_B64_BYTES(text.n);
	char *bytes = tally_arena_alloc(arena, size);
	size_t n;

	if (bytes == NULL)
		return TALLY_ERR_NOMEM;
	enum tally_err err = tally_b64url_get(text, bytes, size, &n);

	if (err == TALLY_OK)
		*out = tally_span(bytes, n);
	return err;
}

/* A member that must be a string when it is there; its p is NULL when not. */
static enum tally_err copy_string(const struct tally_json *header, const char *name,
				  struct tally_arena *arena, struct tally_span *out)
{
	const struct tally_json *member = tally_json_member(header, name);
	struct tally_span text;

	*out = tally_span(NULL, 0);
	if (member == NULL)
		return TALLY_OK;
	if (!tally_json_string(member, &text))
		return TALLY_ERR_SYNTAX;
	*out = tally_arena_dup(arena, text);
	return out->p ? TALLY_OK : TALLY_ERR_NOMEM;
}

/* The two kinds of "alg" are told apart here, and are never both allowed. */
static bool take_alg(struct tally_span name, enum kind kind, struct tally_jws *out)
{
	if (kind == MAC)
		return tally_span_eq(name, TALLY_SPAN(TALLY_JWS_MAC));
	out->alg = tally_alg_find(name);
	return out->alg != NULL;
}

static enum tally_err read_members(const struct tally_json *header, struct tally_arena *arena,
				   enum kind kind, struct tally_jws *out)
{
	struct tally_span alg;

	if (!tally_json_is_object(header) ||
	    !tally_json_string(tally_json_member(header, "alg"), &alg))
		return TALLY_ERR_SYNTAX;
	/* RFC 7797 §3 makes "b64" critical; without "crit" it is a trap. */
	if (!take_alg(alg, kind, out) || tally_json_member(header, "crit") != NULL ||
	    tally_json_member(header, "b64") != NULL)
		return TALLY_ERR_UNSUPPORTED;
	enum tally_err err = copy_string(header, "kid", arena, &out->kid);

	if (err == TALLY_OK)
		err = copy_string(header, "typ", arena, &out->typ);
	if (err == TALLY_OK && out->kid.n > TALLY_KID_MAX)
		err = TALLY_ERR_LIMIT;
	return err;
}

static enum tally_err parse_header(struct tally_span text, size_t max, struct tally_arena *arena,
				   struct tally_json **out)
{
	struct tally_span bytes;

	*out = NULL;
	if (text.n > TALLY_B64URL_SIZE(max))
		return TALLY_ERR_LIMIT;
	enum tally_err err = decode(text, arena, &bytes);

	return err == TALLY_OK ? tally_json_parse(bytes, max, out) : err;
}

static enum tally_err read_header(struct tally_span text, size_t max, struct tally_arena *arena,
				  enum kind kind, struct tally_jws *out)
{
	struct tally_json *header;
	enum tally_err err = parse_header(text, max, arena, &header);

	if (err == TALLY_OK)
		err = read_members(header, arena, kind, out);
	tally_json_free(header);
	return err;
}

static enum tally_err parse(struct tally_span text, struct limits limits, struct tally_arena *arena,
			    enum kind kind, struct tally_jws *out)
{
	*out = (struct tally_jws){ 0 };
	if (text.n > limits.text)
		return TALLY_ERR_LIMIT;
	text = tally_arena_dup(arena, text);
	if (text.p == NULL)
		return TALLY_ERR_NOMEM;
	struct tally_span rest = text;
	struct tally_span header = tally_span_cut(&rest, '.');
	struct tally_span payload = tally_span_cut(&rest, '.');

	/* A dot in the signature is no base64url; that it exists is seen here. */
	if (rest.p == NULL)
		return TALLY_ERR_SYNTAX;
	out->signed_part = tally_span(text.p, header.n + 1 + payload.n);
	enum tally_err err = read_header(header, limits.header, arena, kind, out);

	if (err == TALLY_OK)
		err = decode(payload, arena, &out->payload);
	if (err == TALLY_OK)
		err = decode(rest, arena, &out->signature);
	if (err != TALLY_OK)
		*out = (struct tally_jws){ 0 };
	return err;
}

enum tally_err tally_jws_parse(struct tally_span text, struct tally_arena *arena,
			       struct tally_jws *out)
{
	return parse(text, usual, arena, SIGNATURE, out);
}

enum tally_err tally_jws_parse_long(struct tally_span text, size_t max, struct tally_arena *arena,
				    struct tally_jws *out)
{
	const struct limits limits = { max, TALLY_JWS_LONG_HEADER_MAX };

	return parse(text, limits, arena, SIGNATURE, out);
}

enum tally_err tally_jws_parse_mac(struct tally_span text, struct tally_arena *arena,
				   struct tally_jws *out)
{
	return parse(text, usual, arena, MAC, out);
}

bool tally_jws_says_mac(struct tally_span text, struct tally_arena *arena)
{
	struct tally_json *header;
	struct tally_span alg;
	bool says = parse_header(tally_span_cut(&text, '.'), usual.header, arena, &header) ==
			    TALLY_OK &&
		    tally_json_string(tally_json_member(header, "alg"), &alg) &&
		    tally_span_eq(alg, TALLY_SPAN(TALLY_JWS_MAC));

	tally_json_free(header);
	return says;
}

/* One certificate, in base64 with padding (RFC 7515 §4.1.6). */
static enum tally_err add_certificate(const struct tally_json *json, struct tally_arena *arena,
				      struct tally_chain *out)
{
	struct tally_span text, *to;

	if (!tally_json_string(json, &text))
		return TALLY_ERR_SYNTAX;
	if (out->count == TALLY_CHAIN_MAX)
		return TALLY_ERR_LIMIT;
	to = &out->certificates[out->count++];
	char *bytes = tally_arena_alloc(arena, TALLY_B64_BYTES(text.n));

	if (bytes == NULL)
		return TALLY_ERR_NOMEM;
	to->p = bytes;
	return tally_b64_get(text, bytes, TALLY_B64_BYTES(text.n), &to->n);
}

static enum tally_err read_chain(const struct tally_json *x5c, struct tally_arena *arena,
				 struct tally_chain *out)
{
	enum tally_err err = TALLY_OK;

	if (x5c == NULL)
		return TALLY_OK;
	if (!tally_json_is_array(x5c) || tally_json_first(x5c) == NULL)
		return TALLY_ERR_SYNTAX;
	for (const struct tally_json *json = tally_json_first(x5c); json && err == TALLY_OK;
	     json = tally_json_next(json))
		err = add_certificate(json, arena, out);
	return err == TALLY_OK ? tally_chain_check_size(out) : err;
}

enum tally_err tally_jws_chain(const struct tally_jws *jws, struct tally_arena *arena,
			       struct tally_chain *out)
{
	struct tally_span rest = jws->signed_part;
	struct tally_json *header;
	enum tally_err err =
		parse_header(tally_span_cut(&rest, '.'), TALLY_JWS_LONG_HEADER_MAX, arena, &header);

	*out = (struct tally_chain){ .count = 0 };
	if (err == TALLY_OK)
		err = read_chain(tally_json_member(header, "x5c"), arena, out);
	tally_json_free(header);
	if (err != TALLY_OK)
		out->count = 0;
	return err;
}

bool tally_jws_typ_is(const struct tally_jws *jws, const char *typ)
{
	struct tally_span prefix = TALLY_SPAN("application/");
	struct tally_span have = jws->typ;

	if (have.n > prefix.n && tally_span_eq_nocase(tally_span(have.p, prefix.n), prefix))
		have = tally_span(have.p + prefix.n, have.n - prefix.n);
	return have.n > 0 && tally_span_eq_nocase(have, tally_span_of(typ));
}
