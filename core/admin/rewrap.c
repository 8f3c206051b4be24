/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "admin/rewrap.h"

#include "base/secret.h"
#include "crypt/key.h"
#include "oauth/secret.h"
#include "sys/log.h"

#define SEALED_MAX (TALLY_KEY_DER_MAX + TALLY_SEAL_OVERHEAD)

struct rewrap {
	struct tally_store *store;
	const struct tally_wrap_keys *wrap;
	struct tally_rewrap_report *report;
};

/* Room for one thing, opened and sealed again; what was opened is wiped with it. */
struct room {
	char plain_bytes[TALLY_KEY_DER_MAX];
	char sealed_bytes[SEALED_MAX];
	struct tally_buf plain;
	struct tally_buf sealed;
};

static void begin(struct room *room)
{
	tally_buf_over(&room->plain, room->plain_bytes, sizeof(room->plain_bytes));
	tally_buf_over(&room->sealed, room->sealed_bytes, sizeof(room->sealed_bytes));
}

/* Counts what became of one; only what stops the whole work is an error. */
static enum tally_err count(enum tally_err err, uint64_t *done, struct rewrap *work,
			    const char *what, struct tally_span name)
{
	if (err == TALLY_OK)
		++*done;
	else if (err == TALLY_ERR_EXISTS)
		work->report->present++;
	else if (err == TALLY_ERR_VERIFY) {
		work->report->unopened++;
		tally_log_error("%s %.*s opens neither with keys.wrap-key-file nor with "
				"keys.previous-wrap-key-file: make it anew, or name the file that "
				"it was made with", what, TALLY_SPAN_ARG(name));
	} else if (err != TALLY_ERR_NOT_FOUND) { /* meanwhile removed, or rewrapped */
		return err;
	}
	return TALLY_OK;
}

/* room->sealed of what was sealed at that place. TALLY_ERR_EXISTS: it is with the present key. */
static enum tally_err reseal(const struct rewrap *work, struct tally_span place,
			     struct tally_span wrapped, struct room *room)
{
	begin(room);
	enum tally_err err = tally_unseal(&work->wrap->keys[0], place, wrapped, &room->plain);

	if (err != TALLY_ERR_VERIFY)
		return err ? err : TALLY_ERR_EXISTS;
	begin(room);
	err = tally_wrap_keys_unseal(work->wrap, place, wrapped, &room->plain);
	return err == TALLY_OK ? tally_seal(&work->wrap->keys[0], place,
					    tally_buf_span(&room->plain), &room->sealed)
			       : err;
}

static enum tally_err rewrap_key(struct rewrap *work, const struct tally_key_record *key,
				 struct room *room)
{
	enum tally_err err = reseal(work, key->kid, key->wrapped, room);

	return err == TALLY_OK ? work->store->ops->key_rewrap(work->store, key,
							      tally_buf_span(&room->sealed))
			       : err;
}

static enum tally_err rewrap_keys(struct rewrap *work, struct tally_arena *arena)
{
	struct tally_key_record *keys;
	struct room room;
	size_t n;
	enum tally_err err = work->store->ops->key_list(work->store, arena, &keys, &n);

	for (size_t i = 0; err == TALLY_OK && i < n; i++) {
		if (keys[i].wrapped.n == 0)
			continue; /* loaded by URI */
		err = count(rewrap_key(work, &keys[i], &room), &work->report->keys, work, "key",
			    keys[i].kid);
		tally_secret_wipe(&room, sizeof(room));
	}
	return err;
}

static enum tally_err rewrap_secret(struct rewrap *work, const struct tally_client_record *client,
				    const struct tally_secret_record *secret, struct room *room)
{
	char bytes[TALLY_SECRET_PLACE_MAX];
	struct tally_buf buf;
	struct tally_span place =
		tally_secret_place(&buf, bytes, client->client_id, secret->secret_id);
	enum tally_err err = reseal(work, place, secret->wrapped, room);

	return err == TALLY_OK ? work->store->ops->client_secret_rewrap(
					 work->store, client->number, secret,
					 tally_buf_span(&room->sealed))
			       : err;
}

static enum tally_err rewrap_client(void *context, const struct tally_client_record *client)
{
	struct rewrap *work = context;
	enum tally_err err = TALLY_OK;
	struct room room;

	for (size_t i = 0; err == TALLY_OK && i < client->secret_count; i++) {
		if (client->secrets[i].wrapped.n == 0)
			continue; /* a digest alone */
		err = count(rewrap_secret(work, client, &client->secrets[i], &room),
			    &work->report->secrets, work, "a secret of client", client->client_id);
		tally_secret_wipe(&room, sizeof(room));
	}
	return err;
}

enum tally_err tally_admin_rewrap(struct tally_store *store, struct tally_arena *arena,
				  const struct tally_wrap_keys *wrap,
				  struct tally_rewrap_report *report)
{
	struct rewrap work = { .store = store, .wrap = wrap, .report = report };

	*report = (struct tally_rewrap_report){ .keys = 0 };
	if (wrap->count == 0) {
		tally_log_error("keys.wrap-key-file is not configured: nothing can be sealed");
		return TALLY_ERR_CONFIG;
	}
	enum tally_err err = rewrap_keys(&work, arena);

	if (err == TALLY_OK)
		err = store->ops->client_list(store, rewrap_client, &work);
	return err == TALLY_OK && report->unopened > 0 ? TALLY_ERR_VERIFY : err;
}
