/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "admin/key.h"

#include "store/keyset.h"
#include "sys/clock.h"
#include "sys/log.h"

#define ARENA_FIRST (16u * 1024)
#define ARENA_MAX (4u * 1024 * 1024)

struct key_list {
	struct tally_arena *arena;
	struct tally_key_record *records;
	size_t count;
};

static enum tally_err read_list(struct tally_store *store, struct key_list *list)
{
	list->arena = tally_arena_new(ARENA_FIRST, ARENA_MAX);
	if (list->arena == NULL)
		return TALLY_ERR_NOMEM;
	enum tally_err err = store->ops->key_list(store, list->arena, &list->records, &list->count);

	if (err != TALLY_OK)
		tally_arena_free(list->arena);
	return err;
}

static const struct tally_key_record *find(const struct key_list *list, struct tally_span kid)
{
	for (size_t i = 0; i < list->count; i++)
		if (tally_span_eq(list->records[i].kid, kid))
			return &list->records[i];
	return NULL;
}

/* Whether a key other than this one may sign with this algorithm now. */
static bool others_sign(const struct key_list *list, struct tally_span alg, struct tally_span kid,
			int64_t now)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct tally_key_record *record = &list->records[i];

		if (tally_span_eq(record->alg, alg) && !tally_span_eq(record->kid, kid) &&
		    record->activate_at != 0 && record->activate_at <= now &&
		    record->retired_at == 0)
			return true;
	}
	return false;
}

/* When a key created at `created` may sign. */
static int64_t activation_time(const struct tally_conf *conf, enum tally_activation activation,
			       bool is_first, int64_t created, int64_t now)
{
	int64_t known = created + conf->keys_publish_before;

	if (activation == TALLY_ACTIVATE_NOW || is_first || known < now)
		return now;
	return known;
}

static enum tally_err wrap_private(const struct tally_key *key, const struct tally_seal_key *wrap,
				   struct tally_span kid, struct tally_buf *out)
{
	char der[TALLY_KEY_DER_MAX];
	struct tally_buf plain;

	if (wrap == NULL) {
		tally_log_error("a private key is kept wrapped, so keys.wrap-key-file must be "
				"configured (or give --uri); make the file with: "
				"openssl rand -out FILE 32 && chmod 600 FILE");
		return TALLY_ERR_CONFIG;
	}
	tally_buf_over(&plain, der, sizeof(der));
	enum tally_err err = tally_key_add_private_der(key, &plain);

	if (err == TALLY_OK)
		err = tally_seal(wrap, kid, tally_buf_span(&plain), out);
	tally_buf_free(&plain);
	return err;
}

static enum tally_err make_key(const struct tally_new_key *wanted, struct tally_key **out)
{
	if (wanted->uri != NULL)
		return tally_key_from_uri(wanted->alg, wanted->uri, out);
	return tally_key_generate(wanted->alg, out);
}

/* Fills the record of a key and puts it into the store. */
static enum tally_err store_key(struct tally_store *store, const struct tally_seal_key *wrap,
				const struct tally_new_key *wanted, const struct tally_key *key,
				const struct tally_key_change *change, int64_t now)
{
	char wrapped_bytes[TALLY_KEY_DER_MAX + TALLY_SEAL_OVERHEAD];
	char public_bytes[TALLY_KEY_DER_MAX];
	struct tally_buf wrapped, public;
	struct tally_key_record record = {
		.kid = tally_span_of(change->kid),
		.alg = tally_span_of(wanted->alg->name),
		.uri = tally_span_of(wanted->uri),
		.created_at = now,
		.activate_at = change->activate_at,
	};

	tally_buf_over(&wrapped, wrapped_bytes, sizeof(wrapped_bytes));
	tally_buf_over(&public, public_bytes, sizeof(public_bytes));
	enum tally_err err = tally_key_add_public_der(key, &public);

	if (err == TALLY_OK && wanted->uri == NULL)
		err = wrap_private(key, wrap, record.kid, &wrapped);
	record.public_der = tally_buf_span(&public);
	record.wrapped = tally_buf_span(&wrapped);
	return err == TALLY_OK ? store->ops->key_add(store, &record) : err;
}

