/* SPDX-License-Identifier: Apache-2.0 */
/* What a directive of a pool alone cannot tell. */
#include "config.h"

#include "sys/conf_parts.h"

#define DIGEST_CHARS 64u

#define REFUSE(pool, directive, ...) \
	tally_conf_refuse((pool)->part, TALLY_POOL_AT_##directive, __VA_ARGS__)

/* draft-ietf-oauth-status-list §4.1 and §13.4. */
static void check_shape(const struct tally_pool_conf *pool)
{
	if (pool->bits != 1 && pool->bits != 2 && pool->bits != 4 && pool->bits != 8)
		REFUSE(pool, bits, "expected 1, 2, 4 or 8, found %u", pool->bits);
	else if ((uint64_t)pool->size * pool->bits % 8 != 0)
		REFUSE(pool, size, "expected a multiple of %u, so that a list of %u bits per entry "
		       "fills its last byte, found %u", 8 / pool->bits, pool->bits, pool->size);
}

/* 0 is what every entry begins with: nothing could ever be changed. */
static void check_final(struct tally_pool_conf *pool)
{
	unsigned int most = (1u << pool->bits) - 1;
	uint64_t value;

	if (pool->final_status == NULL)
		return;
	if (tally_span_to_u64(tally_span_of(pool->final_status), most, &value) == TALLY_OK &&
	    value > 0)
		pool->final_value = (int)value;
	else
		REFUSE(pool, final_status, "expected nothing, or a whole number from 1 to %u, which "
		       "is what %u bits hold, found \"%s\"", most, pool->bits, pool->final_status);
}

static void check_prefetch(const struct tally_pool_conf *pool)
{
	if (pool->prefetch_threshold >= pool->prefetch_capacity)
		REFUSE(pool, prefetch_threshold,
		       "expected less than prefetch-capacity (%u), found %u",
		       pool->prefetch_capacity, pool->prefetch_threshold);
	if (pool->max_amount > pool->prefetch_capacity)
		REFUSE(pool, max_amount, "expected at most prefetch-capacity (%u), since a request "
		       "is answered from what was fetched before, found %u",
		       pool->prefetch_capacity, pool->max_amount);
}

/* A list is signed again when half of its life is over: so much is left of each. */
static void check_times(const struct tally_pool_conf *pool)
{
	if (pool->ttl > pool->list_lifetime / 2)
		REFUSE(pool, ttl, "expected at most half of list-lifetime (%us), so that nobody "
		       "keeps a list beyond its end, found %us", pool->list_lifetime / 2,
		       pool->ttl);
}

/* ---- keys ---- */

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool read_digest(struct tally_span text, uint8_t out[DIGEST_CHARS / 2])
{
	if (text.n != DIGEST_CHARS)
		return false;
	for (size_t i = 0; i < DIGEST_CHARS / 2; i++) {
		int high = digit_of(text.p[2 * i]);
		int low = digit_of(text.p[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static bool is_key_id(struct tally_span id)
{
	for (size_t i = 0; i < id.n; i++)
		if (!(id.p[i] >= 'a' && id.p[i] <= 'z') && !(id.p[i] >= 'A' && id.p[i] <= 'Z') &&
		    !(id.p[i] >= '0' && id.p[i] <= '9') && strchr("-._", id.p[i]) == NULL)
			return false;
	return id.n > 0 && id.n <= TALLY_POOL_KEY_ID_MAX;
}

/* Says what is wrong with a word and returns false. */
static bool add_key(struct tally_pool_conf *pool, struct tally_span word)
{
	struct tally_pool_key *key = &pool->keys[pool->key_count];
	struct tally_span rest = word;

	if (pool->key_count == TALLY_POOL_KEYS_MAX) {
		REFUSE(pool, api_keys, "expected at most %u keys", TALLY_POOL_KEYS_MAX);
		return false;
	}
	key->id = tally_span_cut(&rest, ':');
	if (!is_key_id(key->id) || !read_digest(rest, key->digest)) {
		REFUSE(pool, api_keys, "expected words ID:DIGEST, where ID is 1 to %u letters, "
		       "digits and -._ and DIGEST is the SHA-256 of a key, %u hexadecimal digits "
		       "(\"tallystick pool key add\" makes both), found \"%.*s\"",
		       TALLY_POOL_KEY_ID_MAX, DIGEST_CHARS, TALLY_SPAN_ARG(word));
		return false;
	}
	for (size_t i = 0; i < pool->key_count; i++)
		if (tally_span_eq(pool->keys[i].id, key->id)) {
			REFUSE(pool, api_keys, "the key %.*s is there twice",
			       TALLY_SPAN_ARG(key->id));
			return false;
		}
	pool->key_count++;
	return true;
}

static void check_api_keys(struct tally_pool_conf *pool)
{
	struct tally_span rest = tally_span_of(pool->api_keys);
	bool ok = true;

	while (ok && rest.p != NULL) {
		struct tally_span word = tally_span_cut(&rest, ' ');

		if (word.n > 0)
			ok = add_key(pool, word);
	}
}

/* The signing keys of the database come and go, with kids of their own. */
static void check_signing(const struct tally_pool_conf *pool)
{
	if (pool->key_uri != NULL)
		return;
	if (pool->kid != NULL)
		REFUSE(pool, kid, "expected key-uri beside it, whose key it names, found none");
	if (pool->certificates != NULL)
		REFUSE(pool, certificates, "expected key-uri beside it, whose key they certify, "
		       "found none");
}

/* ---- texts ---- */

static void check_texts(const struct tally_pool_conf *pool)
{
	struct tally_span path;

	if (pool->issuer != NULL)
		tally_conf_check_url(pool->part, TALLY_POOL_AT_issuer, pool->issuer, &path);
	if (pool->aggregation_id != NULL &&
	    !tally_pool_id_is_valid(tally_span_of(pool->aggregation_id)))
		REFUSE(pool, aggregation_id, "expected 1 to %u of a-z, 0-9 and '-', with no '-' at "
		       "either end, found \"%s\"", TALLY_POOL_ID_MAX, pool->aggregation_id);
}

void tally_pool_check(struct tally_pool_conf *pool)
{
	check_shape(pool);
	check_final(pool);
	check_prefetch(pool);
	check_times(pool);
	check_api_keys(pool);
	check_signing(pool);
	check_texts(pool);
}
