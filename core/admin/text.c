/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "admin/text.h"

#include "base/b64.h"
#include "base/secret.h"
#include "store/store.h"
#include "sys/log.h"
#include "sys/rand.h"

#define ID_BYTES 10u
#define RANDOM_MAX 32u

enum tally_err tally_admin_make_id(struct tally_arena *arena, struct tally_span *out)
{
	static const char hex[] = "0123456789abcdef";
	uint8_t bytes[ID_BYTES];
	char text[2 * ID_BYTES];
	enum tally_err err = tally_rand_bytes(bytes, sizeof(bytes));

	if (err != TALLY_OK)
		return err;
	for (size_t i = 0; i < sizeof(bytes); i++) {
		text[2 * i] = hex[bytes[i] >> 4];
		text[2 * i + 1] = hex[bytes[i] & 15];
	}
	*out = tally_arena_dup(arena, tally_span(text, sizeof(text)));
	return out->p ? TALLY_OK : TALLY_ERR_NOMEM;
}

enum tally_err tally_admin_make_random(char *out, size_t n)
{
	uint8_t bytes[RANDOM_MAX];
	enum tally_err err = n <= sizeof(bytes) ? tally_rand_bytes(bytes, n) : TALLY_ERR_LIMIT;

	out[0] = '\0';
	if (err == TALLY_OK)
		out[tally_b64url_put(out, bytes, n)] = '\0';
	tally_secret_wipe(bytes, sizeof(bytes));
	return err;
}

static bool is_id_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("-._~@", c) != NULL);
}

enum tally_err tally_admin_check_id(const char *what, struct tally_span id)
{
	bool ok = id.n <= TALLY_ID_MAX && (id.n == 0 || id.p[0] != '-');

	for (size_t i = 0; i < id.n && ok; i++)
		ok = is_id_char(id.p[i]);
	if (ok)
		return TALLY_OK;
	tally_log_error("%s \"%.*s\": expected at most %u letters, digits and -._~@, not "
			"beginning with -", what, TALLY_SPAN_ARG(id), TALLY_ID_MAX);
	return TALLY_ERR_USAGE;
}

enum tally_err tally_admin_check_text(const char *what, struct tally_span text, size_t max)
{
	if (text.n <= max && tally_span_is_utf8(text))
		return TALLY_OK;
	tally_log_error("%s: expected at most %zu bytes of UTF-8", what, max);
	return TALLY_ERR_USAGE;
}

enum tally_err tally_admin_check_plain(const char *what, struct tally_span text, size_t max)
{
	bool ok = text.n <= max;

	for (size_t i = 0; i < text.n && ok; i++)
		ok = text.p[i] > ' ' && text.p[i] < 0x7f;
	if (ok)
		return TALLY_OK;
	tally_log_error("%s: expected at most %zu printable ASCII characters without blanks", what,
			max);
	return TALLY_ERR_USAGE;
}
