/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands that manage things need: the configuration and the store. */
#ifndef TALLY_FCGI_SESSION_H
#define TALLY_FCGI_SESSION_H

#include "crypt/derive.h"
#include "fcgi/command.h"
#include "status/token_status.h"
#include "store/lists.h"
#include "store/marks.h"
#include "store/store.h"
#include "sys/conf.h"

struct tally_session {
	struct tally_conf *conf;
	struct tally_store *store;
	struct tally_lists *lists; /* NULL: not opened */
	struct tally_marks *marks; /* these three, too */
	struct tally_pools *pools;
	struct tally_token_status *token_status;
	struct tally_wrap_keys wrap;
	bool json;
};

/*
 * Opens what the configuration names, and makes sure that the schema is there
 * and of this version (not for init-db: want_schema false). Closed by
 * tally_session_close, whatever came of it.
 */
enum tally_err tally_session_open(struct tally_session *session,
				  const struct tally_invocation *call, bool want_schema)
	TALLY_MUST_CHECK;

/* And the status lists in Redis. TALLY_ERR_CONFIG: there is no Redis, logged. */
enum tally_err tally_session_open_lists(struct tally_session *session) TALLY_MUST_CHECK;

/*
 * And what ending tokens takes of Redis: marks and token_status, which stay NULL
 * where there is none. token_status is NULL as well when our tokens have never had
 * a status. What does not answer is said when it is used.
 */
enum tally_err tally_session_open_status(struct tally_session *session) TALLY_MUST_CHECK;

/* The key that seals; NULL: none is configured. */
const struct tally_seal_key *tally_session_wrap_key(const struct tally_session *session);

void tally_session_close(struct tally_session *session);

#endif
