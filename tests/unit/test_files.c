/* SPDX-License-Identifier: Apache-2.0 */
/* The folder of static files, and what follows what is published. */
#include "config.h"

#include "status/files.h"
#include "status/folder.h"
#include "tests/unit/publishing.h"

#include "codec/deflate.h"
#include "sys/clock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define SMALL "size = 16\nprefetch-capacity = 100\nprefetch-threshold = 10\nmax-amount = 10\n" \
	      "list-lifetime = 100s\nttl = 20s\n"
#define NAME "a-0123456789ab"

struct fixture {
	struct publishing publishing;
	char path[40];
	struct tally_files *files;
};

static const char *const forms[] = { "jwt", "jwt.gz", "cwt" };

static int set_up(void **state)
{
	static struct fixture f;

	publishing_open(&f.publishing);
	snprintf(f.path, sizeof(f.path), "/tmp/tallystick-files-XXXXXX");
	assert_non_null(mkdtemp(f.path));
	f.files = tally_files_new(f.path, f.publishing.pools, f.publishing.lists);
	assert_non_null(f.files);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	char command[128];

	tally_files_free(f->files);
	publishing_close(&f->publishing);
	snprintf(command, sizeof(command), "chmod -R u+rwx %s && rm -rf %s", f->path, f->path);
	assert_int_equal(system(command), 0);
	return 0;
}

/* ---- looking ---- */

static const char *path_of(const struct fixture *f, const char *form, const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s/%s", f->path, form, name);
	return path;
}

static bool exists(const struct fixture *f, const char *form, const char *name)
{
	struct stat st;

	return lstat(path_of(f, form, name), &st) == 0;
}

static struct tally_span content(const struct fixture *f, const char *form, const char *name)
{
	static char bytes[1 << 16];
	int fd = open(path_of(f, form, name), O_RDONLY);

	assert_true(fd >= 0);
	ssize_t n = read(fd, bytes, sizeof(bytes));

	assert_true(n >= 0);
	close(fd);
	return tally_span(bytes, (size_t)n);
}

