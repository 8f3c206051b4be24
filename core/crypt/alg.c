/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "crypt/alg.h"

static const struct tally_alg table[TALLY_ALG_COUNT] = {
#define TALLY_ALG(id_, name_, cose_, type_, curve_, digest_, size_)                                \
	[TALLY_ALG_##id_] = {                                                                      \
		.id = TALLY_ALG_##id_,                                                             \
		.name = name_,                                                                     \
		.cose = cose_,                                                                     \
		.type = TALLY_KEY_##type_,                                                         \
		.curve = curve_,                                                                   \
		.digest = digest_,                                                                 \
		.signature_size = size_,                                                           \
	},
#include "crypt/alg.def"
#undef TALLY_ALG
};

const struct tally_alg *tally_alg_find(struct tally_span name)
{
	for (size_t i = 0; i < TALLY_ALG_COUNT; i++)
		if (tally_span_eq(name, tally_span_of(table[i].name)))
			return &table[i];
	return NULL;
}

const struct tally_alg *tally_alg_find_cose(int64_t number)
{
	for (size_t i = 0; i < TALLY_ALG_COUNT; i++)
		if (table[i].cose == number)
			return &table[i];
	return NULL;
}

const struct tally_alg *tally_alg(enum tally_alg_id id)
{
	return &table[id];
}

const char *tally_alg_names(void)
{
#define TALLY_ALG(id, name, cose, type, curve, digest, size) ", " name
	static const char names[] =
#include "crypt/alg.def"
		;
#undef TALLY_ALG

	return names + 2;
}
