/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "codec/accept.h"

#define WEIGHT_ONE 1000u

/* One element of Accept or Accept-Encoding. */
struct range {
	struct tally_span name; /* "text/html", "gzip", or a "*" in it */
	unsigned int weight;    /* thousandths */
	bool bare;              /* no parameter but q */
};

/* Cuts at sep, but not inside a quoted string (RFC 9110 §5.6.4). */
static struct tally_span cut_unquoted(struct tally_span *rest, char sep)
{
	struct tally_span all = *rest;
	bool quoted = false;

	for (size_t i = 0; i < all.n; i++) {
		if (quoted && all.p[i] == '\\')
			i++;
		else if (all.p[i] == '"')
			quoted = !quoted;
		else if (!quoted && all.p[i] == sep) {
			*rest = tally_span(all.p + i + 1, all.n - i - 1);
			return tally_span(all.p, i);
		}
	}
	*rest = tally_span(NULL, 0);
	return all;
}

/*
 * A qvalue (§12.4.2) in thousandths. Old clients leave the zero before the point
 * away, others write more than three digits: what they mean is clear.
 */
static bool read_weight(struct tally_span text, unsigned int *out)
{
	struct tally_span fraction = text;
	struct tally_span whole = tally_span_cut(&fraction, '.');
	unsigned int value = 0, unit = WEIGHT_ONE / 10;

	if (whole.n > 1 || (whole.n == 1 && whole.p[0] != '0' && whole.p[0] != '1') ||
	    (whole.n == 0 && fraction.n == 0))
		return false;
	for (size_t i = 0; i < fraction.n; i++, unit /= 10) {
		if (fraction.p[i] < '0' || fraction.p[i] > '9')
			return false;
		value += (unsigned int)(fraction.p[i] - '0') * unit;
	}
	if (whole.n == 1 && whole.p[0] == '1')
		value += WEIGHT_ONE;
	*out = value;
	return value <= WEIGHT_ONE;
}

/* false: malformed. */
static bool read_range(struct tally_span element, struct range *out)
{
	out->name = tally_span_trim(cut_unquoted(&element, ';'));
	out->weight = WEIGHT_ONE;
	out->bare = true;
	while (element.p != NULL) {
		struct tally_span value = tally_span_trim(cut_unquoted(&element, ';'));
		struct tally_span name = tally_span_trim(tally_span_cut(&value, '='));

		if (!tally_span_eq_nocase(name, TALLY_SPAN("q")))
			out->bare = out->bare && name.n == 0;
		else if (!read_weight(tally_span_trim(value), &out->weight))
			return false;
	}
	return out->name.n > 0;
}

/* The next well-formed element; false: there is none. *left counts down. */
static bool next_range(struct tally_span *rest, unsigned int *left, struct range *out)
{
	while (rest->p != NULL && *left > 0) {
		struct tally_span element = tally_span_trim(cut_unquoted(rest, ','));

		if (element.n == 0)
			continue;
		--*left;
		if (read_range(element, out))
			return true;
	}
	return false;
}

/* How exactly a media range names this type: 0 (not at all) to 3. */
static unsigned int precision(struct tally_span name, struct tally_span type)
{
	struct tally_span subtype = name, of = type;
	struct tally_span main = tally_span_cut(&subtype, '/');

	if (tally_span_eq_nocase(name, type))
		return 3;
	/* A "*" alone is what some old clients send for all types. */
	if (tally_span_eq(name, TALLY_SPAN("*")) || tally_span_eq(name, TALLY_SPAN("*/*")))
		return 1;
	return tally_span_eq(subtype, TALLY_SPAN("*")) &&
			       tally_span_eq_nocase(main, tally_span_cut(&of, '/'))
		       ? 2
		       : 0;
}

/* What the header gives one type; WEIGHT_ONE when it says nothing at all. */
static unsigned int weight_of(struct tally_span header, struct tally_span type)
{
	unsigned int left = TALLY_ACCEPT_RANGES_MAX, best = 0, weight = 0;
	struct range range;
	bool any = false;

	while (next_range(&header, &left, &range)) {
		unsigned int exact = range.bare ? precision(range.name, type) : 0;

		any = true;
		if (exact == 0 || exact < best || (exact == best && range.weight <= weight))
			continue;
		best = exact;
		weight = range.weight;
	}
	return any ? weight : WEIGHT_ONE;
}

size_t tally_accept_type(struct tally_span header, const struct tally_span *offers, size_t count)
{
	unsigned int most = 0;
	size_t chosen = count;

	for (size_t i = 0; i < count; i++) {
		unsigned int weight = weight_of(header, offers[i]);

		if (weight > most) {
			most = weight;
			chosen = i;
		}
	}
	return chosen;
}

/* RFC 9110 §8.4.1.3: "x-gzip" is another name of gzip. */
static bool names_coding(struct tally_span name, struct tally_span coding)
{
	struct tally_span x = TALLY_SPAN("x-");

	if (name.n > x.n && tally_span_eq_nocase(tally_span(name.p, x.n), x))
		name = tally_span(name.p + x.n, name.n - x.n);
	return tally_span_eq_nocase(name, coding);
}

bool tally_accept_coding(struct tally_span header, struct tally_span coding)
{
	unsigned int left = TALLY_ACCEPT_RANGES_MAX;
	bool any = false;
	struct range range;

	while (next_range(&header, &left, &range)) {
		if (names_coding(range.name, coding))
			return range.weight > 0;
		if (tally_span_eq(range.name, TALLY_SPAN("*")))
			any = range.weight > 0;
	}
	return any;
}

/* An entity tag without what makes it weak. */
static struct tally_span opaque(struct tally_span etag)
{
	if (tally_span_starts_with(etag, TALLY_SPAN("W/")))
		return tally_span(etag.p + 2, etag.n - 2);
	return etag;
}

/*
 * Cuts one entity tag (§8.8.3) off; n 0: what follows is none. A backslash has no
 * meaning in it, and a comma is a part of it.
 */
static struct tally_span cut_etag(struct tally_span *rest)
{
	struct tally_span tag = opaque(*rest);
	const char *end = tag.n > 1 && tag.p[0] == '"' ? memchr(tag.p + 1, '"', tag.n - 1) : NULL;

	if (end == NULL)
		return tally_span(NULL, 0);
	struct tally_span found = tally_span(tag.p, (size_t)(end + 1 - tag.p));

	*rest = tally_span(end + 1, tag.n - found.n);
	return found;
}

bool tally_accept_etag(struct tally_span header, struct tally_span etag)
{
	struct tally_span rest = tally_span_trim(header);

	if (tally_span_eq(rest, TALLY_SPAN("*")))
		return true;
	etag = opaque(etag);
	while (rest.n > 0) {
		struct tally_span tag = cut_etag(&rest);

		if (tag.n > 0 && tally_span_eq(tag, etag))
			return true;
		/* On to behind the next comma, over what is no entity tag. */
		tally_span_cut(&rest, ',');
		rest = tally_span_trim(rest);
	}
	return false;
}
