/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "store/outage.h"

#include "base/siphash.h"
#include "sys/clock.h"
#include "sys/log.h"

/* Reasons that change to and fro are told at most this often. */
#define TELL_AGAIN_MS 10000

void tally_outage_init(struct tally_outage *outage, const char *what, const char *end,
		       const char *where)
{
	*outage = (struct tally_outage){ .what = what, .end = end, .where = where };
	pthread_mutex_init(&outage->lock, NULL);
}

void tally_outage_end(struct tally_outage *outage)
{
	pthread_mutex_destroy(&outage->lock);
}

/* Two failures with the same are told once. */
static uint64_t reason_of(const struct tally_link_failure *failure)
{
	static const struct tally_siphash_key key;

	return failure->code ? failure->code
			     : tally_siphash(&key, failure->text, strlen(failure->text));
}

/* Whether this failure is news; notes that it was told. */
static bool is_news(struct tally_outage *outage, uint64_t reason)
{
	int64_t now = tally_clock_ms();

	pthread_mutex_lock(&outage->lock);
	bool begins = !atomic_load(&outage->on);
	bool news = begins || (reason != outage->reason && now - outage->told_at >= TELL_AGAIN_MS);

	if (begins)
		outage->since = now;
	if (news) {
		outage->reason = reason;
		outage->told_at = now;
	}
	atomic_store(&outage->on, true);
	pthread_mutex_unlock(&outage->lock);
	return news;
}

void tally_outage_met(struct tally_outage *outage, const struct tally_link_failure *failure)
{
	char code[32] = "";

	if (!is_news(outage, reason_of(failure)))
		return;
	if (failure->code != 0)
		snprintf(code, sizeof(code), " (error %u)", failure->code);
	tally_log_error("%s: %s%s; %s%s%s", outage->what, failure->text, code,
			outage->where, failure->advice ? "; " : "",
			failure->advice ? failure->advice : "");
}

void tally_outage_over(struct tally_outage *outage)
{
	if (!atomic_load_explicit(&outage->on, memory_order_relaxed))
		return;
	pthread_mutex_lock(&outage->lock);
	bool was = atomic_exchange(&outage->on, false);
	int64_t since = outage->since;

	pthread_mutex_unlock(&outage->lock);
	if (was)
		tally_log_notice("%s, after %lld s", outage->end,
				 (long long)(tally_clock_ms() - since + 500) / 1000);
}
