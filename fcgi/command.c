/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "fcgi/command.h"

#include "base/buf.h"
#include "sys/clock.h"
#include "sys/conf.h"

#include <getopt.h>

#define O(id) (UINT64_C(1) << TALLY_OPTION_##id)
#define EVERY_COMMAND (O(CONFIG) | O(HELP))

static const struct tally_command commands[] = {
#define TALLY_COMMAND(words, operand1, operand2, function, options, summary) \
	{ words, { operand1, operand2 }, tally_cmd_##function, (options) | EVERY_COMMAND, summary },
#include "fcgi/command.def"
#undef TALLY_COMMAND
};

static const struct {
	const char *name;
	const char *value;
	const char *help;
} options[] = {
#define TALLY_OPTION(id, name, value, help) { name, value, help },
#include "fcgi/option.def"
#undef TALLY_OPTION
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static void print_overview(void)
{
	printf("usage: tallystick [--config FILE] COMMAND [options]\n"
	       "       tallystick --help | --version\n\ncommands:\n");
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		printf("  %-22s %s\n", commands[i].words, commands[i].summary);
	printf("\n\"tallystick COMMAND --help\" shows the options of a command. Without --config, the\n"
	       "configuration is $TALLYSTICK_CONF or " TALLY_SYSCONFDIR "/tallystick.conf.\n"
	       "Manual pages: tallystick(8), tallystick.conf(5).\n");
}

static void print_synopsis(FILE *to, const struct tally_command *command)
{
	fprintf(to, "usage: tallystick %s [options]", command->words);
	for (int i = 0; i < TALLY_OPERANDS_MAX && command->operands[i]; i++)
		fprintf(to, " %s", command->operands[i]);
	fprintf(to, "\n");
}

static void print_help(const struct tally_command *command)
{
	print_synopsis(stdout, command);
	printf("\n%s\n\noptions:\n", command->summary);
	for (unsigned int i = 0; i < TALLY_OPTION_COUNT; i++) {
		char left[32];

		if (!(command->options & UINT64_C(1) << i))
			continue;
		snprintf(left, sizeof(left), "--%s %s", options[i].name,
			 options[i].value ? options[i].value : "");
		printf("  %-22s %s\n", left, options[i].help);
	}
}

/* How many words of argv are this command's; 0: it is another. */
static int match_words(const struct tally_command *command, int argc, char **argv)
{
	struct tally_span rest = tally_span_of(command->words);
	int n = 0;

	while (rest.p != NULL) {
		struct tally_span word = tally_span_cut(&rest, ' ');

		if (n >= argc || !tally_span_eq(word, tally_span_of(argv[n])))
			return 0;
		n++;
	}
	return n;
}

static const struct tally_command *find_command(int argc, char **argv, int *words)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		*words = match_words(&commands[i], argc, argv);
		if (*words > 0)
			return &commands[i];
	}
	return NULL;
}

static enum tally_err unknown_command(int argc, char **argv)
{
	fprintf(stderr, "tallystick: there is no command \"");
	for (int i = 0; i < argc && argv[i][0] != '-'; i++)
		fprintf(stderr, "%s%s", i ? " " : "", argv[i]);
	fprintf(stderr, "\"; \"tallystick --help\" lists them\n");
	return TALLY_ERR_USAGE;
}

static enum tally_err note_option(struct tally_invocation *call, unsigned int id, const char *value)
{
	if (call->counts[id] == TALLY_OPTION_REPEATS_MAX) {
		fprintf(stderr, "tallystick: --%s is given too often\n", options[id].name);
		return TALLY_ERR_USAGE;
	}
	call->values[id][call->counts[id]++] = value ? value : "";
	return TALLY_OK;
}

/* Reads the options that are in the set allowed; argv[0] is passed over. */
static enum tally_err read_options(struct tally_invocation *call, uint64_t allowed, int argc,
				   char **argv, const char *first)
{
	struct option table[TALLY_OPTION_COUNT + 1];
	enum tally_err err = TALLY_OK;
	int n = 0, id;

	for (unsigned int i = 0; i < TALLY_OPTION_COUNT; i++)
		if (allowed & UINT64_C(1) << i)
			table[n++] = (struct option){
				options[i].name,
				options[i].value ? required_argument : no_argument, NULL, (int)i
			};
	table[n] = (struct option){ NULL, 0, NULL, 0 };
	optind = 0;
	while (err == TALLY_OK && (id = getopt_long(argc, argv, first, table, NULL)) != -1)
		err = id == '?' ? TALLY_ERR_USAGE : note_option(call, (unsigned int)id, optarg);
	return err;
}

static enum tally_err read_operands(struct tally_invocation *call, int argc, char **argv)
{
	const struct tally_command *command = call->command;
	int n = 0;

	while (n < TALLY_OPERANDS_MAX && command->operands[n] != NULL && optind < argc)
		call->operands[n++] = argv[optind++];
	if (optind == argc && (n == TALLY_OPERANDS_MAX || command->operands[n] == NULL))
		return TALLY_OK;
	if (optind < argc)
		fprintf(stderr, "tallystick: \"%s\" is one argument too many\n", argv[optind]);
	else
		fprintf(stderr, "tallystick: %s is missing\n", command->operands[n]);
	print_synopsis(stderr, command);
	return TALLY_ERR_USAGE;
}

