/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the store in memory share. */
#ifndef TALLY_FAKE_STORE_PRIV_H
#define TALLY_FAKE_STORE_PRIV_H

#include "tests/fake/store.h"

#include <pthread.h>

#define FAKE_CLIENTS 1024u
#define FAKE_ORGANISATIONS 256u
#define FAKE_USERS 4096u
#define FAKE_ISSUERS 64u
#define FAKE_POOLS 64u
#define FAKE_KEYS 64u
#define FAKE_USER_KEYS 4096u
#define FAKE_WATERMARKS 1024u
#define FAKE_TABLES_BUCKETS 65536u

/* A row of a table that is found by the id of a token. */
struct fake_row {
	struct fake_row *next;
	struct tally_token_id id;
	union {
		struct tally_access_record access;
		struct tally_refresh_record refresh;
		struct {
			int64_t used_at_us;
			struct tally_token_id successor; /* all zero: not kept */
		};
	};
};

struct fake_table {
	struct fake_row **buckets; /* made with the first row */
};

struct fake_watermark {
	enum tally_watermark_kind kind;
	struct tally_span who;
	int64_t until_us;
};

struct fake {
	struct tally_store store;
	pthread_mutex_t lock;
	/* Text only grows; a test is short. */
	struct tally_arena *arena;
	uint64_t last_number;
	struct tally_organisation_record organisations[FAKE_ORGANISATIONS]; /* in that order */
	size_t organisation_count;
	struct tally_client_record *clients[FAKE_CLIENTS]; /* in the order of client_id */
	size_t client_count;
	struct tally_user_record *users[FAKE_USERS]; /* in the order of their numbers */
	size_t user_count;
	struct tally_public_key_record user_keys[FAKE_USER_KEYS];
	size_t user_key_count;
	struct tally_issuer_record issuers[FAKE_ISSUERS]; /* in the order of issuer */
	size_t issuer_count;
	struct tally_pool_record pools[FAKE_POOLS]; /* in the order of pool_id */
	size_t pool_count;
	struct tally_key_record keys[FAKE_KEYS]; /* in the order of created_at, kid */
	size_t key_count;
	struct fake_table access;
	struct fake_table refresh;
	struct fake_table use;
	struct fake_table revocation;
	struct fake_watermark watermarks[FAKE_WATERMARKS];
	size_t watermark_count;
	unsigned int calls;
	unsigned int fail_in;
	enum tally_err fail_with;
	bool down;
};

static inline struct fake *fake_of(struct tally_store *store)
{
	return (struct fake *)store;
}

/* Takes the lock and counts; the caller unlocks with leave in either case. */
enum tally_err fake_enter(struct fake *fake);
enum tally_err fake_leave(struct fake *fake, enum tally_err err);

/* Replaces each span by a copy in the arena; false: no memory. */
bool fake_dup_all(struct tally_arena *arena, struct tally_span *const spans[], size_t count);
bool fake_copy_public_key(struct tally_arena *arena, const struct tally_public_key_record *from,
			  struct tally_public_key_record *to);

/* NULL: it has been removed. */
const struct tally_client_record *fake_client_numbered(const struct fake *fake, uint64_t number);
const struct tally_user_record *fake_user_numbered(const struct fake *fake, uint64_t number);

/* Of clients and users that are added: the organisation's own copy of its name. */
enum tally_err fake_join(struct fake *fake, struct tally_span *organisation);
/* Since when it is disabled. */
int64_t fake_organisation_disabled(const struct fake *fake, struct tally_span organisation);
bool fake_add_default_organisation(struct fake *fake);

/* The operations, as in store.h. */
#define FAKE_OP(name, ...) enum tally_err fake_##name(struct tally_store *store, __VA_ARGS__)

FAKE_OP(organisation_find, struct tally_arena *arena, struct tally_span organisation_id,
	struct tally_organisation_record *out);
FAKE_OP(organisation_list, tally_organisation_visit *visit, void *context);
FAKE_OP(organisation_add, const struct tally_organisation_record *organisation);
FAKE_OP(organisation_disable, struct tally_span organisation_id, int64_t when);
FAKE_OP(organisation_remove, struct tally_span organisation_id);

