/* SPDX-License-Identifier: Apache-2.0 */
/* The operations of store.h in MySQL, one file per kind of record. */
#ifndef TALLY_STORE_MYSQL_OPS_H
#define TALLY_STORE_MYSQL_OPS_H

#include "base/buf.h"
#include "store/mysql/query.h"
#include "store/store.h"

struct tally_mysql;

/* organisation.c */
enum tally_err tally_mysql_organisation_find(struct tally_store *store, struct tally_arena *arena,
					     struct tally_span organisation_id,
					     struct tally_organisation_record *out);
enum tally_err tally_mysql_organisation_list(struct tally_store *store,
					     tally_organisation_visit *visit, void *context);
enum tally_err
tally_mysql_organisation_add(struct tally_store *store,
			     const struct tally_organisation_record *organisation);
enum tally_err tally_mysql_organisation_disable(struct tally_store *store,
						struct tally_span organisation_id, int64_t at);
enum tally_err tally_mysql_organisation_remove(struct tally_store *store,
					       struct tally_span organisation_id);
/*
 * The number of an organisation (empty: the default), which cannot be removed
 * before the transaction ends. TALLY_ERR_STATE: there is none.
 */
enum tally_err tally_mysql_hold_organisation(struct tally_db *db, struct tally_span organisation_id,
					     int64_t *out) TALLY_MUST_CHECK;

/* client.c: reading */
enum tally_err tally_mysql_client_find(struct tally_store *store, struct tally_arena *arena,
				       struct tally_span client_id,
				       struct tally_client_record *out);
enum tally_err tally_mysql_client_list(struct tally_store *store, tally_client_visit *visit,
				       void *context);

/* On a connection that is at work. TALLY_ERR_NOT_FOUND. */
enum tally_err tally_mysql_read_client(struct tally_db *db, struct tally_arena *arena,
				       struct tally_span client_id,
				       struct tally_client_record *out) TALLY_MUST_CHECK;

/* client_change.c */
enum tally_err tally_mysql_client_add(struct tally_store *store,
				      const struct tally_client_record *client);
enum tally_err tally_mysql_client_set(struct tally_store *store, struct tally_arena *arena,
				      struct tally_span client_id, tally_client_edit *edit,
				      void *context);
enum tally_err tally_mysql_client_disable(struct tally_store *store, struct tally_span client_id,
					  int64_t at);
enum tally_err tally_mysql_client_remove(struct tally_store *store, struct tally_span client_id);
enum tally_err tally_mysql_client_secret_add(struct tally_store *store,
					     struct tally_span client_id,
					     const struct tally_secret_record *secret, int64_t now);
enum tally_err tally_mysql_client_secret_remove(struct tally_store *store,
						struct tally_span client_id,
						struct tally_span secret_id);

/* The client's number; its row stays locked, so that changes come one by one. */
enum tally_err tally_mysql_lock_client(struct tally_db *db, struct tally_span client_id,
				       int64_t *out) TALLY_MUST_CHECK;

/* client_key.c */
enum tally_err tally_mysql_client_key_add(struct tally_store *store,
					  const struct tally_public_key_record *key);
enum tally_err tally_mysql_client_key_remove(struct tally_store *store,
					     struct tally_span client_id,
					     struct tally_span key_id);
enum tally_err tally_mysql_insert_client_key(struct tally_db *db, int64_t client,
					     const struct tally_public_key_record *key)
	TALLY_MUST_CHECK;

/* user.c */
enum tally_err tally_mysql_user_find(struct tally_store *store, struct tally_arena *arena,
				     struct tally_span user_id, struct tally_user_record *out);
enum tally_err tally_mysql_user_find_login(struct tally_store *store, struct tally_arena *arena,
					   struct tally_span login,
					   struct tally_user_record *out);
enum tally_err tally_mysql_user_list(struct tally_store *store, tally_user_visit *visit,
				     void *context);
enum tally_err tally_mysql_user_add(struct tally_store *store,
				    const struct tally_user_record *user);
enum tally_err tally_mysql_user_set_password(struct tally_store *store, struct tally_span user_id,
					     struct tally_span password);
enum tally_err tally_mysql_user_disable(struct tally_store *store, struct tally_span user_id,
					int64_t at);
enum tally_err tally_mysql_user_remove(struct tally_store *store, struct tally_span user_id);
/* The columns of a user, in the order of USER_COLUMNS. */
void tally_mysql_read_user(struct tally_query *q, struct tally_arena *arena,
			   struct tally_user_record *out);

/* user_key.c */
enum tally_err tally_mysql_user_key_find(struct tally_store *store, struct tally_arena *arena,
					 struct tally_span key_id,
					 struct tally_public_key_record *key,
					 struct tally_user_record *user);
enum tally_err tally_mysql_user_key_list(struct tally_store *store, struct tally_arena *arena,
					 struct tally_span user_id,
					 struct tally_public_key_record **out, size_t *count);
enum tally_err tally_mysql_user_key_add(struct tally_store *store,
					const struct tally_public_key_record *key);