static enum tally_err parse_command(int argc, char **argv, struct tally_invocation *call)
{
	int words;
	const struct tally_command *command = find_command(argc, argv, &words);

	if (command == NULL)
		return unknown_command(argc, argv);
	/* getopt_long passes over argv[0] and names it in its messages. */
	argv += words - 1;
	argc -= words - 1;
	argv[0] = (char *)"tallystick";
	call->command = command;
	enum tally_err err = read_options(call, command->options, argc, argv, "");

	if (err != TALLY_OK)
		print_synopsis(stderr, command);
	if (err == TALLY_OK && tally_option_given(call, TALLY_OPTION_HELP)) {
		print_help(command);
		call->command = NULL;
		return TALLY_OK;
	}
	return err == TALLY_OK ? read_operands(call, argc, argv) : err;
}

enum tally_err tally_command_parse(int argc, char **argv, struct tally_invocation *call)
{
	static char serve[] = "serve";
	static char *only_serve[] = { serve, NULL };
	/* Options in front of the command; "+" stops at its first word. */
	enum tally_err err = read_options(call, O(CONFIG) | O(HELP) | O(VERSION), argc, argv, "+");

	if (err != TALLY_OK)
		return err;
	if (tally_option_given(call, TALLY_OPTION_VERSION)) {
		printf("tallystick %s\n", PACKAGE_VERSION);
		return TALLY_OK;
	}
	if (tally_option_given(call, TALLY_OPTION_HELP)) {
		print_overview();
		return TALLY_OK;
	}
	if (optind < argc) {
		err = parse_command(argc - optind, argv + optind, call);
	} else if (tally_serve_has_socket()) {
		err = parse_command(1, only_serve, call);
	} else {
		print_overview();
		return TALLY_ERR_USAGE;
	}
	call->conf_path = tally_option_value(call, TALLY_OPTION_CONFIG);
	return err;
}

bool tally_option_given(const struct tally_invocation *call, enum tally_option_id id)
{
	return call->counts[id] > 0;
}

const char *tally_option_value(const struct tally_invocation *call, enum tally_option_id id)
{
	return call->counts[id] ? call->values[id][call->counts[id] - 1] : NULL;
}

struct tally_span tally_option_words(const struct tally_invocation *call, enum tally_option_id id)
{
	struct tally_buf buf;
	size_t size = 1;

	for (size_t i = 0; i < call->counts[id]; i++)
		size += strlen(call->values[id][i]) + 1;
	tally_buf_in(&buf, call->arena, size);
	for (size_t i = 0; i < call->counts[id]; i++) {
		if (i > 0)
			tally_buf_add_char(&buf, ' ');
		tally_buf_add_str(&buf, call->values[id][i]);
	}
	return tally_buf_span(&buf);
}

enum tally_err tally_option_seconds(const struct tally_invocation *call, enum tally_option_id id,
				    uint32_t *out)
{
	const char *value = tally_option_value(call, id);

	*out = 0;
	if (value == NULL)
		return TALLY_OK;
	if (tally_conf_seconds(tally_span_of(value), out) == TALLY_OK && *out > 0)
		return TALLY_OK;
	fprintf(stderr, "tallystick: --%s \"%s\": expected a time such as 30s, 10m, 12h or 90d\n",
		options[id].name, value);
	return TALLY_ERR_USAGE;
}

enum tally_err tally_option_expiry(const struct tally_invocation *call, enum tally_option_id id,
				   int64_t *out)
{
	struct tally_span value = tally_span_of(tally_option_value(call, id));
	uint32_t seconds;

	*out = 0;
	if (value.p == NULL || tally_clock_parse(value, out) == TALLY_OK)
		return TALLY_OK;
	if (tally_conf_seconds(value, &seconds) == TALLY_OK && seconds > 0) {
		*out = tally_clock_now() + seconds;
		return TALLY_OK;
	}
	fprintf(stderr, "tallystick: --%s \"%s\": expected a time from now, such as 12h or 90d, or a "
			"date in UTC, such as 2027-01-31 or 2027-01-31T12:00:00Z\n",
		options[id].name, value.p);
	return TALLY_ERR_USAGE;
}

enum tally_err tally_option_word(const struct tally_invocation *call, enum tally_option_id id,
				 const char *const words[], unsigned int *out)
{
	const char *value = tally_option_value(call, id);

	*out = 0;
	if (value == NULL)
		return TALLY_OK;
	for (unsigned int i = 1; words[i] != NULL; i++)
		if (strcmp(value, words[i]) == 0) {
			*out = i;
			return TALLY_OK;
		}
	fprintf(stderr, "tallystick: --%s \"%s\": expected one of", options[id].name, value);
	for (unsigned int i = 1; words[i] != NULL; i++)
		fprintf(stderr, " %s", words[i]);
	fputc('\n', stderr);
	return TALLY_ERR_USAGE;
}

enum tally_err tally_option_alg(const struct tally_invocation *call, const struct tally_alg **out)
{
	const char *name = tally_option_value(call, TALLY_OPTION_ALG);

	*out = name ? tally_alg_find(tally_span_of(name)) : NULL;
	if (name == NULL || *out != NULL)
		return TALLY_OK;
	fprintf(stderr, "tallystick: --alg \"%s\": expected one of %s\n", name, tally_alg_names());
	return TALLY_ERR_USAGE;
}
