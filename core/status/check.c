/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "status/check.h"

#include "codec/bits.h"
#include "codec/deflate.h"
#include "status/check_open.h"

/* What of the times is in every token. */
struct times {
	int64_t iat;
	int64_t exp; /* 0: none */
	bool has_iat;
};

/* false: there, but no time. */
static bool read_time(const struct tally_opened *token, enum tally_claim_name name, bool *is_there,
		      int64_t *out)
{
	struct tally_claim claim = tally_claim(&token->claims, name);

	*is_there = tally_claim_is_there(claim);
	return !*is_there || tally_claim_time(claim, out);
}

/*
 * RFC 7519 §4.1.4 to §4.1.6. What has expired has expired; but clocks of others
 * may be ahead of ours.
 */
static enum tally_err check_times(struct tally_check *check, const struct tally_opened *token,
				  struct times *out)
{
	int64_t latest = check->now + TALLY_CHECK_LEEWAY;
	bool has_exp, has_nbf;
	int64_t nbf = 0;

	*out = (struct times){ .iat = 0 };
	if (!read_time(token, TALLY_CLAIM_EXP, &has_exp, &out->exp) ||
	    !read_time(token, TALLY_CLAIM_NBF, &has_nbf, &nbf) ||
	    !read_time(token, TALLY_CLAIM_IAT, &out->has_iat, &out->iat))
		return tally_check_refuse(check, "exp, nbf or iat is no time");
	if (has_exp && check->now >= out->exp)
		return tally_check_refuse(check, "it has expired (exp)");
	if (has_nbf && nbf > latest)
		return tally_check_refuse(check, "it is not valid yet (nbf)");
	if (out->has_iat && out->iat > latest)
		return tally_check_refuse(check, "it was issued in the future (iat)");
	return TALLY_OK;
}

/* ---- the token that refers to a list ---- */

/*
 * An SD-JWT has disclosures behind it, each behind a "~". A CWT may have the tag
 * that says so before the one that says COSE_Sign1 (RFC 8392 §6).
 */
static struct tally_span bare(struct tally_span token)
{
	struct tally_span cwt_tag = TALLY_SPAN("\xd8\x3d");

	if (!tally_check_is_binary(token))
		return tally_span_cut(&token, '~');
	if (tally_span_starts_with(token, cwt_tag))
		return tally_span(token.p + cwt_tag.n, token.n - cwt_tag.n);
	return token;
}

/* RFC 3986: a scheme, and nothing but characters that a URI has. */
static bool is_uri(struct tally_span text)
{
	static const char others[] = "-._~:/?#[]@!$&'()*+,;=%";

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i], letter = (char)(c | 0x20);

		if (!(c >= '0' && c <= '9') && !(letter >= 'a' && letter <= 'z') &&
		    (c == '\0' || strchr(others, c) == NULL))
			return false;
	}
	return text.n > 1 && (text.p[0] | 0x20) >= 'a' && (text.p[0] | 0x20) <= 'z' &&
	       memchr(text.p, ':', text.n) != NULL;
}

/* §6.2, §6.3; a status that is disclosed selectively is none (SD-JWT VC §2.2.2.3). */
static enum tally_err read_reference(struct tally_check *check, const struct tally_opened *token,
				     struct tally_check_reference *out)
{
	struct tally_claim status = tally_claim(&token->claims, TALLY_CLAIM_STATUS);
	struct tally_claim list = tally_claim_member(status, "status_list");
	struct tally_span uri;

	if (!tally_claim_is_there(status))
		return tally_check_refuse(check, "it has no status claim");
	if (!tally_claim_is_object(status) || !tally_claim_is_object(list))
		return tally_check_refuse(check, "its status claim names no status_list");
	if (!tally_claim_u64(tally_claim_member(list, "idx"), &out->index))
		return tally_check_refuse(check, "idx is no number from 0 on");
	if (!tally_claim_text(tally_claim_member(list, "uri"), &uri) || !is_uri(uri))
		return tally_check_refuse(check, "uri is no URI");
	out->uri = tally_arena_dup(check->arena, uri);
	return out->uri.p ? TALLY_OK : TALLY_ERR_NOMEM;
}

static bool is_list_typ(const struct tally_opened *token)
{
	return tally_span_eq(token->typ, TALLY_SPAN("statuslist+jwt")) ||
	       tally_span_eq(token->typ, TALLY_SPAN("application/statuslist+cwt"));
}

enum tally_err tally_check_token(struct tally_check *check, const struct tally_check_keys *keys,
				 struct tally_span token, struct tally_check_reference *out)
{
	struct tally_opened opened;
	struct times times;
	enum tally_err err = tally_check_decode(check, token, TALLY_CHECK_TOKEN_MAX, &token);

	*out = (struct tally_check_reference){ .index = 0 };
	if (err != TALLY_OK)
		return err;
	err = tally_check_open(check, keys, bare(token), &opened);
	/* RFC 8725 §3.11: each kind of token in its own place only. */
	if (err == TALLY_OK && is_list_typ(&opened))
		err = tally_check_refuse(check, "it is a status list (typ)");
	if (err == TALLY_OK)
		err = check_times(check, &opened, &times);
	if (err == TALLY_OK)
		err = read_reference(check, &opened, out);
	tally_claims_end(&opened.claims);
	return err;
}

