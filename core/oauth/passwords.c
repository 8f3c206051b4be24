/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "oauth/passwords.h"

#include "base/secret.h"
#include "base/siphash.h"
#include "crypt/hmac.h"
#include "crypt/password.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "sys/rand.h"

#include <pthread.h>
#include <stdlib.h>

#define BUCKETS 4096u /* a power of two */
#define WAYS 4u       /* entries of a bucket */

/* A password that was right. */
struct verified {
	uint64_t user;   /* a hash of user_id */
	int64_t until;   /* ms; 0: free */
	uint8_t digest[TALLY_HMAC_SIZE];
};

struct tally_passwords {
	int64_t cache_ms;
	unsigned int parallel;
	unsigned int inside_max; /* running and waiting */
	char nobody[TALLY_PASSWORD_HASH_MAX + 1]; /* stands for users who are not there */
	uint8_t digest_key[TALLY_HMAC_SIZE];
	struct tally_siphash_key bucket_key;

	pthread_mutex_t lock; /* guards the rest */
	pthread_cond_t done;
	unsigned int running;
	unsigned int inside;
	struct verified verified[BUCKETS][WAYS];
};

static unsigned int least(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

/* Of threads that may be occupied with passwords: half of them, waiting ones included. */
static void set_limits(struct tally_passwords *passwords, const struct tally_conf *conf)
{
	unsigned int half = conf->server_threads > 1 ? conf->server_threads / 2 : 1;

	passwords->parallel = least(conf->passwords_parallel, half);
	passwords->inside_max = least(passwords->parallel + conf->passwords_queue, half);
	passwords->cache_ms = (int64_t)conf->passwords_cache * 1000;
	tally_password_nobody((struct tally_password_cost){ conf->passwords_memory,
							    conf->passwords_passes },
			      passwords->nobody);
}

struct tally_passwords *tally_passwords_new(const struct tally_conf *conf)
{
	struct tally_passwords *passwords = calloc(1, sizeof(*passwords));

	if (passwords == NULL)
		return NULL;
	pthread_mutex_init(&passwords->lock, NULL);
	pthread_cond_init(&passwords->done, NULL);
	set_limits(passwords, conf);
	if (tally_rand_bytes(passwords->digest_key, sizeof(passwords->digest_key)) != TALLY_OK ||
	    tally_rand_bytes(&passwords->bucket_key, sizeof(passwords->bucket_key)) != TALLY_OK) {
		tally_passwords_free(passwords);
		return NULL;
	}
	return passwords;
}

void tally_passwords_free(struct tally_passwords *passwords)
{
	if (passwords == NULL)
		return;
	pthread_cond_destroy(&passwords->done);
	pthread_mutex_destroy(&passwords->lock);
	tally_secret_free(passwords, sizeof(*passwords));
}

/* ---- what was verified lately ---- */

static enum tally_err digest_of(const struct tally_passwords *passwords,
				const struct tally_user_record *user, struct tally_span password,
				uint8_t out[TALLY_HMAC_SIZE])
{
	const struct tally_span parts[] = { user->user_id, TALLY_SPAN("\0"), user->password,
					    TALLY_SPAN("\0"), password };

	return tally_hmac_sha256(tally_span(passwords->digest_key, sizeof(passwords->digest_key)),
				 parts, sizeof(parts) / sizeof(parts[0]), out);
}

static struct verified *bucket_of(struct tally_passwords *passwords, uint64_t user)
{
	return passwords->verified[user % BUCKETS];
}

/* The user's place, or the one that is free soonest. */
static struct verified *place_of(struct tally_passwords *passwords, uint64_t user)
{
	struct verified *bucket = bucket_of(passwords, user), *place = &bucket[0];

	for (unsigned int i = 0; i < WAYS; i++) {
		if (bucket[i].user == user)
			return &bucket[i];
		if (bucket[i].until < place->until)
			place = &bucket[i];
	}
	return place;
}

static bool is_remembered(struct tally_passwords *passwords, uint64_t user,
			  const uint8_t digest[TALLY_HMAC_SIZE])
{
	pthread_mutex_lock(&passwords->lock);
	const struct verified *place = place_of(passwords, user);
	bool found = place->user == user && place->until > tally_clock_ms() &&
		     tally_secret_equal(place->digest, digest, TALLY_HMAC_SIZE);

	pthread_mutex_unlock(&passwords->lock);
	return found;
}

static void remember(struct tally_passwords *passwords, uint64_t user,
		     const uint8_t digest[TALLY_HMAC_SIZE])
{
	pthread_mutex_lock(&passwords->lock);
	struct verified *place = place_of(passwords, user);

	place->user = user;
	place->until = tally_clock_ms() + passwords->cache_ms;
	memcpy(place->digest, digest, TALLY_HMAC_SIZE);
	pthread_mutex_unlock(&passwords->lock);
}

static void forget(struct tally_passwords *passwords, uint64_t user)
{
	pthread_mutex_lock(&passwords->lock);
	struct verified *place = place_of(passwords, user);

	if (place->user == user)
		tally_secret_wipe(place, sizeof(*place));
	pthread_mutex_unlock(&passwords->lock);
}

/* ---- the queue ---- */

static enum tally_err enter(struct tally_passwords *passwords)
{
	pthread_mutex_lock(&passwords->lock);
	bool full = passwords->inside >= passwords->inside_max;

	if (!full) {
		passwords->inside++;
		while (passwords->running >= passwords->parallel)
			pthread_cond_wait(&passwords->done, &passwords->lock);
		passwords->running++;
	}
	pthread_mutex_unlock(&passwords->lock);
	return full ? TALLY_ERR_LIMIT : TALLY_OK;
}

static void leave(struct tally_passwords *passwords)
{
	pthread_mutex_lock(&passwords->lock);
	passwords->running--;
	passwords->inside--;
	pthread_cond_signal(&passwords->done);
	pthread_mutex_unlock(&passwords->lock);
}

/* stored empty: nobody's; the work is done all the same. */
static enum tally_err verify(struct tally_passwords *passwords, struct tally_span stored,
			     struct tally_span password)
{
	bool is_somebody = stored.n > 0;
	enum tally_err err = enter(passwords);

	if (err != TALLY_OK)
		return err;
	err = tally_password_verify(is_somebody ? stored : tally_span_of(passwords->nobody),
				    password);
	leave(passwords);
	return err == TALLY_OK && !is_somebody ? TALLY_ERR_VERIFY : err;
}

static enum tally_err check_user(struct tally_passwords *passwords,
				 const struct tally_user_record *user, struct tally_span password)
{
	uint8_t digest[TALLY_HMAC_SIZE];
	uint64_t who = tally_siphash(&passwords->bucket_key, user->user_id.p, user->user_id.n);
	enum tally_err err = digest_of(passwords, user, password, digest);

	if (err == TALLY_OK && is_remembered(passwords, who, digest))
		goto out;
	if (err == TALLY_OK)
		err = verify(passwords, user->password, password);
	if (err == TALLY_OK && passwords->cache_ms > 0)
		remember(passwords, who, digest);
	if (err == TALLY_ERR_SYNTAX) {
		tally_log_error("the password of user %.*s in the database is no argon2id hash: "
				"set it anew", TALLY_SPAN_ARG(user->user_id));
		err = TALLY_ERR_VERIFY;
	}
out:
	tally_secret_wipe(digest, sizeof(digest));
	return err;
}

enum tally_err tally_passwords_check(struct tally_passwords *passwords,
				     const struct tally_user_record *user,
				     struct tally_span password)
{
	bool fits = password.n <= TALLY_PASSWORD_MAX;

	if (user != NULL && tally_user_is_disabled(user))
		forget(passwords, tally_siphash(&passwords->bucket_key, user->user_id.p,
						user->user_id.n));
	if (user != NULL && !tally_user_is_disabled(user) && user->password.n > 0 && fits)
		return check_user(passwords, user, password);
	if (!fits)
		password.n = TALLY_PASSWORD_MAX;
	return verify(passwords, TALLY_SPAN(""), password);
}
