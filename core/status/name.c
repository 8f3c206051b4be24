/* SPDX-License-Identifier: Apache-2.0 */
/* What the lists of a pool are called outside, and which list a name means. */
#include "config.h"

#include "base/buf.h"
#include "status/pool.h"

#define DIGITS           12u
#define PATH             "/status-lists/"
#define AGGREGATION_PATH "/aggregation/"

struct tally_span tally_list_name(const struct tally_pool *pool, uint32_t list,
				  char out[TALLY_LIST_NAME_MAX + 1])
{
	static const char digits[] = "0123456789abcdef";
	uint64_t number = tally_permute(&pool->names, list);
	size_t n = pool->conf.id.n;

	memcpy(out, pool->conf.id.p, n);
	out[n++] = '-';
	for (unsigned int i = 0; i < DIGITS; i++)
		out[n++] = digits[number >> (4 * (DIGITS - 1 - i)) & 15];
	out[n] = '\0';
	return tally_span(out, n);
}

/* -1: it is no lower-case hexadecimal digit; there is one way to write a name. */
static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_digits(struct tally_span text, uint64_t *out)
{
	*out = 0;
	for (size_t i = 0; i < text.n; i++) {
		int digit = digit_of(text.p[i]);

		if (digit < 0)
			return false;
		*out = *out << 4 | (unsigned int)digit;
	}
	return true;
}

struct tally_span tally_list_name_pool(struct tally_span name)
{
	uint64_t number;

	if (name.n <= DIGITS + 1)
		return tally_span(NULL, 0);
	struct tally_span pool = tally_span(name.p, name.n - DIGITS - 1);

	if (name.p[pool.n] != '-' || !tally_pool_id_is_valid(pool) ||
	    !read_digits(tally_span(name.p + pool.n + 1, DIGITS), &number))
		return tally_span(NULL, 0);
	return pool;
}

enum tally_err tally_list_name_number(const struct tally_pool *pool, struct tally_span name,
				      uint32_t *list)
{
	struct tally_span id = tally_list_name_pool(name);
	uint64_t number;

	if (id.p == NULL || !tally_span_eq(id, pool->conf.id) ||
	    !read_digits(tally_span(name.p + id.n + 1, DIGITS), &number))
		return TALLY_ERR_NOT_FOUND;
	number = tally_unpermute(&pool->names, number);
	if (number > UINT32_MAX)
		return TALLY_ERR_NOT_FOUND;
	*list = (uint32_t)number;
	return TALLY_OK;
}

static struct tally_span join_uri(const struct tally_pool *pool, const char *path,
				  struct tally_span name, char out[TALLY_LIST_URI_MAX])
{
	struct tally_buf buf;

	/* An issuer has 255 characters, a name 45: there is room. */
	tally_buf_over(&buf, out, TALLY_LIST_URI_MAX);
	tally_buf_add_str(&buf, pool->conf.issuer);
	tally_buf_add_str(&buf, path);
	tally_buf_add_span(&buf, name);
	return tally_buf_span(&buf);
}

struct tally_span tally_list_uri(const struct tally_pool *pool, uint32_t list,
				 char out[TALLY_LIST_URI_MAX])
{
	char name[TALLY_LIST_NAME_MAX + 1];

	return join_uri(pool, PATH, tally_list_name(pool, list, name), out);
}

struct tally_span tally_list_uri_name(const struct tally_pool *pool, struct tally_span uri)
{
	char start[TALLY_LIST_URI_MAX];
	struct tally_span before = join_uri(pool, PATH, tally_span(NULL, 0), start);

	if (!tally_span_starts_with(uri, before))
		return tally_span(NULL, 0);
	struct tally_span name = tally_span(uri.p + before.n, uri.n - before.n);
	struct tally_span id = tally_list_name_pool(name);

	return id.p && tally_span_eq(id, pool->conf.id) ? name : tally_span(NULL, 0);
}

struct tally_span tally_aggregation_uri(const struct tally_pool *pool, char out[TALLY_LIST_URI_MAX])
{
	if (pool->conf.aggregation_id == NULL)
		return tally_span(NULL, 0);
	return join_uri(pool, AGGREGATION_PATH, tally_span_of(pool->conf.aggregation_id), out);
}
