/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "admin/issuer.h"

#include "admin/text.h"
#include "crypt/jwks.h"
#include "sys/clock.h"
#include "sys/log.h"

static const char *const words[] = {
	[TALLY_SUBJECT_AS_IS] = "as-is",
	[TALLY_SUBJECT_LOGIN] = "login",
	[TALLY_SUBJECT_USER] = "user",
};

const char *tally_admin_mapping_word(enum tally_subject_mapping mapping)
{
	return words[mapping];
}

enum tally_err tally_admin_mapping_find(const char *word, enum tally_subject_mapping *out)
{
	*out = TALLY_SUBJECT_AS_IS;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (word != NULL && strcmp(word, words[i]) != 0)
			continue;
		*out = (enum tally_subject_mapping)i;
		return TALLY_OK;
	}
	tally_log_error("subject \"%s\": expected as-is, login or user", word);
	return TALLY_ERR_USAGE;
}

static enum tally_err check_names(const struct tally_issuer_record *wanted, struct tally_span ours)
{
	if (wanted->issuer.n == 0 || tally_span_eq(wanted->issuer, ours)) {
		tally_log_error("issuer \"%.*s\": expected the iss of somebody else",
				TALLY_SPAN_ARG(wanted->issuer));
		return TALLY_ERR_USAGE;
	}
	enum tally_err err = tally_admin_check_plain("issuer", wanted->issuer, TALLY_NAME_MAX);

	return err == TALLY_OK
		       ? tally_admin_check_plain("audience", wanted->audience, TALLY_AUDIENCE_MAX)
		       : err;
}

/* What a process will make of the set when it loads it. */
static enum tally_err check_keys(struct tally_span text, struct tally_arena *arena,
				 struct tally_issuer_keys_report *report)
{
	struct tally_jwks jwks;
	enum tally_err err = tally_jwks_parse(text, TALLY_JWKS_MAX, arena, &jwks);

	*report = (struct tally_issuer_keys_report){ jwks.count, jwks.skipped };
	tally_jwks_end(&jwks);
	if (err == TALLY_ERR_NOMEM)
		return err;
	if (err == TALLY_ERR_EXISTS)
		tally_log_error("the key set has two keys with one kid for one algorithm");
	else if (err != TALLY_OK)
		tally_log_error("the key set is %s; expected {\"keys\":[...]} (RFC 7517 section 5) "
				"of at most %u bytes and %u keys",
				tally_err_text(err), TALLY_JWKS_MAX, TALLY_JWKS_KEYS_MAX);
	else if (report->usable == 0)
		tally_log_error("none of the %zu keys in the set is a public signature key for %s",
				report->skipped, tally_alg_names());
	return err == TALLY_OK && report->usable > 0 ? TALLY_OK : TALLY_ERR_USAGE;
}

enum tally_err tally_admin_issuer_add(struct tally_store *store, struct tally_arena *arena,
				      const struct tally_issuer_record *wanted,
				      struct tally_span ours,
				      struct tally_issuer_keys_report *report)
{
	struct tally_issuer_record record = *wanted;
	enum tally_err err = check_names(wanted, ours);

	if (err == TALLY_OK)
		err = check_keys(wanted->jwks, arena, report);
	record.created_at = tally_clock_now();
	if (err == TALLY_OK)
		err = store->ops->issuer_add(store, &record);
	if (err == TALLY_ERR_EXISTS)
		tally_log_error("there is an issuer %.*s already: remove it first",
				TALLY_SPAN_ARG(wanted->issuer));
	return err;
}

enum tally_err tally_admin_issuer_set(struct tally_store *store, struct tally_arena *arena,
				      const struct tally_issuer_record *wanted, unsigned int parts,
				      struct tally_issuer_keys_report *report)
{
	enum tally_err err = TALLY_OK;

	*report = (struct tally_issuer_keys_report){ 0 };
	if (parts & TALLY_ISSUER_AUDIENCE)
		err = tally_admin_check_plain("audience", wanted->audience, TALLY_AUDIENCE_MAX);
	if (err == TALLY_OK && (parts & TALLY_ISSUER_JWKS))
		err = check_keys(wanted->jwks, arena, report);
	return err == TALLY_OK ? store->ops->issuer_set(store, wanted, parts) : err;
}
