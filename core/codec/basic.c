/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "codec/basic.h"

#include "base/b64.h"
#include "codec/form.h"

#define MAX_CREDENTIALS 4096u

bool tally_authorization_is(struct tally_span header, struct tally_span scheme,
			    struct tally_span *rest)
{
	header = tally_span_trim(header);
	struct tally_span found = tally_span_cut(&header, ' ');

	if (!tally_span_eq_nocase(found, scheme))
		return false;
	*rest = tally_span_trim(header);
	return true;
}

/* RFC 7617 §2: neither side may contain control characters. */
static bool has_control(struct tally_span s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return true;
	return false;
}

/* Form-decoded (RFC 6749 §2.3.1) into the bytes at out, which text.n fit into. */
static enum tally_err side(struct tally_span text, char *out, struct tally_span *decoded)
{
	enum tally_err err = tally_form_decode(text, out, &decoded->n);

	decoded->p = out;
	if (err == TALLY_OK && has_control(*decoded))
		err = TALLY_ERR_SYNTAX;
	return err;
}

enum tally_err tally_basic_parse(struct tally_basic *basic, struct tally_arena *arena,
				 struct tally_span credentials)
{
	size_t size = TALLY_B64_BYTES(credentials.n);
	size_t n;

	if (credentials.n > MAX_CREDENTIALS)
		return TALLY_ERR_LIMIT;
	char *pair = tally_arena_alloc(arena, 2 * size);

	if (pair == NULL)
		return TALLY_ERR_NOMEM;
	enum tally_err err = tally_b64_get(credentials, pair, size, &n);

	if (err != TALLY_OK)
		return err;
	/* The first colon ends the user; the password may have more (RFC 7617 §2). */
	const char *colon = memchr(pair, ':', n);

	if (colon == NULL)
		return TALLY_ERR_SYNTAX;
	struct tally_span user = tally_span(pair, (size_t)(colon - pair));
	struct tally_span password = tally_span(colon + 1, n - user.n - 1);

	err = side(user, pair + size, &basic->user);
	if (err == TALLY_OK)
		err = side(password, pair + size + user.n, &basic->password);
	return err;
}
