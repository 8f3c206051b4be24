/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "oauth/sealed.h"

#include "base/b64.h"
#include "base/secret.h"
#include "crypt/digest.h"
#include "oauth/opaque.h"
#include "oauth/refresh.h"

/*
 * The second form has entries of status lists behind the first; without any it is
 * the first, which what was installed before can read.
 */
#define PACKED_PLAIN 1u
#define PACKED_WITH_ENTRIES 2u
#define HEAD_SIZE (TALLY_DERIVED_ID_SIZE + TALLY_TOKEN_ID_SIZE)
#define BINARY_MAX (HEAD_SIZE + TALLY_SEALED_PACKED_MAX + TALLY_SEAL_OVERHEAD)
#define TEXT_MAX 65535u /* of one text in a record: what its length can say */

_Static_assert(TALLY_PREFIX_SIZE + TALLY_B64URL_SIZE(BINARY_MAX) <= TALLY_REFRESH_MAX,
	       "a sealed token is not longer than a refresh token may be");

/* ---- the record as bytes; numbers are big-endian ---- */

static void pack_number(struct tally_buf *out, uint64_t value, unsigned int size)
{
	while (size-- > 0)
		tally_buf_add_char(out, (char)(value >> 8 * size & 0xff));
}

static void pack_text(struct tally_buf *out, struct tally_span text)
{
	if (text.n > TEXT_MAX) {
		out->err = TALLY_ERR_LIMIT;
		return;
	}
	pack_number(out, text.n, 2);
	tally_buf_add_span(out, text);
}

void tally_sealed_pack(const struct tally_refresh_record *record, struct tally_buf *out)
{
	const struct tally_token_owner *owner = &record->owner;
	uint8_t entries[TALLY_LIVE_REFS_SIZE];

	pack_number(out, record->live.count > 0 ? PACKED_WITH_ENTRIES : PACKED_PLAIN, 1);
	tally_buf_add(out, record->family.bytes, sizeof(record->family.bytes));
	pack_number(out, (uint64_t)record->expires_at, 8);
	pack_number(out, (uint64_t)record->family_expires_at, 8);
	pack_number(out, owner->client, 8);
	pack_number(out, owner->user, 8);
	pack_text(out, owner->client_id);
	pack_text(out, owner->subject);
	pack_text(out, owner->scope);
	pack_text(out, owner->audience);
	if (record->live.count > 0)
		tally_buf_add_span(out, tally_live_refs_pack(&record->live, entries));
}

/* What is left to read; after a failure p is NULL, and stays so. */
static struct tally_span take(struct tally_span *rest, size_t n)
{
	struct tally_span out = tally_span(rest->p, n);

	if (rest->p == NULL || n > rest->n) {
		*rest = tally_span(NULL, 0);
		return *rest;
	}
	*rest = tally_span(rest->p + n, rest->n - n);
	return out;
}

static uint64_t take_number(struct tally_span *rest, unsigned int size)
{
	struct tally_span bytes = take(rest, size);
	uint64_t value = 0;

	for (size_t i = 0; i < bytes.n; i++)
		value = value << 8 | (uint8_t)bytes.p[i];
	return value;
}

static struct tally_span take_text(struct tally_span *rest)
{
	return take(rest, (size_t)take_number(rest, 2));
}

enum tally_err tally_sealed_unpack(struct tally_span packed, struct tally_refresh_record *out)
{
	struct tally_span rest = packed;
	uint64_t version = take_number(&rest, 1);
	struct tally_span family = take(&rest, sizeof(out->family.bytes));

	*out = (struct tally_refresh_record){ .expires_at = (int64_t)take_number(&rest, 8) };
	out->family_expires_at = (int64_t)take_number(&rest, 8);
	out->owner.client = take_number(&rest, 8);
	out->owner.user = take_number(&rest, 8);
	out->owner.client_id = take_text(&rest);
	out->owner.subject = take_text(&rest);
	out->owner.scope = take_text(&rest);
	out->owner.audience = take_text(&rest);
	/* The entries are all that is left: none in the first form, some in the second. */
	if (rest.p == NULL || version != (rest.n > 0 ? PACKED_WITH_ENTRIES : PACKED_PLAIN))
		return TALLY_ERR_SYNTAX;
	memcpy(out->family.bytes, family.p, family.n);
	return tally_live_refs_unpack(rest, &out->live);
}

/* ---- sealing ---- */

/*
 * SP 800-56C §4.1, option 1: SHA-256 of a counter, the key and what it is for,
 * always 52 bytes: one block.
 */
