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
#include "store/gather.h"
#include "store/outage.h"
#include "store/redis/durable.h"
#include "store/redis/script.h"

#include <stdlib.h>

#define PREFIX "tally:"
#define DIGEST_SIZE 16u /* of a SHA-256 */
#define KEY_SIZE 64u
#define NUMBER_SIZE 24u

/* Uses of refresh tokens that go to the server together, and how often at once. */
#define BATCH 64u
#define RUNS 2u

struct redis {
	struct tally_marks marks;
	const struct tally_conf *conf;
	struct tally_links *pool;
	struct tally_gather *uses; /* of refresh tokens */
	struct tally_outage outage;
	char where[TALLY_REDIS_WHERE_SIZE];
	struct tally_redis_conn conns[];
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

/* A number as an argument; out lives as long as the span. */
static struct tally_span number(char out[NUMBER_SIZE], int64_t value)
{
	int n = snprintf(out, NUMBER_SIZE, "%lld", (long long)value);

	return tally_span(out, (size_t)n);
}

/* Redis refuses to keep something for no time at all. */
static struct tally_span seconds(char out[NUMBER_SIZE], uint32_t value)
{
	return number(out, value > 0 ? value : 1);
}

/* ---- connections ---- */

static enum tally_err begin(struct redis *redis, struct tally_redis_conn **conn)
{
	struct tally_link_failure failure;
	struct tally_link *link = NULL;
	enum tally_err err = tally_links_get(redis->pool, &link, &failure);

	if (err != TALLY_OK) {
		tally_outage_met(&redis->outage, &failure);
		return failure.err == TALLY_ERR_CONFIG ? TALLY_ERR_CONFIG : TALLY_ERR_UNAVAILABLE;
	}
	*conn = (struct tally_redis_conn *)link;
	return TALLY_OK;
}

/* Gives the connection back; what failed is an outage, whatever it was. */
static enum tally_err end(struct redis *redis, struct tally_redis_conn *conn, enum tally_err err)
{
	bool answered = err == TALLY_OK || err == TALLY_ERR_EXISTS;
	struct tally_link_failure failure = conn->link.failure;

	tally_links_put(redis->pool, &conn->link, answered ? TALLY_LINK_KEEP : failure.fate);
	if (answered)
		tally_outage_over(&redis->outage);
	else
		tally_outage_met(&redis->outage, &failure);
	return answered || err == TALLY_ERR_CONFIG ? err : TALLY_ERR_UNAVAILABLE;
}

/* A reply that is none of those expected. */
static enum tally_err strange(struct tally_redis_conn *conn)
{
	return tally_redis_failed(conn, TALLY_ERR_UNAVAILABLE, "is it a Redis?",
				  "the server answers what was not asked");
}

/* ---- operations ---- */

static enum tally_err check(struct tally_marks *marks)
{
	static const struct tally_span ping = { "PING", 4 };
	struct redis *redis = redis_of(marks);
	struct tally_redis_conn *conn;
	redisReply *reply = NULL;
	enum tally_err err = begin(redis, &conn);

	if (err != TALLY_OK)
		return err;
	err = tally_redis_ask(conn, &ping, 1, &reply);
	freeReplyObject(reply);
	if (err == TALLY_OK)
		err = tally_redis_check_durable(conn);
	return end(redis, conn, err);
}

static enum tally_err use(struct tally_marks *marks, enum tally_mark_kind kind,
			  struct tally_span what, uint32_t ttl)
{
	struct redis *redis = redis_of(marks);
	struct tally_redis_conn *conn;
	redisReply *reply = NULL;
	char ttl_text[NUMBER_SIZE];
	struct key key;
	enum tally_err err = name_mark(&key, kind, what);

	if (err == TALLY_OK)
		err = begin(redis, &conn);
	if (err != TALLY_OK)
		return err == TALLY_ERR_CONFIG ? TALLY_ERR_UNAVAILABLE : err;
	const struct tally_span command[] = { TALLY_SPAN("SET"), key.span,         TALLY_SPAN("1"),
					      TALLY_SPAN("NX"),  TALLY_SPAN("EX"), seconds(ttl_text, ttl) };

