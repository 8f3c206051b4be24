/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "admin/pool_lists.h"

#include "sys/clock.h"
#include "sys/log.h"

#define PAGE 256u     /* states that are read at once */
#define DUE_MAX 1024u /* lists that are counted as due */

/* ---- looking ---- */

static enum tally_err count_due(struct tally_lists *lists, struct tally_span id, uint32_t *out)
{
	uint32_t numbers[DUE_MAX];
	int64_t next_ms;
	size_t n = 0;
	enum tally_err err = lists->ops->due(lists, id, tally_clock_now_us() / 1000, numbers,
					     DUE_MAX, &n, &next_ms);

	*out = (uint32_t)n;
	return err;
}

enum tally_err tally_admin_pool_look(struct tally_lists *lists, const struct tally_conf *conf,
				     const struct tally_pool_conf *of, struct tally_pool *pool,
				     struct tally_pool_figures *figures)
{
	const struct tally_list_pool *shape = &pool->shape;

	*pool = (struct tally_pool){ .conf = *of, .lists = lists };
	tally_pool_conf_complete(&pool->conf, conf);
	*figures = (struct tally_pool_figures){ .due = 0 };
	enum tally_err err =
		lists->ops->pool_look(lists, of->id, &pool->shape, &figures->publisher);

	if (err != TALLY_OK)
		return err == TALLY_ERR_NOT_FOUND ? TALLY_OK : err;
	pool->is_open = true;
	tally_permutation_of_names(&pool->names, shape->seed);
	figures->reserved = shape->next - shape->returned;
	figures->ready = (uint64_t)shape->lists * shape->size - figures->reserved;
	return count_due(lists, of->id, &figures->due);
}

enum tally_err tally_admin_pool_states(const struct tally_pool *pool,
				       tally_list_state_visit *visit, void *context)
{
	struct tally_list_state states[PAGE];
	enum tally_err err = TALLY_OK;
	uint32_t first = 0;
	size_t n = PAGE;

	while (pool->is_open && n == PAGE && err == TALLY_OK) {
		err = pool->lists->ops->states(pool->lists, pool->conf.id, first, states, PAGE, &n);
		for (size_t i = 0; i < n && err == TALLY_OK; i++)
			err = visit(context, pool, &states[i]);
		first += PAGE;
	}
	return err;
}

/* ---- whole lists ---- */

struct work {
	const struct tally_pool_fill *fill;
	struct tally_pool_filled *filled;
	uint64_t total; /* entries */
};

static enum tally_err fill_list(const struct tally_pool *pool, uint32_t list, struct work *work)
{
	const struct tally_lists_ops *ops = pool->lists->ops;
	enum tally_err err = TALLY_OK;

	for (uint32_t first = 0; first < pool->shape.size && err == TALLY_OK;) {
		uint32_t left = pool->shape.size - first, changed = 0;
		uint32_t count = left < TALLY_LIST_FILL_MAX ? left : TALLY_LIST_FILL_MAX;

		err = ops->fill(pool->lists, pool->conf.id, list, first, count, work->fill->value,
				pool->conf.final_value, tally_pool_due_ms(pool), &changed);
		if (err != TALLY_OK)
			return err;
		first += count;
		work->filled->entries += count;
		work->filled->changed += changed;
		if (work->fill->progress != NULL)
			work->fill->progress(work->fill->context, work->filled->entries,
					     work->total);
	}
	work->filled->lists++;
	return err;
}

static enum tally_err count_live(void *context, const struct tally_pool *pool,
				 const struct tally_list_state *state)
{
	struct work *work = context;

	if (!state->is_retired)
		work->total += pool->shape.size;
	return TALLY_OK;
}

/* One that was retired since it was counted has nothing to be set any more. */
static enum tally_err fill_live(void *context, const struct tally_pool *pool,
				const struct tally_list_state *state)
{
	enum tally_err err = state->is_retired ? TALLY_OK : fill_list(pool, state->list, context);

	return err == TALLY_ERR_NOT_FOUND ? TALLY_OK : err;
}

static enum tally_err fill_all(const struct tally_pool *pool, struct work *work)
{
	enum tally_err err = tally_admin_pool_states(pool, count_live, work);
	uint64_t lists = pool->is_open ? work->total / pool->shape.size : 0;

	if (err != TALLY_OK)
		return err;
	if (lists == 0) {
		tally_log_error("pool %.*s has no lists", TALLY_SPAN_ARG(pool->conf.id));
		return TALLY_ERR_NOT_FOUND;
	}
	if (lists > 1 && !work->fill->is_forced) {
		tally_log_error("that would set all entries of %llu lists, %llu in all: say "
				"--force, or name one of them with --list",
				(unsigned long long)lists, (unsigned long long)work->total);
		return TALLY_ERR_USAGE;
	}
	return tally_admin_pool_states(pool, fill_live, work);
}

static enum tally_err fill_one(const struct tally_pool *pool, struct work *work)
{
	struct tally_span name = tally_span_of(work->fill->list);
	struct tally_span of_uri = tally_list_uri_name(pool, name);
	uint32_t list;
	enum tally_err err = pool->is_open ? tally_list_name_number(
						     pool, of_uri.p ? of_uri : name, &list)
					   : TALLY_ERR_NOT_FOUND;

	work->total = pool->shape.size;
	if (err == TALLY_OK)
		err = fill_list(pool, list, work);
	if (err == TALLY_ERR_NOT_FOUND)
		tally_log_error("pool %.*s has no list %s; \"tallystick pool show --json\" names "
				"them", TALLY_SPAN_ARG(pool->conf.id), work->fill->list);
	return err;
}

enum tally_err tally_admin_pool_fill(const struct tally_pool *pool,
				     const struct tally_pool_fill *fill,
				     struct tally_pool_filled *filled)
{
	struct work work = { .fill = fill, .filled = filled };
	unsigned int bits = pool->is_open ? pool->shape.bits : pool->conf.bits;

	*filled = (struct tally_pool_filled){ .lists = 0 };
	if (fill->value >> bits > 0) {
		tally_log_error("--value %u: expected at most %u, which is what %u bits hold",
				fill->value, (1u << bits) - 1, bits);
		return TALLY_ERR_USAGE;
	}
	return fill->list != NULL ? fill_one(pool, &work) : fill_all(pool, &work);
}
