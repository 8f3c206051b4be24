/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/fake/marks.h"

#include "base/arena.h"
#include "sys/clock.h"

#include <pthread.h>
#include <stdlib.h>

#define MAX_MARKS 4096u

/* Beside the kinds of marks.h. */
enum { REFRESH_USED = 100, FAMILY_ENDED, FAMILY_MADE };

struct mark {
	int kind;
	struct tally_span what;
	uint32_t count;
	int64_t at_ms;      /* when it was set, as its setter said */
	int64_t ends_at_ms; /* of tally_clock_ms */
	struct tally_live_refs made;
};

struct fake {
	struct tally_marks marks;
	pthread_mutex_t lock;
	struct tally_arena *arena;
	struct mark all[MAX_MARKS];
	size_t count;
	unsigned int calls;
	bool down;
	bool forgetful;
};

static struct fake *fake_of(struct tally_marks *marks)
{
	return (struct fake *)marks;
}

/* Takes the lock; the caller unlocks with leave in either case. */
static enum tally_err enter(struct fake *fake)
{
	pthread_mutex_lock(&fake->lock);
	fake->calls++;
	return fake->down ? TALLY_ERR_UNAVAILABLE : TALLY_OK;
}

static enum tally_err leave(struct fake *fake, enum tally_err err)
{
	pthread_mutex_unlock(&fake->lock);
	return err;
}

static struct mark *find(struct fake *fake, int kind, struct tally_span what)
{
	for (size_t i = 0; i < fake->count; i++)
		if (fake->all[i].kind == kind && tally_span_eq(fake->all[i].what, what) &&
		    fake->all[i].ends_at_ms > tally_clock_ms())
			return &fake->all[i];
	return NULL;
}

/* So that a fuzzer, which moves the clock, finds room for ever. */
static void forget_ended(struct fake *fake)
{
	for (size_t i = 0; i < fake->count; i++)
		if (fake->all[i].ends_at_ms > tally_clock_ms())
			return;
	tally_arena_reset(fake->arena);
	fake->count = 0;
}

/* The mark, made when there is none. */
static struct mark *make(struct fake *fake, int kind, struct tally_span what, uint32_t ttl)
{
	struct mark *mark = find(fake, kind, what);

	if (mark != NULL)
		return mark;
	forget_ended(fake);
	if (fake->count == MAX_MARKS)
		abort();
	mark = &fake->all[fake->count++];
	*mark = (struct mark){
		.kind = kind,
		.what = tally_arena_dup(fake->arena, what),
		.ends_at_ms = tally_clock_ms() + (int64_t)ttl * 1000,
	};
	if (mark->what.p == NULL)
		abort();
	return mark;
}

static struct tally_span span_of_id(const struct tally_token_id *id)
{
	return tally_span(id->bytes, sizeof(id->bytes));
}

static enum tally_err check(struct tally_marks *marks)
{
	struct fake *fake = fake_of(marks);
	enum tally_err err = enter(fake);

	fake->calls--;
	return leave(fake, err == TALLY_OK && fake->forgetful ? TALLY_ERR_CONFIG : err);
}

static enum tally_err use(struct tally_marks *marks, enum tally_mark_kind kind,
			  struct tally_span what, uint32_t ttl)
{
	struct fake *fake = fake_of(marks);
	enum tally_err err = enter(fake);

	if (err == TALLY_OK && ++make(fake, (int)kind, what, ttl)->count > 1)
		err = TALLY_ERR_EXISTS;
	return leave(fake, err);
}

static enum tally_refresh_verdict judge(struct fake *fake, const struct tally_refresh_use *use)
{
	struct tally_span family = span_of_id(&use->family);

	if (find(fake, FAMILY_ENDED, family) != NULL)
		return TALLY_REFRESH_ENDED;
	struct mark *used = make(fake, REFRESH_USED, span_of_id(&use->id), use->token_ttl);

	if (used->count++ == 0) {
		used->at_ms = use->now_ms;
		return TALLY_REFRESH_FIRST;
	}
	if (use->grace_ms > 0 && use->now_ms - used->at_ms < use->grace_ms)
		return TALLY_REFRESH_GRACE;
	make(fake, FAMILY_ENDED, family, use->family_ttl);
	return TALLY_REFRESH_REUSED;
}

