/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line: a table of commands (command.def), a table of options
 * (option.def), and what a command is given when it is called.
 */
#ifndef TALLY_FCGI_COMMAND_H
#define TALLY_FCGI_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"
#include "crypt/alg.h"

enum tally_option_id {
#define TALLY_OPTION(id, name, value, help) TALLY_OPTION_##id,
#include "fcgi/option.def"
#undef TALLY_OPTION
	TALLY_OPTION_COUNT
};

#define TALLY_OPERANDS_MAX 2
#define TALLY_OPTION_REPEATS_MAX 32

/* One call of the program; strings are those of argv. */
struct tally_invocation {
	const struct tally_command *command;
	const char *conf_path;
	const char *operands[TALLY_OPERANDS_MAX];
	/* The values of each option in their order; a switch has "". */
	const char *values[TALLY_OPTION_COUNT][TALLY_OPTION_REPEATS_MAX];
	size_t counts[TALLY_OPTION_COUNT];
	struct tally_arena *arena; /* for as long as the command runs */
};

struct tally_command {
	const char *words;
	const char *operands[TALLY_OPERANDS_MAX];
	enum tally_err (*run)(const struct tally_invocation *call);
	uint64_t options; /* bits 1 << enum tally_option_id */
	const char *summary;
};

#define TALLY_COMMAND(words, operand1, operand2, function, options, summary) \
	enum tally_err tally_cmd_##function(const struct tally_invocation *call);
#include "fcgi/command.def"
#undef TALLY_COMMAND

/*
 * Finds the command in the words of argv and reads its options. TALLY_ERR_USAGE:
 * the mistake has been printed. call->command is NULL when only --help or
 * --version was asked for and has been printed.
 */
enum tally_err tally_command_parse(int argc, char **argv, struct tally_invocation *call)
	TALLY_MUST_CHECK;

/* Whether a switch or an option was given. */
bool tally_option_given(const struct tally_invocation *call, enum tally_option_id id);

/* The value of an option, the last one; NULL: not given. */
const char *tally_option_value(const struct tally_invocation *call, enum tally_option_id id);

/* All values with one blank between them, in the call's arena. */
struct tally_span tally_option_words(const struct tally_invocation *call,
				     enum tally_option_id id);

/*
 * A time such as 90d in seconds; *out is 0 when the option was not given.
 * TALLY_ERR_USAGE: printed.
 */
enum tally_err tally_option_seconds(const struct tally_invocation *call, enum tally_option_id id,
				    uint32_t *out) TALLY_MUST_CHECK;

/*
 * When something ends, in UTC seconds: a time from now such as 90d, or a date
 * or an RFC 3339 time in UTC, which may be past. *out is 0 when the option was
 * not given. TALLY_ERR_USAGE: printed.
 */
enum tally_err tally_option_expiry(const struct tally_invocation *call, enum tally_option_id id,
				   int64_t *out) TALLY_MUST_CHECK;

/*
 * Which of the words an option has; NULL ends them. words[0] is not one of
 * them, but stands for 0: not given. TALLY_ERR_USAGE: printed.
 */
enum tally_err tally_option_word(const struct tally_invocation *call, enum tally_option_id id,
				 const char *const words[], unsigned int *out) TALLY_MUST_CHECK;

/* The algorithm of --alg; NULL: not given. TALLY_ERR_USAGE: printed. */
enum tally_err tally_option_alg(const struct tally_invocation *call,
				const struct tally_alg **out) TALLY_MUST_CHECK;

/* Whether file descriptor 0 is a listening socket. */
bool tally_serve_has_socket(void);

#endif
