/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/fake/rand.h"

#include "sys/rand.h"

#include <pthread.h>
#include <stdbool.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t state;
static unsigned int fail_in;

void tally_fake_rand_seed(uint64_t seed)
{
	pthread_mutex_lock(&lock);
	state = seed;
	pthread_mutex_unlock(&lock);
}

void tally_fake_rand_fail(unsigned int nth)
{
	pthread_mutex_lock(&lock);
	fail_in = nth;
	pthread_mutex_unlock(&lock);
}

/* SplitMix64: every seed is a good one. */
static uint8_t next_byte(void)
{
	state += 0x9e3779b97f4a7c15u;
	uint64_t z = state;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (uint8_t)(z >> 56);
}

enum tally_err tally_rand_bytes(void *out, size_t n)
{
	uint8_t *p = out;

	pthread_mutex_lock(&lock);
	bool fails = fail_in > 0 && --fail_in == 0;

	for (size_t i = 0; !fails && i < n; i++)
		p[i] = next_byte();
	pthread_mutex_unlock(&lock);
	return fails ? TALLY_ERR_CRYPTO : TALLY_OK;
}
