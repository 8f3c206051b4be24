/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "store/redis/script.h"

#include "crypt/digest.h"

#include <pthread.h>

static char names[TALLY_REDIS_SCRIPT_COUNT][TALLY_SHA1_HEX_SIZE];
static enum tally_err named = TALLY_OK;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void name_all(void)
{
	for (unsigned int i = 0; i < TALLY_REDIS_SCRIPT_COUNT && named == TALLY_OK; i++)
		named = tally_sha1_hex(tally_redis_scripts[i], names[i]);
}

enum tally_err tally_redis_name_scripts(void)
{
	return pthread_once(&once, name_all) == 0 ? named : TALLY_ERR_NOMEM;
}

void tally_redis_call_begin(struct tally_redis_call *call, enum tally_redis_script script,
			    bool (*read)(const redisReply *reply, void *out), void *out)
{
	call->script = script;
	call->key_count = call->arg_count = 0;
	call->read = read;
	call->out = out;
	call->reply = NULL;
	tally_buf_over(&call->text, call->room, sizeof(call->room));
}

void tally_redis_call_key(struct tally_redis_call *call, struct tally_span key)
{
	call->keys[call->key_count++] = key;
}

void tally_redis_call_bytes(struct tally_redis_call *call, struct tally_span arg)
{
	call->args[call->arg_count++] = arg;
}

void tally_redis_call_number(struct tally_redis_call *call, int64_t arg)
{
	size_t at = call->text.n;

	tally_buf_printf(&call->text, "%lld", (long long)arg);
	tally_redis_call_bytes(call, tally_span(call->room + at, call->text.n - at));
}

static enum tally_err send(struct tally_redis_conn *conn, const struct tally_redis_call *call,
			   bool by_name)
{
	struct tally_span args[3 + TALLY_REDIS_SCRIPT_KEYS_MAX + TALLY_REDIS_SCRIPT_ARGS_MAX];
	const char digit = (char)('0' + call->key_count);
	size_t n = 0;

	if (tally_buf_err(&call->text) != TALLY_OK)
		return tally_redis_failed(conn, TALLY_ERR_LIMIT, NULL, "names are too long");
	args[n++] = by_name ? TALLY_SPAN("EVALSHA") : TALLY_SPAN("EVAL");
	args[n++] = by_name ? tally_span_of(names[call->script]) : tally_redis_scripts[call->script];
	args[n++] = tally_span(&digit, 1);
	for (size_t i = 0; i < call->key_count; i++)
		args[n++] = call->keys[i];
	for (size_t i = 0; i < call->arg_count; i++)
		args[n++] = call->args[i];
	return tally_redis_send(conn, args, n);
}

/* Reads all replies, so that the connection can go on being used; keeps the first failure. */
static enum tally_err receive_all(struct tally_redis_conn *conn, struct tally_redis_call *const calls[],
				  size_t n)
{
	struct tally_link_failure failure;
	enum tally_err first = TALLY_OK;

	for (size_t i = 0; i < n && conn->redis->err == 0; i++) {
		enum tally_err err = tally_redis_receive(conn, &calls[i]->reply);

		if (err == TALLY_ERR_NOT_FOUND || err == TALLY_OK || first != TALLY_OK)
			continue;
		first = err;
		failure = conn->link.failure;
	}
	if (first != TALLY_OK)
		conn->link.failure = failure;
	return first;
}

/* Sends a script to the server that did not know it. */
static enum tally_err teach(struct tally_redis_conn *conn, struct tally_redis_call *call)
{
	enum tally_err err = send(conn, call, false);

	return err == TALLY_OK ? tally_redis_receive(conn, &call->reply) : err;
}

enum tally_err tally_redis_call(struct tally_redis_conn *conn,
				struct tally_redis_call *const calls[], size_t n)
{
	enum tally_err err = TALLY_OK;

	for (size_t i = 0; i < n; i++)
		calls[i]->reply = NULL;
	for (size_t i = 0; i < n && err == TALLY_OK; i++)
		err = send(conn, calls[i], true);
	if (err == TALLY_OK)
		err = receive_all(conn, calls, n);
	for (size_t i = 0; i < n && err == TALLY_OK; i++)
		if (calls[i]->reply == NULL)
			err = teach(conn, calls[i]);
	return err;
}
