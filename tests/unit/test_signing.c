/* SPDX-License-Identifier: Apache-2.0 */
/* Who signs the lists of a pool: keys and certificates, and when they change. */
#include "config.h"

#include "status/signing.h"
#include "tests/unit/publishing.h"

#include "crypt/jws.h"
#include "sys/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define SIZE "size = 16\n"

struct fixture {
	struct publishing publishing;
	struct tally_signing *signing;
	char folder[40];
	char definition[512];
};

static int set_up(void **state)
{
	static struct fixture f;

	publishing_open(&f.publishing);
	f.signing = tally_signing_new();
	snprintf(f.folder, sizeof(f.folder), "/tmp/tallystick-signing-XXXXXX");
	*state = &f;
	return f.signing == NULL || mkdtemp(f.folder) == NULL;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	char command[64];

	tally_signing_free(f->signing);
	publishing_close(&f->publishing);
	snprintf(command, sizeof(command), "rm -rf %s", f->folder);
	return system(command);
}

static const char *vector(const char *name)
{
	static char path[512];
	const char *root = getenv("TALLY_SRCDIR");

	snprintf(path, sizeof(path), "%s/tests/vectors/certificates/%s", root ? root : ".", name);
	return path;
}

/* Puts a vector where the pool looks; another inode and time each. */
static void place(const struct fixture *f, const char *name, const char *as)
{
	char command[1024];

	snprintf(command, sizeof(command), "cp %s %s/new && mv %s/new %s/%s", vector(name),
		 f->folder, f->folder, f->folder, as);
	assert_int_equal(system(command), 0);
}

/* The pool with these directives; its texts may have %s for the folder, twice. */
static void define(struct fixture *f, const char *format)
{
	snprintf(f->definition, sizeof(f->definition), SIZE "%s", format);
	for (char *at; (at = strstr(f->definition, "DIR")) != NULL;) {
		size_t n = strlen(f->folder);

		memmove(at + n, at + 3, strlen(at + 3) + 1);
		memcpy(at, f->folder, n);
	}
	publishing_pool(&f->publishing, "a", f->definition);
	tally_signing_forget_pool(f->signing);
}

static enum tally_err renew(struct fixture *f)
{
	struct tally_pool *pool = tally_pools_get(f->publishing.pools, TALLY_SPAN("a"));
	enum tally_err err = tally_signing_renew(f->signing, pool, f->publishing.keys);

	tally_pool_release(pool);
	return err;
}

static uint64_t recipe(struct fixture *f)
{
	assert_int_equal(renew(f), TALLY_OK);
	uint64_t out = tally_signing_recipe(f->signing);

	assert_true(out != 0);
	return out;
}

/* A list of one entry, signed in this form. */
static struct tally_span signed_list(struct fixture *f, enum tally_format form)
{
	const struct tally_list_token token = {
		.uri = TALLY_SPAN("https://as.example/status-lists/x"),
		.iat = tally_clock_now(),
		.exp = tally_clock_now() + 100,
		.bits = 8,
		.lst = TALLY_SPAN("\x78\xda\x63\x00\x00\x00\x01\x00\x01"), /* one byte, 0 */
	};
	struct tally_list_signer *signer = tally_signing_form(f->signing, form);
	size_t size = tally_list_token_size(signer, &token);
	struct tally_buf buf;

	tally_buf_in(&buf, f->publishing.arena, size);
	assert_int_equal(tally_list_sign(signer, &token, &buf), TALLY_OK);
	return tally_buf_span(&buf);
}

/* Whether whoever trusts the vectors' root believes the lists. */
static void assert_trusted(struct fixture *f)
{
	const struct tally_check_reference reference = {
		TALLY_SPAN("https://as.example/status-lists/x"), 0
	};
	struct tally_trust *trust;

	assert_int_equal(tally_trust_load(vector("root.pem"), &trust), TALLY_OK);
	for (size_t i = 0; i < TALLY_LIST_FORMATS; i++) {
		const struct tally_check_keys keys = { .trust = trust };
		struct tally_check_status status;
		struct tally_check check = {
			.now = tally_clock_now(), .inflated_max = 100,
			.arena = f->publishing.arena
		};

		assert_int_equal(tally_check_list(&check, &keys,
						  signed_list(f, (enum tally_format)i),
						  &reference, &status), TALLY_OK);
	}
	tally_trust_free(trust);
}

