/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/fake/marks.h"

#include "sys/clock.h"

#include <pthread.h>
#include <stdlib.h>

#define MAX_MARKS 4096u
#define WHAT_MAX 1024u

/* Of tokens and families, beside enum tally_mark_kind. */
enum { TOKEN = 100, FAMILY };

struct mark {
	int kind;
	char what[WHAT_MAX];
	size_t n;
	int64_t value;
	int64_t until; /* ms */
};

struct fake {
	struct tally_marks marks;
	pthread_mutex_t lock;
	struct mark *list[MAX_MARKS];
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
	for (size_t i = 0; i < fake->count; i++) {
		struct mark *mark = fake->list[i];

		if (mark->kind == kind && mark->until > tally_clock_ms() &&
		    tally_span_eq(tally_span(mark->what, mark->n), what))
			return mark;
	}
	return NULL;
}

static struct mark *add(struct fake *fake, int kind, struct tally_span what, uint32_t ttl)
{
	struct mark *mark = calloc(1, sizeof(*mark));

	if (mark == NULL || fake->count == MAX_MARKS || what.n > WHAT_MAX) {
		fprintf(stderr, "the fake marks: more than a test may need\n");
		abort();
	}
	mark->kind = kind;
	memcpy(mark->what, what.p, what.n);
	mark->n = what.n;
	mark->until = tally_clock_ms() + (int64_t)(ttl ? ttl : 1) * 1000;
	fake->list[fake->count++] = mark;
	return mark;
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

	if (err == TALLY_OK && find(fake, (int)kind, what) != NULL)
		err = TALLY_ERR_EXISTS;
	if (err == TALLY_OK)
		add(fake, (int)kind, what, ttl);
	return leave(fake, err);
}

static enum tally_err use_refresh(struct tally_marks *marks, const struct tally_token_id *id,
				  const struct tally_token_id *family, int64_t now_ms,
				  uint32_t grace_ms, uint32_t token_ttl, uint32_t family_ttl,
				  enum tally_refresh_verdict *verdict)
{
	struct fake *fake = fake_of(marks);
	struct tally_span token_name = tally_span(id->bytes, sizeof(id->bytes));
	struct tally_span family_name = tally_span(family->bytes, sizeof(family->bytes));
	enum tally_err err = enter(fake);

	if (err != TALLY_OK)
		return leave(fake, err);
	const struct mark *used = find(fake, TOKEN, token_name);

	if (find(fake, FAMILY, family_name) != NULL) {
		*verdict = TALLY_REFRESH_ENDED;
	} else if (used == NULL) {
		add(fake, TOKEN, token_name, token_ttl)->value = now_ms;
		*verdict = TALLY_REFRESH_FIRST;
	} else if (grace_ms > 0 && now_ms - used->value < grace_ms) {
		*verdict = TALLY_REFRESH_GRACE;
	} else {
		add(fake, FAMILY, family_name, family_ttl);
		*verdict = TALLY_REFRESH_REUSED;
	}
	return leave(fake, TALLY_OK);
}

static enum tally_err count(struct tally_marks *marks, struct tally_mark_counter *counters,
			    size_t n, uint32_t window)
{
	struct fake *fake = fake_of(marks);
	enum tally_err err = enter(fake);

	for (size_t i = 0; err == TALLY_OK && i < n; i++) {
		struct tally_mark_counter *counter = &counters[i];
		struct mark *mark = find(fake, (int)counter->kind, counter->what);

		if (mark == NULL)
			mark = add(fake, (int)counter->kind, counter->what, window);
		counter->count = (uint32_t)++mark->value;
		counter->ends_in = (uint32_t)((mark->until - tally_clock_ms() + 999) / 1000);
	}
	return leave(fake, err);
}

static void close_marks(struct tally_marks *marks)
{
	struct fake *fake = fake_of(marks);

	for (size_t i = 0; i < fake->count; i++)
		free(fake->list[i]);
	pthread_mutex_destroy(&fake->lock);
	free(fake);
}

static const struct tally_marks_ops ops = {
	.check = check,
	.use = use,
	.use_refresh = use_refresh,
	.count = count,
	.close = close_marks,
};

struct tally_marks *tally_fake_marks_new(void)
{
	struct fake *fake = calloc(1, sizeof(*fake));

	if (fake == NULL)
		return NULL;
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