	err = tally_redis_ask(conn, command, sizeof(command) / sizeof(command[0]), &reply);
	if (err == TALLY_OK && reply->type == REDIS_REPLY_NIL)
		err = TALLY_ERR_EXISTS;
	else if (err == TALLY_OK && reply->type != REDIS_REPLY_STATUS)
		err = strange(conn);
	freeReplyObject(reply);
	return end(redis, conn, err);
}

/* Makes the calls on a connection of the pool; the replies are the caller's. */
static enum tally_err call(struct redis *redis, struct tally_redis_call *calls, size_t n,
			   enum tally_err (*read)(struct tally_redis_call *call, void *out),
			   void *const outs[])
{
	struct tally_redis_conn *conn;
	enum tally_err err = begin(redis, &conn);

	if (err != TALLY_OK)
		return TALLY_ERR_UNAVAILABLE;
	err = tally_redis_call(conn, calls, n);
	for (size_t i = 0; i < n; i++) {
		if (err == TALLY_OK && read(&calls[i], outs[i]) != TALLY_OK)
			err = strange(conn);
		freeReplyObject(calls[i].reply);
	}
	return end(redis, conn, err);
}

/* ---- using refresh tokens ---- */

struct use {
	struct tally_redis_call call;
	enum tally_refresh_verdict verdict;
	enum tally_err err;
};

static enum tally_err read_verdict(const redisReply *reply, enum tally_refresh_verdict *out)
{
	if (reply->type != REDIS_REPLY_INTEGER || reply->integer < TALLY_REFRESH_FIRST ||
	    reply->integer > TALLY_REFRESH_ENDED)
		return TALLY_ERR_SYNTAX;
	*out = (enum tally_refresh_verdict)reply->integer;
	return TALLY_OK;
}

/* What the server has answered counts, even if it refused something else. */
static enum tally_err read_verdicts(struct tally_redis_conn *conn, struct tally_redis_call *calls,
				    void *const items[], size_t n)
{
	enum tally_err err = tally_redis_call(conn, calls, n);

	for (size_t i = 0; i < n; i++) {
		struct use *use = items[i];
		redisReply *reply = calls[i].reply;

		use->err = reply ? read_verdict(reply, &use->verdict) : TALLY_ERR_UNAVAILABLE;
		if (reply != NULL && use->err != TALLY_OK) {
			err = strange(conn);
			use->err = TALLY_ERR_UNAVAILABLE;
		}
		freeReplyObject(reply);
	}
	return err;
}

/*
 * All in one round trip, and all on disk at once: the server writes its log when
 * it has done what it has read.
 */
static void use_all(void *context, void *const items[], size_t n)
{
	struct redis *redis = context;
	struct tally_redis_call calls[BATCH];
	struct tally_redis_conn *conn;
	enum tally_err err = begin(redis, &conn);

	for (size_t i = 0; i < n; i++) {
		struct use *use = items[i];

		calls[i] = use->call;
		use->err = TALLY_ERR_UNAVAILABLE;
	}
	if (err != TALLY_OK)
		return;
	/* Each has its own answer. */
	end(redis, conn, read_verdicts(conn, calls, items, n));
}

static uint32_t seconds_until(int64_t until, int64_t now_ms)
{
	int64_t left = until - now_ms / 1000;

	return left > 0 && left <= UINT32_MAX ? (uint32_t)left : 0;
}

static enum tally_err use_refresh(struct tally_marks *marks, struct tally_refresh_use *of)
{
	const struct tally_live_refs made = { .items = { of->made },
					      .count = of->made.expires_at != 0 };
	char texts[TALLY_REDIS_SCRIPT_ARGS_MAX][NUMBER_SIZE];
	uint8_t bytes[TALLY_LIVE_REFS_SIZE];
	struct key token_key, family_key, made_key;

	name_refresh(&token_key, &of->family, &of->id);
	name_refresh(&family_key, &of->family, NULL);
	name_made(&made_key, &of->family);
	struct use use = {
		.err = TALLY_ERR_UNAVAILABLE,
		.call = {
			.script = TALLY_REDIS_USE_REFRESH,
			.keys = { token_key.span, family_key.span, made_key.span },
			.key_count = 3,
			.args = { number(texts[0], of->now_ms), number(texts[1], of->grace_ms),
				  seconds(texts[2], of->token_ttl),
				  seconds(texts[3], of->family_ttl),
				  tally_live_refs_pack(&made, bytes),
				  seconds(texts[4], seconds_until(of->made.expires_at,
								  of->now_ms)) },
			.arg_count = 6,
		},
	};

	if (tally_gather_put(redis_of(marks)->uses, &use) && use.err == TALLY_OK)
		of->verdict = use.verdict;
	return use.err;
}

static enum tally_err read_made(const redisReply *reply, struct tally_live_refs *out)
{
	*out = (struct tally_live_refs){ .count = 0 };
	if (reply->type == REDIS_REPLY_NIL)
		return TALLY_OK;
	return reply->type == REDIS_REPLY_STRING
		       ? tally_live_refs_unpack(tally_span(reply->str, reply->len), out)
		       : TALLY_ERR_SYNTAX;
}

static enum tally_err refresh_made(struct tally_marks *marks, const struct tally_token_id *family,
				   struct tally_live_refs *out)
{
	struct redis *redis = redis_of(marks);
	struct tally_redis_conn *conn;
	redisReply *reply = NULL;
	struct key key;
	enum tally_err err = begin(redis, &conn);

