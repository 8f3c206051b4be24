/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "tests/unit/logged.h"

#include "sys/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[] = "/tmp/tallystick-logged-XXXXXX";
static char log_path[64];

int logged_make_dir(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return 1;
	snprintf(log_path, sizeof(log_path), "%s/log", dir);
	return 0;
}

int logged_remove_dir(void **state)
{
	(void)state;
	(void)!tally_log_open("stderr", TALLY_LOG_PLAIN, TALLY_LOG_NOTICE);
	unlink(log_path);
	return rmdir(dir);
}

const char *logged_dir(void)
{
	return dir;
}

void logged_start(void)
{
	unlink(log_path);
	assert_int_equal(tally_log_open(log_path, TALLY_LOG_PLAIN, TALLY_LOG_NOTICE), TALLY_OK);
}

const char *logged(void)
{
	static char text[65536];
	FILE *file = fopen(log_path, "r");

	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	return text;
}
