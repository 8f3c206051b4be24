/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "store/keyset.h"

#include "base/buf.h"
#include "base/secret.h"
#include "sys/log.h"

#include <stdatomic.h>
#include <stdlib.h>

#define CLOCK_SKEW 10 /* seconds */
#define ARENA_FIRST (32u * 1024)
#define ARENA_MAX (4u * 1024 * 1024)

struct tally_keyset {
	_Atomic unsigned int refs;
	size_t count;
	struct tally_keyset_key keys[];
};

const char *tally_key_state_word(enum tally_key_state state)
{
	switch (state) {
	case TALLY_KEY_PUBLISHED:
		return "published";
	case TALLY_KEY_SIGNING:
		return "signing";
	case TALLY_KEY_SUPERSEDED:
		return "superseded";
	case TALLY_KEY_RETIRED:
		return "retired";
	case TALLY_KEY_GONE:
		return "gone";
	}
	return "unknown";
}

int64_t tally_key_tokens_live(const struct tally_conf *conf)
{
	return (int64_t)conf->tokens_max_lifetime + conf->keys_refresh + CLOCK_SKEW;
}

/* The state of one key, leaving aside that others may have superseded it. */
static enum tally_key_state state_alone(const struct tally_key_record *record, int64_t now,
					int64_t tokens_live)
{
	if (record->retired_at != 0)
		return now >= record->retired_at + tokens_live ? TALLY_KEY_GONE
							       : TALLY_KEY_RETIRED;
	if (record->activate_at != 0 && record->activate_at <= now)
		return TALLY_KEY_SIGNING;
	return TALLY_KEY_PUBLISHED;
}

/* Of two keys that both would sign, the one activated later does. */
static bool supersedes(const struct tally_key_record *a, const struct tally_key_record *b)
{
	if (a->activate_at != b->activate_at)
		return a->activate_at > b->activate_at;
	return a > b;
}

void tally_key_states(const struct tally_key_record *records, size_t count, int64_t now,
		      int64_t tokens_live, enum tally_key_state *states)
{
	for (size_t i = 0; i < count; i++)
		states[i] = state_alone(&records[i], now, tokens_live);
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < count; j++)
			if (states[i] == TALLY_KEY_SIGNING && states[j] == TALLY_KEY_SIGNING &&
			    i != j && tally_span_eq(records[i].alg, records[j].alg) &&
			    supersedes(&records[j], &records[i]))
				states[i] = TALLY_KEY_SUPERSEDED;
}

static enum tally_err unwrap(const struct tally_alg *alg, const struct tally_key_record *record,
			     const struct tally_wrap_keys *wrap, struct tally_key **out)
{
	char der[TALLY_KEY_DER_MAX];
	struct tally_buf buf;

	if (wrap->count == 0) {
		tally_log_error("key %.*s is wrapped, but keys.wrap-key-file is not configured",
				TALLY_SPAN_ARG(record->kid));
		return TALLY_ERR_CONFIG;
	}
	tally_buf_over(&buf, der, sizeof(der));
	enum tally_err err = tally_wrap_keys_unseal(wrap, record->kid, record->wrapped, &buf);

	if (err == TALLY_ERR_VERIFY)
		tally_log_error("key %.*s does not open with the key in keys.wrap-key-file%s: "
				"use the file that it was made with, or make a new key",
				TALLY_SPAN_ARG(record->kid),
				wrap->count > 1 ? " or keys.previous-wrap-key-file" : "");
	if (err == TALLY_OK)
		err = tally_key_from_der(alg, tally_buf_span(&buf), out);
	tally_buf_free(&buf);
	return err;
}

static enum tally_err open_private(const struct tally_alg *alg,
				   const struct tally_key_record *record,
				   const struct tally_wrap_keys *wrap, struct tally_key **out)
{
	char uri[1024];

	if (record->uri.n == 0)
		return unwrap(alg, record, wrap, out);
	if (record->uri.n >= sizeof(uri))
		return TALLY_ERR_LIMIT;
	memcpy(uri, record->uri.p, record->uri.n);
	uri[record->uri.n] = '\0';
	return tally_key_from_uri(alg, uri, out);
}

/* The key of this kid that `before` has open already; NULL: none. */
static struct tally_key *reuse(const struct tally_keyset *before,
			       const struct tally_key_record *record, bool private)
{
	for (size_t i = 0; before != NULL && i < before->count; i++) {
		const struct tally_keyset_key *old = &before->keys[i];

		if (tally_span_eq(tally_span_of(old->kid), record->kid) &&
		    tally_key_is_private(old->key) >= private)
			return tally_key_ref(old->key);
	}
	return NULL;
}

static enum tally_err open_key(const struct tally_alg *alg, const struct tally_key_record *record,
			       bool private, const struct tally_wrap_keys *wrap,
			       const struct tally_keyset *before, struct tally_key **out)
{
	*out = reuse(before, record, private);
	if (*out != NULL)
		return TALLY_OK;
	if (private)
		return open_private(alg, record, wrap, out);
	return tally_key_from_public_der(alg, record->public_der, out);
}