	if (err != TALLY_OK)
		return TALLY_ERR_UNAVAILABLE;
	name_made(&key, family);
	const struct tally_span command[] = { TALLY_SPAN("GET"), key.span };

	err = tally_redis_ask(conn, command, sizeof(command) / sizeof(command[0]), &reply);
	if (err == TALLY_OK && read_made(reply, out) != TALLY_OK)
		err = strange(conn);
	freeReplyObject(reply);
	return end(redis, conn, err);
}

static enum tally_err refresh_used(struct tally_marks *marks, const struct tally_token_id *id,
				   const struct tally_token_id *family, bool *used)
{
	struct redis *redis = redis_of(marks);
	struct tally_redis_conn *conn;
	redisReply *reply = NULL;
	struct key token_key, family_key;
	enum tally_err err = begin(redis, &conn);

	if (err != TALLY_OK)
		return TALLY_ERR_UNAVAILABLE;
	name_refresh(&token_key, family, id);
	name_refresh(&family_key, family, NULL);
	const struct tally_span command[] = { TALLY_SPAN("EXISTS"), token_key.span,
					      family_key.span };

	err = tally_redis_ask(conn, command, sizeof(command) / sizeof(command[0]), &reply);
	if (err == TALLY_OK && reply->type != REDIS_REPLY_INTEGER)
		err = strange(conn);
	if (err == TALLY_OK)
		*used = reply->integer > 0;
	freeReplyObject(reply);
	return end(redis, conn, err);
}

static enum tally_err read_counter(struct tally_redis_call *call_made, void *out)
{
	const redisReply *reply = call_made->reply;
	struct tally_mark_counter *counter = out;

	if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 ||
	    reply->element[0]->type != REDIS_REPLY_INTEGER ||
	    reply->element[1]->type != REDIS_REPLY_INTEGER)
		return TALLY_ERR_SYNTAX;
	long long n = reply->element[0]->integer, left = reply->element[1]->integer;

	counter->count = n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
	counter->ends_in = left > 0 ? (uint32_t)left : 1;
	return TALLY_OK;
}

static enum tally_err count(struct tally_marks *marks, struct tally_mark_counter *counters,
			    size_t n, uint32_t window)
{
	struct tally_redis_call calls[TALLY_MARK_COUNTERS_MAX];
	struct key keys[TALLY_MARK_COUNTERS_MAX];
	void *outs[TALLY_MARK_COUNTERS_MAX];
	char text[NUMBER_SIZE];

	if (n > TALLY_MARK_COUNTERS_MAX)
		return TALLY_ERR_LIMIT;
	for (size_t i = 0; i < n; i++) {
		enum tally_err err = name_mark(&keys[i], counters[i].kind, counters[i].what);

		if (err != TALLY_OK)
			return err;
		calls[i] = (struct tally_redis_call){
			.script = TALLY_REDIS_COUNT,
			.keys = { keys[i].span },
			.key_count = 1,
			.args = { seconds(text, window) },
			.arg_count = 1,
		};
		outs[i] = &counters[i];
	}
	return call(redis_of(marks), calls, n, read_counter, outs);
}

static void close_marks(struct tally_marks *marks)
{
	struct redis *redis = redis_of(marks);

	tally_gather_free(redis->uses);
	tally_links_free(redis->pool);
	tally_outage_end(&redis->outage);
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

static struct tally_links *make_pool(struct redis *redis)
{
	uint32_t n = redis->conf->redis_connections;
	struct tally_link **links = calloc(n, sizeof(*links));

	if (links == NULL)
		return NULL;
	for (uint32_t i = 0; i < n; i++) {
		redis->conns[i].conf = redis->conf;
		links[i] = &redis->conns[i].link;
	}
	struct tally_links *pool =
		tally_links_new(&tally_redis_link_type, links, n, redis->conf->redis_timeout);

	free(links);
	return pool;
}

enum tally_err tally_redis_open(const struct tally_conf *conf, struct tally_marks **out)
{
	struct redis *redis =
		calloc(1, sizeof(*redis) + conf->redis_connections * sizeof(redis->conns[0]));
	enum tally_err err = tally_redis_name_scripts();

	*out = NULL;
	if (redis == NULL || err != TALLY_OK) {
		free(redis);
		return redis ? err : TALLY_ERR_NOMEM;
	}
	redis->marks.ops = &ops;
	redis->conf = conf;
	tally_redis_where(redis->where, conf);
	tally_outage_init(&redis->outage, "Redis cannot be used", "Redis can be used again",
			  redis->where);
	redis->pool = make_pool(redis);
	/* As many may wait as there are threads: what they hold up is themselves. */
	redis->uses = tally_gather_new(use_all, redis, SIZE_MAX, BATCH, RUNS);
	if (redis->pool == NULL || redis->uses == NULL) {
		close_marks(&redis->marks);
		return TALLY_ERR_NOMEM;
	}
	*out = &redis->marks;
	return TALLY_OK;
}
