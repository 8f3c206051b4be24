/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "crypt/jws.h"

#include "crypt/op.h"

#include <stdlib.h>

struct tally_verifier {
	struct tally_key *key;
	struct tally_op op;
};

enum tally_err tally_verifier_new(struct tally_key *key, struct tally_verifier **out)
{
	struct tally_verifier *verifier = calloc(1, sizeof(*verifier));

	*out = NULL;
	if (verifier == NULL)
		return TALLY_ERR_NOMEM;
	enum tally_err err = tally_op_begin(&verifier->op, key, TALLY_OP_VERIFY);

	if (err != TALLY_OK) {
		free(verifier);
		return err;
	}
	verifier->key = tally_key_ref(key);
	*out = verifier;
	return TALLY_OK;
}

void tally_verifier_free(struct tally_verifier *verifier)
{
	if (verifier == NULL)
		return;
	tally_op_end(&verifier->op);
	tally_key_free(verifier->key);
	free(verifier);
}

/* The key says which algorithm, never the header (RFC 8725 §3.1). */
static enum tally_err verify(struct tally_op *op, const struct tally_jws *jws)
{
	if (jws->alg != op->key->alg)
		return TALLY_ERR_VERIFY;
	return tally_op_verify(op, jws->signed_part, jws->signature);
}

enum tally_err tally_verifier_verify(struct tally_verifier *verifier, const struct tally_jws *jws)
{
	return verify(&verifier->op, jws);
}

enum tally_err tally_jws_verify(const struct tally_jws *jws, const struct tally_key *key)
{
	struct tally_op op;
	enum tally_err err = tally_op_begin(&op, key, TALLY_OP_VERIFY);

	if (err == TALLY_OK)
		err = verify(&op, jws);
	tally_op_end(&op);
	return err;
}
