/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "fcgi/session.h"

#include "base/secret.h"
#include "store/mysql/mysql.h"
#include "store/redis/redis.h"
#include "sys/log.h"

static enum tally_err check_schema(struct tally_session *session)
{
	unsigned int found, wanted;
	enum tally_err err = tally_mysql_version(session->store, &found, &wanted);

	if (err != TALLY_OK || found == wanted)
		return err;
	if (found > wanted)
		tally_log_error("the tables are of version %u, this program knows version %u: "
				"use a newer tallystick", found, wanted);
	else
		tally_log_error("the tables are %s: run \"tallystick init-db\"",
				found == 0 ? "not there" : "of an older version");
	return TALLY_ERR_STATE;
}

enum tally_err tally_session_open(struct tally_session *session,
				  const struct tally_invocation *call, bool want_schema)
{
	*session = (struct tally_session){ .json = tally_option_given(call, TALLY_OPTION_JSON) };
	enum tally_err err = tally_conf_load(call->conf_path, &session->conf);

	if (err == TALLY_OK)
		err = tally_wrap_keys_load(session->conf->keys_wrap_key_file,
					   session->conf->keys_previous_wrap_key_file,
					   &session->wrap);
	if (err == TALLY_OK)
		err = tally_mysql_open(session->conf, &session->store);
	if (err == TALLY_OK && want_schema)
		err = check_schema(session);
	return err;
}

enum tally_err tally_session_open_lists(struct tally_session *session)
{
	if (!tally_redis_is_configured(session->conf)) {
		tally_log_error("%s has no redis.host and no redis.socket: status lists are kept "
				"in Redis", session->conf->path);
		return TALLY_ERR_CONFIG;
	}
	return tally_lists_open(session->conf, &session->lists);
}

/* Whether there is a pool of our own tokens, or that cannot be told now. */
static bool has_own_pool(struct tally_session *session)
{
	struct tally_pool *own = NULL;
	enum tally_err err = tally_pools_refresh(session->pools, session->conf, session->store);

	if (err != TALLY_OK)
		tally_log_debug("status lists: %s", tally_err_text(err));
	err = tally_pools_own(session->pools, &own);
	if (err == TALLY_OK)
		tally_pool_release(own);
	return err != TALLY_ERR_NOT_FOUND;
}

enum tally_err tally_session_open_status(struct tally_session *session)
{
	const struct tally_conf *conf = session->conf;

	if (!tally_redis_is_configured(conf))
		return TALLY_OK;
	enum tally_err err = tally_redis_open(conf, &session->marks);

	if (err == TALLY_OK)
		err = tally_lists_open(conf, &session->lists);
	if (err != TALLY_OK)
		return err;
	session->pools = tally_pools_new(session->lists);
	if (session->pools == NULL)
		return TALLY_ERR_NOMEM;
	if (!has_own_pool(session))
		return TALLY_OK;
	session->token_status = tally_token_status_new(session->pools);
	return session->token_status ? TALLY_OK : TALLY_ERR_NOMEM;
}

const struct tally_seal_key *tally_session_wrap_key(const struct tally_session *session)
{
	return session->wrap.count > 0 ? &session->wrap.keys[0] : NULL;
}

void tally_session_close(struct tally_session *session)
{
	tally_token_status_free(session->token_status);
	tally_pools_free(session->pools);
	if (session->lists != NULL)
		session->lists->ops->close(session->lists);
	if (session->marks != NULL)
		session->marks->ops->close(session->marks);
	if (session->store != NULL)
		session->store->ops->close(session->store);
	tally_secret_wipe(&session->wrap, sizeof(session->wrap));
	tally_conf_free(session->conf);
}