static void assert_kid(struct fixture *f, const char *kid)
{
	struct tally_jws jws;

	assert_int_equal(tally_jws_parse(signed_list(f, TALLY_LIST_JWT), f->publishing.arena,
					 &jws), TALLY_OK);
	assert_true(tally_span_eq(jws.kid, tally_span_of(kid)));
}

static unsigned int logged(const struct fixture *f, const char *text)
{
	return publishing_logged(&f->publishing, text);
}

/* ---- keys ---- */

static void the_key_set_signs(void **state)
{
	struct fixture *f = *state;

	define(f, "");
	uint64_t before = recipe(f);

	assert_kid(f, "k1");
	assert_true(recipe(f) == before);
	publishing_add_key(&f->publishing, "k2", "ES256");
	assert_true(recipe(f) != before);
	assert_kid(f, "k2");
}

static void or_the_key_of_the_pool(void **state)
{
	static const char *const uris[] = { "file:DIR/key.pem", "file://DIR/key.pem", "DIR/key.pem" };
	struct fixture *f = *state;
	char definition[128];

	place(f, "signer.pem", "key.pem");
	for (size_t i = 0; i < sizeof(uris) / sizeof(uris[0]); i++) {
		snprintf(definition, sizeof(definition), "key-uri = %s\nkid = own\n", uris[i]);
		define(f, definition);
		assert_int_equal(renew(f), TALLY_OK);
		assert_kid(f, "own");
	}
	define(f, "key-uri = file:DIR/key.pem\n");
	assert_int_equal(renew(f), TALLY_OK);
	struct tally_jws jws;

	assert_int_equal(tally_jws_parse(signed_list(f, TALLY_LIST_JWT), f->publishing.arena,
					 &jws), TALLY_OK);
	assert_int_equal(jws.kid.n, TALLY_THUMBPRINT_SIZE);
}

static void a_key_that_comes_later_is_found(void **state)
{
	struct fixture *f = *state;

	define(f, "key-uri = file:DIR/key.pem\n");
	for (int i = 0; i < 20; i++)
		assert_int_not_equal(renew(f), TALLY_OK);
	assert_int_equal(logged(f, "its key-uri leads to no ES256 key"), 1);
	place(f, "root.pem", "key.pem");
	assert_int_not_equal(renew(f), TALLY_OK);
	assert_int_not_equal(renew(f), TALLY_OK);
	assert_int_equal(logged(f, "its key-uri leads to no ES256 key"), 2);
	place(f, "signer.pem", "key.pem");
	assert_int_equal(renew(f), TALLY_OK);
}

static void a_key_for_another_algorithm_is_refused(void **state)
{
	struct fixture *f = *state;

	place(f, "signer.pem", "key.pem");
	define(f, "key-uri = file:DIR/key.pem\nalgorithm = ES384\n");
	assert_int_not_equal(renew(f), TALLY_OK);
	assert_int_equal(logged(f, "its key-uri leads to no ES384 key"), 1);
}

/* Not in a file: it is asked for again after a minute. */
static void a_key_that_is_elsewhere_is_asked_for_again(void **state)
{
	struct fixture *f = *state;

	define(f, "key-uri = nosuch:key\n");
	for (int i = 0; i < 20; i++)
		assert_int_not_equal(renew(f), TALLY_OK);
	assert_int_equal(logged(f, "its key-uri leads"), 1);
	tally_fake_clock_advance(61);
	assert_int_not_equal(renew(f), TALLY_OK);
	assert_int_not_equal(renew(f), TALLY_OK);
	assert_int_equal(logged(f, "its key-uri leads"), 2);
}

/* A file that is broken later does no harm: what was read before goes on. */
static void a_key_that_is_damaged_later_does_no_harm(void **state)
{
	struct fixture *f = *state;

	place(f, "signer.pem", "key.pem");
	define(f, "key-uri = file:DIR/key.pem\nkid = own\n");
	uint64_t before = recipe(f);

	place(f, "chain.pem", "key.pem");
	assert_true(recipe(f) == before);
	assert_true(recipe(f) == before);
	assert_int_equal(logged(f, "its key-uri leads"), 1);
	assert_kid(f, "own");
}

static void a_key_that_left_the_key_set_signs_no_longer(void **state)
{
	struct fixture *f = *state;
	struct publishing *p = &f->publishing;

	define(f, "");
	assert_int_equal(renew(f), TALLY_OK);
	assert_int_equal(p->store->ops->key_remove(p->store, TALLY_SPAN("k1")), TALLY_OK);
	publishing_add_key(p, "ed", "EdDSA");
	assert_int_equal(renew(f), TALLY_ERR_STATE);
	assert_true(tally_signing_recipe(f->signing) == 0);
	assert_int_equal(logged(f, "there is no ES256 key"), 1);
}

