/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The marks in Redis. Names of keys are short, for each is held in memory:
 *
 *   tally:<kind>:<22 characters>   a mark or a counter; of what it is about, 128
 *                                  bits of its SHA-256, whatever its length
 *   tally:{<family>}               a family of refresh tokens that has ended
 *   tally:{<family>}:<token>       a refresh token that has been used
 *   tally:{<family>}:made          the status of access tokens that came of it
 *
 * The braces make a cluster keep a family's keys together.
 */
#include "config.h"

#include "store/redis/redis.h"

#include "base/b64.h"
#include "base/buf.h"
#include "crypt/digest.h"
#include "store/redis/server.h"

#include <stdlib.h>

#define PREFIX "tally:"
#define DIGEST_SIZE 16u /* of a SHA-256 */
#define KEY_SIZE 64u
#define USES_PATIENCE 1000u /* microseconds */

struct redis {
	struct tally_marks marks;
	struct tally_redis_server *server;
	struct tally_gather *uses; /* of refresh tokens */
};

struct key {
	char text[KEY_SIZE];
	struct tally_span span;
};

static struct redis *redis_of(struct tally_marks *marks)
{
	return (struct redis *)marks;
}

/* ---- names ---- */

static enum tally_err name_mark(struct key *key, enum tally_mark_kind kind, struct tally_span what)
{
	static const char *const kinds[] = {
		[TALLY_MARK_ASSERTION] = "jti",
		[TALLY_MARK_LOGIN_ACCOUNT] = "user",
		[TALLY_MARK_LOGIN_ADDRESS] = "user-from",
		[TALLY_MARK_CLIENT_ACCOUNT] = "client",
		[TALLY_MARK_CLIENT_ADDRESS] = "client-from",
		[TALLY_MARK_POOL_ADDRESS] = "pool-from",
	};
	uint8_t digest[TALLY_SHA256_SIZE];
	struct tally_buf buf;
	enum tally_err err = tally_sha256(what, digest);

	tally_buf_over(&buf, key->text, sizeof(key->text));
	tally_buf_add_str(&buf, PREFIX);
	tally_buf_add_str(&buf, kinds[kind]);
	tally_buf_add_char(&buf, ':');
	tally_b64url_add(&buf, digest, DIGEST_SIZE);
	key->span = tally_buf_span(&buf);
	return err == TALLY_OK ? tally_buf_err(&buf) : err;
}

static void begin_family(struct tally_buf *buf, struct key *key,
			 const struct tally_token_id *family)
{
	tally_buf_over(buf, key->text, sizeof(key->text));
	tally_buf_add_str(buf, PREFIX "{");
	tally_b64url_add(buf, family->bytes, sizeof(family->bytes));
	tally_buf_add_char(buf, '}');
}

/* token NULL: of the family itself. */
static void name_refresh(struct key *key, const struct tally_token_id *family,
			 const struct tally_token_id *token)
{
	struct tally_buf buf;

	begin_family(&buf, key, family);
	if (token != NULL) {
		tally_buf_add_char(&buf, ':');
		tally_b64url_add(&buf, token->bytes, sizeof(token->bytes));
	}
	key->span = tally_buf_span(&buf);
}

static void name_made(struct key *key, const struct tally_token_id *family)
{
	struct tally_buf buf;

	begin_family(&buf, key, family);
	tally_buf_add_str(&buf, ":made");
	key->span = tally_buf_span(&buf);
}

/* Redis refuses to keep something for no time at all. */
static uint32_t seconds(uint32_t value)
{
	return value > 0 ? value : 1;
}

/* ---- operations ---- */

static enum tally_err check(struct tally_marks *marks)
{
	return tally_redis_check(redis_of(marks)->server);
}

static bool read_set(const redisReply *reply, void *out)
{
	bool *was_set = out;

	*was_set = reply->type == REDIS_REPLY_STATUS;
	return *was_set || reply->type == REDIS_REPLY_NIL;
}

static enum tally_err use(struct tally_marks *marks, enum tally_mark_kind kind,
			  struct tally_span what, uint32_t ttl)
{
	bool was_set = false;
	char text[24];
	struct key key;
	enum tally_err err = name_mark(&key, kind, what);

	if (err != TALLY_OK)
		return err;
	snprintf(text, sizeof(text), "%u", seconds(ttl));
	const struct tally_span command[] = { TALLY_SPAN("SET"), key.span,         TALLY_SPAN("1"),
					      TALLY_SPAN("NX"),  TALLY_SPAN("EX"), tally_span_of(text) };

	err = tally_redis_command(redis_of(marks)->server, command, sizeof(command) / sizeof(command[0]), read_set, &was_set);
	return err == TALLY_OK && !was_set ? TALLY_ERR_EXISTS : err;
}

/* ---- using refresh tokens ---- */

static bool read_verdict(const redisReply *reply, void *out)
{
	enum tally_refresh_verdict *verdict = out;

	if (reply->type != REDIS_REPLY_INTEGER || reply->integer < TALLY_REFRESH_FIRST ||
	    reply->integer > TALLY_REFRESH_ENDED)
		return false;
	*verdict = (enum tally_refresh_verdict)reply->integer;
	return true;
}

_Static_assert(TALLY_LIVE_REFS_SIZE == 96, "use_refresh.lua keeps as much as can be read");

static uint32_t seconds_until(int64_t until, int64_t now_ms)
{
	int64_t left = until - now_ms / 1000;

	return left > 0 && left <= UINT32_MAX ? (uint32_t)left : 0;
}