static enum tally_err make_token_key(const struct tally_derived_key *from,
				     const struct tally_token_id *id, struct tally_seal_key *out)
{
	uint8_t in[4 + TALLY_SEAL_KEY_SIZE + TALLY_TOKEN_ID_SIZE] = { 0, 0, 0, 1 };

	memcpy(in + 4, from->key.bytes, TALLY_SEAL_KEY_SIZE);
	memcpy(in + 4 + TALLY_SEAL_KEY_SIZE, id->bytes, TALLY_TOKEN_ID_SIZE);
	enum tally_err err = tally_sha256(tally_span(in, sizeof(in)), out->bytes);

	tally_secret_wipe(in, sizeof(in));
	return err;
}

static enum tally_err seal(const struct tally_derived_key *from,
			   const struct tally_refresh_record *record, struct tally_span packed,
			   struct tally_buf *out)
{
	struct tally_seal_key key;
	enum tally_err err = make_token_key(from, &record->id, &key);

	tally_buf_add(out, from->id, sizeof(from->id));
	tally_buf_add(out, record->id.bytes, sizeof(record->id.bytes));
	if (err == TALLY_OK)
		err = tally_seal(&key, tally_buf_span(out), packed, out);
	tally_secret_wipe(&key, sizeof(key));
	return err;
}

enum tally_err tally_sealed_write(const struct tally_derived_keys *keys,
				  const struct tally_refresh_record *record, struct tally_buf *out)
{
	char packed_bytes[TALLY_SEALED_PACKED_MAX], bytes[BINARY_MAX];
	struct tally_buf packed, binary;

	if (keys->count == 0)
		return TALLY_ERR_CONFIG;
	tally_buf_over(&packed, packed_bytes, sizeof(packed_bytes));
	tally_buf_over(&binary, bytes, sizeof(bytes));
	tally_sealed_pack(record, &packed);
	enum tally_err err = tally_buf_err(&packed);

	if (err == TALLY_OK)
		err = seal(&keys->keys[0], record, tally_buf_span(&packed), &binary);
	if (err == TALLY_OK) {
		tally_buf_add_str(out, TALLY_SEALED_PREFIX);
		tally_b64url_add(out, binary.p, binary.n);
		err = tally_buf_err(out);
	}
	tally_buf_free(&packed);
	tally_buf_free(&binary);
	return err;
}

/* Everything that is wrong with a token is one thing to its reader. */
static enum tally_err not_ours(enum tally_err err)
{
	return err == TALLY_OK || err == TALLY_ERR_NOMEM || err == TALLY_ERR_CRYPTO
		       ? err : TALLY_ERR_NOT_FOUND;
}

static enum tally_err open_binary(const struct tally_derived_keys *keys, struct tally_span binary,
				  struct tally_arena *arena, struct tally_refresh_record *out)
{
	struct tally_span head = take(&binary, HEAD_SIZE);
	const struct tally_derived_key *from = head.p ? tally_derived_find(keys, head.p) : NULL;
	struct tally_seal_key key;
	struct tally_token_id id;
	struct tally_buf packed;

	if (from == NULL)
		return TALLY_ERR_NOT_FOUND;
	memcpy(id.bytes, head.p + TALLY_DERIVED_ID_SIZE, sizeof(id.bytes));
	enum tally_err err = make_token_key(from, &id, &key);

	tally_buf_in(&packed, arena, binary.n);
	if (err == TALLY_OK)
		err = tally_unseal(&key, head, binary, &packed);
	tally_secret_wipe(&key, sizeof(key));
	if (err == TALLY_OK)
		err = tally_sealed_unpack(tally_buf_span(&packed), out);
	if (err == TALLY_OK)
		out->id = id;
	return not_ours(err);
}

enum tally_err tally_sealed_read(const struct tally_derived_keys *keys, struct tally_span text,
				 struct tally_arena *arena, struct tally_refresh_record *out)
{
	uint8_t bytes[BINARY_MAX];
	size_t n;

	if (!tally_span_starts_with(text, TALLY_SPAN(TALLY_SEALED_PREFIX)))
		return TALLY_ERR_NOT_FOUND;
	text = tally_span(text.p + TALLY_PREFIX_SIZE, text.n - TALLY_PREFIX_SIZE);
	if (tally_b64url_get(text, bytes, sizeof(bytes), &n) != TALLY_OK)
		return TALLY_ERR_NOT_FOUND;
	return open_binary(keys, tally_span(bytes, n), arena, out);
}
