/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "http/failures.h"

#include "base/siphash.h"
#include "sys/clock.h"
#include "sys/rand.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define BUCKETS 2048u /* a power of two */
#define WAYS 4u       /* entries of a bucket */
#define IPV6_NETWORK 8u /* bytes */

/* What this process knows of an account or an address. */
struct entry {
	uint64_t who;   /* a hash of what and whom it is about */
	int64_t until;  /* ms: the end of the window; 0: free */
	uint32_t count; /* as it was last heard of */
};

struct tally_failures {
	struct tally_siphash_key key;
	_Atomic int64_t busy_until; /* ms: the last end of any window; read without the lock */
	pthread_mutex_t lock;       /* guards the entries */
	struct entry entries[BUCKETS][WAYS];
};

/* The two counters of an attempt, and how much each may have. */
struct attempt {
	struct tally_mark_counter counters[2];
	uint64_t who[2];
	uint32_t limits[2];
	size_t n;
	unsigned char network[IPV6_NETWORK];
};

struct tally_failures *tally_failures_new(void)
{
	struct tally_failures *failures = calloc(1, sizeof(*failures));

	if (failures == NULL)
		return NULL;
	if (tally_rand_bytes(&failures->key, sizeof(failures->key)) != TALLY_OK) {
		free(failures);
		return NULL;
	}
	pthread_mutex_init(&failures->lock, NULL);
	return failures;
}

void tally_failures_free(struct tally_failures *failures)
{
	if (failures == NULL)
		return;
	pthread_mutex_destroy(&failures->lock);
	free(failures);
}

/* The address as it is counted. */
static struct tally_span network_of(struct tally_span address, unsigned char out[IPV6_NETWORK])
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr ipv6;

	if (address.n == 0 || address.n >= sizeof(text) || memchr(address.p, ':', address.n) == NULL)
		return address;
	memcpy(text, address.p, address.n);
	text[address.n] = '\0';
	if (inet_pton(AF_INET6, text, &ipv6) != 1 || IN6_IS_ADDR_V4MAPPED(&ipv6))
		return address;
	memcpy(out, ipv6.s6_addr, IPV6_NETWORK);
	return tally_span(out, IPV6_NETWORK);
}

static void add(struct attempt *attempt, const struct tally_failures *failures,
		enum tally_mark_kind kind, struct tally_span what, uint32_t limit)
{
	struct tally_siphash_key key = failures->key;

	if (limit == 0 || what.n == 0)
		return;
	key.k[0] ^= kind;
	attempt->counters[attempt->n] = (struct tally_mark_counter){ .kind = kind, .what = what };
	attempt->who[attempt->n] = tally_siphash(&key, what.p, what.n);
	attempt->limits[attempt->n++] = limit;
}

static void describe(struct tally_request *rq, enum tally_failures_of of,
		     struct tally_span account, struct attempt *attempt)
{
	static const enum tally_mark_kind kinds[][2] = {
		[TALLY_FAILURES_OF_LOGINS] = { TALLY_MARK_LOGIN_ACCOUNT, TALLY_MARK_LOGIN_ADDRESS },
		[TALLY_FAILURES_OF_CLIENTS] = { TALLY_MARK_CLIENT_ACCOUNT,
						TALLY_MARK_CLIENT_ADDRESS },
		/* No account: a stranger could lock others out of their pool. */
		[TALLY_FAILURES_OF_POOLS] = { TALLY_MARK_POOL_ADDRESS, TALLY_MARK_POOL_ADDRESS },
	};
	const struct tally_conf *conf = rq->site->conf;
	const struct tally_failures *failures = rq->services->failures;

	attempt->n = 0;
	add(attempt, failures, kinds[of][0], account, conf->failures_per_account);
	add(attempt, failures, kinds[of][1], network_of(rq->params.remote_addr, attempt->network),
	    conf->failures_per_address);
}

/* Its entry; if there is none, the one that is free soonest. */
static struct entry *entry_of(struct tally_failures *failures, uint64_t who)
{
	struct entry *bucket = failures->entries[who % BUCKETS], *entry = &bucket[0];

