/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "base/buf.h"
#include "sys/pool_conf.h"
#include "sys/log.h"
#include "tests/fuzz/fuzz.h"

#define MAX_SIZE (1u << 16)

/* The mistakes are not for reading, but are formatted as ever. */
static void open_log(void)
{
	static bool opened;

	if (!opened)
		FUZZ_ASSERT(tally_log_open("/dev/null", TALLY_LOG_JSON, TALLY_LOG_DEBUG) ==
			    TALLY_OK);
	opened = true;
}

static void check_values(const struct tally_conf *conf)
{
	FUZZ_ASSERT(conf->server_issuer != NULL);
	FUZZ_ASSERT(conf->server_mount != NULL);
	FUZZ_ASSERT(strpbrk(conf->server_issuer, "?# \t\n") == NULL);
	FUZZ_ASSERT(conf->server_mount[0] == '\0' || conf->server_mount[0] == '/');
	FUZZ_ASSERT(conf->server_threads >= 1 && conf->server_threads <= 1024);
	FUZZ_ASSERT((conf->database_host == NULL) != (conf->database_socket == NULL));
	FUZZ_ASSERT(conf->database_tls <= TALLY_TLS_VERIFY);
	FUZZ_ASSERT(conf->tokens_access_lifetime <= conf->tokens_max_lifetime);
}

/* What is said of a pool, as a text of its own. */
static void note_value(void *context, const struct tally_pool_value *value)
{
	if (value->text.n > 0)
		tally_buf_printf(context, "%s = %.*s\n", value->directive,
				 TALLY_SPAN_ARG(value->text));
}

static void check_pool(const struct tally_pool_conf *pool)
{
	struct tally_arena *arena = tally_arena_new(4096, 1u << 20);
	struct tally_pool_conf again;
	struct tally_buf text;

	FUZZ_ASSERT(tally_pool_id_is_valid(pool->id));
	FUZZ_ASSERT((uint64_t)pool->size * pool->bits % 8 == 0);
	FUZZ_ASSERT(pool->final_value == -1 || pool->final_value < 1 << pool->bits);
	FUZZ_ASSERT(pool->ttl <= pool->list_lifetime / 2);
	FUZZ_ASSERT(pool->key_count <= TALLY_POOL_KEYS_MAX);
	tally_buf_grow(&text, MAX_SIZE);
	tally_pool_conf_values(pool, note_value, &text);
	FUZZ_ASSERT(tally_pool_conf_parse(pool->id, tally_buf_span(&text), arena, &again) ==
		    TALLY_OK);
	FUZZ_ASSERT(tally_pool_conf_is_same(pool, &again));
	FUZZ_ASSERT(again.key_count == pool->key_count);
	tally_buf_free(&text);
	tally_arena_free(arena);
}

static void check_pools(const struct tally_conf *conf)
{
	size_t count;
	const struct tally_pool_conf *pools = tally_conf_pools(conf, &count);

	FUZZ_ASSERT(count <= TALLY_POOLS_MAX);
	for (size_t i = 0; i < count; i++)
		check_pool(&pools[i]);
}

static enum tally_err parse_with(struct tally_span text, const char *more,
				 struct tally_conf **out)
{
	struct tally_buf buf;

	tally_buf_grow(&buf, 2 * MAX_SIZE);
	tally_buf_add_span(&buf, text);
	tally_buf_add_str(&buf, more);
	enum tally_err err = tally_conf_parse(tally_buf_span(&buf), "again", out);

	tally_buf_free(&buf);
	return err;
}

/* A comment changes nothing; a directive that comes twice spoils the file. */
static void check_again(struct tally_span text, const struct tally_conf *conf)
{
	struct tally_conf *again;

	FUZZ_ASSERT(parse_with(text, "\n; [nothing]\n", &again) == TALLY_OK);
	FUZZ_ASSERT(strcmp(again->server_issuer, conf->server_issuer) == 0);
	FUZZ_ASSERT(again->server_threads == conf->server_threads);
	tally_conf_free(again);
	FUZZ_ASSERT(parse_with(text, "\n[log]\nlevel=info\nlevel=info\n", &again) ==
		    TALLY_ERR_CONFIG);
	FUZZ_ASSERT(parse_with(text, "\n[log]\nno-such-thing=1\n", &again) == TALLY_ERR_CONFIG);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tally_span text = tally_span(data, size);
	struct tally_conf *conf;

	if (size > MAX_SIZE)
		return 0;
	open_log();
	if (tally_conf_parse(text, "fuzz", &conf) == TALLY_OK) {
		check_values(conf);
		check_pools(conf);
		check_again(text, conf);
	} else {
		FUZZ_ASSERT(conf == NULL);
	}
	tally_conf_free(conf);
	return 0;
}
