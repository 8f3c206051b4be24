/* SPDX-License-Identifier: Apache-2.0 */
/* tallystick pool show, pool set-all: what takes Redis. */
#include "config.h"

#include "base/secret.h"
#include "fcgi/output.h"
#include "fcgi/pool_output.h"

#include <unistd.h>

#define BAR 40u /* characters of the progress bar */

/* A pool with what Redis knows of it. */
struct looked {
	struct tally_session session;
	struct tally_pool_admin admin;
	struct tally_admin_pool found;
	struct tally_pool pool;
	struct tally_pool_figures figures;
};

/* Ended by look_end, whatever came of it. */
static enum tally_err find(const struct tally_invocation *call, struct looked *looked)
{
	*looked = (struct looked){ .pool = { .is_open = false } };
	enum tally_err err = tally_session_open(&looked->session, call, true);

	looked->admin = (struct tally_pool_admin){ looked->session.store, looked->session.conf,
						   call->arena };
	return err == TALLY_OK ? tally_admin_pool_find(&looked->admin,
						       tally_span_of(call->operands[0]),
						       &looked->found)
			       : err;
}

static enum tally_err look(struct looked *looked)
{
	enum tally_err err = tally_session_open_lists(&looked->session);

	return err == TALLY_OK ? tally_admin_pool_look(looked->session.lists, looked->session.conf,
						       &looked->found.conf, &looked->pool,
						       &looked->figures)
			       : err;
}

static void look_end(struct looked *looked)
{
	tally_secret_wipe(&looked->pool.shape, sizeof(looked->pool.shape));
	tally_secret_wipe(&looked->pool.names, sizeof(looked->pool.names));
	tally_session_close(&looked->session);
}

/* The definition is shown without Redis, too. */
enum tally_err tally_cmd_pool_show(const struct tally_invocation *call)
{
	struct looked looked;
	enum tally_err err = find(call, &looked);

	if (err == TALLY_OK) {
		err = look(&looked);
		enum tally_err printed =
			tally_pool_print(&looked.session, &looked.found,
					 err == TALLY_OK ? &looked.pool : NULL, &looked.figures,
					 call->arena);

		err = err == TALLY_OK ? printed : err;
	}
	look_end(&looked);
	return err;
}

/* ---- set-all ---- */

struct progress {
	bool is_terminal;
	unsigned int percent; /* shown last */
};

/* A bar on a terminal, else a line for every tenth. */
static void show_progress(void *context, uint64_t done, uint64_t total)
{
	struct progress *progress = context;
	unsigned int percent = (unsigned int)(done * 100 / total);
	unsigned int full = percent * BAR / 100;

	if (progress->is_terminal)
		fprintf(stderr, "\r[%.*s%*s] %3u %%", (int)full,
			"########################################", (int)(BAR - full), "", percent);
	else if (percent / 10 > progress->percent / 10)
		fprintf(stderr, "%u %% of %llu entries\n", percent, (unsigned long long)total);
	progress->percent = percent;
	if (progress->is_terminal && done == total)
		fputc('\n', stderr);
}

static enum tally_err read_fill(const struct tally_invocation *call, struct tally_pool_fill *out)
{
	const char *text = tally_option_value(call, TALLY_OPTION_VALUE);
	uint64_t value = 0;

	if (text == NULL || tally_span_to_u64(tally_span_of(text), UINT8_MAX, &value) != TALLY_OK) {
		fprintf(stderr, "tallystick: --value%s%s: expected a status, such as 0 (valid) or 1 "
				"(invalid)\n", text ? " " : " is missing", text ? text : "");
		return TALLY_ERR_USAGE;
	}
	out->value = (unsigned int)value;
	out->list = tally_option_value(call, TALLY_OPTION_LIST);
	out->is_forced = tally_option_given(call, TALLY_OPTION_FORCE);
	return TALLY_OK;
}

static void print_filled(const struct looked *looked, const struct tally_pool_filled *filled)
{
	const struct tally_pool_conf *conf = &looked->pool.conf;
	const struct tally_field fields[] = {
		{ "pool", TALLY_FIELD_TEXT, .text = conf->id },
		{ "lists", TALLY_FIELD_NUMBER, .number = filled->lists },
		{ "entries", TALLY_FIELD_NUMBER, .number = (int64_t)filled->entries },
		{ "changed", TALLY_FIELD_NUMBER, .number = (int64_t)filled->changed },
		{ "published_within", TALLY_FIELD_NUMBER,
		  .number = conf->publish == TALLY_POOL_IMMEDIATE ? 1 : conf->update_interval },
		{ .name = NULL },
	};

	tally_output_record(looked->session.json, fields);
}

enum tally_err tally_cmd_pool_set_all(const struct tally_invocation *call)
{
	struct progress progress = { .is_terminal = isatty(STDERR_FILENO) };
	struct tally_pool_fill fill = { .progress = show_progress, .context = &progress };
	struct tally_pool_filled filled = { .lists = 0 };
	struct looked looked;
	enum tally_err err = read_fill(call, &fill);

	if (err != TALLY_OK)
		return err;
	err = find(call, &looked);
	if (err == TALLY_OK)
		err = look(&looked);
	if (err == TALLY_OK)
		err = tally_admin_pool_fill(&looked.pool, &fill, &filled);
	if (err == TALLY_OK || filled.entries > 0)
		print_filled(&looked, &filled);
	look_end(&looked);
	return err;
}