static enum tally_err use_refresh(struct tally_marks *marks, struct tally_refresh_use *of)
{
	const struct tally_live_refs made = { .items = { of->made },
					      .count = of->made.expires_at != 0 };
	uint8_t bytes[TALLY_LIVE_REFS_SIZE];
	struct key token_key, family_key, made_key;
	struct tally_redis_call call;

	name_refresh(&token_key, &of->family, &of->id);
	name_refresh(&family_key, &of->family, NULL);
	name_made(&made_key, &of->family);
	tally_redis_call_begin(&call, TALLY_REDIS_USE_REFRESH, read_verdict, &of->verdict);
	tally_redis_call_key(&call, token_key.span);
	tally_redis_call_key(&call, family_key.span);
	tally_redis_call_key(&call, made_key.span);
	tally_redis_call_number(&call, of->now_ms);
	tally_redis_call_number(&call, of->grace_ms);
	tally_redis_call_number(&call, seconds(of->token_ttl));
	tally_redis_call_number(&call, seconds(of->family_ttl));
	tally_redis_call_bytes(&call, tally_live_refs_pack(&made, bytes));
	tally_redis_call_number(&call, seconds(seconds_until(of->made.expires_at, of->now_ms)));
	return tally_redis_gather_put(redis_of(marks)->uses, &call);
}

static bool read_made(const redisReply *reply, void *out)
{
	struct tally_live_refs *refs = out;

	*refs = (struct tally_live_refs){ .count = 0 };
	if (reply->type == REDIS_REPLY_NIL)
		return true;
	return reply->type == REDIS_REPLY_STRING &&
	       tally_live_refs_unpack(tally_span(reply->str, reply->len), refs) == TALLY_OK;
}

static enum tally_err refresh_made(struct tally_marks *marks, const struct tally_token_id *family,
				   struct tally_live_refs *out)
{
	struct key key;

	name_made(&key, family);
	const struct tally_span command[] = { TALLY_SPAN("GET"), key.span };

	return tally_redis_command(redis_of(marks)->server, command, sizeof(command) / sizeof(command[0]), read_made, out);
}

static bool read_used(const redisReply *reply, void *out)
{
	bool *used = out;

	*used = reply->type == REDIS_REPLY_INTEGER && reply->integer > 0;
	return reply->type == REDIS_REPLY_INTEGER;
}

static enum tally_err refresh_used(struct tally_marks *marks, const struct tally_token_id *id,
				   const struct tally_token_id *family, bool *used)
{
	struct key token_key, family_key;

	name_refresh(&token_key, family, id);
	name_refresh(&family_key, family, NULL);
	const struct tally_span command[] = { TALLY_SPAN("EXISTS"), token_key.span,
					      family_key.span };

	return tally_redis_command(redis_of(marks)->server, command, sizeof(command) / sizeof(command[0]), read_used, used);
}

static bool read_counter(const redisReply *reply, void *out)
{
	struct tally_mark_counter *counter = out;

	if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 ||
	    reply->element[0]->type != REDIS_REPLY_INTEGER ||
	    reply->element[1]->type != REDIS_REPLY_INTEGER)
		return false;
	long long n = reply->element[0]->integer, left = reply->element[1]->integer;

	counter->count = n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
	counter->ends_in = left > 0 ? (uint32_t)left : 1;
	return true;
}

static enum tally_err count(struct tally_marks *marks, struct tally_mark_counter *counters,
			    size_t n, uint32_t window)
{
	struct tally_redis_call calls[TALLY_MARK_COUNTERS_MAX];
	struct tally_redis_call *all[TALLY_MARK_COUNTERS_MAX] = { NULL };
	struct key keys[TALLY_MARK_COUNTERS_MAX];
	enum tally_err err = n > TALLY_MARK_COUNTERS_MAX ? TALLY_ERR_LIMIT : TALLY_OK;

	for (size_t i = 0; err == TALLY_OK && i < n; i++) {
		err = name_mark(&keys[i], counters[i].kind, counters[i].what);
		tally_redis_call_begin(&calls[i], TALLY_REDIS_COUNT, read_counter, &counters[i]);
		tally_redis_call_key(&calls[i], keys[i].span);
		tally_redis_call_number(&calls[i], seconds(window));
		all[i] = &calls[i];
	}
	if (err != TALLY_OK)
		return err;
	tally_redis_run(redis_of(marks)->server, all, n);
	for (size_t i = 0; err == TALLY_OK && i < n; i++)
		err = calls[i].err;
	return err;
}

static void close_marks(struct tally_marks *marks)
{
	struct redis *redis = redis_of(marks);

	tally_gather_free(redis->uses);
	tally_redis_server_free(redis->server);
	free(redis);
}

static const struct tally_marks_ops ops = {
	.check = check,
	.use = use,
	.use_refresh = use_refresh,
	.refresh_made = refresh_made,
	.refresh_used = refresh_used,
	.count = count,
	.close = close_marks,
};

bool tally_redis_is_configured(const struct tally_conf *conf)
{
	return conf->redis_host != NULL || conf->redis_socket != NULL;
}

enum tally_err tally_redis_open(const struct tally_conf *conf, struct tally_marks **out)
{
	struct redis *redis = calloc(1, sizeof(*redis));

	*out = NULL;
	if (redis == NULL)
		return TALLY_ERR_NOMEM;
	redis->marks.ops = &ops;
	enum tally_err err = tally_redis_server_new(conf, "Redis cannot be used",
						    "Redis can be used again", &redis->server);

	if (err == TALLY_OK &&
	    (redis->uses = tally_redis_gather_new(redis->server, USES_PATIENCE)) == NULL)
		err = TALLY_ERR_NOMEM;
	if (err != TALLY_OK) {
		close_marks(&redis->marks);
		return err;
	}
	*out = &redis->marks;
	return TALLY_OK;
}
