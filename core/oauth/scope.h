/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scopes (RFC 6749 §3.3). A set of scopes is kept in canonical order: sorted
 * bytewise, each once, so that the same request always gets the same token
 * scope, however it was spelled.
 */
#ifndef TALLY_OAUTH_SCOPE_H
#define TALLY_OAUTH_SCOPE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"

#define TALLY_SCOPE_COUNT_MAX 64u
#define TALLY_SCOPE_LENGTH_MAX 128u
#define TALLY_SCOPE_PARAMETER_MAX 2048u

struct tally_scopes {
	struct tally_span *items; /* canonical order */
	size_t count;
};

/*
 * Takes a parameter apart; the items point into text, the array is the
 * arena's. TALLY_ERR_SYNTAX: a character outside %x21 / %x23-5B / %x5D-7E, or
 * not exactly one blank between two; TALLY_ERR_LIMIT: longer or more than above.
 */
enum tally_err tally_scopes_parse(struct tally_scopes *scopes, struct tally_arena *arena,
				  struct tally_span text) TALLY_MUST_CHECK;

/*
 * The same for what a client is allowed, where an item may end in '*': the
 * pattern of every scope that begins so ("device_*").
 */
enum tally_err tally_scopes_parse_allowed(struct tally_scopes *scopes, struct tally_arena *arena,
					  struct tally_span text) TALLY_MUST_CHECK;

/* Whether every one of wanted is allowed; *first is the first that is not. */
bool tally_scopes_allowed(const struct tally_scopes *allowed, const struct tally_scopes *wanted,
			  struct tally_span *first);

/* Leaves of a set what is allowed. */
void tally_scopes_retain(struct tally_scopes *scopes, const struct tally_scopes *allowed);

/* Whether a joined set has this scope. */
bool tally_scope_has(struct tally_span scope, struct tally_span item);

/* The set as a parameter value, in the arena; p is NULL when out of memory. */
struct tally_span tally_scopes_join(const struct tally_scopes *scopes, struct tally_arena *arena);

#endif
