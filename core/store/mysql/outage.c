/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "store/mysql/outage.h"

#include "sys/clock.h"
#include "sys/log.h"

/* Reasons that change to and fro are told at most this often. */
#define TELL_AGAIN_MS 10000

void tally_outage_init(struct tally_outage *outage, const char *what, const char *end)
{
	*outage = (struct tally_outage){ .what = what, .end = end };
	pthread_mutex_init(&outage->lock, NULL);
}

void tally_outage_end(struct tally_outage *outage)
{
	pthread_mutex_destroy(&outage->lock);
}

/* Whether this failure is news; notes that it was told. */
static bool is_news(struct tally_outage *outage, unsigned int code)
{
	int64_t now = tally_clock_ms();

	pthread_mutex_lock(&outage->lock);
	bool begins = !atomic_load(&outage->on);
	bool news = begins || (code != outage->code && now - outage->told_at >= TELL_AGAIN_MS);

	if (begins)
		outage->since = now;
	if (news) {
		outage->code = code;
		outage->told_at = now;
	}
	atomic_store(&outage->on, true);
	pthread_mutex_unlock(&outage->lock);
	return news;
}

void tally_outage_met(struct tally_outage *outage, const struct tally_conf *conf,
		      const struct tally_db_failure *failure)
{
	char where[TALLY_DB_WHERE_SIZE], code[32] = "";

	if (!is_news(outage, failure->code))
		return;
	if (failure->code != 0)
		snprintf(code, sizeof(code), " (error %u)", failure->code);
	tally_log_error("%s: %s%s; %s%s%s", outage->what, failure->text, code,
			tally_db_where(where, conf), failure->advice ? "; " : "",
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
