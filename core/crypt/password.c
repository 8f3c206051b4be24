/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "crypt/password.h"

#include "base/secret.h"
#include "sys/rand.h"

#include <argon2.h>

#define SALT_SIZE 16u /* RFC 9106 §3.1 */
#define HASH_SIZE 32u
#define LANES 1u      /* a login occupies one processor */
#define ZEROS "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

/* What a text may ask of us: the most that can be configured. */
#define MEMORY_MAX 1048576u /* KiB */
#define PASSES_MAX 64u
#define LANES_MAX 16u

struct parameters {
	uint64_t memory, passes, lanes;
};

static enum tally_err from_argon2(int code)
{
	switch (code) {
	case ARGON2_OK:
		return TALLY_OK;
	case ARGON2_VERIFY_MISMATCH:
		return TALLY_ERR_VERIFY;
	case ARGON2_MEMORY_ALLOCATION_ERROR:
		return TALLY_ERR_NOMEM;
	default:
		return TALLY_ERR_SYNTAX;
	}
}

enum tally_err tally_password_hash(struct tally_password_cost cost, struct tally_span password,
				   char out[TALLY_PASSWORD_HASH_MAX + 1])
{
	uint8_t salt[SALT_SIZE];
	enum tally_err err = password.n > TALLY_PASSWORD_MAX ? TALLY_ERR_LIMIT : TALLY_OK;

	if (err == TALLY_OK)
		err = tally_rand_bytes(salt, sizeof(salt));
	if (err != TALLY_OK)
		return err;
	return from_argon2(argon2id_hash_encoded(cost.passes, cost.memory, LANES, password.p,
						 password.n, salt, sizeof(salt), HASH_SIZE, out,
						 TALLY_PASSWORD_HASH_MAX + 1));
}

/* "m=19456": the number behind the letter. */
static enum tally_err read_parameter(struct tally_span *rest, char letter, uint64_t max,
				     uint64_t *out)
{
	struct tally_span text = tally_span_cut(rest, ',');

	if (text.n < 2 || text.p[0] != letter || text.p[1] != '=')
		return TALLY_ERR_SYNTAX;
	return tally_span_to_u64(tally_span(text.p + 2, text.n - 2), max, out);
}

static enum tally_err read_parameters(struct tally_span text, struct parameters *out)
{
	struct tally_span rest = text;

	if (tally_span_cut(&rest, '$').n > 0 ||
	    !tally_span_eq(tally_span_cut(&rest, '$'), TALLY_SPAN("argon2id")) ||
	    !tally_span_eq(tally_span_cut(&rest, '$'), TALLY_SPAN("v=19")))
		return TALLY_ERR_SYNTAX;
	struct tally_span parameters = tally_span_cut(&rest, '$');
	enum tally_err err = read_parameter(&parameters, 'm', MEMORY_MAX, &out->memory);

	if (err == TALLY_OK)
		err = read_parameter(&parameters, 't', PASSES_MAX, &out->passes);
	if (err == TALLY_OK)
		err = read_parameter(&parameters, 'p', LANES_MAX, &out->lanes);
	return err != TALLY_OK || parameters.p != NULL ? TALLY_ERR_SYNTAX : TALLY_OK;
}

enum tally_err tally_password_verify(struct tally_span text, struct tally_span password)
{
	char copy[TALLY_PASSWORD_HASH_MAX + 1];
	struct parameters parameters;

	if (text.n > TALLY_PASSWORD_HASH_MAX || read_parameters(text, &parameters) != TALLY_OK)
		return TALLY_ERR_SYNTAX;
	if (password.n > TALLY_PASSWORD_MAX)
		return TALLY_ERR_VERIFY;
	memcpy(copy, text.p, text.n);
	copy[text.n] = '\0';
	enum tally_err err = from_argon2(argon2_verify(copy, password.p, password.n, Argon2_id));

	tally_secret_wipe(copy, sizeof(copy));
	return err;
}

void tally_password_nobody(struct tally_password_cost cost,
			   char out[TALLY_PASSWORD_HASH_MAX + 1])
{
	/* Salt and hash of zeros: whoever finds its password has broken BLAKE2. */
	snprintf(out, TALLY_PASSWORD_HASH_MAX + 1,
		 "$argon2id$v=19$m=%u,t=%u,p=%u$%.22s$%.43s", cost.memory, cost.passes, LANES,
		 ZEROS, ZEROS);
}

bool tally_password_is_weak(struct tally_span text, struct tally_password_cost cost)
{
	struct parameters parameters;

	return read_parameters(text, &parameters) != TALLY_OK ||
	       parameters.memory < cost.memory || parameters.passes < cost.passes;
}