enum tally_err tally_mysql_user_key_remove(struct tally_store *store, struct tally_span user_id,
					   struct tally_span key_id);

/* issuer.c */
enum tally_err tally_mysql_issuer_find(struct tally_store *store, struct tally_arena *arena,
				       struct tally_span issuer, struct tally_issuer_record *out);
enum tally_err tally_mysql_issuer_list(struct tally_store *store, tally_issuer_visit *visit,
				       void *context);
enum tally_err tally_mysql_issuer_add(struct tally_store *store,
				      const struct tally_issuer_record *issuer);
enum tally_err tally_mysql_issuer_set(struct tally_store *store,
				      const struct tally_issuer_record *issuer, unsigned int parts);
enum tally_err tally_mysql_issuer_disable(struct tally_store *store, struct tally_span issuer,
					  int64_t at);
enum tally_err tally_mysql_issuer_remove(struct tally_store *store, struct tally_span issuer);

/* pool.c */
enum tally_err tally_mysql_pool_list(struct tally_store *store, struct tally_arena *arena,
				     struct tally_pool_record **out, size_t *count);
enum tally_err tally_mysql_pool_add(struct tally_store *store,
				    const struct tally_pool_record *pool);
enum tally_err tally_mysql_pool_set(struct tally_store *store, struct tally_span pool_id,
				    struct tally_span before, struct tally_span definition);
enum tally_err tally_mysql_pool_retire(struct tally_store *store, struct tally_span pool_id,
				       int64_t at);

/* token.c */
enum tally_err tally_mysql_access_find(struct tally_store *store, struct tally_arena *arena,
				       const struct tally_token_id *id,
				       struct tally_access_found *out);
enum tally_err tally_mysql_refresh_find(struct tally_store *store, struct tally_arena *arena,
					const struct tally_token_id *id,
					struct tally_refresh_found *out);
enum tally_err tally_mysql_refresh_next(struct tally_store *store, struct tally_arena *arena,
					const struct tally_token_id *id,
					struct tally_token_id *next, struct tally_live_refs *live);
enum tally_err tally_mysql_revoke(struct tally_store *store, const struct tally_token_id *id,
				  int64_t now);
enum tally_err tally_mysql_revoke_all(struct tally_store *store, enum tally_watermark_kind kind,
				      struct tally_span who, int64_t until_us);

/* entry.c */
enum tally_err tally_mysql_entry_page(struct tally_store *store, struct tally_arena *arena,
				      struct tally_entry_walk *walk,
				      struct tally_status_ref refs[TALLY_ENTRY_PAGE], size_t *n);

/* revoked.c */
enum tally_err tally_mysql_revoked(struct tally_store *store,
				   const struct tally_revocation_query *query, bool *out);
/* The statement of several look-ups; a test asserts the server's plan. */
void tally_mysql_revoked_text(struct tally_buf *text,
			      const struct tally_revocation_query *const queries[], size_t n);

/* token_write.c */
enum tally_err tally_mysql_token_write(struct tally_store *store, struct tally_token_job **jobs,
				       size_t count);
/*
 * What asks who used up the tokens that these jobs use, which all use one; a test
 * asserts the server's plan. order: their places in jobs.
 */
void tally_mysql_uses_text(struct tally_buf *text, struct tally_token_job *const jobs[],
			   const size_t order[], size_t n);

/* purge.c */
enum tally_err tally_mysql_purge(struct tally_store *store, int64_t now, unsigned int ahead,
				 bool dry_run, tally_purge_step *step, void *context,
				 struct tally_purge_report *report);

/* signing_key.c */
enum tally_err tally_mysql_key_list(struct tally_store *store, struct tally_arena *arena,
				    struct tally_key_record **out, size_t *count);
enum tally_err tally_mysql_key_add(struct tally_store *store, const struct tally_key_record *key);
enum tally_err tally_mysql_key_activate(struct tally_store *store, struct tally_span kid,
					int64_t at);
enum tally_err tally_mysql_key_retire(struct tally_store *store, struct tally_span kid,
				      int64_t at);
enum tally_err tally_mysql_key_remove(struct tally_store *store, struct tally_span kid);

/* rewrap.c */
enum tally_err tally_mysql_client_secret_rewrap(struct tally_store *store, uint64_t client,
						const struct tally_secret_record *before,
						struct tally_span wrapped);
enum tally_err tally_mysql_key_rewrap(struct tally_store *store,
				      const struct tally_key_record *before,
				      struct tally_span wrapped);

/* named.c: a statement's row by its name. TALLY_ERR_NOT_FOUND. */
enum tally_err tally_mysql_named_disable(struct tally_store *store, enum tally_statement id,
					 struct tally_span name, int64_t at);
enum tally_err tally_mysql_named_remove(struct tally_store *store, enum tally_statement id,
					struct tally_span name);

/* An id as the schema can keep it: 1 to TALLY_ID_MAX bytes. */
static inline bool tally_mysql_is_id(struct tally_span id)
{
	return id.n > 0 && id.n <= TALLY_ID_MAX;
}

#endif