	for (unsigned int i = 0; i < WAYS; i++) {
		if (bucket[i].who == who)
			return &bucket[i];
		if (bucket[i].until < entry->until)
			entry = &bucket[i];
	}
	return entry;
}

/* In how many milliseconds this may be tried again; 0: now. */
static int64_t blocked_for(struct tally_failures *failures, uint64_t who, uint32_t limit,
			   int64_t now)
{
	pthread_mutex_lock(&failures->lock);
	const struct entry *entry = entry_of(failures, who);
	int64_t left = entry->who == who && entry->count >= limit ? entry->until - now : 0;

	pthread_mutex_unlock(&failures->lock);
	return left > 0 ? left : 0;
}

static enum tally_fault refuse(struct tally_request *rq, const struct tally_mark_counter *counter,
			       int64_t left)
{
	static const char *const what[] = {
		[TALLY_MARK_LOGIN_ACCOUNT] = "logins of user",
		[TALLY_MARK_LOGIN_ADDRESS] = "logins from",
		[TALLY_MARK_CLIENT_ACCOUNT] = "authentications of client",
		[TALLY_MARK_CLIENT_ADDRESS] = "client authentications from",
		[TALLY_MARK_POOL_ADDRESS] = "requests to pools from",
	};
	bool is_address = counter->kind == TALLY_MARK_LOGIN_ADDRESS ||
			  counter->kind == TALLY_MARK_CLIENT_ADDRESS ||
			  counter->kind == TALLY_MARK_POOL_ADDRESS;
	struct tally_span name = is_address ? rq->params.remote_addr : counter->what;

	rq->retry_after = (uint32_t)((left + 999) / 1000);
	return tally_fault(rq, TALLY_FAULT_TOO_MANY, "too many failed %s %.*s, for another %u s",
			   what[counter->kind], TALLY_SPAN_ARG(name), rq->retry_after);
}

enum tally_fault tally_failures_check(struct tally_request *rq, enum tally_failures_of of,
				      struct tally_span account)
{
	struct tally_failures *failures = rq->services->failures;
	int64_t now = tally_clock_ms();
	struct attempt attempt;

	/* On quiet days nothing is looked up. */
	if (atomic_load_explicit(&failures->busy_until, memory_order_relaxed) <= now)
		return TALLY_FAULT_NONE;
	describe(rq, of, account, &attempt);
	for (size_t i = 0; i < attempt.n; i++) {
		int64_t left = blocked_for(failures, attempt.who[i], attempt.limits[i], now);

		if (left > 0)
			return refuse(rq, &attempt.counters[i], left);
	}
	return TALLY_FAULT_NONE;
}

/*
 * Notes what all processes have counted; without that (count 0), counts for
 * this one.
 */
static void learn(struct tally_failures *failures, uint64_t who, uint32_t count, int64_t until)
{
	int64_t now = tally_clock_ms();

	pthread_mutex_lock(&failures->lock);
	struct entry *entry = entry_of(failures, who);

	if (entry->who != who || entry->until <= now)
		*entry = (struct entry){ .who = who, .until = until };
	if (count != 0)
		*entry = (struct entry){ .who = who, .until = until, .count = count };
	else if (entry->count < UINT32_MAX)
		entry->count++;
	if (entry->until > atomic_load(&failures->busy_until))
		atomic_store(&failures->busy_until, entry->until);
	pthread_mutex_unlock(&failures->lock);
}

void tally_failures_note(struct tally_request *rq, enum tally_failures_of of,
			 struct tally_span account)
{
	struct tally_marks *marks = rq->services->marks;
	uint32_t window = rq->site->conf->failures_window;
	int64_t now = tally_clock_ms();
	struct attempt attempt;

	describe(rq, of, account, &attempt);
	if (attempt.n == 0)
		return;
	bool shared = marks != NULL && marks->ops->count(marks, attempt.counters, attempt.n,
							 window) == TALLY_OK;

	for (size_t i = 0; i < attempt.n; i++) {
		const struct tally_mark_counter *counter = &attempt.counters[i];
		uint32_t ends_in = shared ? counter->ends_in : window;

		learn(rq->services->failures, attempt.who[i], shared ? counter->count : 0,
		      now + (int64_t)ends_in * 1000);
	}
}
