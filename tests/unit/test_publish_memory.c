/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that there is not: every allocation of the publisher and of what writes
 * the static files fails in turn. Linked with --wrap for malloc and calloc.
 */
#include "config.h"

#include "status/files.h"
#include "status/folder.h"
#include "tests/unit/publishing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define SMALL "size = 16\nprefetch-capacity = 100\nprefetch-threshold = 10\nmax-amount = 10\n"

/* GNU ld: what calls malloc comes here, and __real_malloc is malloc. */
void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);

static unsigned int fail_in; /* the nth from now fails; 0: none */

static bool fails(void)
{
	return fail_in > 0 && --fail_in == 0;
}

void *__wrap_malloc(size_t n)
{
	return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

static void pass(struct publishing *p, struct tally_files *files)
{
	for (int i = 0; i < 200; i++) {
		tally_fake_clock_advance_ms(500);
		publishing_settle(p->publisher);
		tally_files_round(files);
	}
}

static void assert_written(struct publishing *p, const char *folder, uint32_t list)
{
	struct tally_pool *pool = tally_pools_get(p->pools, TALLY_SPAN("a"));
	struct tally_list_publication publication = publishing_get(p, "a", list);
	char name[TALLY_LIST_NAME_MAX + 1], path[128];
	struct stat st;

	tally_list_name(pool, list, name);
	tally_pool_release(pool);
	snprintf(path, sizeof(path), "%s/cwt/%s", folder, name);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, publication.cwt.n);
	assert_int_equal(st.st_mtim.tv_nsec,
			 (publication.sequence * TALLY_FILE_FORMS + TALLY_FILE_CWT) * 1000);
}

/* Whether there were so many allocations. */
static bool one_fails(struct publishing *p, const char *folder, unsigned int nth)
{
	struct tally_files *files = tally_files_new(folder, p->pools, p->lists);
	unsigned int value = nth % 2;

	assert_non_null(files);
	publishing_pool(p, "a", NULL);
	publishing_settle(p->publisher);
	publishing_pool(p, "a", SMALL);
	if (nth > 1)
		publishing_update(p, "a", 0, 3, value, 0);
	fail_in = nth;
	tally_publisher_round(p->publisher);
	tally_files_round(files);
	bool reached = fail_in == 0;

	fail_in = 0;
	pass(p, files);
	assert_int_equal(publishing_read(p, "a", 0, 3), nth > 1 ? value : 0);
	assert_written(p, folder, 0);
	assert_written(p, folder, 1);
	tally_files_free(files);
	return reached;
}

static void no_allocation_is_trusted(void **state)
{
	char folder[] = "/tmp/tallystick-memory-XXXXXX", command[64];
	struct publishing p;
	unsigned int nth = 1;

	(void)state;
	assert_non_null(mkdtemp(folder));
	publishing_open(&p);
	while (one_fails(&p, folder, nth))
		nth++;
	print_message("%u allocations\n", nth - 1);
	assert_true(nth > 20);
	publishing_close(&p);
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(no_allocation_is_trusted) };

	return cmocka_run_group_tests_name("publish_memory", tests, NULL, NULL);
}