/* ---- the list ---- */

/* §5.1, §5.2: the short form in a JWT, the full media type in a CWT. */
static bool has_right_typ(const struct tally_opened *token)
{
	return tally_span_eq(token->typ, token->format == TALLY_LIST_JWT
						 ? TALLY_SPAN("statuslist+jwt")
						 : TALLY_SPAN("application/statuslist+cwt"));
}

static enum tally_err check_subject(struct tally_check *check, const struct tally_opened *list,
				    struct tally_span uri)
{
	struct tally_span sub;

	if (!tally_claim_text(tally_claim(&list->claims, TALLY_CLAIM_SUB), &sub))
		return tally_check_refuse(check, "it has no sub");
	return tally_span_eq(sub, uri) ? TALLY_OK
				       : tally_check_refuse(check, "it is of another URI (sub)");
}

static enum tally_err read_validity(struct tally_check *check, const struct tally_opened *list,
				    struct tally_check_status *out)
{
	struct tally_claim ttl = tally_claim(&list->claims, TALLY_CLAIM_TTL);
	struct times times;
	enum tally_err err = check_times(check, list, &times);

	if (err != TALLY_OK)
		return err;
	if (!times.has_iat)
		return tally_check_refuse(check, "it has no iat");
	if (tally_claim_is_there(ttl) && !tally_claim_ttl(ttl, &out->ttl))
		return tally_check_refuse(check, "ttl is no positive number");
	out->iat = times.iat;
	out->exp = times.exp;
	return TALLY_OK;
}

/* The entry, in a list that has been inflated. */
static enum tally_err read_entry(struct tally_check *check, struct tally_span list, uint64_t index,
				 struct tally_check_status *out)
{
	out->entries = tally_bits_entries(list.n, out->bits);
	if (index >= out->entries)
		return tally_check_refuse(check, "idx is beyond the end of the list");
	out->value = tally_bits_get(list, out->bits, index);
	return TALLY_OK;
}

static enum tally_err inflate(struct tally_check *check, struct tally_span lst, uint64_t index,
			      struct tally_check_status *out)
{
	struct tally_buf list;

	tally_buf_grow(&list, SIZE_MAX);
	enum tally_err err = tally_inflate(TALLY_ZLIB, lst, check->inflated_max, &list);

	if (err == TALLY_OK)
		err = read_entry(check, tally_buf_span(&list), index, out);
	else if (err == TALLY_ERR_LIMIT)
		err = tally_check_refuse(check, "lst is larger than a list may be");
	else if (err != TALLY_ERR_NOMEM)
		err = tally_check_refuse(check, "lst is not compressed as it should be (ZLIB)");
	tally_buf_free(&list);
	return err;
}

/* §4.2, §4.3 */
static enum tally_err read_status(struct tally_check *check, const struct tally_opened *list,
				  uint64_t index, struct tally_check_status *out)
{
	struct tally_claim object = tally_claim(&list->claims, TALLY_CLAIM_STATUS_LIST);
	struct tally_span lst;
	uint64_t bits;

	if (!tally_claim_is_object(object))
		return tally_check_refuse(check, "it has no status_list");
	if (!tally_claim_u64(tally_claim_member(object, "bits"), &bits) || bits > 8 ||
	    !tally_bits_is_width((unsigned int)bits))
		return tally_check_refuse(check, "bits is not 1, 2, 4 or 8");
	out->bits = (unsigned int)bits;
	enum tally_err err =
		tally_claim_bytes(tally_claim_member(object, "lst"), check->arena, &lst);

	if (err == TALLY_ERR_NOMEM)
		return err;
	if (err != TALLY_OK)
		return tally_check_refuse(check, "lst is missing or wrongly encoded");
	return inflate(check, lst, index, out);
}

enum tally_err tally_check_list(struct tally_check *check, const struct tally_check_keys *keys,
				struct tally_span list,
				const struct tally_check_reference *reference,
				struct tally_check_status *out)
{
	struct tally_opened opened;
	enum tally_err err = tally_check_decode(check, list, TALLY_CHECK_LIST_MAX, &list);

	if (err != TALLY_OK)
		return err;
	err = tally_check_open(check, keys, list, &opened);
	*out = (struct tally_check_status){ .format = opened.format };
	if (err == TALLY_OK && !has_right_typ(&opened))
		err = tally_check_refuse(check, "it is no status list (typ)");
	if (err == TALLY_OK)
		err = check_subject(check, &opened, reference->uri);
	if (err == TALLY_OK)
		err = read_validity(check, &opened, out);
	if (err == TALLY_OK)
		err = read_status(check, &opened, reference->index, out);
	tally_claims_end(&opened.claims);
	return err;
}

/* §7.1 */
const char *tally_status_name(unsigned int value)
{
	static const char *const names[] = { "VALID", "INVALID", "SUSPENDED",
					     "APPLICATION_SPECIFIC" };

	if (value < sizeof(names) / sizeof(names[0]))
		return names[value];
	return value >= 0x0c && value <= 0x0f ? "APPLICATION_SPECIFIC" : "UNASSIGNED";
}
