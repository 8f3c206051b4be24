/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "store/lists.h"

#include "store/redis/lists_priv.h"

#include <stdlib.h>

/* ---- calls ---- */

/* The error of that name; OK for "OK"; -1: there is none. */
static int err_of(struct tally_span word)
{
	static const struct {
		struct tally_span name;
		enum tally_err err;
	} all[] = {
		{ { "OK", 2 }, TALLY_OK },
#define TALLY_ERR(name, text) { { #name, sizeof(#name) - 1 }, TALLY_ERR_##name },
#include "base/err.def"
#undef TALLY_ERR
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (tally_span_eq(all[i].name, word))
			return (int)all[i].err;
	return -1;
}

static bool read_answer(const redisReply *reply, void *out)
{
	struct lists_call *call = out;

	if (reply->type != REDIS_REPLY_ARRAY || reply->elements == 0 ||
	    reply->element[0]->type != REDIS_REPLY_STRING)
		return false;
	int err = err_of(tally_span(reply->element[0]->str, (size_t)reply->element[0]->len));
	const struct lists_answer answer = { .err = (enum tally_err)err,
					     .n = reply->elements - 1,
					     .data = (redisReply *const *)reply->element + 1 };

	call->answered = answer.err;
	return err >= 0 && (call->read == NULL || call->read(&answer, call->out));
}

void lists_begin(struct lists_call *call, enum tally_redis_script script, struct tally_span pool,
		 lists_reader *read, void *out)
{
	call->pool = pool;
	call->read = read;
	call->out = out;
	tally_redis_call_begin(&call->call, script, read_answer, call);
}

static struct tally_span add_name(struct tally_buf *text, struct tally_span pool, const char *rest)
{
	size_t at = text->n;

	tally_buf_add_str(text, "tally:{");
	tally_buf_add_span(text, pool);
	tally_buf_add_str(text, "}:");
	tally_buf_add_str(text, rest);
	return tally_span(text->p + at, text->n - at);
}

void lists_key(struct lists_call *call, const char *name)
{
	tally_redis_call_key(&call->call, add_name(&call->call.text, call->pool, name));
}

static struct tally_span add_list_name(struct tally_buf *text, struct tally_span pool, char name,
				       uint32_t list)
{
	size_t at = text->n;

	add_name(text, pool, "");
	tally_buf_add_char(text, name);
	tally_buf_add_u64(text, list);
	return tally_span(text->p + at, text->n - at);
}

void lists_list_key(struct lists_call *call, char name, uint32_t list)
{
	tally_redis_call_key(&call->call,
			     add_list_name(&call->call.text, call->pool, name, list));
}

struct tally_span lists_name(char out[LISTS_KEY_SIZE], struct tally_span pool, char name,
			     uint32_t list)
{
	struct tally_buf text;

	tally_buf_over(&text, out, LISTS_KEY_SIZE);
	return add_list_name(&text, pool, name, list);
}

void lists_number(struct lists_call *call, uint64_t arg)
{
	tally_redis_call_number(&call->call, (int64_t)arg);
}

void lists_bytes(struct lists_call *call, struct tally_span arg)
{
	tally_redis_call_bytes(&call->call, arg);
}

enum tally_err lists_run(struct tally_lists *lists, struct lists_call *call)
{
	struct tally_redis_call *one = &call->call;

	tally_redis_run(lists_of(lists)->server, &one, 1);
	return one->err == TALLY_OK ? call->answered : one->err;
}

enum tally_err lists_gather(struct tally_lists *lists, struct lists_call *call)
{
	enum tally_err err = tally_redis_gather_put(lists_of(lists)->updates, &call->call);

	return err == TALLY_OK ? call->answered : err;
}

/* ---- answers ---- */

bool lists_read_number(const redisReply *reply, uint64_t max, uint64_t *out)
{
	if (reply->type == REDIS_REPLY_STRING)
		return tally_span_to_u64(tally_span(reply->str, (size_t)reply->len), max, out) ==
		       TALLY_OK;
	if (reply->type != REDIS_REPLY_INTEGER || reply->integer < 0 ||
	    (uint64_t)reply->integer > max)
		return false;
	*out = (uint64_t)reply->integer;
	return true;
}

bool lists_read_u32(const redisReply *reply, uint32_t *out)
{
	uint64_t value;

	if (!lists_read_number(reply, UINT32_MAX, &value))
		return false;
	*out = (uint32_t)value;
	return true;
}

static uint64_t get_number(const char *p, size_t size)
{
	uint64_t value = 0;

	for (size_t i = 0; i < size; i++)
		value = value << 8 | (uint8_t)p[i];
	return value;
}

bool lists_read_head(struct tally_span record, struct lists_head *out)
{
	if (record.n < LISTS_HEAD_SIZE)
		return false;
	const char *p = record.p;
	size_t jwt_size = get_number(p + 69, 4);
	struct tally_span rest = tally_span(p + LISTS_HEAD_SIZE, record.n - LISTS_HEAD_SIZE);

	*out = (struct lists_head){
		.state = {
			.version = get_number(p, 8),
			.reserved_at = (int64_t)get_number(p + 21, 8),
			.created_at = (int64_t)get_number(p + 29, 8),
			.published = get_number(p + 37, 8),
			.iat = (int64_t)get_number(p + 53, 8),
			.exp = (int64_t)get_number(p + 61, 8),
			.recipe = get_number(p + 73, 8),
		},
		.sequence = get_number(p + 45, 8),
	};
	if (rest.n == 0)
		return true;
	if (jwt_size > rest.n)
		return false;
	out->jwt = tally_span(rest.p, jwt_size);
	out->cwt = tally_span(rest.p + jwt_size, rest.n - jwt_size);
	return true;
}

/* ---- the whole ---- */

static enum tally_err check(struct tally_lists *lists)
{
	return tally_redis_check(lists_of(lists)->server);
}

static void close_lists(struct tally_lists *lists)
{
	struct lists *self = lists_of(lists);

	tally_gather_free(self->updates);
	tally_redis_server_free(self->server);
	free(self);
}

static const struct tally_lists_ops ops = {
	.check = check,
	.pool_open = lists_pool_open,
	.pool_look = lists_pool_look,
	.reserve = lists_reserve,
	.give_back = lists_give_back,
	.update = lists_update,
	.read = lists_read,
	.fill = lists_fill,
	.lease = lists_lease,
	.release = lists_release,
	.due = lists_due,
	.snapshot = lists_snapshot,
	.publish = lists_publish,
	.states = lists_states,
	.retire = lists_retire,
	.published = lists_published,
	.past = lists_past,
	.changes = lists_changes,
	.close = close_lists,
};

enum tally_err tally_lists_open(const struct tally_conf *conf, struct tally_lists **out)
{
	struct lists *self = calloc(1, sizeof(*self));

	*out = NULL;
	if (self == NULL)
		return TALLY_ERR_NOMEM;
	self->lists.ops = &ops;
	enum tally_err err =
		tally_redis_server_new(conf, "Redis cannot be used for status lists",
				       "Redis can be used for status lists again", &self->server);

	if (err == TALLY_OK && (self->updates = tally_redis_gather_new(self->server, 0)) == NULL)
		err = TALLY_ERR_NOMEM;
	if (err != TALLY_OK) {
		close_lists(&self->lists);
		return err;
	}
	*out = &self->lists;
	return TALLY_OK;
}
