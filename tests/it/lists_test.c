/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The status lists in the Redis that a configuration names keep the contract of
 * store/lists.h: lists_test CONF.
 */
#include "config.h"

#include "tests/unit/lists_contract.h"

#include <time.h>

static void pass(int64_t ms)
{
	const struct timespec duration = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	nanosleep(&duration, NULL);
}

int main(int argc, char **argv)
{
	struct tally_conf *conf = NULL;

	if (argc != 2 || tally_conf_load(argv[1], &conf) != TALLY_OK ||
	    tally_lists_open(conf, &contract_lists) != TALLY_OK)
		return 99;
	contract_pass = pass;
	cmocka_set_message_output(CM_OUTPUT_TAP);
	int failed = contract_run("lists in Redis", NULL, 0);

	contract_lists->ops->close(contract_lists);
	tally_conf_free(conf);
	return failed;
}