static void note_made(struct fake *fake, const struct tally_refresh_use *use)
{
	struct mark *mark;

	if (use->made.expires_at == 0 || use->verdict == TALLY_REFRESH_REUSED ||
	    use->verdict == TALLY_REFRESH_ENDED)
		return;
	mark = make(fake, FAMILY_MADE, span_of_id(&use->family), use->family_ttl);
	tally_live_refs_add(&mark->made, use->made);
}

static enum tally_err use_refresh(struct tally_marks *marks, struct tally_refresh_use *use)
{
	struct fake *fake = fake_of(marks);
	enum tally_err err = enter(fake);

	if (err == TALLY_OK) {
		use->verdict = judge(fake, use);
		note_made(fake, use);
	}
	return leave(fake, err);
}

static enum tally_err refresh_made(struct tally_marks *marks, const struct tally_token_id *family,
				   struct tally_live_refs *out)
{
	struct fake *fake = fake_of(marks);
	enum tally_err err = enter(fake);
	const struct mark *mark = find(fake, FAMILY_MADE, span_of_id(family));

	*out = mark ? mark->made : (struct tally_live_refs){ .count = 0 };
	return leave(fake, err);
}

static enum tally_err refresh_used(struct tally_marks *marks, const struct tally_token_id *id,
				   const struct tally_token_id *family, bool *used)
{
	struct fake *fake = fake_of(marks);
	enum tally_err err = enter(fake);

	if (err == TALLY_OK)
		*used = find(fake, REFRESH_USED, span_of_id(id)) != NULL ||
			find(fake, FAMILY_ENDED, span_of_id(family)) != NULL;
	return leave(fake, err);
}

static enum tally_err count(struct tally_marks *marks, struct tally_mark_counter *counters,
			    size_t n, uint32_t window)
{
	struct fake *fake = fake_of(marks);
	enum tally_err err = enter(fake);

	for (size_t i = 0; err == TALLY_OK && i < n; i++) {
		struct tally_mark_counter *counter = &counters[i];
		struct mark *mark = make(fake, (int)counter->kind, counter->what, window);

		counter->count = ++mark->count;
		counter->ends_in = (uint32_t)((mark->ends_at_ms - tally_clock_ms() + 999) / 1000);
	}
	return leave(fake, err);
}

static void close_marks(struct tally_marks *marks)
{
	struct fake *fake = fake_of(marks);

	tally_arena_free(fake->arena);
	pthread_mutex_destroy(&fake->lock);
	free(fake);
}

static const struct tally_marks_ops ops = {
	.check = check,
	.use = use,
	.use_refresh = use_refresh,
	.refresh_made = refresh_made,
	.refresh_used = refresh_used,
	.count = count,
	.close = close_marks,
};

struct tally_marks *tally_fake_marks_new(void)
{
	struct fake *fake = calloc(1, sizeof(*fake));

	if (fake == NULL)
		return NULL;
	fake->arena = tally_arena_new(4096, 16u << 20);
	if (fake->arena == NULL) {
		free(fake);
		return NULL;
	}
	fake->marks.ops = &ops;
	pthread_mutex_init(&fake->lock, NULL);
	return &fake->marks;
}

void tally_fake_marks_down(struct tally_marks *marks, bool down)
{
	pthread_mutex_lock(&fake_of(marks)->lock);
	fake_of(marks)->down = down;
	pthread_mutex_unlock(&fake_of(marks)->lock);
}

void tally_fake_marks_forgetful(struct tally_marks *marks, bool forgetful)
{
	pthread_mutex_lock(&fake_of(marks)->lock);
	fake_of(marks)->forgetful = forgetful;
	pthread_mutex_unlock(&fake_of(marks)->lock);
}

unsigned int tally_fake_marks_calls(struct tally_marks *marks)
{
	pthread_mutex_lock(&fake_of(marks)->lock);
	unsigned int calls = fake_of(marks)->calls;

	pthread_mutex_unlock(&fake_of(marks)->lock);
	return calls;
}
