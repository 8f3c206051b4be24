/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "oauth/mint.h"

#include "codec/json_out.h"
#include "store/token_id.h"
#include "sys/clock.h"

#define FIXED_CLAIMS_MAX 256u /* names, punctuation, times and jti */
#define JSON_GROWTH 6u        /* a byte as \u00NN */

static size_t claims_size(const struct tally_request *rq, const struct tally_mint *mint,
			  struct tally_span client_id)
{
	return FIXED_CLAIMS_MAX + JSON_GROWTH * (rq->site->issuer.n + mint->subject.n +
						 mint->audience.n + mint->scope.n + client_id.n);
}

size_t tally_mint_size(const struct tally_request *rq, const struct tally_mint *mint,
		       struct tally_span client_id)
{
	if (rq->signer == NULL)
		return 0;
	return tally_signer_size(rq->signer, claims_size(rq, mint, client_id));
}

/* RFC 9068 §2.2, §2.2.3. */
static void add_claims(struct tally_buf *buf, const struct tally_request *rq,
		       const struct tally_mint *mint, struct tally_span client_id, int64_t now,
		       const struct tally_token_id *jti)
{
	struct tally_json_out out;

	tally_json_begin(&out, buf);
	tally_json_object(&out, NULL);
	tally_json_add_span(&out, "iss", rq->site->issuer);
	tally_json_add_span(&out, "sub", mint->subject);
	tally_json_add_span(&out, "aud", mint->audience);
	tally_json_add_span(&out, "client_id", client_id);
	tally_json_add_i64(&out, "iat", now);
	tally_json_add_i64(&out, "exp", now + mint->access_lifetime);
	tally_json_add_b64url(&out, "jti", jti->bytes, sizeof(jti->bytes));
	if (mint->scope.n > 0)
		tally_json_add_span(&out, "scope", mint->scope);
	tally_json_object_end(&out);
}

enum tally_err tally_mint_access_token(struct tally_request *rq, const struct tally_mint *mint,
				       struct tally_span client_id, int64_t now,
				       struct tally_buf *out)
{
	struct tally_token_id jti;
	struct tally_buf claims;

	if (rq->signer == NULL)
		return TALLY_ERR_UNAVAILABLE;
	enum tally_err err = tally_token_id_make(&jti, tally_clock_now_us(),
						 now + mint->access_lifetime);

	if (err != TALLY_OK)
		return err;
	tally_buf_in(&claims, rq->arena, claims_size(rq, mint, client_id));
	add_claims(&claims, rq, mint, client_id, now, &jti);
	err = tally_buf_err(&claims);
	if (err == TALLY_OK)
		err = tally_signer_sign(rq->signer, tally_buf_span(&claims), out);
	return err;
}
