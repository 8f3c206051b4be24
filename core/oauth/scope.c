/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "oauth/scope.h"

#include "base/buf.h"

/* scope-token of RFC 6749 §3.3. */
static bool is_scope_char(char c)
{
	return c >= 0x21 && c <= 0x7e && c != '"' && c != '\\';
}

static enum tally_err check_item(struct tally_span item)
{
	if (item.n == 0)
		return TALLY_ERR_SYNTAX;
	if (item.n > TALLY_SCOPE_LENGTH_MAX)
		return TALLY_ERR_LIMIT;
	for (size_t i = 0; i < item.n; i++)
		if (!is_scope_char(item.p[i]))
			return TALLY_ERR_SYNTAX;
	return TALLY_OK;
}

/* Puts item at its place in the order, unless it is there. */
static void insert(struct tally_scopes *scopes, struct tally_span item)
{
	size_t at = scopes->count;

	while (at > 0) {
		int order = tally_span_cmp(scopes->items[at - 1], item);

		if (order == 0)
			return;
		if (order < 0)
			break;
		at--;
	}
	memmove(&scopes->items[at + 1], &scopes->items[at],
		(scopes->count - at) * sizeof(scopes->items[0]));
	scopes->items[at] = item;
	scopes->count++;
}

static size_t count_items(struct tally_span text)
{
	size_t count = text.n > 0;

	for (size_t i = 0; i < text.n; i++)
		count += text.p[i] == ' ';
	return count;
}

static enum tally_err parse(struct tally_scopes *scopes, struct tally_arena *arena,
			    struct tally_span text, size_t most)
{
	size_t count = count_items(text);

	*scopes = (struct tally_scopes){ 0 };
	if (count > most)
		return TALLY_ERR_LIMIT;
	scopes->items = tally_arena_array(arena, count, sizeof(scopes->items[0]));
	if (scopes->items == NULL)
		return TALLY_ERR_NOMEM;
	while (text.p != NULL && count-- > 0) {
		struct tally_span item = tally_span_cut(&text, ' ');
		enum tally_err err = check_item(item);

		if (err != TALLY_OK)
			return err;
		insert(scopes, item);
	}
	return TALLY_OK;
}

enum tally_err tally_scopes_parse(struct tally_scopes *scopes, struct tally_arena *arena,
				  struct tally_span text)
{
	if (text.n > TALLY_SCOPE_PARAMETER_MAX)
		return TALLY_ERR_LIMIT;
	return parse(scopes, arena, text, TALLY_SCOPE_COUNT_MAX);
}

enum tally_err tally_scopes_parse_allowed(struct tally_scopes *scopes, struct tally_arena *arena,
					  struct tally_span text)
{
	return parse(scopes, arena, text, SIZE_MAX);
}

static bool matches(struct tally_span allowed, struct tally_span scope)
{
	if (allowed.n > 0 && allowed.p[allowed.n - 1] == '*')
		return tally_span_starts_with(scope, tally_span(allowed.p, allowed.n - 1));
	return tally_span_eq(allowed, scope);
}

static bool is_allowed(const struct tally_scopes *allowed, struct tally_span scope)
{
	for (size_t i = 0; i < allowed->count; i++)
		if (matches(allowed->items[i], scope))
			return true;
	return false;
}

bool tally_scopes_allowed(const struct tally_scopes *allowed, const struct tally_scopes *wanted,
			  struct tally_span *first)
{
	for (size_t i = 0; i < wanted->count; i++)
		if (!is_allowed(allowed, wanted->items[i])) {
			*first = wanted->items[i];
			return false;
		}
	return true;
}

void tally_scopes_retain(struct tally_scopes *scopes, const struct tally_scopes *allowed)
{
	size_t left = 0;

	for (size_t i = 0; i < scopes->count; i++)
		if (is_allowed(allowed, scopes->items[i]))
			scopes->items[left++] = scopes->items[i];
	scopes->count = left;
}

bool tally_scope_has(struct tally_span scope, struct tally_span item)
{
	while (scope.p != NULL)
		if (tally_span_eq(tally_span_cut(&scope, ' '), item))
			return true;
	return false;
}

struct tally_span tally_scopes_join(const struct tally_scopes *scopes, struct tally_arena *arena)
{
	struct tally_buf buf;
	size_t size = 1;

	for (size_t i = 0; i < scopes->count; i++)
		size += scopes->items[i].n + 1;
	tally_buf_in(&buf, arena, size);
	for (size_t i = 0; i < scopes->count; i++) {
		if (i > 0)
			tally_buf_add_char(&buf, ' ');
		tally_buf_add_span(&buf, scopes->items[i]);
	}
	return tally_buf_err(&buf) == TALLY_OK ? tally_buf_span(&buf) : tally_span(NULL, 0);
}
