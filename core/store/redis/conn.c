/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "store/redis/conn.h"

#include "base/secret.h"
#include "store/redis/durable.h"
#include "sys/file.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>

#define PASSWORD_MAX 4096u

static const struct {
	struct tally_span word;
	enum tally_link_fate fate;
	const char *advice;
} errors[] = {
#define TALLY_REDIS_ERROR(word, fate, advice) \
	{ { word, sizeof(word) - 1 }, TALLY_LINK_##fate, advice },
#include "store/redis/error.def"
#undef TALLY_REDIS_ERROR
};

enum tally_err tally_redis_failed(struct tally_redis_conn *conn, enum tally_err err,
				  const char *advice, const char *format, ...)
{
	struct tally_link_failure *failure = &conn->link.failure;
	va_list args;

	*failure = (struct tally_link_failure){
		.err = err, .fate = TALLY_LINK_DROP, .advice = advice
	};
	va_start(args, format);
	vsnprintf(failure->text, sizeof(failure->text), format, args);
	va_end(args);
	return err;
}

/* The library gave up: the connection is of no use any more. */
static enum tally_err broken(struct tally_redis_conn *conn)
{
	const redisContext *redis = conn->redis;

	if (redis == NULL)
		return tally_redis_failed(conn, TALLY_ERR_UNAVAILABLE, NULL, "out of memory");
	if (redis->err == REDIS_ERR_IO && (errno == EAGAIN || errno == EWOULDBLOCK))
		return tally_redis_failed(conn, TALLY_ERR_UNAVAILABLE, NULL, "no answer for %u s",
					  conn->conf->redis_timeout);
	return tally_redis_failed(conn, TALLY_ERR_UNAVAILABLE, NULL, "%s", redis->errstr);
}

/*
 * The error of the command that a script called. Redis 6 wraps it: "ERR Error
 * running script (call to f_NAME): @user_script:1: @user_script: 1: -WORD what".
 */
static struct tally_span unwrap(struct tally_span text)
{
	static const char mark[] = ": -";

	if (!tally_span_starts_with(text, TALLY_SPAN("ERR Error running script")))
		return text;
	const char *inner = memmem(text.p, text.n, mark, sizeof(mark) - 1);

	if (inner == NULL)
		return text;
	inner += sizeof(mark) - 1;
	return tally_span(inner, text.n - (size_t)(inner - text.p));
}

/* The server refused a command: "WORD what it says". */
static enum tally_err refused(struct tally_redis_conn *conn, struct tally_span reply)
{
	struct tally_span text = unwrap(reply);
	struct tally_span rest = text;
	struct tally_span word = tally_span_cut(&rest, ' ');

	if (tally_span_eq(word, TALLY_SPAN("NOSCRIPT")))
		return TALLY_ERR_NOT_FOUND;
	tally_redis_failed(conn, TALLY_ERR_UNAVAILABLE, NULL, "%.*s", TALLY_SPAN_ARG(text));
	conn->link.failure.fate = TALLY_LINK_KEEP;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (tally_span_eq(errors[i].word, word)) {
			conn->link.failure.fate = errors[i].fate;
			conn->link.failure.advice = errors[i].advice;
		}
	return tally_span_eq(word, TALLY_SPAN("NOPERM")) ||
			       tally_span_starts_with(text, TALLY_SPAN("ERR unknown command"))
		       ? TALLY_ERR_DENIED : TALLY_ERR_UNAVAILABLE;
}

enum tally_err tally_redis_send(struct tally_redis_conn *conn, const struct tally_span *args,
				size_t n)
{
	const char *texts[TALLY_REDIS_ARGS_MAX];
	size_t sizes[TALLY_REDIS_ARGS_MAX];

	for (size_t i = 0; i < n; i++) {
		texts[i] = args[i].p;
		sizes[i] = args[i].n;
	}
	if (redisAppendCommandArgv(conn->redis, (int)n, texts, sizes) != REDIS_OK)
		return broken(conn);
	return TALLY_OK;
}

enum tally_err tally_redis_receive(struct tally_redis_conn *conn, redisReply **out)
{
	void *reply = NULL;

	*out = NULL;
	errno = 0;
	if (redisGetReply(conn->redis, &reply) != REDIS_OK)
		return broken(conn);
	*out = reply;
	if ((*out)->type != REDIS_REPLY_ERROR)
		return TALLY_OK;
	enum tally_err err = refused(conn, tally_span((*out)->str, (size_t)(*out)->len));

	freeReplyObject(*out);
	*out = NULL;
	return err;
}

enum tally_err tally_redis_ask(struct tally_redis_conn *conn, const struct tally_span *args,
			       size_t n, redisReply **out)
{
	enum tally_err err = tally_redis_send(conn, args, n);

	*out = NULL;
	return err == TALLY_OK ? tally_redis_receive(conn, out) : err;
}

/* The password file is read anew for each connection: it may have changed. */
static enum tally_err authenticate(struct tally_redis_conn *conn)
{
	const char *path = conn->conf->redis_password_file;
	char password[PASSWORD_MAX + 1];
	redisReply *reply = NULL;

	if (path == NULL)
		return TALLY_OK;
	if (tally_file_line(path, password, sizeof(password)) != TALLY_OK)
		return tally_redis_failed(conn, TALLY_ERR_UNAVAILABLE, NULL,
					  "redis.password-file cannot be read: %s",
					  strerror(errno));
	const struct tally_span args[] = { TALLY_SPAN("AUTH"), tally_span_of(password) };
	enum tally_err err = tally_redis_ask(conn, args, 2, &reply);

	tally_secret_wipe(password, sizeof(password));
	freeReplyObject(reply);
	return err;
}

static void disconnect(struct tally_link *link)
{
	struct tally_redis_conn *conn = (struct tally_redis_conn *)link;

	if (conn->redis != NULL)
		redisFree(conn->redis);
	conn->redis = NULL;
}

static enum tally_err open_socket(struct tally_redis_conn *conn)
{
	const struct tally_conf *conf = conn->conf;
	const struct timeval timeout = { .tv_sec = (time_t)conf->redis_timeout };

	errno = 0;
	conn->redis = conf->redis_socket
			      ? redisConnectUnixWithTimeout(conf->redis_socket, timeout)
			      : redisConnectWithTimeout(conf->redis_host, (int)conf->redis_port,
							timeout);
	if (conn->redis == NULL || conn->redis->err != 0 ||
	    redisSetTimeout(conn->redis, timeout) != REDIS_OK)
		return broken(conn);
	return TALLY_OK;
}

static enum tally_err connect_link(struct tally_link *link)
{
	struct tally_redis_conn *conn = (struct tally_redis_conn *)link;
	enum tally_err err = open_socket(conn);

	if (err == TALLY_OK)
		err = authenticate(conn);
	if (err == TALLY_OK)
		err = tally_redis_check_durable(conn);
	if (err != TALLY_OK)
		disconnect(link);
	return err;
}

static bool is_alive(struct tally_link *link, bool ask)
{
	static const struct tally_span ping = { "PING", 4 };
	struct tally_redis_conn *conn = (struct tally_redis_conn *)link;
	/* A server that was not asked says nothing: what can be read is the end. */
	struct pollfd p = { .fd = conn->redis->fd, .events = POLLIN };
	redisReply *reply = NULL;

	if (poll(&p, 1, 0) != 0)
		return false;
	if (!ask)
		return true;
	enum tally_err err = tally_redis_ask(conn, &ping, 1, &reply);

	freeReplyObject(reply);
	return err == TALLY_OK;
}

const struct tally_link_type tally_redis_link_type = {
	.connect = connect_link,
	.close = disconnect,
	.alive = is_alive,
	.busy_advice = "raise redis.connections, or find out why the server is slow",
};

const char *tally_redis_where(char out[TALLY_REDIS_WHERE_SIZE], const struct tally_conf *conf)
{
	if (conf->redis_socket != NULL)
		snprintf(out, TALLY_REDIS_WHERE_SIZE, "server %s", conf->redis_socket);
	else
		snprintf(out, TALLY_REDIS_WHERE_SIZE, "server %s:%u", conf->redis_host,
			 conf->redis_port);
	return out;
}
