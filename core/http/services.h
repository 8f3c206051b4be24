/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of a process handlers may reach beside their request. Each of these is
 * shared by all threads and locks for itself; none is held while another is
 * called.
 */
#ifndef TALLY_HTTP_SERVICES_H
#define TALLY_HTTP_SERVICES_H

#include "http/bearer.h"
#include "http/token_status.h"
#include "store/cache.h"
#include "store/lists.h"
#include "store/marks.h"
#include "store/store.h"
#include "store/token_writer.h"

struct tally_passwords; /* oauth/passwords.h */
struct tally_failures;  /* http/failures.h */
struct tally_pools;     /* status/pool.h */
struct tally_shelf;     /* status/shelf.h */

struct tally_services {
	struct tally_store *store;
	struct tally_marks *marks;          /* NULL: no Redis is configured */
	struct tally_token_writer *writer;
	struct tally_cache *clients;        /* client_id → struct tally_client */
	struct tally_cache *users;          /* see oauth/user.h */
	struct tally_cache *user_keys;      /* key id → struct tally_user_key */
	struct tally_cache *issuers;        /* iss → struct tally_issuer */
	struct tally_passwords *passwords;  /* hashing, and what was verified lately */
	struct tally_failures *failures;    /* who failed too often */
	struct tally_lists *lists;          /* NULL: no Redis, nor the next three */
	struct tally_pools *pools;
	struct tally_shelf *shelf;          /* published lists, as they are handed out */
	struct tally_cache *aggregations;   /* aggregation-id → what status/aggregation.h makes */
	struct tally_token_status *token_status; /* NULL: no Redis, so tokens have no status */
	tally_bearer_check *bearer;
};

#endif
