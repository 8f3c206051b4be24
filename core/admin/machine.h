/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Managing machine users, and the public keys by which their assertions are
 * known (RFC 7523 §2.1). A user is named by its user_id or its login.
 */
#ifndef TALLY_ADMIN_MACHINE_H
#define TALLY_ADMIN_MACHINE_H

#include "admin/public_key.h"

/* Characters of a key file: an RSA key of 4096 bits in PEM, and a few names. */
#define TALLY_KEY_FILE_MAX 8192u

/*
 * Adds a machine user; *user_id is made up, and the arena's. Of names login
 * (empty: the user_id), name and organisation are taken. TALLY_ERR_USAGE,
 * TALLY_ERR_EXISTS; TALLY_ERR_STATE: there is no such organisation. Logged.
 */
enum tally_err tally_admin_machine_add(struct tally_store *store, struct tally_arena *arena,
				       const struct tally_user_record *names,
				       struct tally_span *user_id) TALLY_MUST_CHECK;

/* A user by user_id or, failing that, by login. TALLY_ERR_NOT_FOUND: logged. */
enum tally_err tally_admin_user_find(struct tally_store *store, struct tally_arena *arena,
				     struct tally_span who,
				     struct tally_user_record *out) TALLY_MUST_CHECK;

/*
 * Registers the public part of a key for a machine user, under a key id that is
 * made up. *out is the arena's. TALLY_ERR_USAGE: no machine user, or an end in
 * the past; TALLY_ERR_NOT_FOUND. Logged.
 */
enum tally_err tally_admin_user_key_add(struct tally_store *store, struct tally_arena *arena,
					struct tally_span who, const struct tally_key *key,
					int64_t expires_at,
					struct tally_public_key_record *out) TALLY_MUST_CHECK;

/* TALLY_ERR_NOT_FOUND: no such user, or the key is not the user's; logged. */
enum tally_err tally_admin_user_key_remove(struct tally_store *store, struct tally_arena *arena,
					   struct tally_span who,
					   struct tally_span key_id) TALLY_MUST_CHECK;

/*
 * Appends the file that the owner of a new key gets, once:
 * {"type":"serviceaccount","keyId":…,"key":<private key in PEM>,"userId":…}.
 */
enum tally_err tally_admin_add_key_file(const struct tally_key *key,
					const struct tally_public_key_record *record,
					struct tally_buf *out) TALLY_MUST_CHECK;

#endif
