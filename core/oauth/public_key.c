/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "oauth/public_key.h"

#include "sys/log.h"

static bool is_same(const struct tally_public_key_record *a,
		    const struct tally_public_key_record *b)
{
	return tally_span_eq(a->alg, b->alg) && tally_span_eq(a->public_der, b->public_der);
}

enum tally_err tally_public_key_open(const struct tally_public_key_record *record,
				     const struct tally_public_key *before, size_t count,
				     struct tally_key **out)
{
	for (size_t i = 0; i < count; i++)
		if (is_same(before[i].record, record)) {
			*out = tally_key_ref(before[i].key);
			return TALLY_OK;
		}
	const struct tally_alg *alg = tally_alg_find(record->alg);
	enum tally_err err = alg ? tally_key_from_public_der(alg, record->public_der, out)
				 : TALLY_ERR_UNSUPPORTED;

	if (err == TALLY_OK || err == TALLY_ERR_NOMEM)
		return err;
	tally_log_error("key %.*s of %.*s in the database is unusable (%s): remove it and add it "
			"again",
			TALLY_SPAN_ARG(record->key_id), TALLY_SPAN_ARG(record->owner),
			tally_err_text(err));
	return TALLY_ERR_NOT_FOUND;
}
