/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "fcgi/command.h"

#include "sys/log.h"

#include <signal.h>
#include <stdlib.h>

#define ARENA_FIRST (4u * 1024)
#define ARENA_MAX (16u * 1024 * 1024)

/* Exit statuses, as in tallystick(8). */
enum { EXIT_USAGE = 2, EXIT_UNAVAILABLE = 3, EXIT_NOT_VALID = 4 };

static int exit_status(enum tally_err err)
{
	if (err == TALLY_OK)
		return EXIT_SUCCESS;
	if (err == TALLY_ERR_USAGE)
		return EXIT_USAGE;
	if (err == TALLY_ERR_NOT_VALID)
		return EXIT_NOT_VALID;
	return err == TALLY_ERR_UNAVAILABLE ? EXIT_UNAVAILABLE : EXIT_FAILURE;
}

static const char *default_conf_path(void)
{
	const char *path = getenv("TALLYSTICK_CONF");

	return path && path[0] ? path : TALLY_SYSCONFDIR "/tallystick.conf";
}

int main(int argc, char **argv)
{
	struct tally_invocation call = { .arena = tally_arena_new(ARENA_FIRST, ARENA_MAX) };

	/* Inherited as ignored, it would take the exit status of what we run away. */
	signal(SIGCHLD, SIG_DFL);
	if (call.arena == NULL) {
		tally_log_error("out of memory");
		return EXIT_FAILURE;
	}
	enum tally_err err = tally_command_parse(argc, argv, &call);

	if (err == TALLY_OK && call.command != NULL) {
		if (call.conf_path == NULL)
			call.conf_path = default_conf_path();
		err = call.command->run(&call);
	}
	tally_arena_free(call.arena);
	if (fflush(stdout) != 0 && err == TALLY_OK) {
		tally_log_error("the output could not be written");
		err = TALLY_ERR_IO;
	}
	return exit_status(err);
}
