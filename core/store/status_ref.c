/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "store/status_ref.h"

void tally_live_refs_add(struct tally_live_refs *refs, struct tally_live_ref ref)
{
	if (refs->count < TALLY_LIVE_REFS_MAX)
		refs->count++;
	memmove(&refs->items[1], &refs->items[0], (refs->count - 1) * sizeof(refs->items[0]));
	refs->items[0] = ref;
}

void tally_live_refs_expire(struct tally_live_refs *refs, int64_t now)
{
	size_t left = 0;

	for (size_t i = 0; i < refs->count; i++)
		if (refs->items[i].expires_at > now)
			refs->items[left++] = refs->items[i];
	refs->count = left;
}

static uint8_t *put_u32(uint8_t *p, uint32_t value)
{
	for (unsigned int shift = 32; shift > 0; shift -= 8)
		*p++ = (uint8_t)(value >> (shift - 8));
	return p;
}

static uint32_t get_u32(const char *p)
{
	uint32_t value = 0;

	for (int i = 0; i < 4; i++)
		value = value << 8 | (uint8_t)p[i];
	return value;
}

struct tally_span tally_live_refs_pack(const struct tally_live_refs *refs,
				       uint8_t out[TALLY_LIVE_REFS_SIZE])
{
	uint8_t *p = out;

	for (size_t i = 0; i < refs->count; i++) {
		p = put_u32(p, refs->items[i].ref.list);
		p = put_u32(p, refs->items[i].ref.index);
		p = put_u32(p, (uint32_t)refs->items[i].expires_at);
	}
	return tally_span(out, (size_t)(p - out));
}

enum tally_err tally_live_refs_unpack(struct tally_span bytes, struct tally_live_refs *out)
{
	*out = (struct tally_live_refs){ .count = 0 };
	if (bytes.n % TALLY_LIVE_REF_SIZE != 0 || bytes.n > TALLY_LIVE_REFS_SIZE)
		return TALLY_ERR_SYNTAX;
	for (const char *p = bytes.p; out->count < bytes.n / TALLY_LIVE_REF_SIZE;
	     p += TALLY_LIVE_REF_SIZE)
		out->items[out->count++] = (struct tally_live_ref){
			.ref = { .list = get_u32(p), .index = get_u32(p + 4) },
			.expires_at = get_u32(p + 8),
		};
	return TALLY_OK;
}
