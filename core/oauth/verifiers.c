/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "oauth/verifiers.h"

#include <stdlib.h>

struct tally_verifiers {
	struct tally_keyset *keys;
	size_t count;
	struct tally_verifier *each[]; /* in the order of keys; NULL: not needed yet */
};

struct tally_verifiers *tally_verifiers_new(const struct tally_keyset *keys)
{
	size_t count = tally_keyset_count(keys);
	struct tally_verifiers *verifiers =
		calloc(1, sizeof(*verifiers) + count * sizeof(struct tally_verifier *));

	if (verifiers == NULL)
		return NULL;
	verifiers->keys = tally_keyset_ref(keys);
	verifiers->count = count;
	return verifiers;
}

void tally_verifiers_free(struct tally_verifiers *verifiers)
{
	if (verifiers == NULL)
		return;
	for (size_t i = 0; i < verifiers->count; i++)
		tally_verifier_free(verifiers->each[i]);
	tally_keyset_free(verifiers->keys);
	free(verifiers);
}

enum tally_err tally_verifiers_verify(struct tally_verifiers *verifiers,
				      const struct tally_jws *jws)
{
	for (size_t i = 0; i < verifiers->count; i++) {
		const struct tally_keyset_key *key = tally_keyset_at(verifiers->keys, i);
		struct tally_verifier **verifier = &verifiers->each[i];

		if (!tally_span_eq(tally_span_of(key->kid), jws->kid))
			continue;
		enum tally_err err =
			*verifier ? TALLY_OK : tally_verifier_new(key->key, verifier);

		return err == TALLY_OK ? tally_verifier_verify(*verifier, jws) : err;
	}
	return TALLY_ERR_VERIFY;
}
