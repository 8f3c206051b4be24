/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "store/redis/server.h"

#include "store/outage.h"
#include "store/redis/durable.h"

#include <stdlib.h>

/* How many batches may be on their way at once. */
#define GATHER_RUNS 2u
#define GATHER_COMPANY 4u /* see gather.h */

struct tally_redis_server {
	const struct tally_conf *conf;
	struct tally_links *pool;
	struct tally_outage outage;
	char where[TALLY_REDIS_WHERE_SIZE];
	struct tally_redis_conn conns[];
};

static struct tally_links *make_pool(struct tally_redis_server *server)
{
	uint32_t n = server->conf->redis_connections;
	struct tally_link **links = calloc(n, sizeof(*links));

	if (links == NULL)
		return NULL;
	for (uint32_t i = 0; i < n; i++) {
		server->conns[i].conf = server->conf;
		links[i] = &server->conns[i].link;
	}
	struct tally_links *pool =
		tally_links_new(&tally_redis_link_type, links, n, server->conf->redis_timeout);

	free(links);
	return pool;
}

enum tally_err tally_redis_server_new(const struct tally_conf *conf, const char *gone,
				      const char *back, struct tally_redis_server **out)
{
	enum tally_err err = tally_redis_name_scripts();

	*out = NULL;
	if (err != TALLY_OK)
		return err;
	struct tally_redis_server *server =
		calloc(1, sizeof(*server) + conf->redis_connections * sizeof(server->conns[0]));

	if (server == NULL)
		return TALLY_ERR_NOMEM;
	server->conf = conf;
	tally_redis_where(server->where, conf);
	tally_outage_init(&server->outage, gone, back, server->where);
	server->pool = make_pool(server);
	if (server->pool == NULL) {
		tally_redis_server_free(server);
		return TALLY_ERR_NOMEM;
	}
	*out = server;
	return TALLY_OK;
}

void tally_redis_server_free(struct tally_redis_server *server)
{
	if (server == NULL)
		return;
	if (server->pool != NULL)
		tally_links_free(server->pool);
	tally_outage_end(&server->outage);
	free(server);
}

enum tally_err tally_redis_begin(struct tally_redis_server *server, struct tally_redis_conn **conn)
{
	struct tally_link_failure failure;
	struct tally_link *link = NULL;
	enum tally_err err = tally_links_get(server->pool, &link, &failure);

	*conn = NULL;
	if (err != TALLY_OK) {
		tally_outage_met(&server->outage, &failure);
		return failure.err == TALLY_ERR_CONFIG ? TALLY_ERR_CONFIG : TALLY_ERR_UNAVAILABLE;
	}
	*conn = (struct tally_redis_conn *)link;
	return TALLY_OK;
}

enum tally_err tally_redis_end(struct tally_redis_server *server, struct tally_redis_conn *conn,
			       enum tally_err err)
{
	struct tally_link_failure failure = conn->link.failure;

	tally_links_put(server->pool, &conn->link,
			err == TALLY_OK ? TALLY_LINK_KEEP : failure.fate);
	if (err == TALLY_OK)
		tally_outage_over(&server->outage);
	else
		tally_outage_met(&server->outage, &failure);
	return err == TALLY_OK || err == TALLY_ERR_CONFIG ? err : TALLY_ERR_UNAVAILABLE;
}

enum tally_err tally_redis_strange(struct tally_redis_conn *conn)
{
	return tally_redis_failed(conn, TALLY_ERR_UNAVAILABLE, "is it a Redis?",
				  "the server answers what was not asked");
}

enum tally_err tally_redis_command(struct tally_redis_server *server,
				   const struct tally_span *args, size_t n,
				   bool (*read)(const redisReply *reply, void *out), void *out)
{
	struct tally_redis_conn *conn;
	redisReply *reply = NULL;

	if (tally_redis_begin(server, &conn) != TALLY_OK)
		return TALLY_ERR_UNAVAILABLE;
	enum tally_err err = tally_redis_ask(conn, args, n, &reply);

	if (err == TALLY_OK && !read(reply, out))
		err = tally_redis_strange(conn);
	freeReplyObject(reply);
	return tally_redis_end(server, conn, err);
}

/* Has each reply read by its call. */
static enum tally_err read_replies(struct tally_redis_conn *conn,
				   struct tally_redis_call *const calls[], size_t n,
				   enum tally_err err)
{
	for (size_t i = 0; i < n; i++) {
		struct tally_redis_call *call = calls[i];

		if (call->reply == NULL)
			continue;
		if (call->read(call->reply, call->out))
			call->err = TALLY_OK;
		else
			err = tally_redis_strange(conn);
		freeReplyObject(call->reply);
		call->reply = NULL;
	}
	return err;
}

void tally_redis_run(struct tally_redis_server *server, struct tally_redis_call *const calls[],
		     size_t n)
{
	struct tally_redis_conn *conn;

	for (size_t i = 0; i < n; i++)
		calls[i]->err = TALLY_ERR_UNAVAILABLE;
	if (tally_redis_begin(server, &conn) != TALLY_OK)
		return;
	enum tally_err err = tally_redis_call(conn, calls, n);

	/* Each has its own answer. */
	tally_redis_end(server, conn, read_replies(conn, calls, n, err));
}

static void run_all(void *context, void *const items[], size_t n)
{
	struct tally_redis_call *calls[TALLY_REDIS_CALLS_MAX];

	for (size_t i = 0; i < n; i++)
		calls[i] = items[i];
	tally_redis_run(context, calls, n);
}

struct tally_gather *tally_redis_gather_new(struct tally_redis_server *server,
					    unsigned int patience)
{
	/* As many may wait as there are threads: what they hold up is themselves. */
	const struct tally_gather_limits limits = {
		.queue = SIZE_MAX, .batch = TALLY_REDIS_CALLS_MAX, .runs = GATHER_RUNS,
		.patience = patience, .company = GATHER_COMPANY,
	};

	return tally_gather_new(run_all, server, limits);
}

enum tally_err tally_redis_gather_put(struct tally_gather *gather, struct tally_redis_call *call)
{
	return tally_gather_put(gather, call) ? call->err : TALLY_ERR_UNAVAILABLE;
}

enum tally_err tally_redis_check(struct tally_redis_server *server)
{
	static const struct tally_span ping = { "PING", 4 };
	struct tally_redis_conn *conn;
	redisReply *reply = NULL;
	enum tally_err err = tally_redis_begin(server, &conn);

	if (err != TALLY_OK)
		return err;
	err = tally_redis_ask(conn, &ping, 1, &reply);
	freeReplyObject(reply);
	if (err == TALLY_OK)
		err = tally_redis_check_durable(conn);
	return tally_redis_end(server, conn, err);
}
