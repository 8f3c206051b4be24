/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In the place of a fuzzing engine: calls the target with every file of its
 * corpus and with every beginning of it, and reports in TAP. Without arguments,
 * the corpus is tests/fuzz/corpus/<name> for the program fuzz_<name>.
 */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <errno.h>

#define INPUT_LIMIT (1u << 20)
/* Up to this size, every beginning of an input is tried too. */
#define CUT_LIMIT 2048u

static unsigned int count;

/* In memory of just its size, so that a sanitizer sees a byte too far. */
static void call(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	if (copy == NULL)
		abort();
	memcpy(copy, data, size);
	(void)LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static void replay_bytes(const char *name, const uint8_t *data, size_t size)
{
	/* First the name, for the log of a target that crashes. */
	printf("# %s\n", name);
	fflush(stdout);
	for (size_t cut = 0; cut < size && size <= CUT_LIMIT; cut++)
		call(data, cut);
	call(data, size);
	printf("ok %u - %s\n", ++count, name);
}

static int replay_file(const char *path)
{
	static uint8_t data[INPUT_LIMIT];
	FILE *file = fopen(path, "rb");

	if (file == NULL) {
		printf("not ok %u - %s cannot be opened: %s\n", ++count, path, strerror(errno));
		return 1;
	}
	size_t size = fread(data, 1, sizeof(data), file);
	const char *name = strrchr(path, '/');

	fclose(file);
	replay_bytes(name ? name + 1 : path, data, size);
	return 0;
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int replay_folder(const char *folder)
{
	struct dirent **entries;
	int n = scandir(folder, &entries, is_visible, alphasort);
	int failed = n <= 0;

	if (failed)
		printf("not ok %u - %s holds no inputs\n", ++count, folder);
	for (int i = 0; i < n; i++) {
		char path[8192];
		int size = snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);

		failed |= size >= (int)sizeof(path) || replay_file(path);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return failed;
}

static int replay_own_corpus(const char *program)
{
	const char *root = getenv("TALLY_SRCDIR");
	const char *name = strstr(program, "fuzz_");
	char folder[4096];

	for (const char *more = name; more != NULL; more = strstr(more + 1, "fuzz_"))
		name = more;
	snprintf(folder, sizeof(folder), "%s/tests/fuzz/corpus/%s", root ? root : ".",
		 name ? name + 5 : program);
	return replay_folder(folder);
}

int main(int argc, char **argv)
{
	int failed = 0;

	replay_bytes("the empty input", (const uint8_t *)"", 0);
	if (argc == 1)
		failed = replay_own_corpus(argv[0]);
	for (int i = 1; i < argc; i++)
		failed |= replay_file(argv[i]);
	printf("1..%u\n", count);
	return failed;
}
