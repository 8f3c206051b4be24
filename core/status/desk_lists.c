/* SPDX-License-Identifier: Apache-2.0 */
/* Lists that are created ahead of their use, and those that are due. */
#include "config.h"

#include "status/desk_priv.h"

#include "base/secret.h"
#include "codec/bits.h"
#include "status/press.h"
#include "sys/clock.h"
#include "sys/thread.h"

#include <stdlib.h>

#define INTERVAL_MS 1000      /* how often Redis is asked, where updates wait for the interval */
#define SNAPSHOT_FRAME 65536u /* what comes with the entries */

/* ---- one list ---- */

static size_t bytes_of(const struct tally_desk *desk)
{
	const struct tally_list_pool *shape = &tally_desk_pool(desk)->shape;

	return tally_bits_bytes(shape->size, shape->bits);
}

/*
 * When the next second begins. A list is signed once in each: two of the same
 * "iat" would have the same Last-Modified, and who asks by that date alone would
 * not see the second of them before it is signed again (RFC 9110 §8.8.2.2).
 */
static int64_t next_second(void)
{
	return tally_clock_ms() + 1000 - tally_clock_now_us() / 1000 % 1000;
}

enum tally_err tally_desk_put(struct tally_desk *desk, const struct tally_desk_office *office,
			      struct tally_press *press, uint32_t list, uint64_t version)
{
	const struct tally_pool_conf *conf = &tally_desk_pool(desk)->conf;
	int64_t again_ms = tally_clock_now_us() / 1000 + (int64_t)conf->list_lifetime * 500;
	struct tally_list_publication publication;
	enum tally_err err =
		tally_press_sign(press, tally_desk_pool(desk), desk->signing, list, &publication);

	publication.version = version;
	if (err == TALLY_OK)
		err = office->lists->ops->publish(office->lists, tally_desk_id(desk), list,
						  desk->fence, &publication, again_ms,
						  conf->history);
	desk->refused = err == TALLY_ERR_UNAVAILABLE;
	if (err == TALLY_OK)
		desk->due_at = next_second();
	return err;
}

enum tally_err tally_desk_publish(struct tally_desk *desk, const struct tally_desk_office *office,
				  uint32_t list)
{
	struct tally_arena *arena = tally_arena_new(0, bytes_of(desk) + SNAPSHOT_FRAME);
	struct tally_list_snapshot snapshot;
	struct tally_press press;
	enum tally_err err = TALLY_ERR_NOMEM;

	tally_press_init(&press);
	if (arena != NULL)
		err = office->lists->ops->snapshot(office->lists, tally_desk_id(desk), list, arena,
						   &snapshot);
	if (err == TALLY_OK)
		err = tally_press_compress(&press, snapshot.bits);
	tally_arena_free(arena);
	if (err == TALLY_OK)
		err = tally_desk_put(desk, office, &press, list, snapshot.version);
	tally_press_end(&press);
	/* It was retired in the meantime. */
	return err == TALLY_ERR_STATE ? TALLY_OK : err;
}

/* ---- ahead of their use ---- */

static enum tally_err read_counters(struct tally_desk *desk, const struct tally_desk_office *office)
{
	struct tally_list_pool *counters = &desk->counters;
	struct tally_list_holder holder;
	enum tally_err err = office->lists->ops->pool_look(office->lists, tally_desk_id(desk),
							   counters, &holder);
	bool is_same = tally_secret_equal(counters->seed, tally_desk_pool(desk)->shape.seed,
					  sizeof(counters->seed));

	tally_secret_wipe(counters->seed, sizeof(counters->seed));
	if (err == TALLY_ERR_NOT_FOUND || (err == TALLY_OK && !is_same))
		return TALLY_ERR_STATE;
	return err;
}

/* How many lists there should be: those in use, the one after it, and so on. */
static uint64_t lists_wanted(const struct tally_desk *desk)
{
	const struct tally_pool *pool = tally_desk_pool(desk);

	if (pool->is_retired)
		return 0;
	return desk->counters.next / desk->counters.size + pool->conf.precreation_lists + 1;
}

static enum tally_err create_some(struct tally_desk *desk, const struct tally_desk_office *office)
{
	uint64_t wanted = lists_wanted(desk), last = desk->counters.lists + TALLY_DESK_AT_A_TIME;
	struct tally_press press;
	uint8_t *zeros = calloc(1, bytes_of(desk));

	tally_press_init(&press);
	enum tally_err err = zeros ? tally_press_compress(&press, tally_span(zeros, bytes_of(desk)))
				   : TALLY_ERR_NOMEM;

	free(zeros);
	while (err == TALLY_OK && desk->counters.lists < wanted && desk->counters.lists < last &&
	       !tally_thread_stopping()) {
		err = tally_desk_put(desk, office, &press, desk->counters.lists, 0);
		desk->counters.lists += err == TALLY_OK;
	}
	tally_press_end(&press);
	/* Somebody else has made it: the counters were old. */
	return err == TALLY_ERR_STATE ? TALLY_OK : err;
}

/*
 * Milliseconds until the next look: precreation-check-delay, but no longer than a
 * second for each list that is left, so that a pool that was idle does not run dry
 * when somebody takes tens of thousands of references a second.
 */
static int64_t next_look(const struct tally_desk *desk)
{
	const struct tally_list_pool *counters = &desk->counters;
	int64_t delay = tally_desk_pool(desk)->conf.precreation_check_delay;
	uint64_t used = counters->next / counters->size;
	int64_t left = used < counters->lists ? (int64_t)(counters->lists - used) - 1 : 0;

	if (left < 1)
		left = 1;
	return (left < delay ? left : delay) * 1000;
}

enum tally_err tally_desk_create(struct tally_desk *desk, const struct tally_desk_office *office,
				 int64_t now)
{
	enum tally_err err = read_counters(desk, office);

	if (err == TALLY_OK && desk->counters.lists < lists_wanted(desk))
		err = create_some(desk, office);
	if (err == TALLY_OK && desk->counters.lists >= lists_wanted(desk))
		desk->create_at = now + next_look(desk);
	return err;
}

/* ---- those that are due ---- */

enum tally_err tally_desk_due(struct tally_desk *desk, const struct tally_desk_office *office,
			      int64_t now)
{
	bool at_once = tally_desk_pool(desk)->conf.publish == TALLY_POOL_IMMEDIATE;
	int64_t now_ms = tally_clock_now_us() / 1000, next_ms = 0;
	int64_t rest = at_once ? TALLY_DESK_SOON_MS : INTERVAL_MS;
	uint32_t due[TALLY_DESK_AT_A_TIME];
	size_t n = 0;
	enum tally_err err = office->lists->ops->due(office->lists, tally_desk_id(desk), now_ms,
						     due, TALLY_DESK_AT_A_TIME, &n, &next_ms);

	for (size_t i = 0; i < n && err == TALLY_OK && !tally_thread_stopping(); i++)
		err = tally_desk_publish(desk, office, due[i]);
	if (next_ms > now_ms && next_ms - now_ms < rest)
		rest = next_ms - now_ms;
	if (n > 0 && rest > TALLY_DESK_SOON_MS)
		rest = TALLY_DESK_SOON_MS; /* more may have become due meanwhile */
	if (err == TALLY_OK && n == TALLY_DESK_AT_A_TIME)
		desk->due_at = now;
	else if (err == TALLY_OK && desk->due_at < now + rest)
		desk->due_at = now + rest;
	return err;
}