static void put(const struct fixture *f, const char *form, const char *name, const char *text)
{
	FILE *file = fopen(path_of(f, form, name), "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* How many files a folder has; "." and ".." are none. */
static unsigned int count(const struct fixture *f, const char *form)
{
	DIR *dir = opendir(path_of(f, form, "."));
	unsigned int n = 0;

	assert_non_null(dir);
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
		n += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	closedir(dir);
	return n;
}

static struct tally_span name_of(const struct fixture *f, const char *pool, uint32_t list)
{
	static char name[TALLY_LIST_NAME_MAX + 1];
	struct tally_pool *opening = tally_pools_get(f->publishing.pools, tally_span_of(pool));

	assert_non_null(opening);
	struct tally_span out = tally_list_name(opening, list, name);

	tally_pool_release(opening);
	return out;
}

/* All forms are what is published, and say when. */
static void assert_is_published(struct fixture *f, const char *pool, uint32_t list)
{
	struct tally_list_publication publication = publishing_get(&f->publishing, pool, list);
	const char *name = name_of(f, pool, list).p;
	struct tally_buf plain;

	assert_true(tally_span_eq(content(f, "jwt", name), publication.jwt));
	assert_true(tally_span_eq(content(f, "cwt", name), publication.cwt));
	tally_buf_grow(&plain, 1 << 20);
	assert_int_equal(tally_inflate(TALLY_GZIP, content(f, "jwt.gz", name), 1 << 20, &plain),
			 TALLY_OK);
	assert_true(tally_span_eq(tally_buf_span(&plain), publication.jwt));
	tally_buf_free(&plain);
	for (size_t i = 0; i < 3; i++) {
		struct stat st;

		assert_int_equal(lstat(path_of(f, forms[i], name), &st), 0);
		assert_int_equal(st.st_mtim.tv_sec, publication.iat);
		assert_int_equal(st.st_mtim.tv_nsec, (publication.sequence * 3 + i) * 1000);
		assert_int_equal(st.st_mode & 07777, 0644);
	}
}

static void assert_none(struct fixture *f, const char *pool, uint32_t list)
{
	for (size_t i = 0; i < 3; i++)
		assert_false(exists(f, forms[i], name_of(f, pool, list).p));
}

/* Publishes what is due and follows. */
static void pass(struct fixture *f, int64_t seconds)
{
	for (int64_t ms = 0; ms < seconds * 1000; ms += 500) {
		tally_fake_clock_advance_ms(500);
		publishing_settle(f->publishing.publisher);
		tally_files_round(f->files);
	}
}

/* Follows only. */
static void follow(struct fixture *f, int64_t seconds)
{
	for (int64_t ms = 0; ms < seconds * 1000; ms += 500) {
		tally_fake_clock_advance_ms(500);
		tally_files_round(f->files);
	}
}

static unsigned int logged(const struct fixture *f, const char *text)
{
	return publishing_logged(&f->publishing, text);
}

/* ---- following ---- */

static void what_is_published_is_written(void **state)
{
	struct fixture *f = *state;

	publishing_pool(&f->publishing, "a", SMALL);
	publishing_pool(&f->publishing, "b", SMALL "bits = 8\n");
	pass(f, 1);
	assert_is_published(f, "a", 0);
	assert_is_published(f, "a", 1);
	assert_is_published(f, "b", 1);
	assert_int_equal(count(f, "jwt"), 4);
	publishing_update(&f->publishing, "a", 1, 3, 1, 0);
	pass(f, 2);
	assert_is_published(f, "a", 1);
	assert_int_equal(publishing_read(&f->publishing, "a", 1, 3), 1);
	pass(f, 200);
	assert_is_published(f, "a", 0);
	assert_int_equal(logged(f, " error "), 0);
}

static void once_writes_what_there_is(void **state)
{
	struct fixture *f = *state;

	publishing_pool(&f->publishing, "a", SMALL);
	assert_int_equal(tally_publisher_once(f->publishing.publisher, false), TALLY_OK);
	assert_int_equal(tally_files_once(f->files), TALLY_OK);
	assert_is_published(f, "a", 1);
}

static void two_publications_within_a_second_differ(void **state)
{
	struct fixture *f = *state;
	struct stat before, after;

	publishing_pool(&f->publishing, "a", SMALL);
	publishing_settle(f->publishing.publisher);
	tally_files_round(f->files);
	assert_int_equal(lstat(path_of(f, "jwt", name_of(f, "a", 0).p), &before), 0);
	assert_int_equal(tally_publisher_once(f->publishing.publisher, true), TALLY_OK);
	tally_files_round(f->files);
	assert_int_equal(lstat(path_of(f, "jwt", name_of(f, "a", 0).p), &after), 0);
	assert_int_equal(before.st_mtim.tv_sec, after.st_mtim.tv_sec);
	assert_int_not_equal(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
}

static void a_retired_list_has_no_files(void **state)
{
	struct tally_list_range ranges[TALLY_LIST_RANGES_MAX];
	struct fixture *f = *state;
	struct publishing *p = &f->publishing;
	size_t n;

	publishing_pool(p, "a", SMALL "reference-lifetime = 10s\nprefetch-hold = 1s\n");
	pass(f, 1);
	assert_int_equal(p->lists->ops->reserve(p->lists, TALLY_SPAN("a"), 16, tally_clock_now(),
						ranges, &n), TALLY_OK);
	pass(f, 200);
	assert_none(f, "a", 0);
	assert_is_published(f, "a", 1);
	assert_int_equal(count(f, "cwt"), 2);
}

static void a_file_goes_before_it_would_be_kept_beyond_its_end(void **state)
{
	struct fixture *f = *state;

	publishing_pool(&f->publishing, "a", SMALL);
	pass(f, 1);
	follow(f, 77); /* exp - ttl is after 80 s, and nobody publishes */
	assert_is_published(f, "a", 0);
	follow(f, 3);
	assert_none(f, "a", 0);
	assert_none(f, "a", 1);
	pass(f, 2);
	assert_is_published(f, "a", 0);
	assert_int_equal(logged(f, " error "), 0);
}

static void it_goes_while_redis_is_away_too(void **state)
{
	struct fixture *f = *state;

	publishing_pool(&f->publishing, "a", SMALL);
	pass(f, 1);
	tally_fake_lists_down(f->publishing.lists, true);
	pass(f, 60);
	assert_true(exists(f, "jwt", name_of(f, "a", 0).p));
	pass(f, 20);
	assert_none(f, "a", 0);
	tally_fake_lists_down(f->publishing.lists, false);
	pass(f, 3);
	assert_is_published(f, "a", 0);
}

static void files_of_a_pool_that_is_gone_go(void **state)
{
	struct fixture *f = *state;

	publishing_pool(&f->publishing, "a", SMALL);
	publishing_pool(&f->publishing, "b", SMALL);
	pass(f, 1);
	publishing_pool(&f->publishing, "a", NULL);
	pass(f, 1);
	assert_int_equal(count(f, "jwt"), 2);
	assert_is_published(f, "b", 0);
}

/* ---- at the start ---- */

static void start_anew(struct fixture *f)
{
	tally_files_free(f->files);
	f->files = tally_files_new(f->path, f->publishing.pools, f->publishing.lists);
	assert_non_null(f->files);
}

static void what_a_crash_has_left_is_removed(void **state)
{
	struct fixture *f = *state;
	char unfinished[64];

	publishing_pool(&f->publishing, "a", SMALL);
	pass(f, 1);
	snprintf(unfinished, sizeof(unfinished), ".%s", name_of(f, "a", 1).p);
	put(f, "jwt", unfinished, "half a li");
	put(f, "cwt", "." NAME, "half a li");
	put(f, "jwt", NAME, "a list that is none"); /* of a pool there is */
	put(f, "jwt", name_of(f, "a", 0).p, "old");
	start_anew(f);
	pass(f, 1);
	assert_is_published(f, "a", 0);
	assert_is_published(f, "a", 1);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(count(f, forms[i]), 2);
}

static void what_is_missing_is_written_again(void **state)
{
	struct fixture *f = *state;

	publishing_pool(&f->publishing, "a", SMALL);
	pass(f, 1);
	assert_int_equal(unlink(path_of(f, "cwt", name_of(f, "a", 0).p)), 0);
	start_anew(f);
	pass(f, 1);
	assert_is_published(f, "a", 0);
}

/* What is right is not written again: nothing but its states is asked of Redis. */
static void what_is_there_stays_as_it_is(void **state)
{
	struct fixture *f = *state;
	struct stat before, after;

	publishing_pool(&f->publishing, "a", SMALL);
	pass(f, 1);
	assert_int_equal(lstat(path_of(f, "jwt", name_of(f, "a", 0).p), &before), 0);
	start_anew(f);
	follow(f, 1);
	assert_int_equal(lstat(path_of(f, "jwt", name_of(f, "a", 0).p), &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
}

static void a_missing_file_is_found_out_in_the_end(void **state)
{
	struct fixture *f = *state;

	publishing_pool(&f->publishing, "a", "size = 16\n");
	pass(f, 1);
	assert_int_equal(unlink(path_of(f, "jwt.gz", name_of(f, "a", 0).p)), 0);
	pass(f, 700);
	assert_is_published(f, "a", 0);
}

/* It may have begun anew in Redis, with other names. */
static void a_pool_that_was_opened_anew_is_compared(void **state)
{
	struct fixture *f = *state;

	publishing_pool(&f->publishing, "a", SMALL);
	pass(f, 1);
	put(f, "jwt", NAME, "of the pool as it was");
	publishing_pool(&f->publishing, "a", SMALL "history = 1h\n");
	pass(f, 1);
	assert_false(exists(f, "jwt", NAME));
	assert_is_published(f, "a", 0);
}

static void files_of_pools_that_nobody_knows_go_when_all_are_known(void **state)
{
	struct fixture *f = *state;

	publishing_pool(&f->publishing, "b", SMALL);
	pass(f, 1);
	put(f, "jwt", NAME, "of a pool that there was");
	start_anew(f);
	pass(f, 1);
	assert_false(exists(f, "jwt", NAME));
	assert_is_published(f, "b", 0);
}

/* The database is down at the start: its pools may be among those not known. */
static void but_not_before(void **state)
{
	struct fixture *f = *state;

	pass(f, 1);
	put(f, "jwt", NAME, "of a pool that may come yet");
	start_anew(f);
	pass(f, 1);
	assert_true(exists(f, "jwt", NAME));
}

static void what_is_not_ours_is_not_touched(void **state)
{
	static const char *const names[] = {
		"index.html", "a-0123456789ab.bak", "A-0123456789ab", "a-0123456789aB", "a0123456789ab",
		"-0123456789ab", "a-0123456789a", "a-0123456789abc.", "..a-0123456789ab", ".htaccess",
	};
	struct fixture *f = *state;

	publishing_pool(&f->publishing, "b", SMALL);
	pass(f, 1);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		put(f, "cwt", names[i], "somebody's");
	start_anew(f);
	pass(f, 700);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_true(exists(f, "cwt", names[i]));
}

/* ---- the folder ---- */

static struct tally_folder open_folder(const char *path)
{
	struct tally_folder folder;

	tally_folder_init(&folder, path);
	assert_int_equal(tally_folder_open(&folder), TALLY_OK);
	return folder;
}

static struct tally_file_set set_of(const char *text, uint64_t sequence)
{
	struct tally_file_set set = { .name = TALLY_SPAN(NAME), .iat = 1000, .sequence = sequence };

	for (size_t i = 0; i < TALLY_FILE_FORMS; i++)
		set.bytes[i] = tally_span_of(text);
	return set;
}

static void a_set_is_there_or_not(void **state)
{
	struct fixture *f = *state;
	struct tally_folder folder = open_folder(f->path);
	struct tally_file_set set = set_of("x", 7);

	assert_false(tally_folder_has(&folder, set.name, 1000, 7));
	assert_int_equal(tally_folder_write(&folder, &set), TALLY_OK);
	assert_true(tally_folder_has(&folder, set.name, 1000, 7));
	assert_true(tally_folder_has(&folder, set.name, 1000, 1000007)); /* as near as it gets */
	assert_false(tally_folder_has(&folder, set.name, 1000, 8));
	assert_false(tally_folder_has(&folder, set.name, 1001, 7));
	assert_int_equal(tally_folder_sync(&folder), TALLY_OK);
	assert_int_equal(unlink(path_of(f, "jwt.gz", NAME)), 0);
	assert_false(tally_folder_has(&folder, set.name, 1000, 7));
	assert_int_equal(tally_folder_remove(&folder, set.name), TALLY_OK);
	assert_int_equal(tally_folder_remove(&folder, set.name), TALLY_OK);
	assert_false(exists(f, "cwt", NAME));
	tally_folder_close(&folder);
}

static void links_are_replaced_and_not_followed(void **state)
{
	struct fixture *f = *state;
	struct tally_folder folder = open_folder(f->path);
	struct tally_file_set set = set_of("list", 1);
	char target[128], link_path[256];

	snprintf(target, sizeof(target), "%s/precious", f->path);
	put(f, ".", "precious", "precious");
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(symlink(target, path_of(f, forms[i], NAME)), 0);
		snprintf(link_path, sizeof(link_path), "%s/%s/.%s", f->path, forms[i], NAME);
		assert_int_equal(symlink(target, link_path), 0);
	}
	assert_int_equal(tally_folder_write(&folder, &set), TALLY_OK);
	assert_true(tally_span_eq(content(f, ".", "precious"), TALLY_SPAN("precious")));
	assert_true(tally_span_eq(content(f, "cwt", NAME), TALLY_SPAN("list")));
	assert_true(tally_folder_has(&folder, set.name, 1000, 1));
	tally_folder_close(&folder);
}

static void a_form_that_is_a_link_is_refused(void **state)
{
	struct fixture *f = *state;
	struct tally_folder folder;

	assert_int_equal(symlink("/tmp", path_of(f, ".", "jwt")), 0);
	tally_folder_init(&folder, f->path);
	assert_int_equal(tally_folder_open(&folder), TALLY_ERR_IO);
	assert_int_equal(unlink(path_of(f, ".", "jwt")), 0);
}

static void one_process_writes(void **state)
{
	struct fixture *f = *state;
	struct tally_folder first = open_folder(f->path), second;

	tally_folder_init(&second, f->path);
	assert_int_equal(tally_folder_open(&second), TALLY_ERR_EXISTS);
	publishing_pool(&f->publishing, "a", SMALL);
	pass(f, 5);
	assert_int_equal(count(f, "jwt"), 0);
	assert_int_equal(tally_files_once(f->files), TALLY_ERR_EXISTS);
	tally_folder_close(&first);
	pass(f, 2);
	assert_is_published(f, "a", 0);
	assert_int_equal(logged(f, " error "), 0);
}

/* ---- disks ---- */

static void a_folder_that_is_missing_is_told_once(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(rmdir(f->path), 0);
	publishing_pool(&f->publishing, "a", SMALL);
	pass(f, 30);
	assert_int_equal(logged(f, "No such file or directory; make it"), 1);
	assert_int_equal(mkdir(f->path, 0755), 0);
	pass(f, 3);
	assert_is_published(f, "a", 0);
	assert_int_equal(logged(f, "are written to"), 1);
}

static void a_folder_that_is_replaced_is_filled(void **state)
{
	struct fixture *f = *state;
	char command[128];

	publishing_pool(&f->publishing, "a", SMALL);
	pass(f, 1);
	snprintf(command, sizeof(command), "rm -rf %s && mkdir %s", f->path, f->path);
	assert_int_equal(system(command), 0);
	pass(f, 3);
	assert_is_published(f, "a", 0);
	snprintf(command, sizeof(command), "rm -rf %s/cwt", f->path);
	assert_int_equal(system(command), 0);
	pass(f, 3);
	assert_is_published(f, "a", 1);
}

static void limit_files(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* The log is written to a file, too: what it says meanwhile is lost. */
static void a_full_disk_leaves_whole_files_and_is_made_good(void **state)
{
	struct fixture *f = *state;

	signal(SIGXFSZ, SIG_IGN);
	publishing_pool(&f->publishing, "a", SMALL);
	pass(f, 1);
	struct tally_list_publication before = publishing_get(&f->publishing, "a", 0);

	limit_files(100);
	publishing_update(&f->publishing, "a", 0, 3, 1, 0);
	pass(f, 5);
	assert_true(tally_span_eq(content(f, "jwt", name_of(f, "a", 0).p), before.jwt));
	assert_true(tally_span_eq(content(f, "cwt", name_of(f, "a", 0).p), before.cwt));
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(count(f, forms[i]), 2);
	limit_files(RLIM_INFINITY);
	pass(f, 3);
	assert_is_published(f, "a", 0);
	assert_is_published(f, "a", 1);
}

/* One list's name is taken by a folder; the others are written. */
static void one_that_cannot_be_written_does_not_stop_the_others(void **state)
{
	struct fixture *f = *state;

	publishing_pool(&f->publishing, "a", SMALL "precreation-lists = 4\n");
	pass(f, 1);
	tally_files_free(f->files);
	assert_int_equal(unlink(path_of(f, "cwt", name_of(f, "a", 2).p)), 0);
	assert_int_equal(mkdir(path_of(f, "cwt", name_of(f, "a", 2).p), 0755), 0);
	f->files = tally_files_new(f->path, f->publishing.pools, f->publishing.lists);
	for (uint32_t i = 0; i < 5; i++)
		publishing_update(&f->publishing, "a", i, 1, 1, 0);
	pass(f, 20);
	assert_is_published(f, "a", 0);
	assert_is_published(f, "a", 4);
	assert_false(exists(f, "jwt", name_of(f, "a", 2).p)); /* half a set is none */
	assert_int_equal(logged(f, "Is a directory"), 1);
	assert_int_equal(rmdir(path_of(f, "cwt", name_of(f, "a", 2).p)), 0);
	pass(f, 3);
	assert_is_published(f, "a", 2);
	assert_int_equal(logged(f, "are written to"), 1);
}

static void whatever_redis_refuses_is_asked_again(void **state)
{
	struct fixture *f = *state;
	struct publishing *p = &f->publishing;

	publishing_pool(p, "a", SMALL);
	pass(f, 1);
	for (unsigned int nth = 1; nth < 12; nth++) {
		start_anew(f);
		publishing_update(p, "a", 0, nth, 1, 0);
		publishing_settle(p->publisher);
		tally_fake_clock_advance_ms(1000);
		publishing_settle(p->publisher);
		tally_fake_lists_fail(p->lists, nth, TALLY_ERR_UNAVAILABLE);
		tally_files_round(f->files);
		tally_fake_lists_fail(p->lists, 0, TALLY_OK);
		pass(f, 3);
		assert_is_published(f, "a", 0);
		assert_is_published(f, "a", 1);
	}
	assert_int_equal(logged(f, " error "), 0);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(what_is_published_is_written),
		TEST(once_writes_what_there_is),
		TEST(two_publications_within_a_second_differ),
		TEST(a_retired_list_has_no_files),
		TEST(a_file_goes_before_it_would_be_kept_beyond_its_end),
		TEST(it_goes_while_redis_is_away_too),
		TEST(files_of_a_pool_that_is_gone_go),
		TEST(what_a_crash_has_left_is_removed),
		TEST(what_is_missing_is_written_again),
		TEST(what_is_there_stays_as_it_is),
		TEST(a_missing_file_is_found_out_in_the_end),
		TEST(a_pool_that_was_opened_anew_is_compared),
		TEST(files_of_pools_that_nobody_knows_go_when_all_are_known),
		TEST(but_not_before),
		TEST(what_is_not_ours_is_not_touched),
		TEST(a_set_is_there_or_not),
		TEST(links_are_replaced_and_not_followed),
		TEST(a_form_that_is_a_link_is_refused),
		TEST(one_process_writes),
		TEST(a_folder_that_is_missing_is_told_once),
		TEST(a_folder_that_is_replaced_is_filled),
		TEST(a_full_disk_leaves_whole_files_and_is_made_good),
		TEST(one_that_cannot_be_written_does_not_stop_the_others),
		TEST(whatever_redis_refuses_is_asked_again),
	};

	umask(022);
	return cmocka_run_group_tests_name("files", tests, NULL, NULL);
}