enum tally_err tally_admin_key_add(struct tally_store *store, const struct tally_conf *conf,
				   const struct tally_seal_key *wrap,
				   const struct tally_new_key *wanted,
				   struct tally_key_change *change)
{
	struct tally_key *key = NULL;
	struct key_list list;
	int64_t now = tally_clock_now();
	enum tally_err err = read_list(store, &list);

	if (err != TALLY_OK)
		return err;
	*change = (struct tally_key_change){ .activate_at = 0 };
	err = make_key(wanted, &key);
	if (err == TALLY_OK)
		err = tally_key_thumbprint(key, change->kid);
	if (err == TALLY_OK && wanted->activation != TALLY_ACTIVATE_NOT) {
		bool is_first = !others_sign(&list, tally_span_of(wanted->alg->name),
					     TALLY_SPAN(""), now);

		change->activate_at = activation_time(conf, wanted->activation, is_first, now, now);
	}
	if (err == TALLY_OK)
		err = store_key(store, wrap, wanted, key, change, now);
	if (err == TALLY_ERR_EXISTS)
		tally_log_error("key %s is in the database already", change->kid);
	tally_key_free(key);
	tally_arena_free(list.arena);
	return err;
}

static enum tally_err not_found(struct tally_span kid)
{
	tally_log_error("there is no key %.*s; \"tallystick key list\" shows what there is",
			TALLY_SPAN_ARG(kid));
	return TALLY_ERR_NOT_FOUND;
}

static enum tally_err is_retired(struct tally_span kid)
{
	tally_log_error("key %.*s is retired, and stays so", TALLY_SPAN_ARG(kid));
	return TALLY_ERR_STATE;
}

enum tally_err tally_admin_key_activate(struct tally_store *store, const struct tally_conf *conf,
					struct tally_span kid, enum tally_activation activation,
					struct tally_key_change *change)
{
	struct key_list list;
	int64_t now = tally_clock_now();
	enum tally_err err = read_list(store, &list);

	if (err != TALLY_OK)
		return err;
	const struct tally_key_record *record = find(&list, kid);

	if (record == NULL) {
		err = not_found(kid);
	} else if (record->retired_at != 0) {
		err = is_retired(kid);
	} else {
		bool is_first = !others_sign(&list, record->alg, kid, now);

		*change = (struct tally_key_change){ .activate_at = 0 };
		memcpy(change->kid, kid.p, kid.n);
		change->activate_at =
			activation_time(conf, activation, is_first, record->created_at, now);
		err = store->ops->key_activate(store, kid, change->activate_at);
	}
	tally_arena_free(list.arena);
	return err;
}

enum tally_err tally_admin_key_retire(struct tally_store *store, struct tally_span kid, bool force)
{
	struct key_list list;
	int64_t now = tally_clock_now();
	enum tally_err err = read_list(store, &list);

	if (err != TALLY_OK)
		return err;
	const struct tally_key_record *record = find(&list, kid);

	if (record == NULL) {
		err = not_found(kid);
	} else if (record->retired_at != 0) {
		err = is_retired(kid);
	} else if (!force && record->activate_at != 0 &&
		   !others_sign(&list, record->alg, kid, now)) {
		tally_log_error("no other %.*s key signs now: activate one first, or give --force",
				TALLY_SPAN_ARG(record->alg));
		err = TALLY_ERR_STATE;
	} else {
		err = store->ops->key_retire(store, kid, now);
	}
	tally_arena_free(list.arena);
	return err;
}

enum tally_err tally_admin_key_remove(struct tally_store *store, const struct tally_conf *conf,
				      struct tally_span kid, bool force)
{
	struct key_list list;
	int64_t gone_at = tally_clock_now() - tally_key_tokens_live(conf);
	enum tally_err err = read_list(store, &list);

	if (err != TALLY_OK)
		return err;
	const struct tally_key_record *record = find(&list, kid);

	if (record == NULL) {
		err = not_found(kid);
	} else if (!force && (record->retired_at == 0 || record->retired_at > gone_at)) {
		tally_log_error("key %.*s is still published: retire it and wait until its tokens "
				"have expired, or, if it was stolen, give --force: tokens signed "
				"with it then verify no longer", TALLY_SPAN_ARG(kid));
		err = TALLY_ERR_STATE;
	} else {
		err = store->ops->key_remove(store, kid);
	}
	tally_arena_free(list.arena);
	return err;
}
