/* SPDX-License-Identifier: Apache-2.0 */
/* tallystick status check */
#include "config.h"

#include "codec/bits.h"
#include "fcgi/command.h"
#include "fcgi/fetch.h"
#include "fcgi/file.h"
#include "fcgi/output.h"
#include "status/check.h"
#include "sys/clock.h"
#include "sys/log.h"

/* What a large list takes: it is decoded twice and inflated. */
#define ARENA_FIRST (64u * 1024)
#define ARENA_MAX   (1024u * 1024 * 1024)

#define JWKS_MAX (256u * 1024)

/* Beyond it nobody relies on what has been fetched (draft §11.5). */
#define TTL_MAX (INT64_C(366) * TALLY_DAY)

#define ACCEPT "Accept: application/statuslist+jwt, application/statuslist+cwt;q=0.9"

/* One call of the command; ended by job_end. */
struct job {
	const struct tally_invocation *call;
	struct tally_jwks jwks, token_jwks;
	struct tally_trust *trust;
	struct tally_check_keys keys, token_keys;
	struct tally_check check;
	struct tally_check_reference reference;
	struct tally_buf list;
};

static void job_end(struct job *job)
{
	tally_jwks_end(&job->jwks);
	tally_jwks_end(&job->token_jwks);
	tally_trust_free(job->trust);
	tally_arena_free(job->check.arena);
	tally_buf_free(&job->list);
}

/* ---- what is given ---- */

static enum tally_err load_jwks(struct job *job, enum tally_option_id option,
				struct tally_jwks *out)
{
	const char *path = tally_option_value(job->call, option);
	struct tally_span text;

	if (path == NULL)
		return TALLY_OK;
	enum tally_err err = tally_file_read(path, JWKS_MAX, job->check.arena, &text);

	if (err != TALLY_OK)
		return err;
	err = tally_jwks_parse(text, JWKS_MAX, job->check.arena, out);
	if (err == TALLY_OK && out->count > 0)
		return TALLY_OK;
	tally_log_error("%s: no JWK set with a key for %s: %s", path, tally_alg_names(),
			err == TALLY_OK ? "there is none" : tally_err_text(err));
	return err == TALLY_ERR_NOMEM ? err : TALLY_ERR_USAGE;
}

static enum tally_err load_keys(struct job *job)
{
	const char *ca = tally_option_value(job->call, TALLY_OPTION_CA);
	bool own = tally_option_given(job->call, TALLY_OPTION_TOKEN_JWKS);
	enum tally_err err = load_jwks(job, TALLY_OPTION_JWKS, &job->jwks);

	if (err == TALLY_OK)
		err = load_jwks(job, TALLY_OPTION_TOKEN_JWKS, &job->token_jwks);
	if (err == TALLY_OK && ca != NULL && tally_trust_load(ca, &job->trust) != TALLY_OK)
		err = TALLY_ERR_USAGE;
	job->keys = (struct tally_check_keys){
		.jwks = &job->jwks,
		.trust = job->trust,
		.eku = tally_option_value(job->call, TALLY_OPTION_EKU),
	};
	/* The extended key usage is for signers of lists (draft §10), not of tokens. */
	job->token_keys = (struct tally_check_keys){
		.jwks = own ? &job->token_jwks : &job->jwks,
		.trust = job->trust,
	};
	return err;
}

/* The token itself, "-" for standard input, or "@" and the name of a file. */
static enum tally_err read_token(struct job *job, struct tally_span *out)
{
	const char *operand = job->call->operands[0];

	*out = tally_span_of(operand);
	if (strcmp(operand, "-") != 0 && operand[0] != '@')
		return TALLY_OK;
	return tally_file_read(operand[0] == '@' ? operand + 1 : operand, 2 * TALLY_CHECK_TOKEN_MAX,
			       job->check.arena, out);
}

static bool is_stdin(const char *path)
{
	return path != NULL && strcmp(path, "-") == 0;
}

static enum tally_err check_usage(const struct tally_invocation *call)
{
	static const enum tally_option_id files[] = { TALLY_OPTION_JWKS, TALLY_OPTION_TOKEN_JWKS,
						      TALLY_OPTION_LIST };
	int readers = is_stdin(call->operands[0]);

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		readers += is_stdin(tally_option_value(call, files[i]));
	if (readers > 1) {
		tally_log_error("status check: only one thing can be read from standard input");
		return TALLY_ERR_USAGE;
	}
	if (!tally_option_given(call, TALLY_OPTION_JWKS) &&
	    !tally_option_given(call, TALLY_OPTION_CA)) {
		tally_log_error("status check: expected --jwks or --ca: without keys, nothing can "
				"be believed");
		return TALLY_ERR_USAGE;
	}
	return TALLY_OK;
}

/* ---- what is said ---- */

