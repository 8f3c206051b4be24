/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a command of the operator's and takes what it prints. Safe from any
 * thread: nothing is forked that would run our code, no signal is used, and no
 * other child is waited for.
 */
#ifndef TALLY_SYS_COMMAND_H
#define TALLY_SYS_COMMAND_H

#include <stddef.h>

#include "base/err.h"

/* Where output goes: at most size bytes; n of them came. */
struct tally_command_output {
	char *p;
	size_t size;
	size_t n;
};

#define TALLY_COMMAND_WHY_SIZE 256u

/*
 * Runs text by /bin/sh -c, with our environment, nothing to read, no descriptor
 * of ours, and signals as they are by default. What it prints goes to out, ended by
 * '\0': at most size - 1 bytes. It must end within ms milliseconds; if it does
 * not, or prints too much, it is killed with all that it has started (but for
 * what has left its process group).
 *
 * TALLY_ERR_IO: it did not end with status 0 in time; why says so, with the
 * last line of what it wrote to standard error. out is then empty.
 */
enum tally_err tally_command_run(const char *text, unsigned int ms, char *out, size_t size,
				 char why[TALLY_COMMAND_WHY_SIZE]) TALLY_MUST_CHECK;

/*
 * The same for a program, by its path or as PATH has it, and its arguments, the
 * program's name first and NULL behind the last; no shell reads them. Output
 * is not ended by '\0'. TALLY_ERR_NOT_FOUND: there is no such program.
 */
enum tally_err tally_command_exec(const char *const argv[], unsigned int ms,
				  struct tally_command_output *out,
				  char why[TALLY_COMMAND_WHY_SIZE]) TALLY_MUST_CHECK;

#endif