static enum tally_err add_key(struct tally_keyset *set, const struct tally_key_record *record,
			      enum tally_key_state state, const struct tally_wrap_keys *wrap,
			      const struct tally_keyset *before)
{
	struct tally_keyset_key *key = &set->keys[set->count];

	if (record->kid.n > TALLY_ID_MAX)
		return TALLY_ERR_LIMIT;
	memcpy(key->kid, record->kid.p, record->kid.n);
	key->alg = tally_alg_find(record->alg);
	if (key->alg == NULL) {
		tally_log_error("key %s has the unknown algorithm \"%.*s\": made by a newer "
				"version? It is left out", key->kid, TALLY_SPAN_ARG(record->alg));
		return TALLY_OK;
	}
	key->state = state;
	key->created_at = record->created_at;
	key->activate_at = record->activate_at;
	key->retired_at = record->retired_at;
	enum tally_err err = open_key(key->alg, record, state == TALLY_KEY_SIGNING, wrap, before,
				      &key->key);

	if (err != TALLY_OK) {
		tally_log_error("key %s (%s, %s) cannot be opened: %s", key->kid, key->alg->name,
				tally_key_state_word(state), tally_err_text(err));
		return err;
	}
	set->count++;
	return TALLY_OK;
}

static bool same_key(const struct tally_keyset_key *a, const struct tally_keyset_key *b)
{
	return a->state == b->state && a->activate_at == b->activate_at &&
	       a->retired_at == b->retired_at && strcmp(a->kid, b->kid) == 0;
}

static bool same_set(const struct tally_keyset *a, const struct tally_keyset *b)
{
	if (b == NULL || a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!same_key(&a->keys[i], &b->keys[i]))
			return false;
	return true;
}

static enum tally_err build(const struct tally_key_record *records, size_t count,
			    const enum tally_key_state *states, const struct tally_wrap_keys *wrap,
			    const struct tally_keyset *before, struct tally_keyset **out)
{
	enum tally_err err = TALLY_OK;
	struct tally_keyset *set = calloc(1, sizeof(*set) + count * sizeof(set->keys[0]));

	if (set == NULL)
		return TALLY_ERR_NOMEM;
	atomic_init(&set->refs, 1);
	for (size_t i = 0; i < count && err == TALLY_OK; i++)
		if (states[i] != TALLY_KEY_GONE)
			err = add_key(set, &records[i], states[i], wrap, before);
	if (err == TALLY_OK && same_set(set, before)) {
		tally_keyset_free(set);
		set = tally_keyset_ref(before);
	}
	if (err == TALLY_OK)
		*out = set;
	else
		tally_keyset_free(set);
	return err;
}

enum tally_err tally_keyset_load(struct tally_store *store, const struct tally_wrap_keys *wrap,
				 int64_t now, int64_t tokens_live,
				 const struct tally_keyset *before, struct tally_keyset **out)
{
	struct tally_arena *arena = tally_arena_new(ARENA_FIRST, ARENA_MAX);
	enum tally_key_state *states;
	struct tally_key_record *records;
	size_t count;

	if (arena == NULL)
		return TALLY_ERR_NOMEM;
	enum tally_err err = store->ops->key_list(store, arena, &records, &count);

	if (err != TALLY_OK)
		goto out;
	states = tally_arena_array(arena, count, sizeof(*states));
	if (states == NULL) {
		err = TALLY_ERR_NOMEM;
		goto out;
	}
	tally_key_states(records, count, now, tokens_live, states);
	err = build(records, count, states, wrap, before, out);
out:
	tally_arena_free(arena);
	return err;
}

struct tally_keyset *tally_keyset_ref(const struct tally_keyset *keys)
{
	/* Constant for its holders, who only count themselves. */
	struct tally_keyset *set = (struct tally_keyset *)keys;

	atomic_fetch_add_explicit(&set->refs, 1, memory_order_relaxed);
	return set;
}

void tally_keyset_free(struct tally_keyset *keys)
{
	if (keys == NULL || atomic_fetch_sub_explicit(&keys->refs, 1, memory_order_acq_rel) != 1)
		return;
	for (size_t i = 0; i < keys->count; i++)
		tally_key_free(keys->keys[i].key);
	free(keys);
}

size_t tally_keyset_count(const struct tally_keyset *keys)
{
	return keys->count;
}

const struct tally_keyset_key *tally_keyset_at(const struct tally_keyset *keys, size_t i)
{
	return &keys->keys[i];
}

const struct tally_keyset_key *tally_keyset_signing(const struct tally_keyset *keys,
						    const struct tally_alg *alg)
{
	for (size_t i = 0; i < keys->count; i++)
		if (keys->keys[i].alg == alg && keys->keys[i].state == TALLY_KEY_SIGNING)
			return &keys->keys[i];
	return NULL;
}

const struct tally_keyset_key *tally_keyset_find(const struct tally_keyset *keys,
						 struct tally_span kid)
{
	for (size_t i = 0; i < keys->count; i++)
		if (tally_span_eq(tally_span_of(keys->keys[i].kid), kid))
			return &keys->keys[i];
	return NULL;
}
