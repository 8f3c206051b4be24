/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "status/press.h"

#include "codec/deflate.h"
#include "sys/clock.h"

/*
 * At the usual level a MiB of entries of which few are set takes 0.25 s. Of very large
 * lists the publisher would have no time left for others; what they grow by is a
 * quarter.
 */
#define LARGE (2u << 20)
#define LARGE_LEVEL 6

static int level_for(size_t n)
{
	return n <= LARGE ? TALLY_LIST_LEVEL : LARGE_LEVEL;
}

/* What cannot be compressed grows by a few bytes per block, and the frame. */
static size_t bound_for(size_t n)
{
	return n + n / 512 + 1024;
}

void tally_press_init(struct tally_press *press)
{
	*press = (struct tally_press){ .lst = { .p = NULL } };
}

void tally_press_end(struct tally_press *press)
{
	tally_buf_free(&press->lst);
	for (size_t i = 0; i < TALLY_LIST_FORMATS; i++)
		tally_buf_free(&press->forms[i]);
	tally_press_init(press);
}

enum tally_err tally_press_compress(struct tally_press *press, struct tally_span bits)
{
	tally_buf_free(&press->lst);
	tally_buf_grow(&press->lst, bound_for(bits.n));
	return tally_deflate(TALLY_ZLIB, level_for(bits.n), bits, &press->lst);
}

enum tally_err tally_press_sign(struct tally_press *press, const struct tally_pool *pool,
				struct tally_signing *signing, uint32_t list,
				struct tally_list_publication *out)
{
	char uri[TALLY_LIST_URI_MAX], aggregation[TALLY_LIST_URI_MAX];
	int64_t now = tally_clock_now();
	const struct tally_list_token token = {
		.uri = tally_list_uri(pool, list, uri),
		.issuer = tally_span_of(pool->conf.issuer),
		.iat = now,
		.exp = now + pool->conf.list_lifetime,
		.ttl = pool->conf.ttl,
		.bits = pool->shape.bits,
		.lst = tally_buf_span(&press->lst),
		.aggregation = tally_aggregation_uri(pool, aggregation),
	};
	enum tally_err err = TALLY_OK;

	for (size_t i = 0; i < TALLY_LIST_FORMATS && err == TALLY_OK; i++) {
		struct tally_list_signer *signer =
			tally_signing_form(signing, (enum tally_format)i);

		tally_buf_free(&press->forms[i]);
		tally_buf_reserve(&press->forms[i], tally_list_token_size(signer, &token));
		err = tally_list_sign(signer, &token, &press->forms[i]);
	}
	*out = (struct tally_list_publication){
		.recipe = tally_signing_recipe(signing),
		.iat = token.iat,
		.exp = token.exp,
		.jwt = tally_buf_span(&press->forms[TALLY_LIST_JWT]),
		.cwt = tally_buf_span(&press->forms[TALLY_LIST_CWT]),
	};
	return err;
}
