/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "store/token_id.h"

#include "base/b64.h"
#include "sys/clock.h"
#include "sys/rand.h"

#define TIME_AT 2
#define TIME_SIZE 7
#define RANDOM_AT (TIME_AT + TIME_SIZE)

enum tally_err tally_token_id_make(struct tally_token_id *id, int64_t now_us, int64_t expires_at)
{
	int64_t day = expires_at / TALLY_DAY;

	id->bytes[0] = (uint8_t)(day >> 8);
	id->bytes[1] = (uint8_t)day;
	for (int i = 0; i < TIME_SIZE; i++)
		id->bytes[TIME_AT + i] = (uint8_t)(now_us >> 8 * (TIME_SIZE - 1 - i));
	return tally_rand_bytes(id->bytes + RANDOM_AT, sizeof(id->bytes) - RANDOM_AT);
}

enum tally_err tally_token_id_parse(struct tally_token_id *id, struct tally_span text)
{
	size_t n;

	if (text.n != TALLY_TOKEN_ID_CHARS)
		return TALLY_ERR_SYNTAX;
	return tally_b64url_get(text, id->bytes, sizeof(id->bytes), &n);
}

uint16_t tally_token_id_day(const struct tally_token_id *id)
{
	return (uint16_t)(id->bytes[0] << 8 | id->bytes[1]);
}

int64_t tally_token_id_issued_us(const struct tally_token_id *id)
{
	int64_t us = 0;

	for (int i = 0; i < TIME_SIZE; i++)
		us = us << 8 | id->bytes[TIME_AT + i];
	return us;
}

int64_t tally_token_id_since_us(const struct tally_token_id *id,
				const struct tally_token_id *family)
{
	return tally_token_id_issued_us(tally_token_id_is_none(family) ? id : family);
}

bool tally_token_id_eq(const struct tally_token_id *a, const struct tally_token_id *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

bool tally_token_id_is_none(const struct tally_token_id *id)
{
	static const struct tally_token_id none;

	return tally_token_id_eq(id, &none);
}