static void an_unknown_algorithm_is_told(void **state)
{
	struct fixture *f = *state;

	define(f, "algorithm = HS256\n");
	assert_int_equal(renew(f), TALLY_ERR_CONFIG);
	assert_int_equal(renew(f), TALLY_ERR_CONFIG);
	assert_int_equal(logged(f, "algorithm \"HS256\" is none of"), 1);
}

/* ---- certificates ---- */

#define CERTIFIED "key-uri = file:DIR/key.pem\ncertificates = DIR/chain.pem\n"

static void certificates_are_in_both_forms(void **state)
{
	struct fixture *f = *state;

	place(f, "signer.pem", "key.pem");
	place(f, "chain.pem", "chain.pem");
	define(f, CERTIFIED);
	uint64_t with = recipe(f);

	assert_trusted(f);
	assert_int_equal(logged(f, " warn "), 0);
	define(f, "key-uri = file:DIR/key.pem\n");
	assert_true(recipe(f) != with);
}

static void certificates_that_are_wrong_are_told(void **state)
{
	static const char *const names[] = { "root.pem", "chain-reversed.pem", "chain-damaged.pem",
					     "signer.pem" };
	struct fixture *f = *state;

	place(f, "signer.pem", "key.pem");
	define(f, CERTIFIED);
	assert_int_equal(renew(f), TALLY_ERR_CONFIG);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		place(f, names[i], "chain.pem");
		assert_int_equal(renew(f), TALLY_ERR_CONFIG);
		assert_int_equal(renew(f), TALLY_ERR_CONFIG);
		assert_int_equal(logged(f, "cannot be signed with its certificates"), i + 2);
	}
	place(f, "chain.pem", "chain.pem");
	assert_int_equal(renew(f), TALLY_OK);
	assert_trusted(f);
}

static void new_certificates_are_taken_over(void **state)
{
	struct fixture *f = *state;

	place(f, "signer.pem", "key.pem");
	place(f, "leaf-alone.pem", "chain.pem");
	define(f, CERTIFIED);
	uint64_t before = recipe(f);

	place(f, "chain.pem", "chain.pem");
	uint64_t after = recipe(f);

	assert_true(after != before);
	assert_trusted(f);
	place(f, "root.pem", "chain.pem"); /* somebody's mistake */
	assert_true(recipe(f) == after);
	assert_trusted(f);
}

static void an_expired_certificate_is_told_and_used(void **state)
{
	struct fixture *f = *state;

	place(f, "signer.pem", "key.pem");
	place(f, "chain-expired.pem", "chain.pem");
	define(f, CERTIFIED);
	for (int i = 0; i < 5; i++)
		assert_int_equal(renew(f), TALLY_OK);
	assert_int_equal(logged(f, "has expired"), 1);
	place(f, "chain-future.pem", "chain.pem");
	for (int i = 0; i < 5; i++)
		assert_int_equal(renew(f), TALLY_OK);
	assert_int_equal(logged(f, "is not valid yet"), 1);
	place(f, "chain.pem", "chain.pem");
	for (int i = 0; i < 5; i++)
		assert_int_equal(renew(f), TALLY_OK);
	assert_int_equal(logged(f, "has expired"), 1);
	tally_fake_clock_set(2600000000);
	for (int i = 0; i < 5; i++)
		assert_int_equal(renew(f), TALLY_OK);
	assert_int_equal(logged(f, "has expired"), 2);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(the_key_set_signs),
		TEST(or_the_key_of_the_pool),
		TEST(a_key_that_comes_later_is_found),
		TEST(a_key_for_another_algorithm_is_refused),
		TEST(a_key_that_is_elsewhere_is_asked_for_again),
		TEST(a_key_that_is_damaged_later_does_no_harm),
		TEST(a_key_that_left_the_key_set_signs_no_longer),
		TEST(an_unknown_algorithm_is_told),
		TEST(certificates_are_in_both_forms),
		TEST(certificates_that_are_wrong_are_told),
		TEST(new_certificates_are_taken_over),
		TEST(an_expired_certificate_is_told_and_used),
	};

	return cmocka_run_group_tests_name("signing", tests, NULL, NULL);
}