FAKE_OP(client_find, struct tally_arena *arena, struct tally_span client_id,
	struct tally_client_record *out);
FAKE_OP(client_list, tally_client_visit *visit, void *context);
FAKE_OP(client_add, const struct tally_client_record *client);
FAKE_OP(client_set, struct tally_arena *arena, struct tally_span client_id,
	tally_client_edit *edit, void *context);
FAKE_OP(client_disable, struct tally_span client_id, int64_t when);
FAKE_OP(client_remove, struct tally_span client_id);
FAKE_OP(client_secret_add, struct tally_span client_id, const struct tally_secret_record *secret,
	int64_t now);
FAKE_OP(client_secret_remove, struct tally_span client_id, struct tally_span secret_id);
FAKE_OP(client_secret_rewrap, uint64_t client, const struct tally_secret_record *before,
	struct tally_span wrapped);
FAKE_OP(client_key_add, const struct tally_public_key_record *key);
FAKE_OP(client_key_remove, struct tally_span client_id, struct tally_span key_id);

FAKE_OP(user_find, struct tally_arena *arena, struct tally_span user_id,
	struct tally_user_record *out);
FAKE_OP(user_find_login, struct tally_arena *arena, struct tally_span login,
	struct tally_user_record *out);
FAKE_OP(user_list, tally_user_visit *visit, void *context);
FAKE_OP(user_add, const struct tally_user_record *user);
FAKE_OP(user_set_password, struct tally_span user_id, struct tally_span password);
FAKE_OP(user_disable, struct tally_span user_id, int64_t when);
FAKE_OP(user_remove, struct tally_span user_id);
FAKE_OP(user_key_find, struct tally_arena *arena, struct tally_span key_id,
	struct tally_public_key_record *key, struct tally_user_record *user);
FAKE_OP(user_key_list, struct tally_arena *arena, struct tally_span user_id,
	struct tally_public_key_record **out, size_t *count);
FAKE_OP(user_key_add, const struct tally_public_key_record *key);
FAKE_OP(user_key_remove, struct tally_span user_id, struct tally_span key_id);

FAKE_OP(issuer_find, struct tally_arena *arena, struct tally_span issuer,
	struct tally_issuer_record *out);
FAKE_OP(issuer_list, tally_issuer_visit *visit, void *context);
FAKE_OP(issuer_add, const struct tally_issuer_record *issuer);
FAKE_OP(issuer_set, const struct tally_issuer_record *issuer, unsigned int parts);
FAKE_OP(issuer_disable, struct tally_span issuer, int64_t when);
FAKE_OP(issuer_remove, struct tally_span issuer);

FAKE_OP(pool_list, struct tally_arena *arena, struct tally_pool_record **out, size_t *count);
FAKE_OP(pool_add, const struct tally_pool_record *pool);
FAKE_OP(pool_set, struct tally_span pool_id, struct tally_span before,
	struct tally_span definition);
FAKE_OP(pool_retire, struct tally_span pool_id, int64_t when);

FAKE_OP(token_write, struct tally_token_job **jobs, size_t count);
FAKE_OP(access_find, struct tally_arena *arena, const struct tally_token_id *id,
	struct tally_access_found *out);
FAKE_OP(refresh_find, struct tally_arena *arena, const struct tally_token_id *id,
	struct tally_refresh_found *out);
FAKE_OP(refresh_next, struct tally_arena *arena, const struct tally_token_id *id,
	struct tally_token_id *next, struct tally_live_refs *live);
FAKE_OP(entry_page, struct tally_arena *arena, struct tally_entry_walk *walk,
	struct tally_status_ref refs[TALLY_ENTRY_PAGE], size_t *n);
FAKE_OP(revoked, const struct tally_revocation_query *query, bool *out);
FAKE_OP(revoke, const struct tally_token_id *id, int64_t now);
FAKE_OP(revoke_all, enum tally_watermark_kind kind, struct tally_span who, int64_t until_us);
FAKE_OP(purge, int64_t now, unsigned int ahead, bool dry_run, tally_purge_step *step,
	void *context, struct tally_purge_report *report);

/* Frees what is not in the arena. */
void fake_tokens_end(struct fake *fake);

#endif
