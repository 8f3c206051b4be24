/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Short-lived facts that all processes and nodes must share at once: what has
 * been used up, and what failed how often. They are in Redis, written to disk
 * before they are answered (appendfsync always). A Redis that does not keep
 * what it is told is as good as none: no operation succeeds there.
 *
 * Every operation is one round trip and atomic. TALLY_ERR_UNAVAILABLE: Redis
 * does not answer; the caller then refuses (503) what would need the mark.
 * Names are built here; what callers pass is raw bytes of any kind.
 */
#ifndef TALLY_STORE_MARKS_H
#define TALLY_STORE_MARKS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"
#include "store/status_ref.h"
#include "store/token_id.h"
#include "sys/conf.h"

/* What a mark or a counter is about; they do not meet. */
enum tally_mark_kind {
	TALLY_MARK_ASSERTION,     /* jti of an assertion, under its issuer */
	TALLY_MARK_LOGIN_ACCOUNT, /* failed logins of an account */
	TALLY_MARK_LOGIN_ADDRESS, /* failed logins from an address */
	TALLY_MARK_CLIENT_ACCOUNT, /* failed authentications of a client */
	TALLY_MARK_CLIENT_ADDRESS,
	TALLY_MARK_POOL_ADDRESS /* failed authentications at pools of status lists */
};

/* What a sealed refresh token is worth. */
enum tally_refresh_verdict {
	TALLY_REFRESH_FIRST,  /* used up by this call */
	TALLY_REFRESH_GRACE,  /* used a moment ago: a further token may be given */
	TALLY_REFRESH_REUSED, /* used before: the family has been ended by this call */
	TALLY_REFRESH_ENDED   /* its family was ended before */
};

/* A sealed refresh token that is about to be used up. */
struct tally_refresh_use {
	struct tally_token_id id;
	struct tally_token_id family;
	int64_t now_ms;
	uint32_t grace_ms;   /* how long after the first use a repeat is TALLY_REFRESH_GRACE */
	uint32_t token_ttl;  /* seconds for which it could still be presented */
	uint32_t family_ttl;
	/*
	 * The status of the access token that comes of it, unless it is refused:
	 * noted for as long as that lives. expires_at 0: it has none.
	 */
	struct tally_live_ref made;
	enum tally_refresh_verdict verdict; /* set */
};

/* A counter, and what has become of it. */
struct tally_mark_counter {
	enum tally_mark_kind kind;
	struct tally_span what;
	uint32_t count;   /* set: how many there are in this window */
	uint32_t ends_in; /* set: seconds until the window ends, at least 1 */
};

#define TALLY_MARK_COUNTERS_MAX 4u /* in one call */

struct tally_marks;

struct tally_marks_ops {
	/*
	 * Whether Redis answers and keeps what it is told (appendonly yes,
	 * appendfsync always, no eviction). TALLY_ERR_CONFIG: it does not;
	 * redis.durability = relaxed accepts less. Like an outage it is logged
	 * once, when it begins, with what to do.
	 */
	enum tally_err (*check)(struct tally_marks *marks);

	/* Uses up what may be used once. TALLY_ERR_EXISTS: it was used. ttl: seconds. */
	enum tally_err (*use)(struct tally_marks *marks, enum tally_mark_kind kind,
			      struct tally_span what, uint32_t ttl);

	/* Uses up a refresh token. */
	enum tally_err (*use_refresh)(struct tally_marks *marks, struct tally_refresh_use *use);

	/* The newest of what uses of a family's tokens have noted as made; maybe nothing. */
	enum tally_err (*refresh_made)(struct tally_marks *marks,
				       const struct tally_token_id *family,
				       struct tally_live_refs *out);

	/* Whether a refresh token has been used up or its family ended; changes nothing. */
	enum tally_err (*refresh_used)(struct tally_marks *marks, const struct tally_token_id *id,
				       const struct tally_token_id *family, bool *used);

	/*
	 * Adds one to each of these counters, which begin anew window seconds
	 * after their first: one round trip for all (not atomic as a whole).
	 */
	enum tally_err (*count)(struct tally_marks *marks, struct tally_mark_counter *counters,
				size_t n, uint32_t window);

	void (*close)(struct tally_marks *marks);
};

/* The first member of every implementation. */
struct tally_marks {
	const struct tally_marks_ops *ops;
};

#endif