/* about: what it was that allows no statement. */
static void print_nothing(const struct job *job, const char *about, const char *why)
{
	const struct tally_field fields[] = {
		{ "status", TALLY_FIELD_TEXT, .text = TALLY_SPAN("UNKNOWN") },
		{ "about", TALLY_FIELD_TEXT, .text = tally_span_of(about) },
		{ "reason", TALLY_FIELD_TEXT, .text = tally_span_of(why) },
		{ "list", TALLY_FIELD_TEXT, .text = job->reference.uri },
		{ .name = NULL },
	};

	tally_output_record(tally_option_given(job->call, TALLY_OPTION_JSON), fields);
}

/*
 * Until when it may be relied on (draft §13.7): ttl counts from when it was fetched, or,
 * where nobody knows when that was, from when it was issued.
 */
static int64_t good_until(const struct job *job, const struct tally_check_status *status)
{
	bool fetched = !tally_option_given(job->call, TALLY_OPTION_LIST);
	int64_t from = fetched ? job->check.now : status->iat;
	int64_t ttl =
		status->ttl > 0 && status->ttl < (uint64_t)TTL_MAX ? (int64_t)status->ttl : TTL_MAX;

	return status->exp > 0 && status->exp < from + ttl ? status->exp : from + ttl;
}

static void print_status(const struct job *job, const struct tally_check_status *status)
{
	const struct tally_list_format *format = tally_list_format(status->format);
	const struct tally_field fields[] = {
		{ "status", TALLY_FIELD_TEXT,
		  .text = tally_span_of(tally_status_name(status->value)) },
		{ "value", TALLY_FIELD_NUMBER, .number = status->value },
		{ "list", TALLY_FIELD_TEXT, .text = job->reference.uri },
		{ "index", TALLY_FIELD_NUMBER, .number = (int64_t)job->reference.index },
		{ "entries", TALLY_FIELD_NUMBER, .number = (int64_t)status->entries },
		{ "type", TALLY_FIELD_TEXT, .text = tally_span_of(format->media_type) },
		{ "issued_at", TALLY_FIELD_TIME, .number = status->iat },
		{ "expires_at", TALLY_FIELD_TIME, .number = status->exp },
		{ "good_until", TALLY_FIELD_TIME, .number = good_until(job, status) },
		{ .name = NULL },
	};

	tally_output_record(tally_option_given(job->call, TALLY_OPTION_JSON), fields);
}

/* ---- the check ---- */

/* TALLY_ERR_VERIFY: it has been said why there is no statement. */
static enum tally_err judge_token(struct job *job)
{
	struct tally_span token;
	enum tally_err err = read_token(job, &token);

	if (err == TALLY_OK)
		err = tally_check_token(&job->check, &job->token_keys, token, &job->reference);
	if (err == TALLY_ERR_VERIFY)
		print_nothing(job, "token", job->check.why);
	return err;
}

static enum tally_err get_list(struct job *job, struct tally_span *out)
{
	const char *path = tally_option_value(job->call, TALLY_OPTION_LIST);
	char why[TALLY_COMMAND_WHY_SIZE];

	if (path != NULL)
		return tally_file_read(path, TALLY_CHECK_LIST_MAX, job->check.arena, out);
	tally_buf_grow(&job->list, TALLY_CHECK_LIST_MAX);
	enum tally_err err = tally_fetch(job->reference.uri, ACCEPT, &job->list, why);

	if (err != TALLY_OK) {
		print_nothing(job, "fetch", why);
		return TALLY_ERR_VERIFY;
	}
	*out = tally_buf_span(&job->list);
	return TALLY_OK;
}

static enum tally_err judge_list(struct job *job)
{
	struct tally_check_status status;
	struct tally_span list;
	enum tally_err err = get_list(job, &list);

	if (err != TALLY_OK)
		return err;
	err = tally_check_list(&job->check, &job->keys, list, &job->reference, &status);
	if (err == TALLY_ERR_VERIFY)
		print_nothing(job, "list", job->check.why);
	if (err != TALLY_OK)
		return err;
	print_status(job, &status);
	return status.value == 0 ? TALLY_OK : TALLY_ERR_NOT_VALID;
}

enum tally_err tally_cmd_status_check(const struct tally_invocation *call)
{
	struct job job = {
		.call = call,
		.check = {
			.now = tally_clock_now(),
			.inflated_max = TALLY_LIST_SIZE_MAX,
			.arena = tally_arena_new(ARENA_FIRST, ARENA_MAX),
		},
	};
	enum tally_err err = job.check.arena ? check_usage(call) : TALLY_ERR_NOMEM;

	if (err == TALLY_OK)
		err = load_keys(&job);
	/* A token that is not good in itself says nothing, and asks for nothing. */
	if (err == TALLY_OK)
		err = judge_token(&job);
	if (err == TALLY_OK)
		err = judge_list(&job);
	if (err == TALLY_ERR_NOMEM)
		tally_log_error("out of memory");
	job_end(&job);
	return err;
}
