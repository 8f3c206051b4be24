/* SPDX-License-Identifier: Apache-2.0 */
/* The operations of store.h in MySQL, one file per kind of record. */
#ifndef TALLY_STORE_MYSQL_OPS_H
#define TALLY_STORE_MYSQL_OPS_H

#include "store/mysql/query.h"
#include "store/store.h"

/* client.c: reading */
enum tally_err tally_mysql_client_find(struct tally_store *store, struct tally_arena *arena,
				       struct tally_span client_id,
				       struct tally_client_record *out);
enum tally_err tally_mysql_client_list(struct tally_store *store, tally_client_visit *visit,
				       void *context);

/* client_change.c */
enum tally_err tally_mysql_client_add(struct tally_store *store,
				      const struct tally_client_record *client);
enum tally_err tally_mysql_client_disable(struct tally_store *store, struct tally_span client_id,
					  int64_t at);
enum tally_err tally_mysql_client_remove(struct tally_store *store, struct tally_span client_id);
enum tally_err tally_mysql_client_secret_add(struct tally_store *store,
					     struct tally_span client_id,
					     const struct tally_secret_record *secret, int64_t now);
enum tally_err tally_mysql_client_secret_remove(struct tally_store *store,
						struct tally_span client_id,
						struct tally_span secret_id);

/* signing_key.c */
enum tally_err tally_mysql_key_list(struct tally_store *store, struct tally_arena *arena,
				    struct tally_key_record **out, size_t *count);
enum tally_err tally_mysql_key_add(struct tally_store *store, const struct tally_key_record *key);
enum tally_err tally_mysql_key_activate(struct tally_store *store, struct tally_span kid,
					int64_t at);
enum tally_err tally_mysql_key_retire(struct tally_store *store, struct tally_span kid,
				      int64_t at);
enum tally_err tally_mysql_key_remove(struct tally_store *store, struct tally_span kid);

/* An id as the schema can keep it: 1 to TALLY_ID_MAX bytes. */
static inline bool tally_mysql_is_id(struct tally_span id)
{
	return id.n > 0 && id.n <= TALLY_ID_MAX;
}

#endif
